#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing to build Usher, to test it, or to measure it, with apt-get; says nothing when all is there.
# Usage: tools/install-deps.sh build|test|bench
set -eu

# One word a package. "virtual=package": anything that provides the virtual package will do. Meson configures the
# unit tests along with the programs, so the build wants libcmocka-dev, too; nodejs and npm make the web console.
build='gcc libc6-dev meson ninja-build pkg-config ca-certificates libmicrohttpd-dev libgnutls28-dev libjansson-dev
       libsqlite3-dev libpq-dev libsodium-dev libcurl4-dev=libcurl4-gnutls-dev libyaml-dev libinih-dev libcmocka-dev nodejs
       npm'
# binutils has nm, for tools/check-layers.py; libclang-rt-14-dev what clang's sanitizers and libFuzzer run on;
# systemd and libseccomp2 judge the unit, and make its filter of system calls; Chromium opens the console; PostgreSQL is
# started by the store's tests.
test='clang libclang-rt-14-dev binutils python3 python3-pytest python3-pytest-timeout python3-pytest-xdist python3-hypothesis
      python3-requests python3-jsonschema python3-yaml python3-brotli gcovr mandoc openssl curl systemd
      libseccomp2 chromium postgresql'

# What `make bench` compares with, and what loads it.
bench='nginx-light redis-server redis-tools postgresql wrk python3'

case ${1-} in
build) wanted=$build ;;
test) wanted="$build $test" ;;
bench) wanted="$build $bench" ;;
*) echo "usage: $0 build|test|bench" >&2 && exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "install-deps: not a Debian system; what the build needs, by Debian's names:" $wanted >&2
    exit 0
fi

# Every installed package and what it provides, one name a line.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' |
    sed -n 's/^installed //p' | tr ',' '\n' | sed 's/ *(.*//; s/ //g')
missing=
for entry in $wanted; do
    printf '%s\n' "$installed" | grep -qxF "${entry%=*}" || missing="$missing ${entry#*=}"
done
promtool=
if [ "$1" = test ] && ! command -v promtool >/dev/null; then
    promtool=promtool
fi
[ -n "$missing$promtool" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null; then
        echo "install-deps: run this as root, once: apt-get install$missing${promtool:+ prometheus}" >&2
        exit 1
    fi
fi

echo "Installing from Debian:$missing${promtool:+ promtool}"
log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$log" "$work"' EXIT

# Runs an apt-get command; when it fails, the package lists are missing or old: once more with new ones.
apt() {
    for attempt in 1 2; do
        if $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy "$@" >"$log" 2>&1 </dev/null; then
            return 0
        fi
        [ $attempt = 2 ] || $as_root apt-get -qy update >/dev/null 2>&1 || true
    done
    tail -n 20 "$log" >&2
    echo "install-deps: apt-get $1 failed, see above" >&2
    exit 1
}

# Tests and bench start the servers that they want by themselves: their packages must not, now or with the system.
policy=/usr/sbin/policy-rc.d
if [ "$1" != build ] && [ -n "$missing" ] && [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 0755 $policy
    trap 'rm -rf "$log" "$work"; $as_root rm -f $policy' EXIT
fi

[ -z "$missing" ] || apt install --no-install-recommends $missing

if [ "$1" != build ] && [ -d /run/systemd/system ]; then
    for package in $missing; do
        case $package in
        nginx-light) $as_root systemctl disable -q nginx ;;
        redis-server | postgresql) $as_root systemctl disable -q $package ;;
        esac
    done
fi

# The tool alone: the package would start a monitoring server on the developer's machine.
if [ -n "$promtool" ]; then
    cd "$work"
    apt -o APT::Sandbox::User=root download prometheus
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - ./usr/bin/promtool
    $as_root install -m 0755 usr/bin/promtool /usr/local/bin/promtool
fi
