#!/usr/bin/env bash
# Builds the C servers: bench/target/peers/c/{epoll,uring}.
set -euo pipefail
cd "$(dirname "$0")"
target=../../target/peers/c

build() { # NAME LIBRARY...
    local program=$target/$1
    [[ $program -nt $1.c && $program -nt server.h && $program -nt build.sh ]] \
        || gcc -std=gnu17 -O2 -Wall -Wextra -Werror -o "$program" "$1.c" "${@:2}"
}

if ! command -v gcc >/dev/null; then
    echo "c: gcc: not found; apt-get install gcc libc6-dev"
    exit 0
fi
mkdir -p $target
build epoll
if echo '#include <liburing.h>' | gcc -E -x c -o /dev/null - 2>/dev/null; then
    build uring -luring
else
    echo "c: liburing: not found; apt-get install liburing-dev"
fi
