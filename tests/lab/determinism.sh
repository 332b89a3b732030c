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
! cmp -s "$out/a/sluice-seed7-port.pcap" "$out/c/sluice-seed8-port.pcap"
tap $? "another seed gives another capture"
build/tests/json-check object <"$out/a.json"
tap $? "results are an object, each number with its unit"
tap_run "compare finds nothing between equal results" sh -c \
	"$sluice lab compare $out/a.json $out/a.json | grep -q identical"
tap_run "compare shows what changed" sh -c "$sluice lab compare $out/a.json $out/c.json | grep -q goodput"
tap_end
