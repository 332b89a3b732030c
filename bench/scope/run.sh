#!/bin/sh
# run.sh [PACKETS [ROUNDS]]: how fast captures are read, with every figure, beside what else reads captures; processor time on one
# core, the least of some rounds, taken by turns. Results go to stdout and build/bench/scope.txt. Needs root only to install peers.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh
packages_install libpcap-dev tcptrace libtrace-tools tshark >&2
pkts=${1:-4000000} rounds=${2:-15}
out=build/bench/scope
mkdir -p "$out" || exit 1
make -s build/sluice || exit 1
for program in trace clock; do
	gcc -O2 -Wall -Wextra -o "$out/$program" "bench/scope/$program.c" || exit 1
done
gcc -O2 -Wall -Wextra -o "$out/loop" bench/scope/loop.c -lpcap || exit 1

# one NAME PACKETS ROUNDS COMMAND...: a line of the table.
one()
{
	name=$1 count=$2 times=$3
	shift 3
	took=$("$out/clock" "$times" "$@") || took=failed
	awk -v name="$name" -v took="$took" -v count="$count" 'BEGIN {
		if (took + 0 > 0)
			printf "%-34s %8.2f %9.1f\n", name, count / took / 1e6, took / count * 1e9
		else
			printf "%-34s %s\n", name, "failed"
	}'
}

# A tool that needs microseconds a packet gets the first part of the file.
few=$((pkts / 20))
{
	echo "capture of $pkts packets, 96 bytes of each, page cache warm; $rounds rounds, least processor time"
	for flows in 64 20000; do
		file=$out/trace-$flows.pcap
		"$out/trace" "$file" "$flows" "$pkts" && "$out/trace" "$file.few" "$flows" "$few" || exit 1
		cat "$file" "$file.few" >/dev/null
		echo
		echo "$flows senders' flows and as many of ACKs             M pkts/s ns/packet"
		one "libpcap, lengths only" "$pkts" "$rounds" "$out/loop" "$file"
		one "sluice scope, every figure" "$pkts" "$rounds" build/sluice scope "$file" --line-rate 10gbit --bottleneck 1gbit
		one "sluice scope --json" "$pkts" "$rounds" build/sluice scope "$file" --line-rate 10gbit --json
		one "tracestats (libtrace), a counter" "$pkts" "$rounds" tracestats "pcapfile:$file"
		one "tcptrace" "$few" 1 tcptrace "$file.few"
		one "capinfos" "$pkts" 1 capinfos "$file"
		one "tshark -z io,stat,0.001" "$few" 1 tshark -q -r "$file.few" -z io,stat,0.001
		rm -f "$file" "$file.few"
	done
} | tee build/bench/scope.txt
