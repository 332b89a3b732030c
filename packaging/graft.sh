#!/bin/sh
# graft.sh KERNEL_TREE: makes Sluice a part of a kernel's source tree, as net/sched/sluice with the option NET_SCH_SLUICE. Run again
# it brings the tree up to date.
#   graft.sh --remove KERNEL_TREE    leaves the tree as it was
# Exit codes: 0 done, 1 failed, 2 wrong usage.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
kconfig_line='source "net/sched/sluice/kernel/Kconfig"'
# shellcheck disable=SC2016 # make's variable, not the shell's
makefile_line='obj-$(CONFIG_NET_SCH_SLUICE)	+= sluice/kernel/'

fail() { echo "graft.sh: $*" >&2; exit 1; }
usage() { sed -n '2s/^# *//p;4s/^# *//p' "$0" >&2; exit 2; }

# rewrite FILE COMMAND...: replaces it by what the command makes of it, whole or not at all.
rewrite()
{
	file=$1
	shift
	cp -p "$file" "$file.graft" && "$@" <"$file" >"$file.graft" && mv "$file.graft" "$file" ||
		{ rm -f "$file.graft"; fail "cannot write $file"; }
}

# before_default LINE: the input with LINE in front of the choice of a default qdisc, which is the last part of the menu.
before_default()
{
	awk -v line="$1" '/^menuconfig NET_SCH_DEFAULT$/ && !done { print line; done = 1 } { print } END { exit !done }'
}

at_end() { cat && echo "$1"; }

is_remove=0
if [ "${1:-}" = --remove ]; then
	is_remove=1
	shift
fi
[ $# = 1 ] || usage
case $1 in -*) usage ;; esac
tree=$1
for f in net/sched/Kconfig net/sched/Makefile net/sched/sch_generic.c; do
	[ -f "$tree/$f" ] || fail "$tree is no kernel's source tree: it has no $f"
done
if [ "$is_remove" = 1 ]; then
	for f in Kconfig Makefile; do
		! grep -q sluice/kernel/ "$tree/net/sched/$f" || rewrite "$tree/net/sched/$f" grep -v sluice/kernel/
	done
	rm -rf "$tree/net/sched/sluice" || fail "cannot remove $tree/net/sched/sluice"
	exit
fi
"$root/kernel/sources.sh" "$tree/net/sched/sluice" || fail "cannot copy the module's sources to $tree/net/sched/sluice"
grep -qxF -- "$kconfig_line" "$tree/net/sched/Kconfig" ||
	rewrite "$tree/net/sched/Kconfig" before_default "$kconfig_line"
grep -qxF -- "$makefile_line" "$tree/net/sched/Makefile" ||
	rewrite "$tree/net/sched/Makefile" at_end "$makefile_line"
