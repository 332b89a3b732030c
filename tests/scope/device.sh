#!/bin/sh
# sluice scope DEV as it is used: lines while it looks, figures at the end, and what ends it. Two network namespaces joined by a veth
# pair; needs root.
set -u
# Under nohup all that is started here would ignore the signal of a terminal that goes, which is one of the tests.
[ -n "${HANGUP_IS_DEFAULT:-}" ] || HANGUP_IS_DEFAULT=1 exec env --default-signal=HUP sh "$0" "$@"
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh
# shellcheck source=tests/scope/terminal.sh
. tests/scope/terminal.sh

net_begin

# look NAME WORD...: the scope in our namespace, in the background; it has begun when this returns.
look()
{
	name=$1
	shift
	ip netns exec "$here" "$sluice" scope "$@" >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	begun() { [ -s "$out/$1" ] || ! kill -0 "$looker" 2>/dev/null; }
	tap_until begun "$name"
}


look lines va --line-rate 10gbit
here $send udp 10.9.0.2 9 50 1000
seen() { [ "$(grep -c '^[0-9:]* out ' "$out/lines")" -ge 3 ]; }
tap_until seen
tap $? "a line each second"
kill -s INT "$looker"
wait "$looker"
tap $? "SIGINT ends it well"
[ ! -s "$out/lines.err" ] && [ "$(sed -n 's/^[0-9:]* out .* pkts=\([0-9]*\) .*/\1/p' "$out/lines" | awk '{ n += $1 } END { print n + 0 }')" -ge 50 ]
tap $? "the lines have the packets that left"
grep -q '^out: .* packets' "$out/lines" && grep -q 'burst excess' "$out/lines" && grep -q '10.9.0.1:.* > 10.9.0.2:9' "$out/lines"
tap $? "all figures follow, and the flow"

here "$sluice" scope va --for 2s --json >"$out/json" 2>"$out/json.err" &
looker=$!
# What is sent before it looks is not seen: send until it has seen something.
while kill -0 "$looker" 2>/dev/null; do
	here $send udp 10.9.0.2 9 10 1000
	sleep 0.2
done
wait $looker
tap $? "--for ends it well"
# lines: each is an object; prints the packets that left by the lines, and all by the figures at the end, which are the last line.
lines='
	my ($meanwhile, $end, $ended) = (0, 0, 0);
	while (<STDIN>) {
		my $one = decode_json($_);
		die "a line behind the end" if $ended;
		die "no schema_version" unless $one->{schema_version};
		$meanwhile += $one->{out}{pkts} if $one->{out};
		next unless $one->{vantages};
		$ended = 1;
		$end = $one->{vantages}[0]{pkts};
	}
	die "no end" unless $ended;
	print "$meanwhile $end";
'
said=$(perl -MJSON::PP -e "$lines" <"$out/json")
tap $? "--json gives an object a line, and nothing else"
[ "${said% *}" -ge 10 ] && [ "${said#* }" -ge "${said% *}" ]
tap $? "with packets in them: meanwhile, and at the end ($said)"

