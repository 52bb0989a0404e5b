// load echo: a closed loop. Each connection keeps --pipeline messages in flight, and sends the next
// one when a whole message has come back.
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>


struct peer {
    struct stream stream;
    uint64_t wanted;     // bytes to be sent in all
    uint64_t next_end;   // received bytes with which the oldest message in flight is complete
    nanos *sent_at;      // of each message in flight: a ring
    unsigned oldest;     // in the ring
    bool waits_for_room; // asked epoll for it
};

static struct {
    const struct options *options;
    struct tally tally;
    struct window window;
    struct peer *peers;
    long alive;
    int epoll;
    char *buffer;
    size_t capacity;
} run;

static void watch(struct peer *peer, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = peer};
    if (epoll_ctl(run.epoll, operation, peer->stream.fd, &event)) {
        fail("epoll_ctl: %s", strerror(errno));
    }
}

static void lose(struct peer *peer) {
    close(peer->stream.fd);
    peer->stream.fd = -1;
    run.tally.errors++;
    run.alive--;
}

static void wait_for_room(struct peer *peer, bool wait) {
    if (peer->waits_for_room != wait) {
        peer->waits_for_room = wait;
        watch(peer, EPOLL_CTL_MOD, wait ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

// Sends what is wanted, as far as there is room.
static void send_wanted(struct peer *peer) {
    struct stream *stream = &peer->stream;
    while (stream->sent < peer->wanted) {
        size_t count = peer->wanted - stream->sent;
        count = count < run.capacity ? count : run.capacity;
        ssize_t sent = send(stream->fd, stream_next(stream), count, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN) {
                wait_for_room(peer, true);
            } else {
                lose(peer);
            }
            return;
        }
        stream->sent += (size_t)sent;
    }
    wait_for_room(peer, false);
}

// Takes note of the messages that have come back whole; how many.
static unsigned finish_messages(struct peer *peer, nanos time) {
    unsigned finished = 0;
    for (; peer->next_end <= peer->stream.received; peer->next_end += (uint64_t)run.options->size) {
        if (run.window.phase == COUNTING) {
            histogram_add(&run.tally.latency, time - peer->sent_at[peer->oldest]);
            run.tally.messages++;
        }
        peer->sent_at[peer->oldest] = time;
        peer->oldest = peer->oldest + 1 == run.options->pipeline ? 0 : peer->oldest + 1;
        finished++;
    }
    return finished;
}

// Takes `count` bytes of the buffer as echo; within the counted window only their number is
// checked.
static unsigned take(struct peer *peer, size_t count) {
    struct stream *stream = &peer->stream;
    if (run.window.phase != COUNTING && !stream_matches(stream, run.buffer, count)) {
        run.tally.mismatches++;
    }
    stream->received += count;
    if (stream->received > stream->sent) {
        run.tally.mismatches++; // more than was sent
        lose(peer);
        return 0;
    }
    return finish_messages(peer, now());
}

static void receive(struct peer *peer) {
    unsigned finished = 0;
    ssize_t count = (ssize_t)run.capacity;
    while (peer->stream.fd >= 0 && count == (ssize_t)run.capacity) {
        count = recv(peer->stream.fd, run.buffer, run.capacity, 0);
        if (count > 0) {
            finished += take(peer, (size_t)count);
        } else if (count == 0 || errno != EAGAIN) {
            lose(peer);
        }
    }
    if (finished && peer->stream.fd >= 0 && run.window.phase != OVER) {
        peer->wanted += (uint64_t)finished * (uint64_t)run.options->size;
        send_wanted(peer);
    }
}

static void turn(void) {
    static struct epoll_event events[1024];
    int count = epoll_wait(run.epoll, events, 1024, 100);
    if (count < 0 && errno != EINTR) {
        fail("epoll_wait: %s", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        struct peer *peer = events[i].data.ptr;
        if (peer->stream.fd >= 0 && events[i].events & EPOLLOUT) {
            send_wanted(peer);
        }
        if (peer->stream.fd >= 0 && events[i].events & ~(unsigned)EPOLLOUT) {
            receive(peer);
        }
    }
    if (!run.alive) {
        fail("the server has closed all %ld connections", run.options->conns);
    }
}

static void open_peers(void) {
    const struct options *options = run.options;
    allow_files(options->conns);
    watch_opening(options->conns);
    struct stream *streams = calloc((size_t)options->conns, sizeof *streams);
    open_streams(options, streams, 0, options->conns, &run.tally.mismatches);
    run.peers = calloc((size_t)options->conns, sizeof *run.peers);
    for (long i = 0; i < options->conns; i++) {
        struct peer *peer = &run.peers[i];
        peer->stream = streams[i];
        make_nonblocking(peer->stream.fd);
        peer->sent_at = calloc((size_t)options->pipeline, sizeof *peer->sent_at);
        peer->next_end = peer->stream.received + (uint64_t)options->size;
        watch(peer, EPOLL_CTL_ADD, EPOLLIN);
    }
    run.alive = options->conns;
    free(streams);
}

static void start_peers(void) {
    for (long i = 0; i < run.options->conns; i++) {
        struct peer *peer = &run.peers[i];
        for (long k = 0; k < run.options->pipeline; k++) {
            peer->sent_at[k] = now();
        }
        peer->wanted = peer->stream.sent + (uint64_t)(run.options->size * run.options->pipeline);
        send_wanted(peer);
    }
}

static uint64_t peers_with_echo_to_come(void) {
    uint64_t count = 0;
    for (long i = 0; i < run.options->conns; i++) {
        const struct peer *peer = &run.peers[i];
        count += peer->stream.fd >= 0 && peer->stream.received < peer->wanted;
    }
    return count;
}

// Waits for what is in flight, and compares it.
static void drain(void) {
    nanos limit = now() + nanos_of(DRAIN_SECONDS);
    while (peers_with_echo_to_come() && now() < limit) {
        turn();
    }
    run.tally.errors += peers_with_echo_to_come();
}

int run_echo(const struct options *options) {
    run.options = options;
    run.capacity = (size_t)(options->size * options->pipeline);
    run.capacity = run.capacity < 65536 ? 65536 : run.capacity;
    run.capacity = run.capacity > PIECE_MAX ? PIECE_MAX : run.capacity;
    run.buffer = malloc(run.capacity);
    run.epoll = epoll_create1(0);
    open_peers();
    run.window = window_open(options);
    start_peers();
    while (run.window.phase != OVER) {
        turn();
        window_turn(&run.window, now());
    }
    drain();
    run.tally.bytes = run.tally.messages * (uint64_t)options->size;
    report_begin();
    report_window(&run.window, &run.tally);
    report_end();
    return 0;
}
