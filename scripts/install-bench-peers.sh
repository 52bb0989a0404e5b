#!/usr/bin/env bash
# Installs what the benchmark suite compares jloop with, as far as it is missing (Debian, as root):
# compilers of the peers written in C, Go and Rust, Python's uvloop, Node, and the load generator
# of the HTTP benchmark. Elsewhere it names them. The peers on the JVM come by Maven. Whatever is
# missing later is left out of a run, which says so.
set -euo pipefail

packages=(
    gcc libc6-dev liburing-dev      # the load generator, and the servers in C
    golang-go
    cargo librust-tokio-dev
    nodejs
    python3 python3-uvloop          # of Debian's own Python, /usr/bin/python3
    wrk
)

# A cargo or node from elsewhere will do.
is_installed() {
    case $1 in
        cargo | wrk) command -v "$1" > /dev/null && return ;;
        nodejs) command -v node > /dev/null && return ;;
    esac
    command -v dpkg-query > /dev/null || return
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null) == installed ]]
}

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done

"$(dirname "$0")/debian-packages.sh" "the benchmarks" ${missing[@]+"${missing[@]}"}
