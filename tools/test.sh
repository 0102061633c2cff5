#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every suite, or those named, several at a time, and ends with one line: "N passed, N failed". Right before it
# stands what failed.
# Usage: [JOBS=N] tools/test.sh [SUITE...]
#
# A suite is a function suite_NAME below. What it prints goes to build-logs/NAME.log. It leaves its counts in the file
# $counts ("PASSED FAILED"); one that leaves none is a single check. Whatever ends badly counts at least one failed. The
# names of what failed go to the file $failures, with what was said of each in indented lines.
# Most suites wait more than they compute, so more of them run at once than there are cores; what they need built is
# built by the first that asks, while the others wait for it.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
python=/usr/bin/python3
root=$PWD
logs=build-logs
jobs=${JOBS:-$(($(nproc) + 1))}
mkdir -p $logs
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

built() { # DIR, options of meson setup: all of it is built there
    local dir=$1
    (
        flock 9
        [ -f "$dir/build.ninja" ] || meson setup "$@" || exit 1
        ninja -C "$dir"
    ) 9>"$logs/$dir.lock"
}

built_plain() {
    flock "$logs/plain.lock" make build && built build
}

built_asan() {
    built build-asan -Ddebug=true -Doptimization=1 -Dwerror=false -Db_sanitize=address,undefined
}

built_tsan() {
    built build-tsan -Dconsole=disabled -Ddebug=true -Doptimization=1 -Dwerror=false -Db_sanitize=thread
}

# There are no results when no test was asked for, or the runner did not get so far.
count() { # KIND, FILE of results
    [ ! -e "$2" ] || $python "$root/tools/count-tests.py" "$1" "$2" "$failures" >>"$counts"
}

meson_tests() { # DIR, options of meson test
    local dir=$1 status
    shift
    rm -f "$dir/meson-logs/testlog.json"
    timeout 15m meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier 4 --num-processes 4 "$@"
    status=$?
    count meson "$dir/meson-logs/testlog.json"
    return $status
}

# A test that hangs fails alone and shows where, so that it does not take its suite along.
python_tests() { # NAME, DIR of the programs, options of pytest; with $limit_s in seconds for the whole
    local xml=$logs/$1.xml dir=$PWD/$2 status
    shift 2
    rm -f "$xml"
    USHERD=$dir/usherd USHER=$dir/usher \
        timeout "${limit_s:-900}" $python -m pytest -q --tb=short --timeout=300 -p no:cacheprovider --junitxml="$xml" "$@"
    status=$?
    count junit "$xml"
    return $status
}

node_tests() { # NAME, what runs Vitest
    local xml=$root/$logs/$1.xml status
    shift
    rm -f "$xml"
    timeout 15m "$@" --reporter=default --reporter=junit --outputFile.junit="$xml"
    status=$?
    count junit "$xml"
    return $status
}

suite_tree() {
    $python tools/check-tree.py
}

# The checks themselves are checked.
suite_tools() {
    built_plain && python_tests tools build tests/tools
}

suite_contract() {
    cd tests/contract && npm ci --no-audit --no-fund && npm run lint
}

suite_gcc() {
    built_plain
}

suite_layers() {
    built_plain && $python tools/check-layers.py build
}

suite_unit() {
    built_asan && meson_tests build-asan
}

# What the manual shows is run, what it points at is there, what it lists is complete; man pages are clean.
suite_docs() {
    built_plain && python_tests docs build tests/docs
}

suite_api() {
    built_asan && python_tests api build-asan -n 2 tests/api
}

# The same tests, where the data is in PostgreSQL: one node, and three behind a balancer.
suite_api_postgres() {
    built_plain && python_tests api_postgres build -n 2 --store=postgres tests/api
}

suite_api_cluster() {
    built_asan && python_tests api_cluster build-asan -n 2 --store=cluster tests/api
}

# Several nodes while one, its network or the database fails.
suite_cluster() {
    built_asan && python_tests cluster build-asan -n 2 --ignore=tests/cluster/test_hunt.py tests/cluster
}

