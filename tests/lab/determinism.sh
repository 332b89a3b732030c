#!/bin/sh
# L1: same scenario, kernel and seed give byte-identical results and captures; another seed gives another run.
# shellcheck disable=SC2317 # functions are called by tap_run
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/lab/twice.sh
. tests/lab/twice.sh

# wire_says BYTES: in the captures of `twice`, the first frame has BYTES (hexadecimal) behind its MAC addresses.
wire_says()
{
	said=$(od -An -tx1 -j52 -N6 "$out/a/sluice-seed7-wire-1.pcap" | tr -d ' ')
	case $said in
	"$1"*) tap 0 "$what: the wire carries $1" ;;
	*) tap 1 "$what: the wire carries $1, not $said" ;;
	esac
}

twice ipv6 sluice seconds=1 warmup=0
wire_says 86dd
twice vlan sluice seconds=1 warmup=0
wire_says 810000640800
twice ipv6 sluice seconds=1 warmup=0 vlan=7 loss=0.1%
wire_says 8100000786dd
twice http sluice seconds=1

twice six fq seconds=1
twice six sluice seconds=1
twice frames sluice seconds=1
twice six bbr seconds=1 loss=0.1% reorder=0.1%
twice program sluice seconds=1

tap_run "another seed runs" run c 8 six sluice seconds=1
rm -rf "$out/a"
tap_run "the first seed runs" run a 7 six sluice seconds=1
# L2. Who is not root has no privilege anyway, and cannot take away the network.
bare()
{
	# shellcheck disable=SC2016 # words of the inner shell
	unshare -nm sh -c '[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm || exit
		exec setpriv --bounding-set=-all --inh-caps=-all "$@"' sh "$@"
}
if [ "$(id -u)" = 0 ]; then
	[ "$(bare sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/self/status)" = 0000000000000000 ] &&
		[ "$(bare grep -c : /proc/self/net/dev)" = 1 ] && [ "$(bare stat -c %t:%T /dev/kvm 2>/dev/null || echo 1:3)" = 1:3 ]
	tap $? "no privilege, no network but lo, no KVM"
	mv "$out/a.json" "$out/first.json"
	bare "$sluice" lab run six --policy sluice --seed 7 --set seconds=1 --json "$out/a.json" --pcap "$out/bare" >"$out/words" 2>&1
	tap $? "a run needs none of them"
	cmp "$out/a.json" "$out/first.json" && diff -rq "$out/a" "$out/bare"
	tap $? "and gives the same results and captures"
fi
! cmp -s "$out/a/sluice-seed7-port.pcap" "$out/c/sluice-seed8-port.pcap"
tap $? "another seed gives another capture"
build/tests/json-check object <"$out/a.json"
tap $? "results are an object, each number with its unit"
tap_run "compare finds nothing between equal results" sh -c \
	"$sluice lab compare $out/a.json $out/a.json | grep -q identical"
tap_run "compare shows what changed" sh -c "$sluice lab compare $out/a.json $out/c.json | grep -q goodput"
tap_end
