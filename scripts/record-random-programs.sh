#!/bin/bash
# Records what CPython does with random programs, for RandomProgramTest, which compares jloop with
# it in each build. Run in the root, after `mvn test-compile`, with Python 3.13 or later: before
# that, uncancel() kept a cancellation that was still to be delivered.
#
#   scripts/record-random-programs.sh [PROGRAMS [PYTHON]]     5000 programs, of which 200 are kept
set -euo pipefail
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
java -cp "core/target/classes:core/target/test-classes:$(find ~/.m2 -name 'assertj-core-3*.jar' \
    -o -name 'jspecify-1*.jar' -o -name 'junit-jupiter-api-6*.jar' | paste -sd:)" \
    --add-opens java.base/java.lang=ALL-UNNAMED \
    jloop.RandomProgramTest "$work/programs" "${1:-5000}"
"${2:-python3}" scripts/random_programs.py "$work/programs" \
    core/src/test/resources/jloop/random-programs.txt 200
