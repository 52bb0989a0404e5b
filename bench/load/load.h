// The load generator: what its subcommands share.
//
// One thread does everything. A subcommand opens its connections, warms the server up, counts
// within one window of time and prints one line of JSON. Nothing waits without a limit; what goes
// wrong is counted (errors, mismatches) or, if there is nothing left to measure, said in one line
// with exit 1.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PING_SIZE 64

// What is in flight at the end may take so long to come back: who is merely slow makes no error.
#define DRAIN_SECONDS 3

struct options {
    const char *address; // a port of 127.0.0.1, or the path of a unix socket
    long conns, size, pipeline, at_once, quiet, hose;
    double seconds, warmup;
    pid_t pid; // of the server; 0 = its CPU and memory are not looked at
};

int run_echo(const struct options *options);
int run_connect(const struct options *options);
int run_bulk(const struct options *options);
int run_idle(const struct options *options);
int run_hose(const struct options *options);

// ---- load.c: ends

// Says what failed in one line and exits with 1.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Ends the program with a line if it is still there after so many seconds. The last call counts.
void watchdog(double seconds);

// ---- clock.c: time, and who used the CPU

typedef uint64_t nanos;
nanos now(void);
nanos nanos_of(double seconds);

// CPU and idle time up to one moment.
struct reading {
    nanos at;
    double server_seconds;             // to the nanosecond, all threads
    double server_user, server_system; // to the tick: good for a ratio
    double client_seconds;
    double core_idle[2];
};
struct reading read_clocks(pid_t server);
long resident_kb(pid_t server);

// The counted window: warming up, then counting, then over.
enum phase { WARMING, COUNTING, OVER };
struct window {
    enum phase phase;
    nanos begins, ends;
    double seconds;
    pid_t server;
    struct reading from, to;
};
struct window window_open(const struct options *options);
// Moves on to the next phase if it is time.
void window_turn(struct window *window, nanos time);

// ---- histogram.c: log-linear, 128 buckets an octave

#define HISTOGRAM_BITS 7
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)
struct histogram {
    uint64_t count, max, buckets[HISTOGRAM_BUCKETS];
};
void histogram_add(struct histogram *histogram, uint64_t value);
// The value below which this share of all lies, to 0.4 %; 0 if there are none.
double histogram_quantile(const struct histogram *histogram, double share);

// ---- stream.c: connections, and the bytes that go over them

// A connection and the echo of what was sent. Byte n of what is sent is byte (start + n) of an
// endless pattern, whose period fits no usual size: bytes lost, doubled or of another connection do
// not match.
struct stream {
    int fd;
    uint64_t start, sent, received;
};
#define PIECE_MAX (1 << 20)
const char *pattern_at(uint64_t offset); // PIECE_MAX bytes can be read there
// The next bytes to send; at most PIECE_MAX.
const char *stream_next(const struct stream *stream);
// Whether these are the next bytes of the echo.
bool stream_matches(const struct stream *stream, const char *bytes, size_t count);

// A socket for the server's address; TCP_NODELAY is on. Connection number `index` of TCP comes from
// one of many source addresses, as one alone has only 28,000 ports.
int new_socket(const struct options *options, long index, int flags);
// Connects it; 0 or an errno.
int connect_socket(const struct options *options, int fd);
// Opens connections number `first` to `end` - 1, each with the echo of one ping. A few at a time: a
// server that accepts slowly is not overrun. They block, with a limit to each wait.
void open_streams(const struct options *options, struct stream *streams, long first, long end,
                  uint64_t *mismatches);
// Starts the watchdog for opening so many.
void watch_opening(long count);
// Sends a ping and waits for its echo; false when the connection fails.
bool stream_ping(struct stream *stream, uint64_t *mismatches);
void make_nonblocking(int fd);
// Allows so many connections.
void allow_files(long count);

// ---- report.c: the line at the end

struct tally {
    uint64_t messages, bytes, errors, mismatches;
    struct histogram latency;
};
void report_begin(void);
void report_count(const char *key, uint64_t value);
void report_number(const char *key, double value);
// The keys that every subcommand with a window has.
void report_window(const struct window *window, const struct tally *tally);
void report_end(void);
