#!/bin/sh
# stock.sh [dir] VERSION [FLAVOUR]: Debian's own kernel (6.1, 6.12 or newest; cloud, or generic with all drivers) and what modules
# for it are built with; the last line on stdout is their directory. With "dir", exit code 1 unless it is there already. Packages
# are fetched with private lists: the system's own are read for the mirror's address only.
# Kept in ${SLUICE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/sluice}/stock; needs the network only when that is empty.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
cache=${SLUICE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/sluice}
work=

# shellcheck source=bench/flows/debs.sh
. "$root/bench/flows/debs.sh"

# newest_release: from the lists fetched last. A plus sign stands before the release of Debian; other letters name a flavour.
newest_release()
{
	private apt-cache pkgnames linux-headers- | sed -n "s/^linux-headers-\([0-9][0-9.-]*\(+[a-z0-9]*\)\?\)-$suffix\$/\1/p" |
		sort -V | tail -n 1
}

# wrap TOOLS LIBRARIES: programs of a newer release run with that release's C library. Programs with one variant for each
# machine are replaced by the variant for this one.
wrap()
{
	find "$1" -type f -perm -u+x ! -name '*.real-*' | while read -r f; do
		head -c 4 "$f" | grep -q ELF || continue
		real=$f.elf
		for r in "$f.real-x86" "$f.real-lsb-64"; do
			[ ! -e "$r" ] || real=$r
		done
		[ -e "$real" ] || cp "$f" "$real"
		rm -f "$f"
		printf '#!/bin/sh\nexec "%s/ld-linux-x86-64.so.2" --library-path "%s" "%s" "$@"\n' "$2" "$2" "$real" >"$f"
		chmod +x "$f"
	done
}

stop() { [ -z "$work" ] || rm -rf "$work"; }

is_asked=0
if [ "${1:-}" = dir ]; then
	is_asked=1
	shift
fi
[ $# = 1 ] || [ $# = 2 ] || { sed -n '2,6s/^# *//p' "$0" >&2; exit 2; }
case $1 in
6.1) suite=bookworm ;;
6.12) suite=bookworm-backports ;;
newest) suite=trixie-backports ;;
*) echo "stock.sh: unknown version '$1'; use 6.1, 6.12 or newest" >&2; exit 2 ;;
esac
case ${2:-cloud} in
cloud) suffix=cloud-amd64 dir=$cache/stock/$1 ;;
generic) suffix=amd64 dir=$cache/stock/$1-generic ;;
*) echo "stock.sh: unknown flavour '$2'; use cloud or generic" >&2; exit 2 ;;
esac
[ -e "$dir/release" ] || [ "$is_asked" = 0 ] || exit 1
[ -e "$dir/release" ] || debs_lock
if [ ! -e "$dir/release" ]; then
	rm -rf "$dir"
	mkdir -p "$dir/debs" || exit 1
	work=$dir
	trap stop EXIT
	cd "$dir/debs" || exit 1
	echo "stock: fetching Debian's kernel ($1, ${2:-cloud})" >&2
	fetch "$suite"
	r=$(newest_release)
	[ -n "$r" ] || fail "no linux-headers package in $suite"
	case $1 in
	6.1) fetch "$suite" "linux-image-$r-$suffix" "linux-headers-$r-$suffix" "linux-headers-$r-common" linux-kbuild-6.1 ;;
	6.12) fetch "$suite" "linux-image-$r-$suffix" "linux-headers-$r-$suffix" "linux-headers-$r-common" "linux-kbuild-$r" ;;
	*)
		fetch "$suite" "linux-binary-$r-$suffix" "linux-modules-$r-$suffix" "linux-headers-$r-$suffix" \
			"linux-headers-$r-common" "linux-kbuild-$r"
		fetch trixie libc6
		;;
	esac
	for d in *.deb; do
		case $d in
		libc6_*) to=$dir/libc ;;
		*) to=$dir/root ;;
		esac
		dpkg-deb -x "$d" "$to" || fail "cannot unpack $d"
	done
	package_version=$(dpkg-deb -f linux-headers-*-amd64_*.deb Version)
	cd "$dir" || exit 1
	[ ! -d libc ] || wrap "$dir/root/usr/lib" "$dir/libc/usr/lib/x86_64-linux-gnu"
	sed -i "s#\([= ]\)/usr/src/#\1$dir/root/usr/src/#" "root/usr/src/linux-headers-$r-$suffix/Makefile"
	ln -s "root/usr/src/linux-headers-$r-$suffix" headers
	cp "$(find root -name 'vmlinuz*' -type f | head -n 1)" vmlinuz || fail "there is no kernel in the packages of $r"
	rm -rf debs
	echo "$package_version" >package_version
	echo "$r-$suffix" >release
	trap - EXIT
fi
echo "$dir"
