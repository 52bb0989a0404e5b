#!/usr/bin/env bash
# Nothing to build: says what is missing of what the contestants need.
set -euo pipefail

python=${BENCH_PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import asyncio; asyncio.Runner' 2>/dev/null; then
    echo "python: no Python 3.11 or newer as $python; apt-get install python3, or set BENCH_PYTHON"
elif ! "$python" -c 'import uvloop' 2>/dev/null; then
    echo "python: no uvloop for $python; apt-get install python3-uvloop"
fi
