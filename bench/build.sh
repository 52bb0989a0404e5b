#!/usr/bin/env bash
# build.sh [FAMILY...]: builds the load generator and the servers of these families, or all, into
# bench/target/. What has no toolchain is left out with a line. Returns at once when nothing
# changed.
set -uo pipefail
cd "$(dirname "$0")"

if (($# == 0)); then
    set -- $(for script in peers/*/build.sh; do basename "$(dirname "$script")"; done)
fi

failed=0
load/build.sh || { echo "load: the build failed"; failed=1; }
for family; do
    if [[ $family == load ]]; then
        continue
    elif [[ ! -x peers/$family/build.sh ]]; then
        echo "$family: no such family"
        failed=1
    else
        peers/"$family"/build.sh || { echo "$family: the build failed"; failed=1; }
    fi
done
exit $failed
