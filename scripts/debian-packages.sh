#!/usr/bin/env bash
# Installs Debian packages, as root: debian-packages.sh WHO PACKAGE... Elsewhere it names them, as
# what WHO would like to have. Without a package it does nothing.
set -euo pipefail

who=$1
shift

if (($# == 0)); then
    exit 0
elif command -v apt-get > /dev/null && ((EUID == 0)); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -qy install --no-install-recommends "$@"
else
    echo "$who would like to have: $*" >&2
fi
