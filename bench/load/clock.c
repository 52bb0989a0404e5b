// Time, and who used the CPU.
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock) {
    struct timespec time;
    return clock_gettime(clock, &time) ? -1 : (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

nanos now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (nanos)time.tv_sec * 1000000000u + (nanos)time.tv_nsec;
}

nanos nanos_of(double seconds) { return (nanos)(seconds * 1e9); }

// User and system time of /proc/PID/stat. The kernel scales their sum to the time that was really
// run, so it is exact but for the tick (10 ms) it is rounded to.
static void read_ticks(pid_t server, struct reading *reading) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", server);
    FILE *file = fopen(path, "r");
    if (!file) {
        fail("the server (pid %d) has ended", server);
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    const char *rest = strrchr(text, ')'); // a name may hold blanks and parentheses
    unsigned long user = 0, system = 0;
    if (rest) {
        sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    }
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    reading->server_user = (double)user * tick;
    reading->server_system = (double)system * tick;
}

// The idle time of cores 0 and 1, of /proc/stat.
static void read_idle(double idle[2]) {
    FILE *file = fopen("/proc/stat", "r");
    if (!file) {
        return;
    }
    char line[512];
    while (fgets(line, sizeof line, file)) {
        unsigned core;
        unsigned long ticks, waiting;
        if (sscanf(line, "cpu%u %*u %*u %*u %lu %lu", &core, &ticks, &waiting) == 3 && core < 2) {
            idle[core] = (double)(ticks + waiting) / (double)sysconf(_SC_CLK_TCK);
        }
    }
    fclose(file);
}

struct reading read_clocks(pid_t server) {
    struct reading reading = {0};
    read_idle(reading.core_idle);
    if (server) {
        read_ticks(server, &reading);
        // The same sum as in stat, without the rounding.
        clockid_t clock;
        double seconds = clock_getcpuclockid(server, &clock) ? -1 : seconds_of(clock);
        if (seconds < 0) {
            fail("the server (pid %d) has ended", server);
        }
        reading.server_seconds = seconds;
    }
    reading.client_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    reading.at = now();
    return reading;
}

long resident_kb(pid_t server) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", server);
    FILE *file = server ? fopen(path, "r") : NULL;
    long kb = 0;
    while (file && fgets(line, sizeof line, file) && sscanf(line, "VmRSS: %ld", &kb) != 1) {
    }
    if (file) {
        fclose(file);
    }
    return kb;
}

struct window window_open(const struct options *options) {
    watchdog(options->warmup + options->seconds + 4);
    return (struct window){
        .begins = now() + nanos_of(options->warmup),
        .seconds = options->seconds,
        .server = options->pid,
    };
}

void window_turn(struct window *window, nanos time) {
    if (window->phase == WARMING && time >= window->begins) {
        window->from = read_clocks(window->server);
        window->ends = window->from.at + nanos_of(window->seconds);
        window->phase = COUNTING;
    } else if (window->phase == COUNTING && time >= window->ends) {
        window->to = read_clocks(window->server);
        window->phase = OVER;
    }
}
