#!/usr/bin/env bash
# Netty, Vert.x, ActiveJ, Kotlin's coroutines and the JDK alone: jars into bench/target/peers/jvm/.
set -euo pipefail
cd "$(dirname "$0")"

target=../../target/peers/jvm
built=$target/built
if [[ -e $built && -z $(find . -newer "$built" -type f -print -quit) ]]; then
    exit 0
fi

# Whether in this folder is a JDK 25 or newer.
is_jdk() {
    [[ -x $1/bin/javac && $("$1/bin/javac" -version 2>&1) =~ ^javac\ ([0-9]+) ]] \
        && ((BASH_REMATCH[1] >= 25))
}

jdk=
for home in "${JAVA25_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    if is_jdk "$home"; then
        jdk=$home
        break
    fi
done
if ! command -v mvn >/dev/null; then
    echo "jvm: no Maven; apt-get install maven"
elif [[ -z $jdk ]]; then
    echo "jvm: no JDK 25; install one, or set JAVA25_HOME to it"
else
    rm -rf "$target" # what an older pom.xml left there would be on the class path
    export JAVA_HOME=$jdk
    # Maven itself, on a JDK this new, would warn of what its libraries call.
    export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow"
    mvn -B -q -Dstyle.color=never package
    rm -rf "$target/work"
    touch "$built"
fi
