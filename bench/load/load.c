// load SUBCOMMAND ADDRESS OPTIONS: reads the command line.
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: load echo    ADDRESS --conns N --size BYTES [--pipeline P] WINDOW\n"
    "       load connect ADDRESS --at-once N WINDOW\n"
    "       load bulk    ADDRESS --size BYTES WINDOW\n"
    "       load idle    ADDRESS --conns N --pid PID\n"
    "       load hose    ADDRESS --quiet N --hose 0|1 WINDOW\n"
    "WINDOW: --seconds S --warmup W --pid PID\n"
    "ADDRESS: a port of 127.0.0.1, or the path of a unix socket\n";

_Noreturn static void misused(const char *what, const char *argument) {
    fprintf(stderr, "load: %s: %s\n%s", what, argument, USAGE);
    exit(2);
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void too_late(int number) {
    (void)number;
    static const char line[] = "load: no end in time: the server or this program hangs\n";
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0) {
        // Nobody reads it; the exit code says the same.
    }
    _exit(1);
}

void watchdog(double seconds) {
    signal(SIGALRM, too_late);
    struct itimerval once = {.it_value.tv_sec = (time_t)seconds + 1};
    setitimer(ITIMER_REAL, &once, NULL);
}

// An option, where its value goes (one of both), and what is allowed.
struct option_rule {
    const char *name;
    long *count;
    double *number;
    double least, most;
};

static void set_option(const struct option_rule *rule, const char *text) {
    char *end;
    errno = 0;
    double value = rule->count ? (double)strtol(text, &end, 10) : strtod(text, &end);
    if (errno || end == text || *end || !(value >= rule->least && value <= rule->most)) {
        char what[128];
        snprintf(what, sizeof what, "%s takes %g to %g, not", rule->name, rule->least, rule->most);
        misused(what, text);
    }
    if (rule->count) {
        *rule->count = (long)value;
    } else {
        *rule->number = value;
    }
}

static void parse_options(struct options *options, char **arguments) {
    long pid = 0;
    const struct option_rule rules[] = {
        {"--conns", &options->conns, NULL, 1, 1e6},
        {"--size", &options->size, NULL, 1, PIECE_MAX},
        {"--pipeline", &options->pipeline, NULL, 1, 1e4},
        {"--at-once", &options->at_once, NULL, 1, 1000},
        {"--quiet", &options->quiet, NULL, 1, 1e5},
        {"--hose", &options->hose, NULL, 0, 1},
        {"--pid", &pid, NULL, 0, 1e9},
        {"--seconds", NULL, &options->seconds, 0.01, 3600},
        {"--warmup", NULL, &options->warmup, 0, 3600},
    };
    const size_t count = sizeof rules / sizeof *rules;
    for (; *arguments; arguments += 2) {
        size_t i = 0;
        while (i < count && strcmp(rules[i].name, *arguments)) {
            i++;
        }
        if (i == count) {
            misused("no such option", *arguments);
        }
        if (!arguments[1]) {
            misused("a value is missing after", *arguments);
        }
        set_option(&rules[i], arguments[1]);
    }
    options->pid = (pid_t)pid;
}

int main(int count, char **arguments) {
    static const struct {
        const char *name;
        int (*run)(const struct options *);
    } commands[] = {
        {"echo", run_echo}, {"connect", run_connect}, {"bulk", run_bulk},
        {"idle", run_idle}, {"hose", run_hose},
    };
    if (count < 3) {
        misused("what is missing", count < 2 ? "a subcommand" : "an address");
    }
    struct options options = {
        .address = arguments[2],
        .conns = 64, .size = 1024, .pipeline = 1, .at_once = 16, .quiet = 100, .hose = 1,
        .seconds = 2, .warmup = 1,
    };
    long port = strtol(options.address, NULL, 10);
    if (options.address[0] != '/' && (port < 1 || port > 65535)) {
        misused("neither a port nor a path", options.address);
    }
    parse_options(&options, arguments + 3);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!strcmp(arguments[1], commands[i].name)) {
            return commands[i].run(&options);
        }
    }
    misused("no such subcommand", arguments[1]);
}
