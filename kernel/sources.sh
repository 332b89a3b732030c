#!/bin/sh
# sources.sh TO [tests]: copies what the module is built from, kernel/ and core/, into the folder TO, for Kbuild writes beside its
# sources; with "tests" the KUnit suites as well. Only what changed is written, so that make rebuilds only that, and sources that
# are gone here go there.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1

case $#:${2:-tests} in 1:tests | 2:tests) ;; *) sed -n '2s/^# *//p' "$0" >&2; exit 2 ;; esac
to=$1 has_tests=${2:-}

# wanted: their paths from the top, one a line.
wanted()
{
	(cd "$here" && find kernel core -type f \( -name '*.[ch]' -o -name '*.mk' -o -name Kbuild -o -name Kconfig \) ! -name '*.mod.c') |
		{ if [ -n "$has_tests" ]; then cat; else grep -v -e '^kernel/tests/' -e '^core/vectors'; fi; }
}

mkdir -p "$to/kernel" "$to/core" || exit 1
wanted | while read -r f; do
	cmp -s "$here/$f" "$to/$f" || { mkdir -p "$to/$(dirname "$f")" && cp "$here/$f" "$to/$f"; } || exit 1
done || exit 1
# What is a source there and none here. Kbuild's own .mod.c stay.
(cd "$to" && find kernel core -type f -name '*.[ch]' ! -name '*.mod.c') | while read -r f; do
	[ -e "$here/$f" ] || rm -f "$to/$f"
done
