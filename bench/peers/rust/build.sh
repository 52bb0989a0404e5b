#!/usr/bin/env bash
# tokio's servers and scheduling cases, as bench/target/peers/rust/peers.
set -euo pipefail
cd "$(dirname "$0")"

target=../../target/peers/rust
if [[ -e $target/peers && -z $(find . -newer "$target/peers" -type f -print -quit) ]]; then
    exit 0
elif ! command -v cargo >/dev/null; then
    echo "rust: no cargo; apt-get install cargo librust-tokio-dev"
elif ! compgen -G '/usr/share/cargo/registry/tokio-1*' >/dev/null; then
    echo "rust: no tokio; apt-get install librust-tokio-dev"
else
    cargo build -q --release --target-dir "$target/work"
    # The crate's lock file is newer than what cargo built; what is copied is newer still.
    cp "$target/work/release/peers" "$target/peers"
fi
