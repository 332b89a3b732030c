#!/bin/sh
# run.sh: captures as this project reads them and as Wireshark and tcpdump do, as TAP. Needs tshark (with capinfos) and tcpdump, so it
# is no part of ./check. Of each file: packets, bytes, first and last time by capinfos; the number of packets by tcpdump; and by tshark of
# every packet its time, lengths and innermost addresses, ports and sequence number. Then a recording of ours, by both of them.
#   tests/cross/run.sh [CAPTURE...]     the seeds of the fuzzers' corpus if none is named
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

records=build/tests/cross/records
for tool in tshark capinfos tcpdump; do
	command -v "$tool" >/dev/null || { echo "run.sh: $tool is missing; install it with apt-get install tshark tcpdump" >&2; exit 3; }
done
[ $# -gt 0 ] || set -- tests/fuzz/corpus/pcap/*.pcap*

# totals FILE: packets, bytes, first and last time of the records that are in it, from what records printed.
totals()
{
	awk -F '\t' '
		{ bytes += $2 }
		$1 != "" && (first == "" || $1 < first) { first = $1 }
		$1 != "" && $1 > last { last = $1 }
		END { print NR, bytes, first, last }' "$1"
}

# same_totals: capinfos prints as many digits of a time as the file has; it gives none where interfaces have units that it mixes up.
same_totals()
{
	awk '
		function full(t) {
			if (!index(t, ".")) t = t "."
			while (length(t) - index(t, ".") < 9) t = t "0"
			return t
		}
		function same(a, b) { return full(a) == full(b) || b == "n/a" }
		NR == 1 { for (i = 1; i <= 4; i++) ours[i] = $i }
		NR == 2 { bad = $1 != ours[1] || $2 != ours[2] || !same(ours[3], $3) || !same(ours[4], $4) }
		END { exit NR != 2 || bad }' "$1"
}

# packet by packet: every field that we have is the one that tshark has last, which is the innermost.
same_packets()
{
	paste "$1" "$2" | awk -F '\t' '
		function differ(what, a, b) { printf "packet %d: %s %s, tshark %s\n", NR, what, a, b; bad = 1 }
		{
			n = split($0, field, "\t")
			# tshark has 13 columns, all there; ours are in front of them.
			t = n - 13
			if ($1 != "" && $1 != field[t + 1]) differ("time", $1, field[t + 1])
			if ($2 != field[t + 2]) differ("length", $2, field[t + 2])
			if ($3 != field[t + 3]) differ("captured", $3, field[t + 3])
			if (t < 7) next
			at = $4 == 4 ? 4 : 6
			if ($5 != field[t + at]) differ("source", $5, field[t + at])
			if ($6 != field[t + at + 1]) differ("destination", $6, field[t + at + 1])
			at = $7 == 6 ? 8 : 10
			if (t >= 9 && $8 != field[t + at]) differ("source port", $8, field[t + at])
			if (t >= 9 && $9 != field[t + at + 1]) differ("destination port", $9, field[t + at + 1])
			if (t >= 10 && $10 != field[t + 12]) differ("sequence", $10, field[t + 12])
		}
		END { exit bad || !NR }'
}

# The last column is always there, so that split counts them all.
shark()
{
	tshark -n -r "$1" -d udp.port==8472,vxlan -o tcp.relative_sequence_numbers:FALSE -T fields -E occurrence=l -e frame.time_epoch -e frame.len -e frame.cap_len \
		-e ip.src -e ip.dst -e ipv6.src -e ipv6.dst -e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport -e tcp.seq_raw \
		-e frame.number 2>"$out/shark.log"
}

for file in "$@"; do
	[ -e "$file" ] || continue
	name=${file##*/} peer=$file
	# what Debian's Wireshark does not unpack
	case $file in *.xz) peer=$out/unpacked && xz -dc "$file" >"$peer" ;; esac
	"$records" "$file" >"$out/ours" 2>"$out/said"
	tap $? "cross: $name is read"
	{
		totals "$out/ours"
		capinfos -T -r -M -c -d -a -e -S "$peer" 2>/dev/null | awk -F '\t' '{ print $2, $3, $4, $5 }'
	} >"$out/totals"
	tap_run "cross: $name has the totals of capinfos" same_totals "$out/totals"
	tcpdump -n -r "$peer" --count >"$out/count" 2>"$out/why"
	case $name$(cat "$out/why") in
	*.gz* | *.zst*) ;; # it unpacks nothing,
	*'different from the type of the first interface'*) ;; # reads one link type
	*'pcapng block size'*) ;; # and one byte order
	*) tap_run "cross: $name has the packets of tcpdump" test "$(awk '{ print $1 }' "$out/count")" = "$(awk 'END { print NR }' "$out/ours")" ;;
	esac
	shark "$peer" >"$out/theirs"
	tap_run "cross: $name has the packets of tshark" same_packets "$out/ours" "$out/theirs"
done

# A recording of ours, and what its statistics have: how many packets came in each direction, and once what is missing in it.
statistics() { tshark -n -r "$out/record.pcapng" -X 'read_format:MIME Files Format' -T fields -e "pcapng.options.option.data.interface.$1" 2>/dev/null; }
build/tests/cross/record "$out/record.pcapng" >"$out/pkts"
tap $? "cross: a recording is made"
tap_run "cross: capinfos has its packets" test "$(capinfos -T -r -M -c "$out/record.pcapng" 2>/dev/null | cut -f 2)" = "$(cat "$out/pkts")"
tap_run "cross: tshark has what came in each direction ($(statistics received))" test "$(statistics received)" = 1200,800
tap_run "cross: tshark has what was not seen ($(statistics dropped))" test "$(statistics dropped)" = 12
"$sluice" scope "$out/record.pcapng" >"$out/text"
tap_run "cross: the scope says so, too" grep -q '^! 12 packets more were not seen' "$out/text"
tap_end
