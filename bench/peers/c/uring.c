// uring KIND ADDRESS: io_uring on one thread. Multishot accept, multishot receive into buffers that
// the kernel picks from a ring of ours; the echo is sent right out of them.
//
// KIND: echo or sink. Of each connection one send is in flight; the buffers that came meanwhile are
// a list, linked by their numbers.
#define _GNU_SOURCE
#include "server.h"

#include <liburing.h>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

#define ENTRIES 4096
#define COMPLETIONS 16384
#define BUFFERS 1024
#define BUFFER_SIZE 16384
#define CONNECTIONS_MAX 65536
#define NONE (-1)

enum operation { ACCEPT, RECEIVE, SEND };

struct connection {
    int fd;
    bool receiving, sending, ended;
    int first, last; // buffers to be sent; the first one is being sent, if `sending`
};

static struct io_uring ring;
static struct io_uring_buf_ring *free_buffers;
static char *memory;
static struct {
    int next;
    unsigned length;
} buffers[BUFFERS];
static struct connection *connections[CONNECTIONS_MAX]; // by descriptor
static int starved[CONNECTIONS_MAX], starved_count;     // found no free buffer
static bool drops;                                      // a sink
static int listener;

static struct io_uring_sqe *new_entry(void) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
    if (!entry) {
        io_uring_submit(&ring);
        entry = io_uring_get_sqe(&ring);
    }
    return entry;
}

static void tag(struct io_uring_sqe *entry, enum operation operation, int fd) {
    io_uring_sqe_set_data64(entry, (uint64_t)operation << 32 | (unsigned)fd);
}

static void start_accept(void) {
    struct io_uring_sqe *entry = new_entry();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    tag(entry, ACCEPT, listener);
}

