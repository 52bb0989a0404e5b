// load idle: opens --conns connections, each of which echoes one ping so that the server has set up
// all it keeps for one, and lets them rest. Then pings go over random ones of them.
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <unistd.h>

#define SETTLE_FIRST 0.3
#define SETTLE 1.5
#define IDLE_SECONDS 1.0
#define PINGS 2000     // at most, and for at most so long:
#define PING_SECONDS 5.0

static void rest(double seconds) { usleep((useconds_t)(seconds * 1e6)); }

static void ping_at_random(struct stream *streams, long count, struct tally *tally) {
    unsigned seed = 12345;
    nanos limit = now() + nanos_of(PING_SECONDS);
    for (int i = 0; i < PINGS && now() < limit; i++) {
        nanos before = now();
        if (stream_ping(&streams[rand_r(&seed) % count], &tally->mismatches)) {
            histogram_add(&tally->latency, now() - before);
            tally->messages++;
        } else if (++tally->errors > 10) {
            fail("more than 10 of %ld connections failed while they were idle", count);
        }
    }
    tally->bytes = tally->messages * PING_SIZE;
}

int run_idle(const struct options *options) {
    static struct tally tally;
    const long count = options->conns;
    const long first = count / 3; // for what a server, or a runtime, sets up once as it grows
    allow_files(count);
    watchdog(15 + (double)count / 200);
    struct stream *streams = calloc((size_t)count, sizeof *streams);
    open_streams(options, streams, 0, first, &tally.mismatches);
    rest(SETTLE_FIRST);
    long third_kb = resident_kb(options->pid);
    nanos before = now();
    open_streams(options, streams, first, count, &tally.mismatches);
    double open_seconds = (double)(now() - before) / 1e9;
    rest(SETTLE);
    long all_kb = resident_kb(options->pid);
    struct reading from = read_clocks(options->pid);
    rest(IDLE_SECONDS);
    struct reading to = read_clocks(options->pid);
    ping_at_random(streams, count, &tally);

    report_begin();
    report_count("messages", tally.messages);
    report_count("bytes", tally.bytes);
    report_count("errors", tally.errors);
    report_count("mismatches", tally.mismatches);
    report_number("openSeconds", open_seconds);
    report_count("rssFirstKb", (uint64_t)third_kb);
    report_count("rssKb", (uint64_t)all_kb);
    report_number("bytesPerConnection",
                  (double)(all_kb - third_kb) * 1024 / (double)(count - first));
    report_number("idleCpuSeconds", to.server_seconds - from.server_seconds);
    report_number("p50Micros", histogram_quantile(&tally.latency, 0.5) / 1e3);
    report_number("p99Micros", histogram_quantile(&tally.latency, 0.99) / 1e3);
    report_end();
    return 0;
}
