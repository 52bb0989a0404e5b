#!/usr/bin/env bash
# Installs the programs that tests talk to or look with, those that are missing (Debian, as root).
# Elsewhere it names them; a test whose program is missing is skipped and says so.
set -euo pipefail

declare -A package=(
    [curl]=curl [openssl]=openssl [wrk]=wrk [python3]=python3 [strace]=strace [ip]=iproute2
)

missing=()
for program in "${!package[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package[$program]}")
done

if ((${#missing[@]} == 0)); then
    exit 0
elif command -v apt-get >/dev/null && ((EUID == 0)); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -qy install --no-install-recommends "${missing[@]}"
else
    echo "tests would like to have: ${missing[*]}" >&2
fi