static void start_receive(struct connection *connection) {
    struct io_uring_sqe *entry = new_entry();
    io_uring_prep_recv_multishot(entry, connection->fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = 0;
    tag(entry, RECEIVE, connection->fd);
    connection->receiving = true;
}

static char *memory_of(int buffer) { return memory + (size_t)buffer * BUFFER_SIZE; }

static void start_send(struct connection *connection) {
    struct io_uring_sqe *entry = new_entry();
    int buffer = connection->first;
    io_uring_prep_send(entry, connection->fd, memory_of(buffer), buffers[buffer].length,
                       MSG_WAITALL | MSG_NOSIGNAL);
    tag(entry, SEND, connection->fd);
    connection->sending = true;
}

static void give_back(int buffer) {
    io_uring_buf_ring_add(free_buffers, memory_of(buffer), BUFFER_SIZE, (unsigned short)buffer,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(free_buffers, 1);
}

// Closes a connection that has ended as soon as the kernel has nothing of it in hand.
static void close_if_done(struct connection *connection) {
    if (!connection->ended || connection->receiving || connection->sending) {
        return;
    }
    while (connection->first != NONE) {
        int buffer = connection->first;
        connection->first = buffers[buffer].next;
        give_back(buffer);
    }
    connections[connection->fd] = NULL;
    close(connection->fd);
    free(connection);
}

static void accepted(const struct io_uring_cqe *event) {
    if (event->res >= CONNECTIONS_MAX) {
        close(event->res);
    } else if (event->res >= 0) {
        set_nodelay(event->res);
        struct connection *connection = calloc(1, sizeof *connection);
        *connection = (struct connection){.fd = event->res, .first = NONE, .last = NONE};
        connections[event->res] = connection;
        start_receive(connection);
    }
    if (!(event->flags & IORING_CQE_F_MORE)) {
        start_accept();
    }
}

static void take_buffer(struct connection *connection, int buffer, unsigned length) {
    if (drops) {
        give_back(buffer);
        return;
    }
    buffers[buffer].length = length;
    buffers[buffer].next = NONE;
    if (connection->first == NONE) {
        connection->first = buffer;
    } else {
        buffers[connection->last].next = buffer;
    }
    connection->last = buffer;
    if (!connection->sending) {
        start_send(connection);
    }
}

static void received(struct connection *connection, const struct io_uring_cqe *event) {
    connection->receiving = event->flags & IORING_CQE_F_MORE;
    int buffer = event->flags & IORING_CQE_F_BUFFER
                     ? (int)(event->flags >> IORING_CQE_BUFFER_SHIFT) : NONE;
    if (event->res > 0) {
        take_buffer(connection, buffer, (unsigned)event->res);
        if (!connection->receiving) {
            start_receive(connection);
        }
    } else if (event->res == -ENOBUFS) {
        starved[starved_count++] = connection->fd;
    } else {
        if (buffer != NONE) {
            give_back(buffer);
        }
        connection->ended = true;
        close_if_done(connection); // after what came before is sent
    }
}

static void sent(struct connection *connection, const struct io_uring_cqe *event) {
    int buffer = connection->first;
    connection->first = buffers[buffer].next;
    connection->sending = false;
    give_back(buffer);
    if (event->res < 0) {
        connection->ended = true;
        shutdown(connection->fd, SHUT_RDWR); // ends the receive, too
        close_if_done(connection);
    } else if (connection->first != NONE) {
        start_send(connection);
    } else {
        close_if_done(connection);
    }
}

static void handle(const struct io_uring_cqe *event) {
    uint64_t data = event->user_data;
    int fd = (int)(data & 0xffffffff);
    switch ((enum operation)(data >> 32)) {
        case ACCEPT: accepted(event); break;
        case RECEIVE: received(connections[fd], event); break;
        case SEND: sent(connections[fd], event); break;
    }
}

// After the sends of this turn have given buffers back.
static void feed_starved(void) {
    for (int i = 0; i < starved_count; i++) {
        struct connection *connection = connections[starved[i]];
        if (connection && !connection->receiving && !connection->ended) {
            start_receive(connection);
        } else if (connection) {
            close_if_done(connection);
        }
    }
    starved_count = 0;
}

static void turn(void) {
    int result = io_uring_submit_and_wait(&ring, 1);
    if (result < 0 && result != -EINTR) {
        errno = -result;
        fail("io_uring_submit_and_wait");
    }
    struct io_uring_cqe *event;
    unsigned head, count = 0;
    io_uring_for_each_cqe(&ring, head, event) {
        handle(event);
        count++;
    }
    io_uring_cq_advance(&ring, count);
    feed_starved();
}

static void open_ring(void) {
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        .cq_entries = COMPLETIONS,
    };
    int result = io_uring_queue_init_params(ENTRIES, &ring, &parameters);
    if (result) {
        errno = -result;
        fail("io_uring (Linux 6.1 or later, and allowed)");
    }
}

static void open_buffers(void) {
    size_t ring_size = BUFFERS * sizeof(struct io_uring_buf);
    if (posix_memalign((void **)&memory, 4096, (size_t)BUFFERS * BUFFER_SIZE)
        || posix_memalign((void **)&free_buffers, 4096, ring_size)) {
        fail("memory");
    }
    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)free_buffers, .ring_entries = BUFFERS, .bgid = 0,
    };
    int result = io_uring_register_buf_ring(&ring, &registration, 0);
    if (result) {
        errno = -result;
        fail("a ring of buffers");
    }
    io_uring_buf_ring_init(free_buffers);
    for (int i = 0; i < BUFFERS; i++) {
        give_back(i);
    }
}

int main(int count, char **arguments) {
    drops = count > 2 && !strcmp(arguments[1], "sink");
    if (count < 3 || (!drops && strcmp(arguments[1], "echo"))) {
        fprintf(stderr, "usage: uring echo|sink ADDRESS\n");
        return 2;
    }
    all_files();
    open_ring();
    open_buffers();
    listener = listen_at(arguments[2], 0);
    start_accept();
    for (;;) {
        turn();
    }
}
