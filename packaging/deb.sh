#!/bin/sh
# deb.sh [VERSION]: builds the Debian packages into build/deb, from a clean copy of the tree's own files and without a network; VERSION
# is the one of user/lib/version.h unless given. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something is missing.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
cd -- "$root" || exit 1

fail() { echo "deb.sh: $*" >&2; exit 1; }
missing() { echo "deb.sh: $*" >&2; exit 3; }

# files: what belongs to the project, each ended by a NUL; a tree that is no checkout of git has nothing else but build/.
files()
{
	if [ -e .git ] && git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard -z
	else
		find . -name build -prune -o -name .git -prune -o -type f ! -name '*.swp' -print0
	fi
}

# changelog: Debian wants the version here, and a date, which is that of the newest file, so that equal trees give equal packages.
changelog()
{
	cat <<-END
	sluice ($version) unstable; urgency=medium

	  * Release $version.

	 -- Sluice maintainers <maintainers@sluice.invalid>  $(date -u -R -d "@$newest_s")
	END
}

[ $# -le 1 ] || { sed -n '2,3s/^# *//p' "$0" >&2; exit 2; }
version=$(sed -n 's/^#define SLUICE_VERSION "\(.*\)"$/\1/p' user/lib/version.h)
[ -n "$version" ] || fail "there is no version in user/lib/version.h"
for t in dpkg-buildpackage dh; do
	command -v "$t" >/dev/null || missing "$t is missing; install it with apt-get install dpkg-dev debhelper"
done
out=build/deb
rm -rf "$out"
mkdir -p "$out/sluice-$version" || fail "cannot write to $root/$out"
files | tar --null --ignore-failed-read -c -T - 2>/dev/null | tar -x -C "$out/sluice-$version" || fail "cannot copy the tree to $out"
cd "$out/sluice-$version" || exit 1
newest_s=$(find . -type f -printf '%T@\n' | sort -n | tail -n 1 | cut -d. -f1)
if [ $# = 1 ] && [ "$1" != "$version" ]; then
	sed -i "s/\"$version\"/\"$1\"/" user/lib/version.h || exit 1
	version=$1
fi
mv packaging/debian debian && changelog >debian/changelog || fail "cannot write debian/changelog"
dpkg-checkbuilddeps 2>"$root/$out/missing" ||
	missing "$(sed -n '1s/^.*Unmet/unmet/p' "$root/$out/missing"): install them with apt-get"
rm -f "$root/$out/missing"
dpkg-buildpackage -us -uc -F >"$root/$out/log" 2>&1 ||
	{ grep -E 'error|Error' "$root/$out/log" | head -n 5 >&2; fail "building failed; the log is $out/log"; }
cd "$root" || exit 1
rm -rf "$out/sluice-$version"
ls "$out"/*.deb
