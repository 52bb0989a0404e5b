#!/usr/bin/env bash
# version.sh JAVA TITLE JAR: the version of a library as its jar's name has it, and that of the JDK.
set -euo pipefail

jar=$(basename "$(dirname "$0")/../../target/peers/jvm/$3"-[0-9]*.jar .jar)
java=$("$1" -version 2>&1 | sed -n 's/^[^"]*"\([^"]*\)".*/\1/p')
echo "$2 ${jar#"$3-"} on JDK $java"
