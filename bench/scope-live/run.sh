#!/bin/sh
# run.sh: what the scope's live source costs a packet, and what it loses at a million packets a second on one core. Needs root. Exit
# codes: 0 done, 1 failed, 3 not possible here.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
out=$(mktemp -d) || exit 1
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

pkts_ps=1000000
seconds=3
cores=$(nproc)

echo "$(uname -sr), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $cores cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
build/bench/scope-live/programs || { rm -rf "$out"; exit 1; }
echo
build/bench/scope-live/events || { rm -rf "$out"; exit 1; }
[ "$cores" -ge 2 ] || { echo "run.sh: the rest needs two cores: one for packets, one for the scope" >&2; rm -rf "$out"; exit 3; }

net_begin
# Where nobody has that address, what arrives is dropped at once; the frames of a bundle pass the device one by one.
ip -n "$here" neigh replace 10.9.0.99 lladdr 02:00:00:00:00:99 dev va
here ethtool -K va tx-udp-segmentation off tx-gso-partial off 2>/dev/null

value() { sed -n "s/^\(.* \)\{0,1\}$2 \([0-9.]*\).*/\2/p" "$out/$1" | tail -n 1; }

# flood NAME WORD...: the packets, with a scope of these words on another core, or with none.
flood()
{
	name=$1
	shift
	: >"$out/$name"
	if [ $# != 0 ]; then
		mkfifo "$out/$name.hold"
		ip netns exec "$here" taskset -c 1 $show va "$@" <"$out/$name.hold" >"$out/$name" 2>&1 &
		looker=$!
		exec 9>"$out/$name.hold"
		ready() { grep -qs '^ready' "$out/$name"; }
		net_until ready
	fi
	here taskset -c 0 $send flood 10.9.0.99 9 "$pkts_ps" "$seconds" >"$out/$name.sent" || { echo "run.sh: the flood failed" >&2; exit 1; }
	if [ $# != 0 ]; then
		exec 9>&-
		wait $looker
	fi
	read -r sent took_us cpu_us <"$out/$name.sent"
	printf '| %-34s | %9s | %9s | %9s | %9s | %6s |\n' "$name" "$sent" "$((sent * 1000000 / took_us))" \
		"$([ $# = 0 ] || value "$name" out_pkts)" "$([ $# = 0 ] || value "$name" missed_pkts)" "$((cpu_us * 1000 / sent))"
}

echo
printf '| %-34s | %9s | %9s | %9s | %9s | %6s |\n' "$seconds s at $((pkts_ps / 1000)) packets/ms, one core" sent "per s" seen missed "ns CPU"
echo "|------------------------------------|-----------|-----------|-----------|-----------|--------|"
flood "no scope"
flood "packet socket with BPF" out bpf
flood "tc's hook with BPF" out bpf stack
flood "sums at tc's hook" out bpf stack count
flood "packet socket without BPF" out tap
net_end
