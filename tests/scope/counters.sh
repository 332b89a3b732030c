#!/bin/sh
# sluice scope DEV --counters: sums of the kernel's ticks, what of them is not known, and what ends it. Two network namespaces joined by a
# veth pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

net_begin
net_quiet

# look NAME WORD...: counters of the device in our namespace, in the background; they are attached when this returns.
look()
{
	name=$1
	shift
	ip netns exec "$here" "$sluice" scope "$@" --json --interval 250ms >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	begun() { [ -s "$out/$name" ] || ! kill -0 "$looker" 2>/dev/null; }
	tap_until begun
}

look_end() { kill -s INT "$looker"; wait "$looker"; }

# total NAME PERL: whether it holds of $t, the last line, and of @l, the lines before.
total() { perl -MJSON::PP -e '@l = map { decode_json($_) } <STDIN>; $t = pop @l; exit !eval shift' "$2" <"$out/$1"; }

# hooks: how many programs tcx has on the device, and what clsact has.
hooks() { here $send tcx va; here tc qdisc show dev va; }
hooks >"$out/before"

look known va --counters
here $send udp 10.9.0.2 9 200 1000
sleep 0.6
here $send udp 10.9.0.2 9 3 6000 1200
sleep 0.3
look_end
tap $? "SIGINT ends it well"
# 200 frames of 1066 bytes at layer 1, and 3 bundles of 5 of 1266; nobody is at port 9, so ICMP comes back.
total known '$t->{is_total} && $t->{missed_sums} == 0 && $t->{out}{pkts} == 203 && $t->{out}{frames} == 215 &&
	$t->{out}{wire_bytes} == 200 * 1066 + 15 * 1266 && $t->{out}{unknown_super_pkts} == 0'
tap $? "packets, frames of super-packets and their bytes at layer 1 are counted to the last one"
total known 'my $n = 0; $n += $_->{out}{pkts} for @l; @l >= 3 && $n >= 200 && $n <= $t->{out}{pkts}'
tap $? "the lines have them, too"
total known '$t->{tick_ns} >= 1e6 && $t->{tick_ns} <= 1e7 && $t->{out}{peak_tick_bits_ps} > 5 * $t->{out}{mean_bits_ps} &&
	$t->{out}{peak_tick_bits_ps} <= 8e9 * $t->{out}{wire_bytes} / $t->{tick_ns}'
tap $? "what came at once is in the highest tick"
hooks | cmp -s - "$out/before"
tap $? "nothing stays on the device"

look received wire:va --counters
ip netns exec "$there" $send udp 10.9.0.1 9 50 1000
sleep 0.3
look_end
total received '!exists $t->{out} && $t->{in}{pkts} >= 50'
tap $? "wire: is what is received alone"

# Super-packets as a guest hands them over, three of them: 5000 bytes of TCP in frames of 1200, behind a tag or not. The kernel has not
# counted their frames.
super_send='
	my ($index, $type, $tag) = @ARGV;
	$tag = pack "H*", $tag;
	my $ip = pack("CCnnnCCna4a4", 0x45, 0, 5040, 1, 0x4000, 64, 6, 0, "\x0a\x09\0\1", "\x0a\x09\0\2");
	my $tcp = pack("nnNNCCnnn", 8, 9, 1, 1, 0x50, 0x18, 1000, 0, 0) . "\0" x 5000;
	my $at = 14 + length $tag;
	socket(my $to, 17, 3, 0) or die $!;
	setsockopt($to, 263, 15, pack "l", 1) or die $!;
	my $frame = "\2\0\0\0\0\2\2\0\0\0\0\1" . $tag . "\x08\0" . $ip . $tcp;
	my $where = pack("SnlSCCa8", 17, hex $type, $index, 0, 0, 6, "");
	send($to, pack("CCSSSS", 1, 1, $at + 40, 1200, $at + 20, 16) . $frame, 0, $where) or die $! for 1 .. 3;
'
index=$(here cat /sys/class/net/va/ifindex)
look guest stack:va --counters
here perl -e "$super_send" "$index" 0800 ''
sleep 0.3
look_end
total guest '$t->{out}{pkts} == 3 && $t->{out}{frames} == 15 && $t->{out}{wire_bytes} == 3 * (5054 + 4 * 54 + 5 * 24)'
tap $? "super-packets of a guest are counted as the frames that they become"

look unknown stack:va --counters
here perl -e "$super_send" "$index" 8100 81000005
sleep 0.3
look_end
total unknown '$t->{out}{unknown_super_pkts} == 3 && $t->{out}{pkts} == 3 && !defined $t->{out}{mean_bits_ps} &&
	!defined $t->{out}{wire_bytes} && !defined $t->{out}{frames}'
tap $? "those whose headers lie behind a tag are not known: the rate and the bytes are null, the packets are told"

# A ring of 1024 ticks, of which half is left alone: nobody reads for longer than that. Who sends must not wait for a processor, or most
# ticks have nothing.
look stopped stack:va --counters
kill -s STOP "$looker"
here chrt -f 1 taskset -c 0 $send flood 10.9.0.2 9 40000 7 >"$out/flood"
kill -s CONT "$looker"
sleep 0.3
look_end
total stopped '$t->{missed_sums} > 0 && !defined $t->{out}{pkts} && !defined $t->{out}{mean_bits_ps} && !defined $t->{out}{peak_tick_bits_ps}'
result=$?
tap $result "sums that were written over before they were read: nothing is told as if it were all"
[ $result = 0 ] || sed 's/^/# /' "$out/stopped" "$out/stopped.err" "$out/flood"

"$sluice" scope nosuch --counters >"$out/said" 2>&1
[ $? = 1 ] && grep -q "neither a file nor a device 'nosuch'" "$out/said"
tap $? "a device that is not there"
here setpriv --reuid 65534 --clear-groups --inh-caps=-all "$sluice" scope va --counters </dev/null >"$out/said" 2>&1
[ $? = 3 ] && grep -q 'BPF needs the capabilities' "$out/said"
tap $? "no privilege: exit code 3, and no other source in its place"

ip netns exec "$here" "$sluice" scope va --counters >"$out/gone" 2>"$out/gone.err" &
looker=$!
begun() { [ -s "$out/gone" ]; }
tap_until begun
grep -q "^va: counters at tc's hooks: .* in front of the qdisc.* a tick of this kernel is [0-9.]*ms" "$out/gone"
tap $? "the first line says where they are taken, and what a tick is"
here $send udp 10.9.0.2 9 10 100
ip -n "$here" link del va
wait $looker
[ $? = 1 ] && grep -q 'the device has gone; the counters are of the time before' "$out/gone.err" && grep -q '^all out mean=.* pkts=10 ' "$out/gone"
tap $? "a device that goes ends it, with what was counted before"
tap_end
