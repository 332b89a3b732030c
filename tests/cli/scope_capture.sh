#!/bin/sh
# scope_capture.sh: captures that leave something open, as `sluice scope` reads them: what is not known is said, in every output.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1

# shellcheck source=tests/tap.sh
. tests/tap.sh
export LC_ALL=C.UTF-8

# Frames of UDP in pcap and pcapng: perl -I DIR -MNg -e 'CODE'
cat >"$out/Ng.pm" <<'EOF'
package Ng;
use parent 'Exporter';
our @EXPORT = qw(section interface packet simple statistics frame segment classic);
binmode STDOUT;
sub block { my ($type, $body) = @_; $body .= "\0" x (-length($body) % 4); my $n = length($body) + 12; pack("VV", $type, $n) . $body . pack("V", $n) }
sub option { my ($code, $value) = @_; pack("vv", $code, length $value) . $value . "\0" x (-length($value) % 4) }
sub section { block(0x0a0d0d0a, pack("VvvVV", 0x1a2b3c4d, 1, 0, ~0, ~0)) }
# NAME, DECIMALS of stamps
sub interface { block(1, pack("vvV", 1, 0, 0) . option(2, $_[0]) . option(9, pack("C", $_[1])) . option(0, "")) }
# INTERFACE, STAMP, FRAME, then how many were dropped before it
sub packet { my ($number, $stamp, $frame, $dropped) = @_; my $body = pack("VVVVV", $number, $stamp >> 32, $stamp & 0xffffffff, (length $frame) x 2) . $frame;
	block(6, $dropped ? $body . "\0" x (-length($body) % 4) . option(4, pack("Q<", $dropped)) . option(0, "") : $body) }
