#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs each fuzz target for a while, under AddressSanitizer and UndefinedBehaviorSanitizer, from what is in
# tests/fuzz/corpus. Says one line for each; an input that breaks one is kept in build-fuzz/found.
# Usage: [FUZZ_S=60] [FUZZ_JOBS=2] tools/fuzz.sh [--keep] [TARGET...]
#
# New inputs gather in build-fuzz/corpus, from where the next run goes on. --keep runs nothing, but copies into the tree
# those that reach code which nothing there reaches.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${FUZZ_S:-60} jobs=${FUZZ_JOBS:-2} log=build-fuzz/build.log
targets=(config document head lease list request segment)
export ASAN_OPTIONS=halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

configure() {
    [ -f build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz -Dfuzzer=true -Ddebug=true -Doptimization=2 \
        -Dwerror=false -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
}

build() {
    mkdir -p build-fuzz
    { configure && ninja -C build-fuzz -j "$jobs" "${targets[@]/#/tests/fuzz/fuzz_}"; } >$log 2>&1 && return
    tail -n 40 $log >&2
    exit 1
}

keep() { # TARGET
    mkdir -p "build-fuzz/corpus/$1" "tests/fuzz/corpus/$1"
    "build-fuzz/tests/fuzz/fuzz_$1" -merge=1 -use_counters=0 -max_len=2048 "tests/fuzz/corpus/$1" \
        "build-fuzz/corpus/$1" 2>&1 | grep 'new files' | sed "s/.*MERGE-OUTER/$1/"
}

fuzz() { # TARGET
    local name=$1 log=build-fuzz/$1.log status
    mkdir -p "build-fuzz/corpus/$name" "build-fuzz/found/$name"
    "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 \
        -dict="tests/fuzz/dictionaries/$name.dict" -artifact_prefix="build-fuzz/found/$name/" \
        "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 </dev/null
    status=$?
    if [ $status -eq 0 ]; then
        echo "$name: $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) .*/\1 inputs in \2 s/p' "$log")," \
            "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1) edges reached, nothing found"
    else
        echo "$name: FAILED; see $log and build-fuzz/found/$name"
        grep -m 3 -E 'check failed|ERROR: |runtime error' "$log"
    fi
    return $status
}

keeping=
if [ "${1-}" = --keep ]; then
    keeping=yes
    shift
fi
[ $# -eq 0 ] || targets=("$@")
build
failed=0 running=()
for name in "${targets[@]}"; do
    if [ -n "$keeping" ]; then
        keep "$name"
        continue
    fi
    if [ ${#running[@]} -ge "$jobs" ]; then
        wait "${running[0]}" || failed=1
        running=("${running[@]:1}")
    fi
    fuzz "$name" &
    running+=($!)
done
for job in "${running[@]}"; do
    wait "$job" || failed=1
done
exit $failed
