#!/usr/bin/env bash
# Builds the load generator: bench/target/load/load.
set -euo pipefail
cd "$(dirname "$0")"
target=../target/load/load

if [[ -x $target && -z $(find . -newer $target) ]]; then
    exit 0
elif ! command -v gcc >/dev/null; then
    echo "load: gcc: not found; apt-get install gcc libc6-dev"
    exit 0
fi
mkdir -p ../target/load
gcc -std=gnu17 -O2 -Wall -Wextra -Werror -o $target ./*.c
