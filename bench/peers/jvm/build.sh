#!/usr/bin/env bash
# Netty, Vert.x, ActiveJ, Kotlin's coroutines and the JDK alone: jars into bench/target/peers/jvm/.
set -euo pipefail
cd "$(dirname "$0")"

target=../../target/peers/jvm
built=$target/built
if [[ -e $built && -z $(find . -newer "$built" -type f -print -quit) ]]; then
    exit 0
fi

for home in "${BENCH_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
    if [[ -x $home/bin/javac && $("$home/bin/javac" -version) == "javac 25"* ]]; then
        export JAVA_HOME=$home
        break
    fi
done
if ! command -v mvn >/dev/null; then
    echo "jvm: no Maven; apt-get install maven"
elif ! [[ $("${JAVA_HOME:-}/bin/javac" -version 2>&1) == "javac 25"* ]]; then
    echo "jvm: no JDK 25; install one and set BENCH_JAVA_HOME"
else
    rm -rf "$target" # what an older pom.xml left there would be on the class path
    # Maven itself, on a JDK this new, would warn of what its libraries call.
    export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow"
    mvn -B -q -Dstyle.color=never package
    rm -rf "$target/work"
    touch "$built"
fi
