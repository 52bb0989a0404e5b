#!/usr/bin/env bash
# Builds the programs of `start` that need it into bench/target/start: C, Go, Java.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit
out=../target/start
mkdir -p "$out"

is_old() { [[ ! -e $1 || $2 -nt $1 ]]; }

is_old "$out/hello-c" hello.c && {
  if command -v gcc > /dev/null; then gcc -O2 -o "$out/hello-c" hello.c
  else echo "gcc: not found; apt-get install gcc libc6-dev"
  fi
}
is_old "$out/hello-go" hello.go && {
  if command -v go > /dev/null; then go build -o "$out/hello-go" hello.go
  else echo "go: not found; apt-get install golang-go"
  fi
}
is_old "$out/PlainHello.class" PlainHello.java && {
  javac=${JAVA25_HOME:-${JAVA_HOME:-}}/bin/javac
  [[ -x $javac ]] || javac=$(command -v javac) || javac=''
  if [[ $javac ]]; then "$javac" -d "$out" PlainHello.java
  else echo "javac: not found; install a JDK 25, or set JAVA_HOME to one"
  fi
}
exit 0
