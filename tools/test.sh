#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every suite, quick ones first, or those named, and ends with one line: "N passed, N failed".
# Usage: tools/test.sh [SUITE...]
#
# A suite is a function suite_NAME below. What it prints goes to build-logs/NAME.log. It leaves its counts in the file
# $counts ("PASSED FAILED"); one that leaves none is a single check. Whatever ends badly counts at least one failed.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
python=/usr/bin/python3
logs=build-logs
mkdir -p $logs
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT

configure() { # DIR, options of meson setup
    [ -f "$1/build.ninja" ] || meson setup "$@"
}

meson_tests() { # DIR, options of meson test
    local dir=$1 status
    shift
    rm -f "$dir/meson-logs/testlog.json"
    timeout 15m meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier 4 "$@"
    status=$?
    # There is no log when no test is in the suite that was asked for.
    [ ! -e "$dir/meson-logs/testlog.json" ] || $python tools/count-tests.py meson "$dir/meson-logs/testlog.json" >>"$counts"
    return $status
}

python_tests() { # NAME, DIR of the programs, options of pytest
    local xml=$logs/$1.xml dir=$PWD/$2 status
    shift 2
    rm -f "$xml"
    USHERD=$dir/usherd USHER=$dir/usher \
        timeout 15m $python -m pytest -q --tb=short -p no:cacheprovider --junitxml="$xml" "$@"
    status=$?
    [ ! -e "$xml" ] || $python tools/count-tests.py junit "$xml" >>"$counts"
    return $status
}

suite_tree() {
    $python tools/check-tree.py
}

# The checks themselves are checked.
suite_tools() {
    python_tests tools build tests/tools
}

suite_contract() {
    cd tests/contract && npm ci --no-audit --no-fund && npm run lint
}

suite_gcc() {
    make build
}

suite_layers() {
    ninja -C build && $python tools/check-layers.py build
}

suite_unit() {
    configure build-asan -Ddebug=true -Doptimization=1 -Dwerror=false -Db_sanitize=address,undefined && ninja -C build-asan &&
        meson_tests build-asan
}

# What the manual shows is run, what it points at is there, what it lists is complete; man pages are clean.
suite_docs() {
    ninja -C build && python_tests docs build tests/docs
}

suite_api() {
    python_tests api build-asan tests/api
}

suite_cli() {
    python_tests cli build-asan tests/cli
}

suite_threads() {
    configure build-tsan -Ddebug=true -Doptimization=1 -Dwerror=false -Db_sanitize=thread && ninja -C build-tsan || return 1
    local status=0
    meson_tests build-tsan --suite threads || status=1
    python_tests threads build-tsan -m threads tests/api || status=1
    return $status
}

suite_clang() {
    CC=clang configure build-clang --buildtype=debugoptimized && ninja -C build-clang
}

run() { # NAME: adds to all_passed and all_failed
    local name=$1 start=$SECONDS status passed failed
    rm -f "$counts"
    ("suite_$name") >"$logs/$name.log" 2>&1 </dev/null
    status=$?
    read -r passed failed < <(awk '{p += $1; f += $2} END {print p + 0, f + 0}' "$counts" 2>/dev/null || echo 0 0)
    if [ ! -e "$counts" ] && [ $status -eq 0 ]; then
        passed=1
    elif [ "$failed" -eq 0 ] && [ $((status != 0 || passed == 0)) -eq 1 ]; then
        failed=1
    fi
    echo "$name: $passed passed, $failed failed in $((SECONDS - start)) s"
    if [ "$failed" -gt 0 ]; then
        echo "--- the end of $logs/$name.log"
        tail -n 80 "$logs/$name.log"
        echo "---"
    fi
    all_passed=$((all_passed + passed))
    all_failed=$((all_failed + failed))
}

all_passed=0
all_failed=0
[ $# -gt 0 ] || set -- tree tools contract gcc layers docs clang unit api cli threads
for name; do
    run "$name"
done
echo "$all_passed passed, $all_failed failed"
[ $all_failed -eq 0 ]
