#!/usr/bin/env bash
# Installs the programs that tests talk to or look with, those that are missing (Debian, as root).
# Elsewhere it names them and fails, as the tests that need them would.
set -euo pipefail

declare -A package=(
    [curl]=curl [openssl]=openssl [wrk]=wrk [python3]=python3 [strace]=strace [ip]=iproute2
    [gcc]=gcc [taskset]=util-linux [setsid]=util-linux [socat]=socat [kill]=procps [git]=git
    [node]=nodejs [dnsmasq]=dnsmasq-base [unshare]=util-linux [nsenter]=util-linux
)

missing=()
for program in "${!package[@]}"; do     # -P: kill is a builtin of the shell, too
    type -P "$program" >/dev/null || missing+=("${package[$program]}")
done

# Headers, of the C library and of io_uring: the benchmarks' load generator and servers need them.
[[ -e /usr/include/stdio.h ]] || missing+=(libc6-dev)
[[ -e /usr/include/liburing.h ]] || missing+=(liburing-dev)
# A library for the system's Python: a benchmark's contestant.
/usr/bin/python3 -c 'import uvloop' 2>/dev/null || missing+=(python3-uvloop)

"$(dirname "$0")/debian-packages.sh" "tests" ${missing[@]+"${missing[@]}"}
