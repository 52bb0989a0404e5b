// The line at the end.
#include "load.h"

#include <stdio.h>

static bool first;

void report_begin(void) {
    first = true;
    putchar('{');
}

static void key(const char *name) {
    printf(first ? "\"%s\":" : ",\"%s\":", name);
    first = false;
}

void report_count(const char *name, uint64_t value) {
    key(name);
    printf("%llu", (unsigned long long)value);
}

void report_number(const char *name, double value) {
    key(name);
    printf("%.6f", value);
}

void report_end(void) { puts("}"); }

static double user_share(const struct reading *from, const struct reading *to) {
    double user = to->server_user - from->server_user;
    double all = user + to->server_system - from->server_system;
    return all > 0 ? user / all : 0;
}

void report_window(const struct window *window, const struct tally *tally) {
    const struct reading *from = &window->from, *to = &window->to;
    const struct histogram *latency = &tally->latency;
    double server = to->server_seconds - from->server_seconds;
    report_count("messages", tally->messages);
    report_count("bytes", tally->bytes);
    report_number("seconds", (double)(to->at - from->at) / 1e9);
    report_count("errors", tally->errors);
    report_count("mismatches", tally->mismatches);
    report_number("serverCpuSeconds", server);
    report_number("serverUserSeconds", server * user_share(from, to));
    report_number("clientCpuSeconds", to->client_seconds - from->client_seconds);
    report_count("serverRssKb", (uint64_t)resident_kb(window->server));
    report_number("p50Micros", histogram_quantile(latency, 0.5) / 1e3);
    report_number("p90Micros", histogram_quantile(latency, 0.9) / 1e3);
    report_number("p99Micros", histogram_quantile(latency, 0.99) / 1e3);
    report_number("p999Micros", histogram_quantile(latency, 0.999) / 1e3);
    report_number("maxMicros", (double)latency->max / 1e3);
    report_number("core0IdleSeconds", to->core_idle[0] - from->core_idle[0]);
    report_number("core1IdleSeconds", to->core_idle[1] - from->core_idle[1]);
}
