// Connections, and the bytes that go over them.
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PERIOD 4093       // a prime
#define WAIT_SECONDS 3    // for one step of opening a connection
#define SOURCES 200       // 127.0.1.1 to 127.0.1.200

const char *pattern_at(uint64_t offset) {
    static char *pattern;
    if (!pattern) {
        pattern = malloc(PERIOD + PIECE_MAX);
        if (!pattern) {
            fail("no memory");
        }
        for (size_t i = 0; i < PERIOD + PIECE_MAX; i++) {
            uint32_t mixed = (uint32_t)(i % PERIOD + 1) * 2654435761u;
            pattern[i] = (char)(mixed >> 23);
        }
    }
    return pattern + offset % PERIOD;
}

const char *stream_next(const struct stream *stream) {
    return pattern_at(stream->start + stream->sent);
}

bool stream_matches(const struct stream *stream, const char *bytes, size_t count) {
    return !memcmp(bytes, pattern_at(stream->start + stream->received), count);
}

static void set_option(int fd, int level, int name, int value) {
    if (setsockopt(fd, level, name, &value, sizeof value)) {
        fail("a socket option was refused: %s", strerror(errno));
    }
}

static void bind_source(int fd, long index) {
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(0x7f000101u + (uint32_t)(index % SOURCES));
    set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    if (bind(fd, (struct sockaddr *)&source, sizeof source)) {
        fail("bind: %s", strerror(errno));
    }
}

int new_socket(const struct options *options, long index, int flags) {
    bool is_path = options->address[0] == '/';
    int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) {
        fail("connection %ld: %s", index, strerror(errno));
    }
    if (!is_path) {
        bind_source(fd, index);
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    return fd;
}

int connect_socket(const struct options *options, int fd) {
    int result;
    if (options->address[0] == '/') {
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        if (strlen(options->address) >= sizeof to.sun_path) {
            fail("a path of more than %zu bytes", sizeof to.sun_path - 1);
        }
        strcpy(to.sun_path, options->address);
        result = connect(fd, (struct sockaddr *)&to, sizeof to);
    } else {
        struct sockaddr_in to = {
            .sin_family = AF_INET,
            .sin_port = htons((uint16_t)atoi(options->address)),
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        };
        result = connect(fd, (struct sockaddr *)&to, sizeof to);
    }
    return result ? errno : 0;
}

static void limit_waits(int fd) {
    struct timeval limit = {.tv_sec = WAIT_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool stream_ping(struct stream *stream, uint64_t *mismatches) {
    char echo[PING_SIZE];
    if (send(stream->fd, stream_next(stream), PING_SIZE, MSG_NOSIGNAL) != PING_SIZE) {
        return false;
    }
    stream->sent += PING_SIZE;
    size_t wanted = PING_SIZE;
    while (wanted > 0) {
        ssize_t count = recv(stream->fd, echo, wanted, 0);
        if (count <= 0) {
            if (count == 0) {
                errno = ECONNRESET;
            }
            return false;
        }
        *mismatches += !stream_matches(stream, echo, (size_t)count);
        stream->received += (size_t)count;
        wanted -= (size_t)count;
    }
    return true;
}

struct stream open_stream(const struct options *options, long index, uint64_t *mismatches) {
    struct stream stream = {
        .fd = new_socket(options, index, 0),
        .start = (uint64_t)index * 977,
    };
    limit_waits(stream.fd);
    int error = connect_socket(options, stream.fd);
    if (error) {
        fail("connection %ld to %s: %s", index, options->address, strerror(error));
    }
    if (!stream_ping(&stream, mismatches)) {
        bool late = errno == EAGAIN;
        fail("connection %ld to %s: no echo of its first %d bytes: %s", index, options->address,
             PING_SIZE, late ? "none came in 3 s" : strerror(errno));
    }
    return stream;
}

void make_nonblocking(int fd) {
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) {
        fail("fcntl: %s", strerror(errno));
    }
}

void allow_files(long count) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t wanted = (rlim_t)count + 64;
    if (limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = wanted;
    limit.rlim_max = limit.rlim_max < wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) {
        fail("%ld connections: the limit of open files (ulimit -n) is below", count);
    }
}
