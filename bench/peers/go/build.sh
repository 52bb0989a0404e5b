#!/usr/bin/env bash
# Go's servers and scheduling cases, as bench/target/peers/go/peers.
set -euo pipefail
cd "$(dirname "$0")"

built=../../target/peers/go/peers
if [[ -e $built && -z $(find . -newer "$built" -type f -print -quit) ]]; then
    exit 0
elif ! command -v go >/dev/null; then
    echo "go: no Go; apt-get install golang-go"
else
    # GOTOOLCHAIN: a newer Go is not fetched for it.
    GOTOOLCHAIN=local GOFLAGS=-buildvcs=false go build -o "$built" .
fi
