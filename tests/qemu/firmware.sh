#!/bin/sh
# firmware.sh: what a machine with Secure Boot starts with, from Debian's packages: OVMF with Microsoft's keys, shim, MokManager and
# GRUB as signed, and mokutil. The last line on stdout is their directory. Nothing is installed on this host, whose own way of
# booting such packages would change.
# Kept in ${SLUICE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/sluice}/firmware; needs the network only when that is empty.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
# shellcheck source=bench/flows/debs.sh
. "$root/bench/flows/debs.sh"

dir=$cache/firmware
[ -e "$dir/complete" ] || debs_lock
if [ ! -e "$dir/complete" ]; then
	rm -rf "$dir"
	mkdir -p "$dir/debs" && cd "$dir/debs" || exit 1
	echo "firmware: fetching OVMF, shim and GRUB" >&2
	fetch bookworm ovmf shim-signed shim-helpers-amd64-signed grub-efi-amd64-signed mokutil libefivar1 libkeyutils1
	for d in *.deb; do
		dpkg-deb -x "$d" "$dir" || fail "cannot unpack $d"
	done
	cd "$dir" && rm -rf debs && touch complete || exit 1
fi
echo "$dir"
