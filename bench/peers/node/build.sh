#!/usr/bin/env bash
# Nothing to build: says so when there is no node.
set -euo pipefail

node=${BENCH_NODE:-node}
command -v "$node" >/dev/null || echo "node: no $node; apt-get install nodejs, or set BENCH_NODE"
