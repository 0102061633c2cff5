#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tries the project as a newcomer would: in a bare Debian 12 root with nothing but make and git, a clone of what is
# committed here, and one make target. Needs root and the package debootstrap.
# Usage: tools/try-bare.sh DIR [TARGET]     TARGET: what to make, "test" by default; "shell" for a look around
#
# DIR/root is the bare root: made when it is not there, and used again when it is, with what was installed in it;
# remove DIR for a fresh one. It takes packages from where this system does (its apt configuration), and trusts the
# certificates that this system trusts.
set -euo pipefail
dir=${1:?usage: tools/try-bare.sh DIR [TARGET]}
target=${2:-test}
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$dir"
root=$(cd "$dir" && pwd)/root

if [ ! -e "$root/usr/bin/make" ]; then
    suite=bookworm
    mirror=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' | awk -v suite=$suite '$2 == suite {print $1; exit}')
    echo "Making a bare root in $root"
    debootstrap --variant=minbase $suite "$root" "${mirror:?no source of Debian 12 in the apt configuration}" >"$dir/debootstrap.log"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    cp /etc/hosts "$root/etc/hosts"
    # The suites of updates and of security, beside the one that debootstrap wrote down.
    apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep " $suite" | sort -u >"$root/etc/apt/sources.list"
    if [ -d /usr/local/share/ca-certificates ]; then
        mkdir -p "$root/usr/local/share/ca-certificates"
        cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates"
    fi
    # No service starts in there.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 0755 "$root/usr/sbin/policy-rc.d"
    DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c 'apt-get -q update && apt-get -qy install --no-install-recommends make git' >"$dir/apt.log"
fi

rm -rf "$root/root/usher"
git clone -q --no-local "$here" "$root/root/usher"
cat >"$root/root/try.sh" <<'END'
cd /root/usher
if [ "$1" = shell ]; then exec bash; fi
start=$SECONDS
make "$1"
status=$?
echo "make $1: exit status $status after $((SECONDS - start)) s" >&2
exit $status
END

# The environment of this system is left outside, but for how it reaches the network.
network=(NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || network+=("$name=${!name}")
done
if command -v npm >/dev/null; then
    network+=("npm_config_registry=$(npm config get registry)")
fi

# Mounts of its own, which go away with it.
exec unshare --mount sh -c '
    root=$1 target=$2 && shift 2
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp" || exit 1
    exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@" \
        bash /root/try.sh "$target"
' sh "$root" "$target" "${network[@]}"
