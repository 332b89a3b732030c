#!/bin/sh
# Frames of MAC control as the scope's live sources see them: counted for each direction, by BPF and by packet socket, in sums of ticks, at
# two places and in a recording; and in no other figure. Two network namespaces joined by a veth pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

net_begin
net_quiet

# gaps NAMESPACE DEV COUNT BYTES [TAG]: PAUSE frames for no time, as they fill gaps.
gaps()
{
	ip netns exec "$1" perl -e '
		my ($index, $count, $bytes, $tag) = @ARGV;
		socket(my $to, 17, 3, 0) or die $!;
		my $frame = pack("H24H*nn", "0180c2000001020000000001", $tag // "", 0x8808, 1);
		$frame .= "\0" x ($bytes - length $frame);
		send($to, $frame, 0, pack("SnlSCCa8", 17, $tag ? 0x8100 : 0x8808, $index, 0, 0, 6, "")) or die $! for 1 .. $count' \
		"$(ip netns exec "$1" cat "/sys/class/net/$2/ifindex")" "$3" "$4" ${5:+"$5"}
}

# traffic: 20 datagrams of 1042 bytes leave among 100 gap frames, and 30 PAUSE frames of the least length come.
traffic()
{
	for _ in 1 2 3 4 5; do
		gaps "$here" va 20 1000
		here $send udp 10.9.0.2 9 4 1000
		gaps "$there" vb 6 60
	done
	sleep 0.8
}

# look NAME WORD...: the scope in our namespace, in the background; it has begun when this returns.
look()
{
	name=$1
	shift
	rm -f "$out/$name"
	ip netns exec "$here" "$sluice" scope "$@" --interval 250ms >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	begun() { [ -s "$out/$name" ] || ! kill -0 "$looker" 2>/dev/null; }
	tap_until begun
}

look_end() { kill -s INT "$looker"; wait "$looker"; }

# last NAME PERL: whether it holds of $t, the last line, of %d, the directions of its first place, and of @l, the lines before.
last()
{
	perl -MJSON::PP -e '@l = map { decode_json($_) } <STDIN>; $t = pop @l; $d{$_->{direction}} = $_ for @{$t->{vantages}[0]{directions}};
		exit !eval shift' "$2" <"$out/$1"
}

# What all of them must have: datagrams alone in packets, bytes and flows (that nobody is at port 9 comes back as ICMP).
counted='$d{out}{mac_control_frames} == 100 && $d{out}{mac_control_wire_bytes} == 100 * 1024 && $d{in}{mac_control_frames} == 30 &&
	$d{in}{mac_control_wire_bytes} == 30 * 84 && $d{out}{not_ip_pkts} == 0 && $d{in}{not_ip_pkts} == 0'
alone='$d{out}{metrics}{pkts} == 20 && $d{out}{metrics}{bytes} == 20 * 1066 && $t->{vantages}[0]{pkts} == 20 + $d{in}{metrics}{pkts}'

for mode in BPF tap; do
	if [ $mode = tap ]; then look $mode va --json --tap; else look $mode va --json; fi
	traffic
	look_end
	last $mode "$counted"
	tap $? "$mode: frames of MAC control are counted in each direction"
	last $mode "$alone"
	tap $? "$mode: and are no packets"
	last $mode 'my ($n, $m) = (0, 0); for (@l) { $n += $_->{out}{mac_control_frames}; $m += $_->{in}{mac_control_wire_bytes} } $n == 100 && $m == 30 * 84'
	tap $? "$mode: lines have them"
done

look text va
traffic
look_end
grep -q ' out .* mac_control_frames=[1-9][0-9]* mac_control_wire_bytes=[1-9]' "$out/text" &&
	[ "$(grep -c '^  MAC control   *\(100 frames, 102400\|30 frames, 2520\) bytes on the wire' "$out/text")" = 2 ]
tap $? "in text, too"

# A tag is in the bytes of what leaves so; of what comes the kernel puts it beside them.
tagged() { gaps "$here" va 10 64 81000005; gaps "$there" vb 10 64 81000005; sleep 0.4; }
for mode in BPF tap; do
	if [ $mode = tap ]; then look $mode va --json --tap; else look $mode va --json; fi
	tagged
	look_end
	last $mode '2 == grep { $_->{mac_control_frames} == 0 && $_->{not_ip_pkts} == 10 && $_->{metrics}{pkts} == 10 } @d{"out", "in"}'
	tap $? "$mode: behind a VLAN tag they are frames as others"
done
look tagged va --counters --json
tagged
look_end
last tagged '2 == grep { $_->{mac_control_frames} == 0 && $_->{pkts} == 10 } @$t{"out", "in"}'
tap $? "counters: likewise"

look counters va --counters --json
traffic
look_end
last counters '$t->{out}{mac_control_frames} == 100 && $t->{out}{mac_control_wire_bytes} == 102400 && $t->{in}{mac_control_frames} == 30 &&
	$t->{out}{pkts} == 20 && $t->{out}{frames} == 20 && $t->{out}{wire_bytes} == 20 * 1066'
tap $? "counters: sums of ticks have them apart"
look counters va --counters
gaps "$here" va 10 1000
sleep 0.3
look_end
grep -q '^all out mean=0bit .* pkts=0 frames=0 .* mac_control_frames=10 mac_control_wire_bytes=10240$' "$out/counters" && grep '^all in ' "$out/counters" | grep -qv mac_control
tap $? "counters: where nothing else came the rate is 0, and what did not come is not told"

look record va --record "$out/file.pcapng" --json
traffic
look_end
"$sluice" scope "$out/file.pcapng" --json | tr -d '\n' >"$out/read"
last read "$counted && $alone && \$t->{vantages}[0]{unseen_pkts} == 0 && !exists \$t->{vantages}[0]{left_out_pkts}"
tap $? "a recording has them, and its figures are the same"

look pair stack:va qdisc:va --json
traffic
look_end
last pair '$d{out}{mac_control_frames} == 100 && (grep { $_->{direction} eq "out" && $_->{mac_control_frames} == 100 } @{$t->{vantages}[1]{directions}}) &&
	$t->{between}{both_pkts} == 20 && $t->{between}{first_pkts} == 20 && $t->{between}{second_pkts} == 20'
tap $? "two places: each has them, and they are not joined"
look feed qdisc:va "wire:$out/file.pcapng" --json
here $send udp 10.9.0.2 9 1 1000
sleep 0.3
look_end
last feed '(grep { $_->{direction} eq "out" && $_->{mac_control_frames} == 100 && $_->{metrics}{pkts} == 20 } @{$t->{vantages}[1]{directions}}) &&
	(grep { $_->{direction} eq "in" && $_->{mac_control_wire_bytes} == 30 * 84 } @{$t->{vantages}[1]{directions}})'
tap $? "a capture beside a device has them by its own process"
tap_end