# The hunt for one license too many, while all of that goes on for HUNT_S seconds. SEED repeats what is done when.
suite_hunt() {
    local -x HUNT_S=${HUNT_S:-300}
    local limit_s=$((HUNT_S + 600))
    built_asan && python_tests hunt build-asan -s tests/cluster/test_hunt.py
}

suite_cli() {
    built_asan && python_tests cli build-asan -n 3 tests/cli
}

suite_threads() {
    built_tsan || return 1
    local status=0
    meson_tests build-tsan --suite threads || status=1
    python_tests threads build-tsan -m threads tests/api || status=1
    return $status
}

suite_clang() {
    CC=clang built build-clang -Dconsole=disabled --buildtype=debugoptimized
}

# The console's types, format and logic. The build has installed its packages, and holds it to its size.
suite_console() {
    built_plain && cd console && flock . npm run -s check || return 1
    node_tests console npm test -s --
}

# What people do, in Chromium; the server is the one that people run.
suite_browser() {
    built_plain && cd tests/browser && npm ci --no-audit --no-fund || return 1
    USHERD=$root/build/usherd node_tests browser npm test -s --
}

# kill -9 of the server, under load of all commands; a hundred times: make crash.
suite_crash() {
    built_asan && python_tests crash build-asan tests/crash
}

# A minute for each target, behind the suites that are waited for. What it finds later: make fuzz FUZZ_S=3600.
suite_fuzz() {
    local lines=$logs/fuzz.lines
    FUZZ_S=${FUZZ_S:-60} nice tools/fuzz.sh | tee "$lines"
    echo "$(grep -c ' nothing found$' "$lines") $(grep -c ': FAILED;' "$lines")" >"$counts"
    ! grep -q ': FAILED;' "$lines"
}

# Worlds of one server and of several, from seeds that are told, and small worlds in all sequences of seven acts.
suite_sim() {
    make sim SEED=1 STEPS=8000000 && make sim SERVERS=1 SEED=1 STEPS=4000000 &&
        ninja -C build-sim tests/simulation/simulation-small &&
        build-sim/tests/simulation/simulation-small --depth 7
}

run() { # NAME: leaves "PASSED FAILED" in $results/NAME
    local name=$1 start=$SECONDS status passed failed counts=$results/$1.counts failures=$results/$1.failures
    ("suite_$name") >"$logs/$name.log" 2>&1 </dev/null
    status=$?
    read -r passed failed < <(awk '{p += $1; f += $2} END {print p + 0, f + 0}' "$counts" 2>/dev/null || echo 0 0)
    if [ ! -e "$counts" ] && [ $status -eq 0 ]; then
        passed=1
    elif [ "$failed" -eq 0 ] && [ $((status != 0 || passed == 0)) -eq 1 ]; then
        failed=1
    fi
    echo "$passed $failed" >"$results/$name"
    if [ "$failed" -gt 0 ] && [ ! -s "$failures" ]; then
        { echo "the suite itself" && tail -n 20 "$logs/$name.log" | sed 's/^/    /'; } >"$failures"
    fi
    (
        flock 8 # one suite's lines stay together
        echo "$name: $passed passed, $failed failed in $((SECONDS - start)) s"
        if [ "$failed" -gt 0 ]; then
            echo "--- the end of $logs/$name.log"
            tail -n 80 "$logs/$name.log"
            echo "---"
        fi
    ) 8>"$results/printing"
}

# What failed with what was said of it, then the names alone: the end of a long output is what is read.
tell_failures() {
    local name told=$results/told
    for name; do
        [ ! -s "$results/$name.failures" ] || sed "/^    /! s/^/FAILED $name: /" "$results/$name.failures"
    done >"$told"
    cat "$told"
    [ "$(grep -c '^FAILED ' "$told")" -le 1 ] || grep '^FAILED ' "$told" | tail -n 28
}

# Those that take longest begin first, so that the short ones fill what is left.
[ $# -gt 0 ] || set -- tree hunt contract tools unit cluster cli fuzz browser sim crash api api_cluster api_postgres \
    threads console layers docs gcc clang
for name; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    run "$name" &
done
wait
tell_failures "$@"
for name; do
    cat "$results/$name"
done | awk '{p += $1; f += $2} END {print p + 0 " passed, " f + 0 " failed"; exit f > 0}'
