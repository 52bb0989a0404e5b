// load hose: what a connection that echoes as fast as it can does to quiet ones.
//
// The quiet ones are an open loop: ping k of all is due at its own time, whatever came of those
// before it, and goes over connection k % quiet. Its latency counts from when it was due.
//
// All of it is one thread that never sleeps, so that with and without the hose it sees an echo
// equally soon. Between two looks at the quiet ones the hose moves one piece, which takes it some
// microseconds; how late pings were sent is part of the report (lateP99Micros).
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PINGS_PER_SECOND 2000
#define PIECE 16384
#define BLOCK 65536 // what the hose sends, and reads, before it does the other

struct quiet {
    struct stream stream;
    uint64_t sent, answered; // pings
};

static struct {
    const struct options *options;
    struct tally tally;
    struct histogram late;
    struct window window;
    struct quiet *quiet;
    struct stream hose;
    uint64_t hose_bytes;
    bool hose_reads;       // it is its turn to read
    uint64_t hose_moved;   // bytes of the present turn
    nanos start, interval; // ping k is due at start + k * interval
    uint64_t pings;        // sent so far
    uint64_t in_flight;
    int epoll;
} run;

// Pings that are due within the counted window count.
static bool counts(nanos due) {
    return run.window.phase != WARMING && due >= run.window.from.at && due < run.window.ends;
}

static nanos due_time(const struct quiet *quiet, uint64_t ping) {
    uint64_t place = (uint64_t)(quiet - run.quiet);
    return run.start + (ping * (uint64_t)run.options->quiet + place) * run.interval;
}

static void send_ping(struct quiet *quiet, nanos due) {
    struct stream *stream = &quiet->stream;
    if (counts(due)) {
        histogram_add(&run.late, now() - due);
    }
    if (send(stream->fd, stream_next(stream), PING_SIZE, MSG_NOSIGNAL) != PING_SIZE) {
        fail("a quiet connection could not send its ping: %s", strerror(errno));
    }
    stream->sent += PING_SIZE;
    quiet->sent++;
    run.in_flight++;
}

static void send_due_pings(nanos time) {
    for (nanos due; (due = run.start + run.pings * run.interval) <= time; run.pings++) {
        send_ping(&run.quiet[run.pings % (uint64_t)run.options->quiet], due);
    }
}

static void finish_pings(struct quiet *quiet, nanos time) {
    for (; (quiet->answered + 2) * PING_SIZE <= quiet->stream.received; quiet->answered++) {
        nanos due = due_time(quiet, quiet->answered); // the first ping of all opened the connection
        run.in_flight--;
        if (counts(due)) {
            run.tally.messages++;
            histogram_add(&run.tally.latency, time - due);
        }
    }
}

static void receive_pings(struct quiet *quiet) {
    char bytes[PING_SIZE * 16];
    struct stream *stream = &quiet->stream;
    ssize_t count = recv(stream->fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) {
        return;
    } else if (count <= 0) {
        fail("the server has closed a quiet connection");
    }
    bool right = stream_matches(stream, bytes, (size_t)count);
    stream->received += (uint64_t)count;
    if (!right || stream->received > stream->sent) {
        run.tally.mismatches++;
    }
    finish_pings(quiet, now());
}

static void look_at_quiet(void) {
    struct epoll_event events[64];
    int count = epoll_wait(run.epoll, events, 64, 0);
    for (int i = 0; i < count; i++) {
        receive_pings(events[i].data.ptr);
    }
}

static ssize_t hose_read(void) {
    static char buffer[PIECE];
    struct stream *hose = &run.hose;
    ssize_t count = recv(hose->fd, buffer, sizeof buffer, 0);
    if (count > 0) {
        if (run.window.phase != COUNTING && !stream_matches(hose, buffer, (size_t)count)) {
            run.tally.mismatches++;
        } else if (run.window.phase == COUNTING) {
            run.hose_bytes += (uint64_t)count;
        }
        hose->received += (uint64_t)count;
        run.tally.mismatches += hose->received > hose->sent;
    }
    return count;
}

static ssize_t hose_write(void) {
    struct stream *hose = &run.hose;
    ssize_t count = send(hose->fd, stream_next(hose), PIECE, MSG_NOSIGNAL);
    hose->sent += count > 0 ? (uint64_t)count : 0;
    return count;
}

// Moves one piece. Its turns to write and to read end after a block, or when nothing moves.
static void move_hose(void) {
    ssize_t count = run.hose_reads ? hose_read() : hose_write();
    if (count == 0 || (count < 0 && errno != EAGAIN)) {
        fail("the server has closed the hose after %llu bytes",
             (unsigned long long)run.hose.received);
    }
    run.hose_moved += count > 0 ? (uint64_t)count : 0;
    if (count < 0 || run.hose_moved >= BLOCK) {
        run.hose_reads = !run.hose_reads;
        run.hose_moved = 0;
    }
}

static void open_all(void) {
    const struct options *options = run.options;
    allow_files(options->quiet + 1);
    watch_opening(options->quiet);
    const long count = options->quiet + options->hose;
    struct stream *streams = calloc((size_t)count, sizeof *streams);
    open_streams(options, streams, 0, count, &run.tally.mismatches);
    run.epoll = epoll_create1(0);
    run.quiet = calloc((size_t)options->quiet, sizeof *run.quiet);
    for (long i = 0; i < options->quiet; i++) {
        struct stream *stream = &run.quiet[i].stream;
        *stream = streams[i];
        make_nonblocking(stream->fd);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &run.quiet[i]};
        if (epoll_ctl(run.epoll, EPOLL_CTL_ADD, stream->fd, &event)) {
            fail("epoll_ctl: %s", strerror(errno));
        }
    }
    if (options->hose) {
        run.hose = streams[options->quiet];
        make_nonblocking(run.hose.fd);
    }
    free(streams);
}

// The hose has stopped; pings without an answer by the end of this are errors.
static void drain(void) {
    nanos limit = now() + nanos_of(DRAIN_SECONDS);
    while (now() < limit
           && (run.in_flight || (run.options->hose && run.hose.received < run.hose.sent))) {
        look_at_quiet();
        if (run.options->hose && run.hose.received < run.hose.sent && hose_read() == 0) {
            break;
        }
    }
    run.tally.errors += run.in_flight;
    run.tally.errors += run.options->hose && run.hose.received < run.hose.sent;
}

static void report(void) {
    run.tally.bytes = run.tally.messages * PING_SIZE;
    report_begin();
    report_window(&run.window, &run.tally);
    report_count("hoseBytes", run.hose_bytes);
    report_number("lateP99Micros", histogram_quantile(&run.late, 0.99) / 1e3);
    report_number("lateMaxMicros", (double)run.late.max / 1e3);
    report_end();
}

int run_hose(const struct options *options) {
    run.options = options;
    open_all();
    run.window = window_open(options);
    run.start = now();
    run.interval = nanos_of(1.0 / PINGS_PER_SECOND);
    while (run.window.phase != OVER) {
        nanos time = now();
        send_due_pings(time);
        look_at_quiet();
        if (options->hose) {
            move_hose();
        }
        window_turn(&run.window, time);
    }
    drain();
    report();
    return 0;
}
