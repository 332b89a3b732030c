#!/bin/sh
# dkms.sh [DESTDIR]: puts what DKMS builds the module from into DESTDIR/usr/src/sluice-VERSION, and prints that folder without
# DESTDIR. The Debian package uses it; elsewhere "packaging/dkms.sh && dkms install sluice/VERSION" as root is all it takes.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1

fail() { echo "dkms.sh: $*" >&2; exit 1; }

[ $# -le 1 ] || { sed -n '2,3s/^# *//p' "$0" >&2; exit 2; }
version=$(sed -n 's/^#define SLUICE_VERSION "\(.*\)"$/\1/p' "$root/user/lib/version.h")
[ -n "$version" ] || fail "there is no version in user/lib/version.h"
folder=/usr/src/sluice-$version
to=${1:-}$folder
"$root/kernel/sources.sh" "$to" || fail "cannot copy the module's sources to $to"
# DKMS begins at the top, the module is one folder below.
printf 'obj-m += kernel/\nsubdir-ccflags-y += -DSLUICE_VERSION=\\"%s\\"\n' "$version" >"$to/Kbuild" || exit 1
sed "s/#VERSION#/$version/" "$root/packaging/dkms.conf" >"$to/dkms.conf" || exit 1
cp "$root/packaging/module-check.sh" "$to/module-check.sh" && chmod 755 "$to/module-check.sh" || exit 1
echo "$folder"