# Somebody sets the wall clock while it looks: lines and figures are as if not. It happens behind the first second.
net_ticks
for step in 3600 -3600; do
	ip netns exec "$here" env LD_PRELOAD="$PWD/build/tests/scope/step.so" STEP_S=$step "$sluice" scope va --for 4s --json \
		>"$out/step" 2>"$out/step.err" &
	looker=$!
	net_started $looker
	wait $looker
	# The least of the last two lines, each of a second, and the most of all.
	shown=$(perl -MJSON::PP -e 'my @n = map { $_->{out} ? $_->{out}{pkts} : () } map { decode_json($_) } <STDIN>;
		print join " ", (sort { $a <=> $b } @n[-2, -1])[0], (sort { $a <=> $b } @n)[-1]' <"$out/step")
	[ "${shown#* }" -ge 10 ] && [ "${shown% *}" -ge $((${shown#* } / 2)) ]
	tap $? "the wall clock is set by $step s: packets are still shown (in a second at least and at most $shown)"
	bins=$(tail -n 1 "$out/step" | perl -MJSON::PP -e 'my ($out) = grep { $_->{direction} eq "out" } @{decode_json(<STDIN>)->{vantages}[0]{directions}};
		print scalar grep { $_ } @{$out->{series}{pkts}}')
	[ "$bins" -ge 10 ]
	tap $? "and the figures at the end have them where they were ($bins times)"
done
net_ticks_end

# A transfer of this host's own: TCP knows its window and round trip.
ip netns exec "$there" perl tests/scope/pulses.pl take 0 >"$out/taker" &
net_started $!
ready() { [ -s "$out/taker" ]; }
tap_until ready
here perl tests/scope/pulses.pl give 6 &
net_started $!
here "$sluice" scope va --for 4s --json >"$out/tcp" 2>&1
grep -q '"name":"tcp 10.9.0.1:[0-9]* > 10.9.0.2:7777","direction":"out"[^}]*"cwnd_pkts":[1-9][0-9]*,"rtt_ns":[1-9][0-9]*,"rtt_by":"kernel"' "$out/tcp"
tap $? "a flow has the window and the round trip of its socket, also without privileges"
grep -q '"pure_acks":[1-9]' "$out/tcp" && grep -q '"busy_share":' "$out/tcp"
tap $? "and there are ACKs, and the load of the host"

here "$sluice" scope va --for 4s >/dev/full 2>"$out/err"
[ $? = 1 ] && [ "$(wc -l <"$out/err")" = 1 ]
tap $? "into a full disk: one sentence, exit code 1"

here "$sluice" scope lo --for 300ms --tap --fail-if 'timeouts>=0' >"$out/nothing" 2>"$out/nothing.err"
[ $? = 1 ] && grep -q 'cannot be known here' "$out/nothing.err"
tap $? "nothing came: a condition cannot be judged"
net_ticks
here "$sluice" scope va --for 1500ms --tap --fail-if 'mean_rate>1' >"$out/holds" 2>"$out/holds.err"
[ $? = 3 ] && grep -q "'mean_rate>1' holds" "$out/holds.err"
tap $? "a condition that holds ends with 3"
net_ticks_end

setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$sluice" scope lo --for 1s >"$out/none" 2>"$out/none.err"
[ $? = 3 ] && [ "$(wc -l <"$out/none.err")" = 1 ] && [ ! -s "$out/none" ]
tap $? "without privilege: one sentence, exit code 3"

look gone va
here $send udp 10.9.0.2 9 20 1000
seen() { grep -q '^[0-9:]* out ' "$out/gone"; }
tap_until seen
ip -n "$here" link del va
wait "$looker"
[ $? = 1 ] && grep -q 'the device has gone' "$out/gone.err" && [ "$(wc -l <"$out/gone.err")" = 1 ]
tap $? "the device goes: one sentence, exit code 1"
grep -q '^out: .* packets' "$out/gone"
tap $? "and the figures of before"

# So many devices change meanwhile that the kernel has no room to tell of this one.
net_veth
look flood va
kill -s STOP "$looker"
i=0
while [ $i -lt 500 ]; do
	echo "link set lo mtu $((20000 + i))"
	i=$((i + 1))
done | ip -n "$here" -batch -
ip -n "$here" link del va
kill -s CONT "$looker"
gone() { ! kill -0 "$looker" 2>/dev/null; }
tap_until gone
tap $? "the device goes, and there was no room to say so: it is noticed"
kill -9 "$looker" 2>/dev/null
wait "$looker"
[ $? = 1 ] && grep -q 'the device has gone' "$out/flood.err"
tap $? "and said"

# Stopped while packets come, until there is no room for more.
net_veth
look missed va --fail-if 'mean_rate<1'
kill -s STOP "$looker"
here $send udp 10.9.0.2 9 600000 100
kill -s CONT "$looker"
kill -s INT "$looker"
wait "$looker"
[ $? = 1 ] && grep -q '^! [0-9]* packets were missed' "$out/missed" && [ "$(wc -l <"$out/missed.err")" = 1 ] &&
	grep -q "'mean_rate<1': [0-9]* packets were not seen, so it is not known" "$out/missed.err"
tap $? "--fail-if of traffic of which not all was seen: exit code 1, and why"
grep -q '^out: .*, mean at least' "$out/missed" && grep -q 'gaps, trains and all else: not known' "$out/missed" &&
	! grep -qE '^  (gaps|trains|window) |burst excess|fairness' "$out/missed"
tap $? "its figures at the end are counts and least values"

look holes va --json --interval 250ms
kill -s STOP "$looker"
here $send udp 10.9.0.2 9 600000 100
kill -s CONT "$looker"
sleep 0.6
kill -s INT "$looker"
wait "$looker"
perl -MJSON::PP -ne '$_ = decode_json($_); next unless defined $_->{span_missed_pkts};
	exit 1 if $_->{span_missed_pkts} && !$_->{has_holes};
	$_->{has_holes} ? $holes++ : $whole++;
	my ($said, $gone) = map { my $k = $_; scalar grep { defined } @$k } [ @{$_->{out}}{qw(mean_bits_ps peak_1ms_bits_ps retransmitted_pkts timeouts clumped_acks largest_burst_bytes train_pkts_by_octave)} ],
		[ @{$_->{out}}{qw(mean_bits_ps_at_least peak_1ms_bits_ps_at_least)} ];
	exit 1 unless defined $_->{out}{pkts} && "$said $gone" eq ($_->{has_holes} ? "0 2" : "7 0");
	END { exit !($? == 0 && $holes && $whole) }' "$out/holes"
tap $? "a line of which packets were missed has counts and least values, others all"
here "$sluice" scope lo --for 700ms --interval 250ms --json >"$out/quiet"
grep -q '"has_holes":false' "$out/quiet" && ! grep -q '"has_holes":true' "$out/quiet"
tap $? "where no packet came none was missed"
perl -MJSON::PP -ne '$_ = decode_json($_); next unless $_->{vantages}; $v = $_->{vantages}[0]; $m = $v->{directions}[0]{metrics};
	exit !($_->{missed_pkts} && $v->{unseen_pkts} == $_->{missed_pkts} && $m->{pkts} && $m->{mean_bits_ps_at_least} && !defined $m->{mean_bits_ps} &&
	exists $m->{gap} && !defined $m->{gap} && !defined $m->{trains})' "$out/holes"
tap $? "the object at the end has none either, nor gaps"

# ---- a terminal ----

net_veth
terminal va --line-rate 10gbit
here $send udp 10.9.0.2 9 50 1000
named() { grep -q 'udp :[0-9]* > 10.9.0.2:9' "$out/typed"; }
tap_until named
tap $? "in a terminal: the view has the flow"
barred() { grep -q '█' "$out/typed"; }
tap_until barred
tap $? "in a terminal: bars of Unicode"
# A terminal that has written its last column stays in it, and would erase it. The axis of the gaps takes all 80.
erased='
	my $whole = 0;
	for my $row (split /\r+\n|\e\[H/, <STDIN>) {
		my $column = 0;
		while ($row =~ /\G(?:\e\[([?0-9]*[A-Za-z])|(.))/gs) {
			$column++ if defined $2;
			exit 1 if defined $1 && $1 eq "K" && $column >= 80;
		}
		$whole++ if $column == 80;
	}
	exit !$whole;
'
whole() { perl -CS -0777 -e "$erased" <"$out/typed"; }
whole
tap $? "in a terminal: the last column of the lines that fill it is there"
wider() { grep -Eq '# flow {60}' "$out/typed"; }
! wider
narrow=$?
stty -F "$(cat "$out/tty")" cols 120
[ $narrow = 0 ] && tap_until wider
tap $? "in a terminal: it follows the width"
stty -F "$(cat "$out/tty")" cols 80
kill -s INT "$(cat "$out/pid")"
restored 0 "SIGINT ends it, and it is as it was"
sed -n '/1049l/,$p' "$out/typed" | grep -q 'burst excess'
tap $? "in a terminal: all figures follow in its first screen"

# Stopped while packets come, until there is no room for more.
terminal va --line-rate 10gbit
kill -s STOP "$(cat "$out/pid")"
here $send udp 10.9.0.2 9 600000 100
kill -s CONT "$(cat "$out/pid")"
unknown() { grep -q 'gaps out and trains: not known' "$out/typed" && grep -q 'largest burst: not known' "$out/typed"; }
tap_until unknown
tap $? "in a terminal: a second of which packets were missed has no gaps"
known() { here $send udp 10.9.0.2 9 5 100; sed -n '/gaps out and trains: not known/,$p' "$out/typed" | grep -q 'gaps out  .*%'; }
tap_until known
tap $? "in a terminal: later ones have them"
kill -s TERM "$(cat "$out/pid")"
restored 0 "SIGTERM too"
terminal va --line-rate 10gbit
kill -s HUP "$(cat "$out/pid")"
restored 0 "SIGHUP too"
terminal va --line-rate 10gbit
printf 'p?oq' >&8
restored 0 "the key q too"
terminal va --line-rate 10gbit
kill -s SEGV "$(cat "$out/pid")"
restored 139 "a crash too"
terminal va --line-rate 10gbit
ip -n "$here" link del va
restored 1 "a device that goes too"
grep -q 'the device has gone' "$out/typed"
tap $? "in a terminal: and that is said"
net_veth

# ---- recording ----

# packets FILE: how many our own reader finds; nothing if the file is damaged.
packets() { "$sluice" scope "$1" 2>"$out/read.err" | sed -n '1s/^wire:.*: \([0-9]*\) packets in .*/\1/p'; [ ! -s "$out/read.err" ]; }

# record FILE NAME WORD...: into that file, in the background; it has begun when this returns. What is said goes to NAME.
record()
{
	file=$1 name=$2
	shift 2
	ip netns exec "$here" "$sluice" scope va --record "$out/$file" "$@" >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	recording() { [ -s "$out/$file" ]; }
	tap_until recording
}

# What is far from the burst is not to be in the file, so it is sent a second before it.
record burst.pcapng record --trigger burst:100kB --around 200ms
here $send udp 10.9.0.2 9 7 333
sleep 1
here $send udp 10.9.0.2 9 300 1400
sleep 1
kill -s INT "$looker"
wait $looker
tap $? "--record ends well"
grep -q "^recorded to $out/burst.pcapng: [0-9]* packets, [0-9]* bytes, [1-9][0-9]* triggers" "$out/record"
tap $? "and says what it recorded"
[ "$(packets "$out/burst.pcapng")" -ge 300 ] &&
	"$sluice" scope "$out/burst.pcapng" --filter 'udp and greater 1400' | grep -q '^wire:.*: 300 packets in '
tap $? "the file has the burst that was waited for"
! "$sluice" scope "$out/burst.pcapng" --filter 'udp and less 400' | grep -q '^wire:.*: 7 packets in '
tap $? "and not what was long before it"
grep -aq 'trigger: burst' "$out/burst.pcapng" && grep -aq 'stamps: tap' "$out/burst.pcapng"
tap $? "it says which trigger, and how stamps were taken"
"$sluice" scope "$out/burst.pcapng" | grep -q '^! its interfaces received [0-9]* packets more than are in the file, which is a part'
tap $? "and that it is a part of what came"

# Packets are missed while it is recorded: the file says so, and is read so.
record missed.pcapng missing
kill -s STOP "$looker"
here $send udp 10.9.0.2 9 600000 100
kill -s CONT "$looker"
kill -s INT "$looker"
wait "$looker"
missed=$(sed -n 's/^! \([0-9]*\) packets were missed.*/\1/p' "$out/missing")
"$sluice" scope "$out/missed.pcapng" --json >"$out/read"
[ "${missed:-0}" -gt 0 ] && ! grep -q 'packets more were to be recorded' "$out/missing" && grep -q "\"unseen_pkts\": $missed," "$out/read" && grep -q '"gap": null' "$out/read"
tap $? "of a recording that misses packets nothing is told that it does not know"
"$sluice" scope "$out/missed.pcapng" --interface 1 --json | grep -q "\"unseen_pkts\": $missed,"
tap $? "of neither direction"

# One that has its full size has ended: what is missed later, and what comes, is not its.
record full.pcapng full --ring 1MiB --interval 250ms
here $send udp 10.9.0.2 9 20000 100
is_full() { [ "$(wc -c <"$out/full.pcapng")" -gt 1048000 ]; }
tap_until is_full
lines=$(wc -l <"$out/full")
later() { [ "$(wc -l <"$out/full")" -ge $((lines + 6)) ]; }
tap_until later
kill -s STOP "$looker"
here $send udp 10.9.0.2 9 600000 100
kill -s CONT "$looker"
kill -s INT "$looker"
wait "$looker"
"$sluice" scope "$out/full.pcapng" --json >"$out/read"
grep -q '^! [0-9]* packets were missed' "$out/full" && grep -q '; then it had its full size' "$out/full" && grep -q '"unseen_pkts": 0,' "$out/read" && ! grep -q left_out "$out/read"
tap $? "a recording that has its full size is whole, whatever comes later"

# A terminal that goes: what was recorded is whole, and nothing of it waits any more.
record hangup.pcapng hangup
begun() { grep -q '^[0-9:]* out' "$out/hangup"; }
tap_until begun
here $send udp 10.9.0.2 9 50 1000
sleep 0.05
kill -s HUP "$looker"
wait "$looker"
tap $? "SIGHUP ends a recording well"
[ "$(packets "$out/hangup.pcapng")" -ge 50 ] && grep -aq 'missed, in either direction' "$out/hangup.pcapng"
tap $? "the file has all, and its end"
"$sluice" scope "$out/hangup.pcapng" --json | grep -q '"unseen_pkts": 0,'
tap $? "and says that nothing is missing"
(trap '' HUP; exec ip netns exec "$here" "$sluice" scope va --for 2s >"$out/nohup" 2>"$out/nohup.err") &
looker=$!
net_started $looker
begun() { [ -s "$out/nohup" ]; }
tap_until begun
kill -s HUP "$looker"
wait "$looker"
[ $? = 0 ] && grep -q '^[0-9:]* out' "$out/nohup"
tap $? "under nohup it goes on"

ip netns exec "$here" "$sluice" scope va --record "$out/head.pcapng" --interval 250ms 2>"$out/head.err" | head -n 2 >"$out/head" &
looker=$!
net_started $looker
recording() { [ -s "$out/head.pcapng" ]; }
tap_until recording
for _ in 1 2 3 4 5 6 7 8; do
	here $send udp 10.9.0.2 9 10 1000
	sleep 0.1
done
wait $looker
ended() { grep -aq 'missed, in either direction' "$out/head.pcapng"; }
tap_until ended && [ "$(packets "$out/head.pcapng")" -ge 10 ] && [ "$(wc -l <"$out/head.err")" = 1 ]
tap $? "nobody reads its lines any more: what was recorded is whole, with its end"

# into_fifo NAME: a recording into it, and more packets than the pipe holds.
into_fifo()
{
	ip netns exec "$here" "$sluice" scope va --record "$out/fifo" >"$out/$1.said" 2>"$out/$1.err" &
	looker=$!
	net_started $looker
	said=$out/$1.said
	begun() { grep -q '^[0-9:]* out' "$said"; }
	tap_until begun
	for _ in 1 2 3 4 5 6; do
		here $send udp 10.9.0.2 9 200 1000
		sleep 0.1
	done
}

# A FIFO that nobody reads yet.
mkfifo "$out/fifo"
said() { grep -q "$1" "$out/unread.err"; }
unread()
{
	: >"$out/unread.err" # what an earlier one said is not this one's
	"$sluice" scope lo --record "$out/fifo" --json --for 1s >"$out/unread" 2>"$out/unread.err" &
	looker=$!
	tap_until said 'fifo: waits until somebody reads it'
}
unread
kill -s INT $looker
wait $looker
[ $? = 1 ] && said 'fifo: nobody has read it' && [ "$(wc -l <"$out/unread.err")" = 2 ] && [ ! -s "$out/unread" ]
tap $? "a FIFO without a reader: it says so, and Ctrl-C ends it"
unread
cat "$out/fifo" >"$out/unread.pcapng"
wait $looker
[ $? = 0 ] && [ "$(wc -l <"$out/unread.err")" = 1 ] && grep -q '"missed_pkts":0' "$out/unread" && "$sluice" scope "$out/unread.pcapng" >"$out/said"
tap $? "a reader that comes later gets all"

# One whose reader goes before the recording ends.
head -c 5000 "$out/fifo" >"$out/fifo.begin" &
net_started $!
into_fifo fifo
gone() { ! kill -0 $looker 2>/dev/null; }
tap_until gone
tap $? "a recording into a FIFO ends when nobody reads it any more"
kill -9 $looker 2>/dev/null
wait $looker
[ $? = 1 ] && grep -q 'fifo: recording ended: nobody reads it any more' "$out/fifo.err" && [ "$(wc -l <"$out/fifo.err")" = 1 ]
tap $? "in one sentence, exit code 1"

# One whose reader stays, and reads nothing.
(exec <"$out/fifo" && exec sleep 60) &
sleeper=$!
net_started $sleeper
into_fifo stall
kill -s INT $looker
tap_until gone
tap $? "a recording into a FIFO ends when it shall, though its reader takes nothing"
kill -9 $looker 2>/dev/null
wait $looker
[ $? = 1 ] && grep -q 'fifo: whoever reads it takes nothing any more' "$out/stall.err" && [ "$(wc -l <"$out/stall.err")" = 1 ] && grep -q 'burst excess' "$out/stall.said"
tap $? "in one sentence, exit code 1, with all figures"
kill $sleeper

# One whose reader takes nothing until the ring is full: how many had no room is said in every form, as in the file.
# backlog NAME WORD...: such a recording, with that word.
backlog()
{
	name=$1
	shift
	rm -f "$out/go"
	(exec <"$out/fifo" && until [ -e "$out/go" ]; do sleep 0.05; done && exec cat >"$out/$name.pcapng") &
	reader=$!
	net_started $reader
	ip netns exec "$here" "$sluice" scope va --record "$out/fifo" --ring 1MiB --trigger burst:1B "$@" >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	tap_until tap_catches $looker 2
	tap_until begun
	for _ in 1 2 3 4 5 6 7 8; do
		here $send udp 10.9.0.2 9 2000 100
		sleep 0.1
	done
	touch "$out/go"
	kill -s INT $looker
	wait $looker && wait $reader && noroom=$(grep -ao 'no room to record: [1-9][0-9]*' "$out/$name.pcapng" | sed -n '1s/.* //p') && [ ! -s "$out/$name.err" ]
}
begun() { grep -q '"vantage"' "$out/json"; }
backlog json --json --interval 250ms && [ "${noroom:-0}" -gt 0 ] && grep -q "\"recording\":{[^}]*\"unrecorded_pkts\":${noroom}[,}]" "$out/json" && build/tests/json-check object <"$out/json"
tap $? "--record --json says how many packets had no room, $noroom"
begun() { [ -n "$(find "/proc/$looker/fd" -lname "$out/fifo" 2>/dev/null)" ]; }
backlog prometheus --prometheus && [ "${noroom:-0}" -gt 0 ] && grep -qx "sluice_scope_unrecorded_packets $noroom" "$out/prometheus"
tap $? "--record --prometheus, too, $noroom"

# The kernel takes a tag out of the bytes of a frame before anybody sees it. 20 frames with VLAN 5, of UDP to port 9.
tagged_send='
	my $udp = pack("nnnn", 7, 9, 8 + 1000, 0) . "\0" x 1000;
	my $ip = pack("CCnnnCCna4a4", 0x45, 0, 20 + length $udp, 0, 0, 64, 17, 0, "\x0a\5\0\1", "\x0a\5\0\2");
	socket(my $to, 17, 3, 0) or die $!;
	my $where = pack("SnlSCCa8", 17, 0x8100, $ARGV[0], 0, 0, 6, "");
	send($to, "\2\0\0\0\0\5\2\0\0\0\0\6\x81\0\0\5\x08\0$ip$udp", 0, $where) or die $! for 1 .. 20;
'
record tagged.pcapng tagged
ip netns exec "$there" perl -e "$tagged_send" "$(ip netns exec "$there" cat /sys/class/net/vb/ifindex)"
kill -s INT "$looker"
wait $looker
"$sluice" scope "$out/tagged.pcapng" --filter 'vlan 5 and udp port 9' | grep -q '^wire:.*: 20 packets in '
tap $? "packets are recorded with their VLAN tag"

mkdir "$out/disk"
mount -t tmpfs -o size=200k none "$out/disk"
record disk/full.pcapng full --for 20s
for _ in 1 2 3 4 5 6 7 8; do
	here $send udp 10.9.0.2 9 300 1000
	sleep 0.1
done
wait $looker
[ $? = 1 ] && grep -q 'full.pcapng: recording ended: No space left on device' "$out/full.err" && [ "$(wc -l <"$out/full.err")" = 1 ]
tap $? "a full disk ends it: one sentence, exit code 1"
grep -q '^out: .* packets' "$out/full"
tap $? "and the figures of before"
[ "$(packets "$out/disk/full.pcapng")" -gt 300 ]
tap $? "what is in the file is whole"
rm "$out/disk/full.pcapng"
record disk/full.pcapng full --for 20s --json
for _ in 1 2 3 4 5 6 7 8; do
	here $send udp 10.9.0.2 9 300 1000
	sleep 0.1
done
wait $looker
tail -n 1 "$out/full" | grep -q '"recording":{.*"is_whole":false}.*"ended_early":"the recording could not go on"'
tap $? "and in JSON it says why the figures end there"
umount "$out/disk"
tap_end