# INTERFACE, then pairs of an option's number and a count
sub statistics { my $number = shift; my $body = pack("VVV", $number, 0, 0); while (my ($code, $count) = splice @_, 0, 2) { $body .= option($code, pack("Q<", $count)) } block(5, $body . option(0, "")) }
sub simple { block(3, pack("V", length $_[0]) . $_[0]) }
# BYTES, PROTOCOL: an Ethernet frame of IPv4
sub frame { my ($bytes, $protocol) = @_; "\2" x 12 . pack("nCCnnnCCnNNnn", 0x800, 0x45, 0, $bytes - 14, 1, 0, 64, $protocol // 17, 0, 0x0a000001, 0x0a000002, 5, 6) . pack("nn", $bytes - 34, 0) . "x" x ($bytes - 42) }
# NUMBER, VERSION of IP, its NUMBER: a segment of 1000 bytes of TCP
sub segment { my ($i, $version, $id) = @_; my $tcp = pack("nnNNCCnnn", 5, 6, $i * 1000, 1, 0x50, 0x10, 100, 0, 0) . "x" x 1000;
	$version == 6 ? pack("NnCC", 0x60000000, length $tcp, 6, 64) . "3" x 32 . $tcp :
	pack("CCnnnCCnNN", 0x45, 0, 20 + length $tcp, 1 + ($id // $i), 0, 64, 6, 0, 0x0a000001, 0x0a000002) . $tcp }
# SNAP, then pairs of ns and frames
sub classic { my $snap = shift; my $file = pack("VvvVVVV", 0xa1b23c4d, 2, 4, 0, 0, $snap, 1);
	while (my ($ns, $frame) = splice @_, 0, 2) { my $kept = substr $frame, 0, $snap; $file .= pack("VVVV", 1700000000, $ns, length $kept, length $frame) . $kept } $file }
1;
EOF
make_capture() { perl -I "$out" -MNg -e "print $2" >"$out/$1"; }

# has FILE REGEX: JSON, compact as grep sees it, of the capture; what it said on standard error is in $out/err
json() { "$sluice" scope "$@" --json 2>"$out/err" | tr -d ' \n' >"$out/json"; }
has() { grep -qE -- "$1" "$out/json"; }

# fails CODE PART COMMAND...: ends with CODE and one sentence that holds PART
fails()
{
	wanted=$1 part=$2
	shift 2
	"$@" >"$out/stdout" 2>"$out/stderr" </dev/null
	[ $? = "$wanted" ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -qF -- "$part" "$out/stderr"
}

# 50 ms, evenly
make_capture short.pcap 'classic(262144, map { $_ * 1000000, frame(1000) } 0 .. 49)'
fails 1 'pmr_100ms cannot be known here' "$sluice" scope "$out/short.pcap" --fail-if 'pmr_100ms>1.2'
tap $? "50 ms have no peak of 100 ms: the condition cannot be checked"
fails 3 "'pmr_1ms<2' holds" "$sluice" scope "$out/short.pcap" --fail-if 'pmr_1ms<2'
tap $? "and one of 1 ms, which can"
fails 2 'is it pmr_1ms?' "$sluice" scope "$out/short.pcap" --fail-if 'pmr_1mss>1.2'
tap $? "a name that is nearly one: which it may be"
fails 2 "there is no figure 'foo' in 'foo>1': 'man sluice' lists them" "$sluice" scope "$out/short.pcap" --fail-if 'foo>1'
tap $? "a name of which most is wrong is nearly none"
LC_ALL=C "$sluice" scope "$out/short.pcap" >"$out/text" && grep -q '^  10 us .*  ####' "$out/text" && ! LC_ALL=C grep -q '[^ -~]' "$out/text"
tap $? "where there is no UTF-8 bars are ASCII"
"$sluice" scope "$out/short.pcap" >"$out/text" && grep -q '^  10 us .*  ███' "$out/text" && ! grep -q '#' "$out/text"
tap $? "and blocks where there is"
fails 1 "'far' is no place of the device lo: it takes stack:, qdisc:, wire: or tap:" "$sluice" scope far:lo
tap $? "a place that there is not: which there are"
cat "$out/short.pcap" "$out/short.pcap" >"$out/joined.pcap"
fails 1 'joined.pcap: another capture begins at byte 50824 (mergecap joins captures); the records before it are good' "$sluice" scope "$out/joined.pcap" &&
	grep -q ': 50 packets in 50ms,' "$out/stdout"
tap $? "two captures, one behind the other: the header of the second is no packet"
make_capture none.pcap 'classic(262144)'
json "$out/none.pcap"
has '"pkts":0,' && has '"start_real_ns":null,'
tap $? "a capture without a packet has no start"
fails 2 'pmr_1ms, bef_125, train_max' "$sluice" scope "$out/short.pcap" --fail-if 'nonsense>1'
tap $? "one that is like no other: some of them"
json "$out/short.pcap"
has '"100ms":\{"window_ns":100000000,"peak_bytes":null,"peak_bits_ps":null,"pmr":null'
tap $? "null in JSON"
"$sluice" scope "$out/short.pcap" --prometheus >"$out/prometheus" && ! grep -q pmr_100ms "$out/prometheus" && grep -q pmr_10ms "$out/prometheus"
tap $? "absent for Prometheus"

# TCP, cut behind the header of IP
make_capture cut.pcap 'classic(34, map { $_ * 1000000, frame(1000, 6) } 0 .. 9)'
"$sluice" scope "$out/cut.pcap" | grep -q '^! 10 packets of TCP came without a whole header'
tap $? "headers of TCP that are cut away: it is said what is not known for that"
json "$out/cut.pcap"
has '"untold_pkts":10,'
tap $? "and of how many packets"

# frames that were cut to 100 bytes by who says that they were so long
make_capture sliced.pcap 'classic(262144, map { $_ * 1000000, substr(frame(1000), 0, 100) } 0 .. 9)'
"$sluice" scope "$out/sliced.pcap" --report "$out/sliced.html" | grep -q '^! 10 packets are shorter than their IP header says' && grep -q '<dt>Cut without a word</dt><dd>10 packets' "$out/sliced.html"
tap $? "packets that were cut without a word: it is said"
json "$out/sliced.pcap"
has '"short_pkts":10,' && json "$out/short.pcap" && has '"short_pkts":0,'
tap $? "and of how many packets"

# two sections, as of two files one behind the other; stamps in ns and in us
make_capture sections.pcapng 'section, interface("eth0", 9), interface("tun0", 3), (map { packet(0, 1700000000000000000 + $_ * 10000, frame(1000)) } 0 .. 3), section, interface("eth0", 6), (map { packet(0, 1700000000001000 + $_ * 10, frame(1000)) } 0 .. 3)'
json "$out/sections.pcapng" --interface eth0
has '"pkts":8,' && has '"resolution_ns":1000,"uncertainty_ns":1000,'
tap $? "an interface of two sections: all of its packets, and the coarsest of its stamps"
json "$out/sections.pcapng" --interface 0
has '"pkts":4,' && has '"resolution_ns":1,"uncertainty_ns":1,'
tap $? "by its number: those of one section, stamps of another interface do not matter"
json "$out/sections.pcapng"
has '"pkts":8,' && has '"interfaces_together":3,' && has '"uncertainty_ns":1000000,'
tap $? "all together: it is said how many there are"
"$sluice" scope "$out/sections.pcapng" | grep -q '^! the file has 3 interfaces, all taken together'
tap $? "in text, too"
# the gaps of the second section are below what its stamps tell, those of the first one are not
make_capture later.pcapng 'section, interface("eth0", 9), (map { packet(0, 1700000000000000000 + $_ * 100, frame(100)) } 0 .. 99), section, interface("eth0", 6), (map { packet(0, 1700000000001000 + ($_ >> 1), frame(100)) } 0 .. 99)'
json "$out/later.pcapng"
has '"below_uncertainty":50[,}]'
tap $? "stamps with a coarser step later on: each gap is judged by its own"

# ns, of a clock that moves each millisecond: evenly spaced frames, 27 of them at a time
make_capture tick.pcap 'classic(96, map { int($_ * 37 / 1000) * 1000000, frame(1000) } 0 .. 1999)'
json "$out/tick.pcap" --line-rate 10gbit
has '"resolution_ns":1000000,"uncertainty_ns":1000000,"file_resolution_ns":1,'
tap $? "a clock that is coarser than the file says: its own step counts"
has '"10us":\{"window_ns":10000,"peak_bytes":null,' && has '"100us":\{"window_ns":100000,"peak_bytes":null,' && has '"1ms":\{"window_ns":1000000,"peak_bytes":[0-9]'
tap $? "peaks that it does not tell are not known"
has '"max_1ms_bytes":\[[0-9]' && has '"max_100us_bytes":null,"max_10us_bytes":null'
tap $? "nor are they millisecond by millisecond"
has '"gaps":1999,"min_ns":null,"p1_ns":null,"p50_ns":null,' && has '"gap_min_ns":null,"gap_p50_ns":null,' && has '"mean_ns":3651[0-9]' && has '"cov":null'
tap $? "gaps below its step are not known, of all and of a flow; their mean is"
has '"train_max_pkts":null,"train_mean_pkts":null,"train_100us_max_pkts":null' && ! has idle_gap
tap $? "nor trains of a flow, nor what lies between frames"
has '"max_bytes":\[null,null,null,[0-9]' && has '"burst_bytes":\[[0-9].*null\]' && ! has '"window_ns":\[(10|20|40|80|160|320|640|1280)000,'
tap $? "nor envelope, spectrum and dispersion below it"
"$sluice" scope "$out/tick.pcap" --report "$out/tick.html" >"$out/text"
grep -q '^! the file says that stamps have a step of 1ns, but they move by 1ms and its multiples' "$out/text" && grep -q 'gaps     min below 1ms, p1 below 1ms, median below 1ms, .*variation not known' "$out/text" &&
	grep -q 'burst excess at 1.25 x mean  not known: 1 to 28 packets' "$out/text" && grep -q 'gap below 1ms, longest train not known' "$out/text"
tap $? "in text it is said, and no figure of it"
grep -q 'Stamps are too coarse (1 ms) for dots of shorter windows than 1 ms' "$out/tick.html" && ! grep -qE '"us10+"|highest 10+ µs in it' "$out/tick.html"
tap $? "and the page draws no dots of it"
! grep -q '>1 ns</text>' "$out/tick.html" && grep -q '>1 ms</text>' "$out/tick.html"
tap $? "and no axis begins where it tells nothing"
for figure in gap_p50 gap_cov bef_125 pmr_100us; do
	fails 1 "$figure cannot be known here" "$sluice" scope "$out/tick.pcap" --fail-if "$figure>0"
	tap $? "$figure of it cannot be known"
done
fails 1 'b0 cannot be known here' "$sluice" scope "$out/tick.pcap" --bottleneck 1gbit --fail-if 'b0>1'
tap $? "a buffer that only holds what its step made cannot"
json "$out/short.pcap"
has '"resolution_ns":1,"uncertainty_ns":1,' && ! has file_resolution && has '"p50_ns":1000000,'
tap $? "frames that are exactly 1 ms apart make no coarse clock: none of them meet"

# each packet at two interfaces, 2 us apart; of those IPv4 numbers its own
for version in 4 6; do
	make_capture twice.pcapng "section, interface('eth0', 9), interface('br0', 9), map { my \$f = '23' x 6 . pack('n', $version == 4 ? 0x800 : 0x86dd) . segment(\$_, $version); my \$t = 1700000000000000000 + \$_ * 100000; packet(0, \$t, \$f), packet(1, \$t + 2000, \$f) } 0 .. 999"
	json "$out/twice.pcapng"
	has '"copies_percent":50[,}]'
	tap $? "each packet of two interfaces, IPv$version: that half are copies is said"
	json "$out/twice.pcapng" --interface eth0
	! has copies_percent && has '"pkts":1000,'
	tap $? "of one of them none is"
done
"$sluice" scope "$out/twice.pcapng" --report "$out/twice.html" | grep -q '^! about 50 % of the packets are copies of one shortly before' && grep -q '<dt>Copies</dt><dd>About 50' "$out/twice.html"
tap $? "in text and on the page, too"
make_capture again.pcap 'classic(96, map { $_ * 100000, "23" x 6 . pack("n", 0x800) . segment($_ >> 1, 4, $_) } 0 .. 999)'
json "$out/again.pcap"
! has copies_percent && has '"retransmitted_pkts":500,'
tap $? "what TCP sends again has a number of its own and is no copy"

# frames paced at 1 ms whose gaps are filled with PAUSE frames for no time, of 1514 and at last of 60 bytes; and the same without these
fill='map { my $at = $_; $at * 1000000, frame(1000), map { $at * 1000000 + 100000 * $_, pack("H24nn", "0180c2000001020000000001", 0x8808, 1) . "\0" x ($_ == 9 ? 44 : 1498) } 1 .. 9 } 0 .. 49'
make_capture filled.pcap "classic(262144, $fill)"
json "$out/filled.pcap" --line-rate 100mbit
has '"pkts":50,' && has '"mac_control_frames":450,"mac_control_wire_bytes":619400,"not_ip_pkts":0,' && has '"p50_ns":1000000,'
tap $? "frames of MAC control are counted apart, with their bytes on the wire"
sed 's/"mac_control_[a-z_]*":[0-9]*,//g; s/filled.pcap/short.pcap/' "$out/json" >"$out/filled"
json "$out/short.pcap" --line-rate 100mbit
sed 's/"mac_control_[a-z_]*":0,//g' "$out/json" | cmp -s - "$out/filled"
tap $? "all else is as if they had not been there"
"$sluice" scope "$out/filled.pcap" --report "$out/filled.html" | grep -q '^  MAC control  *450 frames, 619400 bytes on the wire (PAUSE, gap frames): the next bridge discards them; in no other figure$' &&
	grep -q '<dt>MAC control</dt><dd>450 frames, 619&#8239;400 bytes on the wire\.' "$out/filled.html" && ! "$sluice" scope "$out/short.pcap" | grep -q 'MAC control'
tap $? "in text and on the page, too, where there are any"
json "$out/filled.pcap" --filter 'ether proto 0x8808'
has '"pkts":0,' && has '"directions":\[\{"direction":"any","mac_control_frames":450,"mac_control_wire_bytes":619400\}\]'
tap $? "a filter takes them as all others: alone they have no rate"
json "$out/filled.pcap" --filter 'udp'
has '"mac_control_frames":0,' && has '"pkts":50,'
tap $? "or leaves them out"
make_capture filled.pcapng "section, interface('eth0', 9), (do { my %frames = ($fill); map { packet(0, 1700000000000000000 + \$_, \$frames{\$_}) } sort { \$a <=> \$b } keys %frames }), statistics(0, 4, 500, 5, 0)"
json "$out/filled.pcapng"
has '"mac_control_frames":450,' && has '"unseen_pkts":0,' && ! has left_out
tap $? "and of what an interface received they are not left out"
"$sluice" scope "$out/filled.pcap" "$out/filled.pcap" --json | tr -d ' \n' >"$out/json"
has '"first_pkts":50,"second_pkts":50,"both_pkts":50,' && [ "$(grep -o '"mac_control_frames":450,' "$out/json" | wc -l)" = 2 ]
tap $? "of two places they are not joined"

# link TYPE HEADER: packets behind the header of a link type
link()
{
	make_capture link.pcap "do { my \$file = classic(262144, map { \$_ * 1000000, $2 . segment(\$_, 4) } 0 .. 9); substr(\$file, 20, 4) = pack('V', $1); \$file }"
	json "$out/link.pcap"
	"$sluice" scope "$out/link.pcap" >"$out/text"
}
link 1 "'23' x 6 . pack('n', 0x800)"
has '"flows_seen":1,' && ! has link_type && ! grep -q 'link type' "$out/text"
tap $? "of Ethernet's headers nothing is said"
for header in ff030021 ff0321 0021 21; do
	link 9 "pack('H*', '$header')"
	has '"link_type":9,"headers_are_read":true' && has '"flows_seen":1,' && grep -q '^frames are of link type 9: their lengths are those in the file' "$out/text"
	tap $? "PPP with its header as $header: the flow is found"
done
link 127 "pack('x8')"
has '"link_type":127,"headers_are_read":false' && has '"not_ip_pkts":10,' && grep -q '^! headers of link type 127 are not read: no packet is of a flow' "$out/text" && grep -q '^  not IP, or cut before its addresses: 10 packets' "$out/text"
tap $? "a link type that is not read: said, and why there is no flow"

# half of the packets without a header of Ethernet
make_capture links.pcapng 'section, interface("eth0", 9), packet(0, 1700000000000000000, "23" x 6 . pack("n", 0x800) . segment(0, 4)), Ng::block(1, pack("vvV", 101, 0, 0) . Ng::option(2, "tun0") . Ng::option(9, "\x09") . Ng::option(0, "")), packet(1, 1700000000001000000, segment(1, 4))'
json "$out/links.pcapng"
has '"link_type":101,"headers_are_read":true,"has_several_link_types":true' && "$sluice" scope "$out/links.pcapng" --report "$out/links.html" | grep -q '^! some frames are of link type 101' && grep -q '<dd>101 of some of the interfaces, no Ethernet' "$out/links.html"
tap $? "an interface of another link type, later in the file: it is said that lengths of some frames are others"
json "$out/links.pcapng" --interface eth0
! has link_type
tap $? "not where it is left out"
make_capture filter.pcapng 'section, Ng::block(1, pack("vvV", 189, 0, 0) . Ng::option(2, "usb0") . Ng::option(9, "\x09") . Ng::option(0, "")), interface("eth0", 9), packet(0, 1700000000000000000, "u" x 64), packet(1, 1700000000001000000, frame(1000))'
json "$out/filter.pcapng" --interface eth0 --filter 'udp port 6'
has '"pkts":1,'
tap $? "a filter is for the interface that is taken, whatever the first one is"
json "$out/filter.pcapng" --interface usb0
has '"link_type":189,"headers_are_read":false,"has_several_link_types":false'
tap $? "as what is said of a link type"
make_capture ages.pcapng 'section, interface("eth0", 9), packet(0, 0, frame(1000)), packet(0, 9223372036854775807, frame(1000))'
json "$out/ages.pcapng"
has '"start_real_ns":0,"duration_ns":9223372036854775807,'
tap $? "the longest time that stamps can tell is no negative one"

make_capture simple.pcapng 'section, interface("eth0", 6), map { simple(frame(100)) } 0 .. 5'
json "$out/simple.pcapng"
has '"without_time_pkts":6,"unseen_pkts":6,' && has '"pkts":0,'
tap $? "packets without a time: said in JSON, and nothing else of them"
"$sluice" scope "$out/simple.pcapng" --report "$out/simple.html" >"$out/stdout" && grep -q '<dt>Without a time</dt><dd>6 ' "$out/simple.html"
tap $? "and on the page"
make_capture some.pcapng 'section, interface("eth0", 9), map { packet(0, 1700000000000000000 + $_ * 100000, frame(1000)), $_ % 5 ? () : simple(frame(1000)) } 0 .. 99'
json "$out/some.pcapng" --line-rate 1gbit
has '"pkts":100,' && has '"without_time_pkts":20,"unseen_pkts":20,' && has '"gap":null,"idle_gap":null,"trains":null,' && has '"bursts":null[,}]' && ! has file_resolution && has '"peak_bits_ps_at_least":819200000}' && ! has '"peak_bits_ps_at_least":1[0-9]'
tap $? "among others: they make no gaps, trains and peaks"
"$sluice" scope "$out/some.pcapng" | grep -q '^! of these, 20 have no time in the file' && fails 1 "'train_2us_p99>1': 20 packets were not seen" "$sluice" scope "$out/some.pcapng" --fail-if 'train_2us_p99>1'
tap $? "in text, and for --fail-if"
json "$out/some.pcapng" --filter 'udp port 7'
has '"without_time_pkts":0,' && ! has unseen_pkts
tap $? "a filter leaves out those that it would"

# what a capture says is missing in it: by an interface (5), by the system (7), with packets
make_capture whole.pcapng 'section, interface("eth0", 9), (map { packet(0, 1700000000000000000 + $_ * 100000, frame(1000)) } 0 .. 99), statistics(0, 4, 100, 5, 0)'
make_capture dropped.pcapng 'section, interface("eth0", 9), interface("eth1", 9), (map { packet($_ & 1, 1700000000000000000 + $_ * 100000, frame(1000), $_ == 51 ? 30 : 0) } 0 .. 99), statistics(0, 5, 700), statistics(0, 5, 990, 7, 10), statistics(1, 7, 29)'
json "$out/whole.pcapng"
has '"unseen_pkts":0,' && has '"p50_ns":100000,'
tap $? "a capture that says that nothing is missing: no packet was unseen"
json "$out/short.pcap"
! has unseen_pkts
tap $? "one that does not say: that is not known"
json "$out/dropped.pcapng"
has '"unseen_pkts":1030,' && has '"mean_bits_ps_at_least":[0-9]' && has '"gap":null,' && has '"trains":null,' && has '"pkts":100,' && ! has '"gap_p50_ns":[0-9]'
tap $? "one that says how many are: counts and least values, and no gap"
"$sluice" scope "$out/dropped.pcapng" --report "$out/dropped.html" >"$out/text"
grep -q '^! 1030 packets more were not seen' "$out/text" && grep -q 'gaps, trains and all else: not known' "$out/text" && ! grep -qE '^  (gaps|trains|window) |burst excess' "$out/text"
tap $? "in text, too"
grep -q '<dt>Lost records</dt><dd>1030 packets were dropped, as the capture says' "$out/dropped.html" && ! grep -qE 'The busiest millisecond|<h2>Gaps and trains' "$out/dropped.html"
tap $? "and on the page"
"$sluice" scope "$out/whole.pcapng" --report "$out/whole.html" >"$out/text" && grep -q '<dt>Lost records</dt><dd>None, as the capture says' "$out/whole.html"
tap $? "where the page of one without any says so"
"$sluice" scope "$out/dropped.pcapng" "$out/whole.pcapng" --prometheus >"$out/prometheus"
[ "$(grep -c '^sluice_scope_unseen_packets{vantage="[^"]*\.pcapng"} [0-9]*$' "$out/prometheus")" = 2 ] && grep -q '_pmr_1ms{vantage="[^"]*whole' "$out/prometheus" && ! grep -q '_pmr_1ms{vantage="[^"]*dropped' "$out/prometheus"
tap $? "and Prometheus gets no figure of it"
fails 1 "'mean_rate<1': 1030 packets were not seen, so it is not known" "$sluice" scope "$out/dropped.pcapng" --fail-if 'mean_rate<1'
tap $? "--fail-if: exit code 1, and why"
fails 1 "'pdv_p99>1000': 1030 packets were not seen, so it is not known" "$sluice" scope "$out/dropped.pcapng" "$out/whole.pcapng" --fail-if 'pdv_p99>1000'
tap $? "nor is the delay to a place behind it known"
json "$out/dropped.pcapng" --interface eth1
has '"unseen_pkts":30,'
tap $? "of an interface those that are its own"
json "$out/dropped.pcapng" --interface eth0
has '"unseen_pkts":1000,'
tap $? "and of the other one likewise"
json "$out/dropped.pcapng" --filter 'udp port 6'
has '"unseen_pkts":1030,'
tap $? "with a filter all: whether it would have taken them is not known"
make_capture together.pcapng 'section, interface("out", 9), interface("in", 9), (map { packet($_ & 1, 1700000000000000000 + $_ * 100000, frame(1000)) } 0 .. 99), statistics(0, 4, 50, 5, 12), statistics(1, 4, 50), section, interface("in", 9), packet(0, 1700000001000000000, frame(1000)), statistics(0, 5, 1)'
json "$out/together.pcapng" --interface in
has '"unseen_pkts":13,'
tap $? "what an interface leaves open, and another one of the section counts for both, may be its"
json "$out/together.pcapng"
has '"unseen_pkts":13,'
tap $? "which counts once in all"
make_capture part.pcapng 'section, interface("eth0", 9), (map { packet(0, 1700000000000000000 + $_ * 100000, frame(1000)) } 0 .. 99), statistics(0, 4, 5000, 5, 0)'
json "$out/part.pcapng"
has '"left_out_pkts":4900,"unseen_pkts":0,' && has '"p50_ns":100000,'
tap $? "one that has a part of what its interface received: it is said"
"$sluice" scope "$out/part.pcapng" --report "$out/part.html" | grep -q '^! its interfaces received 4900 packets more than are in the file' && grep -q '<dt>A part</dt><dd>4900 packets more than are in the file' "$out/part.html"
tap $? "in text and on the page, too"
# What takes the whole span is gone from each output, and what each packet says of its neighbours stays.
has '"mean_bits_ps":null' && has '"mean_bits_ps_at_least":[1-9]' && has '"pmr":null' && has '"burst_excess":null' && has '"spectrum":null' && has '"dispersion":null' &&
	has '"jain":null' && has '"max_ns":null,"mean_ns":null' && has '"peak_bits_ps_at_least":[1-9]' && ! has '"mean_bits_ps":[0-9]' && ! has '"pmr":[0-9]' && ! has '"retransmitted_pkts":[0-9]' && has '"by_pkts_p99_pkts":[1-9]'
tap $? "its means and what is measured against them are null, its trains are not"
"$sluice" scope "$out/part.pcapng" --report "$out/part.html" >"$out/text"
grep -q '^all: 100 packets, .*, mean at least ' "$out/text" && grep -q '^  peaks    at least ' "$out/text" && grep -q 'burst excess, goodput, .*: not known, for the file is a part' "$out/text" &&
	grep -q '^  gaps     .*median 100us, .*max not known; variation not known' "$out/text" && ! grep -qE '^  (peak of|burst excess|goodput|window )|^fairness' "$out/text"
tap $? "in text, too"
grep -q '<small>the file is a part</small>' "$out/part.html" && grep -q '<h2>Gaps and trains' "$out/part.html" && ! grep -qE 'The busiest millisecond|Jain&#8217;s' "$out/part.html"
tap $? "and on the page"
"$sluice" scope "$out/part.pcapng" --prometheus >"$out/prometheus"
grep -q '^sluice_scope_gap_p50_seconds{' "$out/prometheus" && ! grep -qE '^sluice_scope_(mean_rate|goodput|pmr|bef|peak|jain)' "$out/prometheus"
tap $? "and for Prometheus"
fails 1 "'pmr_1ms>1': the file is a part, without 4900 packets that its interfaces received, so it is not known" "$sluice" scope "$out/part.pcapng" --fail-if 'pmr_1ms>1'
tap $? "--fail-if: exit code 1, and why"
fails 3 "'gap_p50>1000' holds" "$sluice" scope "$out/part.pcapng" --fail-if 'gap_p50>1000'
tap $? "a gap can be judged"
json "$out/part.pcapng" "qdisc:$out/part.pcapng"
has '"both_pkts":100,' && ! has '"(retention_)?(bef_125|gap_cov)":[0-9].*"later_pkts"'
tap $? "nor is what is left of its spacing at another place known"
json "$out/part.pcapng" --filter 'udp port 5'
has '"left_out_pkts":4900,' && json "$out/whole.pcapng" --filter 'udp port 6' && ! has left_out && json "$out/whole.pcapng" && ! has left_out
tap $? "a filter makes no part of a whole, nor a whole of a part"
size=$(wc -c <"$out/whole.pcapng")
head -c $((size - 8)) "$out/whole.pcapng" >"$out/tail.pcapng"
json "$out/tail.pcapng"
! has unseen_pkts && has '"ended_early":"'
tap $? "one that is cut at its end does not say that nothing is missing"

# A pipe into which nobody writes any more. A signal in front of a read does not end it, the next one does.
mkfifo "$out/pipe"
# idle FILE: what is in it comes through the pipe, and then nothing
idle()
{
	"$sluice" scope "$out/pipe" --filter "$2" >"$out/idle" 2>"$out/idle.err" &
	reader=$!
	{ cat "$1"; exec sleep 60; } >"$out/pipe" &
	writer=$!
	has_read() { [ "$(sed -n 's/^rchar: //p' "/proc/$reader/io")" -ge "$(wc -c <"$1")" ] && tap_catches $reader 2; }
	tap_until has_read "$1"
	has_ended() { ! kill -s INT $reader 2>/dev/null; }
	tap_until has_ended
	ended=$?
	kill $writer
	wait $reader
	[ $? = 1 ] && [ $ended = 0 ] && [ "$(wc -l <"$out/idle.err")" = 1 ]
}
idle "$out/short.pcap" udp && grep -q ': 50 packets in 50ms' "$out/idle" && grep -q 'stopped: the figures are of the packets up to there' "$out/idle.err"
tap $? "Ctrl-C while nothing comes through a pipe: the figures of what came"
idle "$out/short.pcap" tcp && grep -q ': 0 packets in 0ns' "$out/idle" && grep -q 'stopped: ' "$out/idle.err"
tap $? "while the filter has taken none: there are none"
idle /dev/null udp && grep -q 'stopped before there was a packet' "$out/idle.err"
tap $? "before it has begun: one sentence"

make_capture back.pcap 'classic(96, map { ($_ < 20 ? 500 + $_ : 300 + $_) * 1000000, frame(1000) } 0 .. 39)'
json "$out/back.pcap"
has '"backward_stamps_pkts":20,"backward_max_ns":199000000,'
tap $? "a clock that is set back: by how much"
"$sluice" scope "$out/back.pcap" --report "$out/back.html" | grep -q '^! 20 packets are stamped before the packet before them, by up to 199ms; .* makes peaks' && grep -q 'before them, by up to 199 ms' "$out/back.html"
tap $? "in text and on the page, and what that makes"

make_capture single.pcap 'classic(96, 0, frame(1000))'
"$sluice" scope "$out/single.pcap" --line-rate 10gbit --report "$out/single.html" >"$out/text" && grep -q 'above half of the line rate: 0\.' "$out/single.html" && ! grep -q 'Of all stretches' "$out/single.html"
tap $? "one packet: of its time no share is full, and none is not"

make_capture brief.pcap 'classic(96, map { $_ * 100000, frame(1000) } 0 .. 3)'
json "$out/brief.pcap"
[ "$(grep -o '"1ms":{[^}]*"peak_bits_ps":null,' "$out/json" | wc -l)" = 2 ] && "$sluice" scope "$out/brief.pcap" | grep -q 'peak 1 ms not known'
tap $? "400 us: no millisecond of all, and none of a flow"
"$sluice" scope "$out/short.pcap" "$out/short.pcap" | grep -q 'variation of the gaps  *0 there, 0 here: not known of it'
tap $? "two places without any variation: 0 is a figure"

make_capture tock.pcap 'classic(96, map { int($_ * 37 / 1000 + 0.5) * 1000000, frame(1000) } 0 .. 1999)'
"$sluice" scope "$out/tick.pcap" "$out/tock.pcap" --report "$out/places.html" >"$out/text"
grep -q 'later than the quickest  *median below 1ms, p99 1ms' "$out/text" && grep -q 'burst excess at 1.25 x mean  *not known$' "$out/text" && grep -q 'variation of the gaps  *not known$' "$out/text" &&
	grep -q 'half of them up to below 1 ms' "$out/places.html"
tap $? "two places with a coarse clock: their spacing is not known, nor are delays below its step"

make_capture long.pcap 'classic(96, map { $_ * 1000000, frame(64000) } 0 .. 9)'
json "$out/long.pcap"
has '"super_packets":"notknown","longest_frame_bytes":64000,'
tap $? "frames that no Ethernet carries may be super-packets: not known"
"$sluice" scope "$out/long.pcap" --report "$out/long.html" | grep -q '^! frames of up to 64000 bytes: jumbo frames, or super-packets' && ! grep -q 'None are expected here' "$out/long.html"
tap $? "in text and on the page, too"
json "$out/short.pcap"
has '"super_packets":"none",'
tap $? "of frames of 1000 bytes there are none"

make_capture name.pcapng 'section, interface("\xff\xfe\x1b[1mx", 9), packet(0, 1700000000000000000, frame(100))'
json "$out/name.pcapng" --interface 0
has '"name":"wire:[^"]*:\?\?\?\[1mx",'
tap $? "a name that is no UTF-8 is in the JSON all the same"
evil=$out/$(printf '\377.pcapng')
head -c 300 "$out/sections.pcapng" >"$evil"
json "$evil"
has '"ended_early":"[^"]*\?.pcapng:' && has '"name":"wire:[^"]*\?.pcapng",' && [ -s "$out/err" ]
tap $? "a capture that is cut: JSON says so, with a name like that, too"

"$sluice" scope "$out/short.pcap" "$out/short.pcap" --prometheus >"$out/prometheus" && grep -v '^#' "$out/prometheus" | sed 's/ [^ ]*$//' | sort | uniq -d >"$out/twice"
[ -s "$out/prometheus" ] && [ ! -s "$out/twice" ]
tap $? "the same capture twice: no two samples with the same labels"

for word in '--for 1s' '--interval 1s' --tap --expand; do
	# shellcheck disable=SC2086 # an option and its value
	fails 2 "${word%% *} is for a device" "$sluice" scope "$out/short.pcap" $word
	tap $? "of a capture $word would say nothing: refused"
done
for word in '--ring 1MiB' '--trigger loss' '--around 1s'; do
	# shellcheck disable=SC2086 # an option and its value
	fails 2 "${word%% *} is about a recording" "$sluice" scope lo $word
	tap $? "without --record $word would say nothing: refused"
done
fails 2 'two forms of the same' "$sluice" scope "$out/short.pcap" --json --prometheus
tap $? "one form of output, not two"
tap_end
