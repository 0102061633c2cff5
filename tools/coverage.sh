#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the branch coverage of src/engine under the tests that Meson knows, and fails below 95 %.
# The branch of a CHECK that stops the process is not counted: no input may take it.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build-logs

dir=build-coverage
[ -f $dir/build.ninja ] || meson setup $dir --buildtype=debug -Dwerror=false -Db_coverage=true >build-logs/coverage.log
find $dir -name '*.gcda' -delete
ninja -C $dir >build-logs/coverage.log || { cat build-logs/coverage.log && exit 1; }
meson test -C $dir --no-suite client --no-rebuild --print-errorlogs >build-logs/coverage.log || { cat build-logs/coverage.log && exit 1; }
# gcovr is content with nothing at all.
find $dir/src -path '*/engine/*' -name '*.gcda' | grep -q . || { echo "coverage: no test runs src/engine" >&2 && exit 1; }
exec gcovr --root . --filter src/engine/ --object-directory $dir --exclude-branches-by-pattern '.*\bCHECK\(.*' \
    --branches --print-summary --fail-under-branch 95 $dir
