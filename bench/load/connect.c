// load connect: --at-once slots, each of which again and again connects, sends 64 bytes, gets them
// back, sends its end of stream, gets the server's and closes. Latency: of all of this.
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAILURES_MAX 1000 // in a row: the server is gone

struct slot {
    struct stream stream;
    enum { IDLE, CONNECTING, ECHOING, ENDING } state;
    nanos since;
};

static struct {
    const struct options *options;
    struct tally tally;
    struct window window;
    long opened;
    long busy; // slots with a connection
    uint64_t failures_in_a_row;
    int epoll;
} run;

static void end_connection(struct slot *slot) {
    close(slot->stream.fd);
    slot->state = IDLE;
    run.busy--;
}

static void fail_connection(struct slot *slot, int error) {
    end_connection(slot);
    run.tally.errors++;
    if (error == ECONNREFUSED || ++run.failures_in_a_row == FAILURES_MAX) {
        fail("connection %ld: the server does not serve any more: %s", run.opened,
             error ? strerror(error) : "closed before the echo");
    }
}

static void finish_connection(struct slot *slot) {
    end_connection(slot);
    run.failures_in_a_row = 0;
    if (run.window.phase == COUNTING) {
        run.tally.messages++;
        histogram_add(&run.tally.latency, now() - slot->since);
    }
}

static void begin_connection(struct slot *slot) {
    long index = run.opened++;
    slot->stream = (struct stream){
        .fd = new_socket(run.options, index, SOCK_NONBLOCK),
        .start = (uint64_t)index * 977,
    };
    slot->state = CONNECTING;
    slot->since = now();
    run.busy++;
    int error = connect_socket(run.options, slot->stream.fd);
    if (error && error != EINPROGRESS) {
        fail_connection(slot, error);
        return;
    }
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = slot};
    if (epoll_ctl(run.epoll, EPOLL_CTL_ADD, slot->stream.fd, &event)) {
        fail("epoll_ctl: %s", strerror(errno));
    }
}

static void send_ping(struct slot *slot) {
    struct stream *stream = &slot->stream;
    if (send(stream->fd, stream_next(stream), PING_SIZE, MSG_NOSIGNAL) != PING_SIZE) {
        fail_connection(slot, errno);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = slot};
    epoll_ctl(run.epoll, EPOLL_CTL_MOD, stream->fd, &event);
    slot->state = ECHOING;
}

static void take_echo(struct slot *slot, const char *bytes, size_t count) {
    struct stream *stream = &slot->stream;
    if (stream->received + count > PING_SIZE || !stream_matches(stream, bytes, count)) {
        run.tally.mismatches++;
    }
    stream->received += count;
    if (stream->received >= PING_SIZE) {
        shutdown(stream->fd, SHUT_WR);
        slot->state = ENDING;
    }
}

static void receive(struct slot *slot) {
    char bytes[PING_SIZE + 1];
    ssize_t count = recv(slot->stream.fd, bytes, sizeof bytes, 0);
    if (count > 0) {
        take_echo(slot, bytes, (size_t)count);
    } else if (count == 0 && slot->state == ENDING) {
        finish_connection(slot);
    } else if (count == 0 || errno != EAGAIN) {
        fail_connection(slot, count == 0 ? 0 : errno);
    }
}

static void turn(void) {
    static struct epoll_event events[1024];
    int count = epoll_wait(run.epoll, events, 1024, 100);
    if (count < 0 && errno != EINTR) {
        fail("epoll_wait: %s", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        struct slot *slot = events[i].data.ptr;
        if (slot->state == CONNECTING) {
            send_ping(slot);
        } else {
            receive(slot);
        }
        if (slot->state == IDLE && run.window.phase != OVER) {
            begin_connection(slot);
        }
    }
}

static void drain(void) {
    nanos limit = now() + nanos_of(DRAIN_SECONDS);
    while (run.busy && now() < limit) {
        turn();
    }
    run.tally.errors += (uint64_t)run.busy;
}

int run_connect(const struct options *options) {
    run.options = options;
    allow_files(options->at_once);
    run.epoll = epoll_create1(0);
    struct slot *slots = calloc((size_t)options->at_once, sizeof *slots);
    run.window = window_open(options);
    while (run.window.phase != OVER) {
        // Also those whose connection failed at once.
        for (long i = 0; i < options->at_once && run.busy < options->at_once; i++) {
            if (slots[i].state == IDLE) {
                begin_connection(&slots[i]);
            }
        }
        turn();
        window_turn(&run.window, now());
    }
    drain();
    run.tally.bytes = run.tally.messages * PING_SIZE;
    report_begin();
    report_window(&run.window, &run.tally);
    report_end();
    return 0;
}
