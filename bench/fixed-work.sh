#!/usr/bin/env bash
# fixed-work.sh sched CASE REPETITIONS: the same work whatever the case is. It is the control of
# the scheduling cases: it takes longer only when the machine is slower, or does something else.
set -euo pipefail
[[ $# == 3 && $1 == sched ]] || { echo "usage: fixed-work.sh sched CASE REPETITIONS" >&2; exit 2; }

for ((rep = 0; rep < $3; rep++)); do
  begin=${EPOCHREALTIME/[.,]/}
  for ((i = 0; i < 200000; i++)); do :; done
  micros=$((${EPOCHREALTIME/[.,]/} - begin))
  printf '{"case":"%s","rep":%d,"s":%d.%06d}\n' \
      "$2" "$rep" $((micros / 1000000)) $((micros % 1000000))
done
