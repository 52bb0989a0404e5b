#!/usr/bin/env bash
# Records what CPython does with random programs, for RandomProgramTest, which compares jloop with
# it in each build. Before 3.13 uncancel() kept a cancellation that was still to be delivered, so
# CPython 3.14 is asked, by scripts/python-3.14.sh, or another one that is given.
#
#   scripts/record-random-programs.sh [PROGRAMS [PYTHON]]     3000 programs, of which 200 are kept
set -euo pipefail
cd "$(dirname "$0")/.."

java=
for jdk in "${JAVA25_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jdk/release" 2>/dev/null || true)
    [ "${version:-0}" -ge 25 ] && java=$jdk/bin/java && break
done
[ -n "$java" ] || { echo "no JDK 25 found: set JAVA25_HOME to one" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mvn -B -q -pl core test-compile
mvn -B -q -pl core dependency:build-classpath -Dmdep.outputFile="$work/path" -Dmdep.includeScope=test
"$java" -cp "core/target/classes:core/target/test-classes:$(cat "$work/path")" \
    --add-opens java.base/java.lang=ALL-UNNAMED \
    jloop.RandomProgramTest "$work/programs" "${1:-3000}"
"${2:-scripts/python-3.14.sh}" scripts/random_programs.py "$work/programs" \
    core/src/test/resources/jloop/random-programs.txt 200
