// epoll KIND ADDRESS [short] [corrupt]: level-triggered epoll on one thread; the control of the
// suite.
//
// KIND: echo, sink or http. A connection that is ready is read until it would block, as a server
// that knows nothing of its clients has to; with `short` a read that did not fill the buffer is
// taken for the last one, which saves a system call for each message. `corrupt` turns a bit of
// every 100th read: a test of the load generator.
#define _GNU_SOURCE
#include "server.h"

#include <sys/epoll.h>

#define BUFFER 65536
#define READS_MAX 16 // of one connection before the others have their turn

static const char RESPONSE[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 13\r\n\r\nHello, world!";

struct connection {
    int fd;
    unsigned matched; // http: bytes of the end of a request head, \r\n\r\n, that have come
    char *unsent;     // what the peer did not take yet, or NULL; nothing is read meanwhile
    size_t unsent_from, unsent_to;
};

static int epoll;
static bool stops_at_short, corrupts;
static char buffer[BUFFER];
// What a kind does with bytes of the buffer; false when the connection is to be closed.
static bool (*handle)(struct connection *connection, size_t count);

static void end(struct connection *connection) {
    close(connection->fd);
    free(connection->unsent);
    free(connection);
}

static void watch(struct connection *connection, int operation, unsigned events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(epoll, operation, connection->fd, &event)) {
        fail("epoll_ctl");
    }
}

// Sends, and keeps what the peer does not take.
static bool send_all(struct connection *connection, const char *bytes, size_t count) {
    size_t sent = 0;
    while (sent < count) {
        ssize_t now = send(connection->fd, bytes + sent, count - sent, MSG_NOSIGNAL);
        if (now < 0 && errno != EAGAIN) {
            return false;
        } else if (now < 0) {
            connection->unsent = malloc(count - sent);
            memcpy(connection->unsent, bytes + sent, count - sent);
            connection->unsent_from = 0;
            connection->unsent_to = count - sent;
            watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
            return true;
        }
        sent += (size_t)now;
    }
    return true;
}

static bool send_unsent(struct connection *connection) {
    ssize_t sent = send(connection->fd, connection->unsent + connection->unsent_from,
                        connection->unsent_to - connection->unsent_from, MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN;
    }
    connection->unsent_from += (size_t)sent;
    if (connection->unsent_from == connection->unsent_to) {
        free(connection->unsent);
        connection->unsent = NULL;
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
    }
    return true;
}

static bool echo(struct connection *connection, size_t count) {
    static unsigned reads;
    if (corrupts && ++reads % 100 == 0) {
        buffer[count / 2] ^= 1;
    }
    return send_all(connection, buffer, count);
}

static bool sink(struct connection *connection, size_t count) {
    (void)connection;
    (void)count;
    return true;
}

// The number of request heads that end in the first bytes of the buffer. None has a body.
static size_t count_heads(struct connection *connection, size_t count) {
    static const char end_of_head[] = "\r\n\r\n";
    size_t heads = 0;
    for (size_t i = 0; i < count; i++) {
        if (buffer[i] != end_of_head[connection->matched]) {
            connection->matched = buffer[i] == '\r';
        } else if (++connection->matched == 4) {
            connection->matched = 0;
            heads++;
        }
    }
    return heads;
}

static bool http(struct connection *connection, size_t count) {
    static char responses[BUFFER / 4 * (sizeof RESPONSE - 1)];
    const size_t length = sizeof RESPONSE - 1;
    size_t heads = count_heads(connection, count);
    for (size_t i = 0; i < heads; i++) {
        memcpy(responses + i * length, RESPONSE, length);
    }
    return send_all(connection, responses, heads * length);
}

static bool receive(struct connection *connection) {
    for (int reads = 0; reads < READS_MAX && !connection->unsent; reads++) {
        ssize_t count = recv(connection->fd, buffer, BUFFER, 0);
        if (count < 0 && errno == EAGAIN) {
            return true;
        } else if (count <= 0 || !handle(connection, (size_t)count)) {
            return false;
        } else if (stops_at_short && count < BUFFER) {
            return true;
        }
    }
    return true;
}

static void accept_all(int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        set_nodelay(fd);
        struct connection *connection = calloc(1, sizeof *connection);
        connection->fd = fd;
        watch(connection, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void parse(int count, char **arguments) {
    const char *kind = count < 3 ? "" : arguments[1];
    handle = !strcmp(kind, "echo") ? echo : !strcmp(kind, "sink") ? sink : http;
    if (handle == http && strcmp(kind, "http")) {
        fprintf(stderr, "usage: epoll echo|sink|http ADDRESS [short] [corrupt]\n");
        exit(2);
    }
    for (int i = 3; i < count; i++) {
        stops_at_short |= !strcmp(arguments[i], "short");
        corrupts |= !strcmp(arguments[i], "corrupt");
    }
}

int main(int count, char **arguments) {
    parse(count, arguments);
    all_files();
    int listener = listen_at(arguments[2], SOCK_NONBLOCK);
    epoll = epoll_create1(0);
    struct connection accepting = {.fd = listener};
    watch(&accepting, EPOLL_CTL_ADD, EPOLLIN);
    static struct epoll_event events[1024];
    for (;;) {
        int ready = epoll_wait(epoll, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == &accepting) {
                accept_all(listener);
            } else if (!(connection->unsent ? send_unsent : receive)(connection)) {
                end(connection);
            }
        }
    }
}
