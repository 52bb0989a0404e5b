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
#define AT_A_TIME 64      // connections that wait for their first echo

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

static bool send_ping(struct stream *stream) {
    if (send(stream->fd, stream_next(stream), PING_SIZE, MSG_NOSIGNAL) != PING_SIZE) {
        return false;
    }
    stream->sent += PING_SIZE;
    return true;
}

static bool receive_ping(struct stream *stream, uint64_t *mismatches) {
    char echo[PING_SIZE];
    while (stream->received < stream->sent) {
        ssize_t count = recv(stream->fd, echo, stream->sent - stream->received, 0);
        if (count <= 0) {
            errno = count == 0 ? ECONNRESET : errno;
            return false;
        }
        *mismatches += !stream_matches(stream, echo, (size_t)count);
        stream->received += (size_t)count;
    }
    return true;
}

bool stream_ping(struct stream *stream, uint64_t *mismatches) {
    return send_ping(stream) && receive_ping(stream, mismatches);
}

_Noreturn static void fail_opening(const struct options *options, long index, const char *step) {
    const char *why = errno == EAGAIN ? "nothing came in 3 s" : strerror(errno);
    fail("connection %ld to %s: %s: %s", index, options->address, step, why);
}

static struct stream begin_stream(const struct options *options, long index) {
    struct stream stream = {
        .fd = new_socket(options, index, 0),
        .start = (uint64_t)index * 977,
    };
    limit_waits(stream.fd);
    errno = connect_socket(options, stream.fd);
    if (errno) {
        fail_opening(options, index, "connect");
    }
    if (!send_ping(&stream)) {
        fail_opening(options, index, "its first bytes");
    }
    return stream;
}

void open_streams(const struct options *options, struct stream *streams, long first, long end,
                  uint64_t *mismatches) {
    for (long done = first; done < end;) {
        long until = done + AT_A_TIME < end ? done + AT_A_TIME : end;
        for (long i = done; i < until; i++) {
            streams[i] = begin_stream(options, i);
        }
        for (; done < until; done++) {
            if (!receive_ping(&streams[done], mismatches)) {
                fail_opening(options, done, "the echo of its first bytes");
            }
        }
    }
}

void watch_opening(long count) { watchdog(5 + (double)count / 200); }

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
