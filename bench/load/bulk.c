// load bulk: one connection to a sink, filled as fast as it takes it. Latency: of writing one
// block.
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void limit_waits(int fd, int option, double seconds) {
    struct timeval limit = {
        .tv_sec = (time_t)seconds,
        .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6),
    };
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

// Sends one block, or as much of it as is taken before the window is over; the bytes sent.
static uint64_t send_block(struct stream *stream, uint64_t size, struct window *window) {
    uint64_t done = 0;
    while (done < size && window->phase != OVER) {
        ssize_t count = send(stream->fd, stream_next(stream), size - done, MSG_NOSIGNAL);
        if (count > 0) {
            stream->sent += (uint64_t)count;
            done += (uint64_t)count;
        } else if (errno == EAGAIN) {
            window_turn(window, now());
        } else {
            fail("the server has closed the connection after %llu bytes: %s",
                 (unsigned long long)stream->sent, strerror(errno));
        }
    }
    return done;
}

// Ends the stream: a sink that has read all of it closes. Anything else is an error.
static void end_stream(struct stream *stream, struct tally *tally) {
    char byte;
    limit_waits(stream->fd, SO_RCVTIMEO, 2);
    if (shutdown(stream->fd, SHUT_WR) || recv(stream->fd, &byte, 1, 0) != 0) {
        tally->errors++;
    }
    close(stream->fd);
}

int run_bulk(const struct options *options) {
    static struct tally tally;
    struct stream stream = {.fd = new_socket(options, 0, 0)};
    limit_waits(stream.fd, SO_SNDTIMEO, 0.1);
    int error = connect_socket(options, stream.fd);
    if (error) {
        fail("connection to %s: %s", options->address, strerror(error));
    }
    struct window window = window_open(options);
    nanos last = now();
    while (window.phase != OVER) {
        uint64_t sent = send_block(&stream, (uint64_t)options->size, &window);
        nanos time = now();
        if (window.phase == COUNTING) {
            tally.messages++;
            tally.bytes += sent;
            histogram_add(&tally.latency, time - last);
        }
        last = time;
        window_turn(&window, time);
    }
    end_stream(&stream, &tally);
    report_begin();
    report_window(&window, &tally);
    report_end();
    return 0;
}
