#!/bin/sh
# graft.sh KERNEL_TREE and back, on the lines of a kernel tree that it looks for. The tree that it makes is compiled by
# tests/packaging/root.sh.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

tree=$out/tree
mkdir -p "$tree/net/sched"
: >"$tree/net/sched/sch_generic.c"
printf 'menuconfig NET_SCHED\n\tbool\n\nif NET_SCHED\n\nconfig NET_SCH_FQ\n\ttristate\n\nmenuconfig NET_SCH_DEFAULT\n\tbool\n\nendif\n' >"$tree/net/sched/Kconfig"
# shellcheck disable=SC2016 # make's variables
printf 'obj-y := sch_generic.o\nobj-$(CONFIG_NET_SCH_FQ) += sch_fq.o\n' >"$tree/net/sched/Makefile"
cp -r "$tree" "$out/before"

tap_run "graft" packaging/graft.sh "$tree"
awk '/^if NET_SCHED$/ { inside = 1 } /^source "net\/sched\/sluice\/kernel\/Kconfig"$/ && inside { found++ } /^menuconfig NET_SCH_DEFAULT/ { inside = 0 } END { exit found != 1 }' \
	"$tree/net/sched/Kconfig"
tap $? "Kconfig reads its option once, inside of NET_SCHED"
# shellcheck disable=SC2016 # make's variable
[ "$(grep -c 'CONFIG_NET_SCH_SLUICE' "$tree/net/sched/Makefile")" = 1 ] && grep -q '^config NET_SCH_SLUICE$' "$tree/net/sched/sluice/kernel/Kconfig"
tap $? "the Makefile enters it once, and the option is there"
missing=$(for f in kernel/*.c kernel/*.h kernel/uapi/*.h kernel/compat/* kernel/Kbuild core/*.h; do
	case $f in core/vectors*) ;; *) cmp "$f" "$tree/net/sched/sluice/$f" ;; esac
done 2>&1)
[ -z "$missing" ]
tap $? "the same sources"
[ -z "$missing" ] || echo "$missing" | sed 's/^/# /'
cp -r "$tree" "$out/once"
tap_run "graft again" packaging/graft.sh "$tree"
tap_run "changes nothing" diff -r "$out/once" "$tree"
echo '/* gone here */' >"$tree/net/sched/sluice/kernel/sch_sluice_gone.c"
echo '/* changed there */' >>"$tree/net/sched/sluice/core/wire.h"
packaging/graft.sh "$tree"
tap_run "brings an older graft up to date" diff -r "$out/once" "$tree"
tap_run "remove" packaging/graft.sh --remove "$tree"
tap_run "leaves the tree as it was" diff -r "$out/before" "$tree"
tap_run "remove again" packaging/graft.sh --remove "$tree"
packaging/graft.sh "$out" 2>"$out/said"
[ $? = 1 ] && grep -q "is no kernel's source tree" "$out/said" && [ ! -e "$out/net" ]
tap $? "a folder that is no kernel's tree is refused"
packaging/graft.sh 2>/dev/null
[ $? = 2 ]
tap $? "without a tree: wrong usage"
tap_end
