#!/usr/bin/env bash
# build.sh [FAMILY...]: builds the load generator and the servers of these families, or all, into
# bench/target/. What has no toolchain is left out with a line. Returns at once when nothing
# changed.
set -uo pipefail
cd "$(dirname "$0")"

if (($# == 0)); then
    set -- $(for script in {peers/*,start}/build.sh; do basename "$(dirname "$script")"; done)
fi

failed=0
load/build.sh || { echo "load: the build failed"; failed=1; }
for family; do
    script=peers/$family/build.sh
    if [[ $family == start ]]; then
        script=start/build.sh
    fi
    if [[ $family == load ]]; then
        continue
    elif [[ ! -x $script ]]; then
        echo "$family: no such family"
        failed=1
    else
        "$script" || { echo "$family: the build failed"; failed=1; }
    fi
done
exit $failed
