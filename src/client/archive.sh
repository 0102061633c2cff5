#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the static library to install: one object in which all but the documented functions is local, so that no name
# of its insides can meet one of the program's.
# Usage: archive.sh OUTPUT MAP LIBRARY...
set -eu
output=$1 map=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
first=$1
shift
sed -n 's/^ *\(usher_[a-z_]*\);$/\1/p' "$map" >"$folder/names"
${LD:-ld} -r -o "$folder/whole.o" --whole-archive "$first" --no-whole-archive "$@"
${OBJCOPY:-objcopy} --keep-global-symbols="$folder/names" "$folder/whole.o" "$folder/usher.o"
rm -f "$output"
${AR:-ar} rcD "$output" "$folder/usher.o"
