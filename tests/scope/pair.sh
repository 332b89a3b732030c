#!/bin/sh
# sluice scope at two places at once: what became of spacing where that is known, super-packets and frames, captures that are being
# written; and when packets left against when they were meant to. Network namespaces with veth pairs; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh
# shellcheck source=tests/scope/terminal.sh
. tests/scope/terminal.sh

net_begin
# Both ends of a pair in one namespace: what goes to an address that nobody has leaves at pa, comes at pb and is dropped.
here sysctl -q -w net.ipv6.conf.default.disable_ipv6=1
ip -n "$here" link add pa type veth peer name pb && ip -n "$here" addr add 10.8.0.1/24 dev pa &&
	ip -n "$here" link set pa up && ip -n "$here" link set pb up &&
	ip -n "$here" neigh replace 10.8.0.9 lladdr 02:00:00:00:00:09 dev pa nud permanent || { echo "Bail out! no veth pair"; exit 1; }

# look NAME WORD...: the scope, in the background; it looks when this returns.
look()
{
	name=$1
	shift
	rm -f "$out/$name"
	ip netns exec "$here" "$sluice" scope "$@" >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	# Lines come when everything is open: the first of them after 250 ms.
	begun() { grep -qs 'pkts' "$out/$1" || ! kill -0 "$looker" 2>/dev/null; }
	tap_until begun "$name"
}

# look_end: ends it, its status is that of this.
look_end()
{
	kill -s INT "$looker" 2>/dev/null
	wait "$looker"
}

# between NAME KEY: of what became of packets between the two places, in the last line of JSON.
between() { tail -n 1 "$out/$1" | perl -MJSON::PP -e 'my $one = decode_json(<STDIN>)->{between}; my $value = $one->{$ARGV[0]}; print defined $value ? $value : "unknown"' "$2"; }

# within VALUE LEAST MOST
within() { awk -v v="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(v != "unknown" && v >= a && v <= b) }'; }

trains() { for _ in 1 2 3 4 5 6; do here $send udp 10.8.0.9 9 50 1000 || return 1; sleep 0.05; done; }

# ---- nothing between: a pair of veth hands over at once ----

look straight qdisc:pa wire:pb --interval 250ms --json
trains
look_end
tap $? "two devices at once: SIGINT ends it well"
build/tests/json-check object <"$out/straight"
tap $? "each line is an object, each number with its unit"
[ "$(between straight first_pkts) $(between straight second_pkts) $(between straight both_pkts)" = "300 300 300" ]
tap $? "every packet that left at the one came at the other"
ratio=$(between straight retention_bef_125)
within "$ratio" 0.8 1.25
tap $? "nothing between: the burst excess is kept ($ratio)"
ratio=$(between straight retention_gap_cov)
within "$ratio" 0.8 1.25
tap $? "and the variation of the gaps ($ratio)"
later_us=$(($(between straight later_p50_ns) / 1000))
[ "$later_us" -lt 1000 ]
tap $? "half of them took hardly longer than the quickest (${later_us} us)"
[ "$(grep -c '"both_pkts"' "$out/straight")" -ge 2 ] && ! head -n 1 "$out/straight" | grep -q vantages
tap $? "a line for each interval, and the figures as the last one"

look tap qdisc:pa wire:pb --interval 250ms --json --tap
trains
look_end
[ "$(between tap both_pkts)" = 300 ] && grep -q '"stamp_class":"tap"' "$out/tap"
tap $? "packet sockets alone see the same"

# ---- a token bucket between: 20 Mb/s, no burst ----

here tc qdisc replace dev pa root tbf rate 20mbit burst 3000 limit 1000000
look shaped stack:pa wire:pb --interval 250ms --json
here $send udp 10.8.0.9 9 200 1000
sleep 0.3
look_end
[ "$(between shaped both_pkts)" = 200 ]
tap $? "in front of a token bucket and behind it: all came"
ratio=$(between shaped retention_bef_125)
within "$ratio" 0 0.3
tap $? "what was a burst in front is spaced behind ($ratio of its excess)"
ratio=$(between shaped retention_gap_cov)
within "$ratio" 0 0.5
tap $? "and its gaps are even ($ratio of their variation)"
[ "$(between shaped later_max_ns)" -gt 15000000 ] && [ "$(between shaped later_p999_ns)" = "$(between shaped later_max_ns)" ] &&
	[ "$(between shaped later_pkts)" = 200 ]
tap $? "the last ones waited for their tokens"
here "$sluice" scope stack:pa qdisc:pa --for 300ms --fail-if 'retention_bef_125<1' >"$out/none" 2>"$out/none.err"
[ $? = 1 ] && grep -q 'retention_bef_125 cannot be known here' "$out/none.err"
tap $? "nothing came: what is left of the spacing cannot be judged"
look judged stack:pa qdisc:pa --interval 250ms --fail-if 'retention_bef_125<1' --fail-if 'pdv_p99>10000000'
here $send udp 10.8.0.9 9 200 1000
sleep 0.3
look_end
[ $? = 3 ] && grep -q "'retention_bef_125<1' holds" "$out/judged.err" && grep -q "'pdv_p99>10000000' holds" "$out/judged.err"
tap $? "--fail-if judges what is left of it, and how delays vary: exit code 3"
grep -q 'variation of the gaps .* of it (1: spacing is kept)' "$out/judged"
tap $? "which people are told too"

# The bucket sends 100 packets of 1066 wire bytes in 40 ms that came in less than one: its highest millisecond has a tenth of theirs.
terminal stack:pa wire:pb
for _ in 1 2 3 4; do here $send udp 10.8.0.9 9 100 1000; sleep 0.25; done
shaped() { grep -q '2nd over 1st:  mean x[01]\.[0-9]*  1 ms x0\.[01]' "$out/typed"; }
tap_until shaped
tap $? "in a terminal: the view has what is left of the peaks"
grep -q '^.*1st stack:pa, 2nd wire:pb' "$out/typed" && grep -q 'found at both [1-9]' "$out/typed" &&
	grep -Eq 'quickest packet: least [0-9.a-z]*, mean [0-9.]*ms, most [234][0-9.]*ms' "$out/typed"
tap $? "in a terminal: and both places, and how long packets took"
printf 'p?pq' >&8
restored 0 "the key q ends the view of two places, and it is as it was"
sed -n '/1049l/,$p' "$out/typed" | grep -q 'later than the quickest'
tap $? "in a terminal: all figures of two places follow in its first screen"
here tc qdisc del dev pa root

# ---- super-packets in front, frames behind ----

here ethtool -K va tso off >"$out/said" 2>&1
mkdir "$out/www" && head -c 3000000 /dev/zero >"$out/www/file"
(cd "$out/www" && exec ip netns exec "$here" busybox httpd -f -p 8080 -h .) >"$out/httpd" 2>&1 &
net_started $!
fetch() { ip netns exec "$there" curl -s -o /dev/null --max-time 20 http://10.9.0.1:8080/file; }
tap_until fetch
for expand in "" --expand; do
	# shellcheck disable=SC2086 # a word or none
	look cut stack:va qdisc:va --interval 250ms --json $expand
	fetch
	look_end
	frames=$(between cut first_pkts)
	[ "$frames" -gt 1500 ] && [ "$(between cut both_pkts)" = "$frames" ] && [ "$(between cut mixed_pkts)" -gt 10 ]
	tap $? "TCP's super-packets are found again as frames${expand:+, $expand}: all of $frames"
	if [ -z "$expand" ]; then
		[ "$(between cut retention_bef_125) $(between cut super_packets)" = "unknown counted as one packet" ] &&
			[ "$(between cut inside_pkts)" -gt 1000 ]
		tap $? "but not compared with them"
	else
		[ "$(between cut retention_bef_125)" != unknown ] && [ "$(between cut super_packets) $(between cut inside_pkts)" = "stack, expanded 0" ]
		tap $? "and compared, under that label"
	fi
done

# In a capture they are long packets, which were the same super-packets at the device.
here ethtool -K va tso on >"$out/said" 2>&1
mkfifo "$out/supers"
ip netns exec "$there" "$sluice" scope vb --record "$out/supers" >"$out/record" 2>&1 &
recorder=$!
net_started $recorder
look long qdisc:va "wire:$out/supers" --interval 250ms --json
fetch
kill -s INT $recorder
wait $recorder
wait $looker
frames=$(between long first_pkts)
[ "$frames" -gt 1500 ] && [ "$(between long both_pkts)" = "$frames" ] && [ "$(between long mixed_pkts)" = 0 ] && [ "$(between long later_pkts)" -gt 10 ]
tap $? "TCP's super-packets are found again in a capture of the other end: all of $frames"

# ---- a capture that is being written ----

ip netns exec "$here" "$sluice" scope pb --record "$out/grows.pcapng" --for 30s >"$out/record" 2>&1 &
recorder=$!
net_started $recorder
recording() { [ -s "$out/grows.pcapng" ]; }
tap_until recording
look grows qdisc:pa "wire:$out/grows.pcapng" --interval 250ms --json
trains
sleep 0.5
look_end
tap $? "a device and a file that grows"
[ "$(between grows first_pkts) $(between grows both_pkts)" = "300 300" ]
tap $? "every packet is found in it"
kill -s INT $recorder
wait $recorder
mkfifo "$out/pipe"
look fifo qdisc:pa "wire:$out/pipe" --interval 250ms --for 20s
cat "$out/grows.pcapng" >"$out/pipe" &
net_started $!
wait "$looker"
tap $? "a FIFO: where it ends, the command does"
grep -q '300 packets here were not seen there' "$out/fifo"
tap $? "what was in it and did not pass is said"
look xz_fifo qdisc:pa "wire:$out/pipe" --interval 250ms --for 20s
xz -c "$out/grows.pcapng" >"$out/pipe" &
net_started $!
wait "$looker"
grep -q '300 packets here were not seen there' "$out/xz_fifo"
tap $? "one that is packed with xz, too"
# Statistics of its first interface: 12 packets were dropped.
dropped() { cat "$out/grows.pcapng"; perl -e 'print pack("VVVVVvvQ<vvV", 5, 40, 0, 0, 0, 5, 8, 12, 0, 0, 40)'; }
look dropped_fifo qdisc:pa "wire:$out/pipe" --interval 250ms --for 20s --fail-if 'mean_rate<1'
dropped >"$out/pipe" &
net_started $!
wait "$looker"
[ $? = 1 ] && grep -q "'mean_rate<1': 12 packets were not seen, so it is not known" "$out/dropped_fifo.err" && grep -q '^! 12 packets more were not seen' "$out/dropped_fifo"
tap $? "one that says that packets are missing in it: its figures are not known"
look cut_fifo qdisc:pa "wire:$out/pipe" --interval 250ms --for 20s
head -c 5000 "$out/grows.pcapng" >"$out/pipe" &
net_started $!
wait "$looker"
[ $? = 1 ] && [ "$(wc -l <"$out/cut_fifo.err")" = 1 ] && grep -q 'pipe: .*cut' "$out/cut_fifo.err"
tap $? "one that is cut short: one sentence, exit code 1"
"$sluice" scope "$out/grows.pcapng" "qdisc:$out/grows.pcapng" --json >"$out/same" && [ "$(perl -MJSON::PP -e 'local $/; my $one = decode_json(<STDIN>);
	print "$one->{vantages}[1]{vantage}{name} $one->{between}{both_pkts} $one->{between}{retention_gap_cov}"' <"$out/same")" = "qdisc:$out/grows.pcapng 300 1" ]
tap $? "two captures, with the names of their places"
none_left() { ! pgrep -f "wire:$out" >/dev/null; }
tap_until none_left
tap $? "no process stays"

# ---- what cannot be ----

# refused CODE PART WORD...: one sentence with that part, and that exit code.
refused()
{
	code=$1 part=$2
	shift 2
	here "$sluice" scope "$@" --for 1s >"$out/refused" 2>"$out/refused.err"
	[ $? = "$code" ] && [ "$(wc -l <"$out/refused.err")" = 1 ] && grep -q "$part" "$out/refused.err"
	tap $? "refused: $part"
}

refused 1 "neither a file nor a device 'nosuch': 'ip link' lists the devices" qdisc:nosuch
refused 1 "neither a file nor a device 'pz': did you mean the device p[ab]?" pz
refused 2 "'pa' is a device: of two places it must be said which packets, qdisc:pa" pa wire:pb
refused 2 "record is for one device: 'pb' is not alone" qdisc:pa wire:pb --record "$out/x"
refused 2 "filter is for captures" qdisc:pa wire:pb --filter udp
setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$sluice" scope qdisc:lo wire:lo --for 1s >"$out/none" 2>"$out/none.err"
[ $? = 3 ] && [ "$(wc -l <"$out/none.err")" = 1 ]
tap $? "without privilege: one sentence, exit code 3"
here "$sluice" scope qdisc:pa wire:pb --interval 250ms --for 5s >/dev/full 2>"$out/err"
[ $? = 1 ] && [ "$(wc -l <"$out/err")" = 1 ]
tap $? "into a full disk: one sentence, exit code 1"

# ---- when packets left, against when they were meant to ----

if [ -r /sys/kernel/btf/vmlinux ]; then
	# No qdisc here that keeps to it: what is meant for later leaves early by as much.
	look early qdisc:pa --departures --json --interval 250ms
	here $send at 10.8.0.9 9 50 5000
	here $send udp 10.8.0.9 9 10 1000
	look_end
	departure() { tail -n 1 "$out/$1" | perl -MJSON::PP -e 'my ($lane) = grep { $_->{direction} eq "out" } @{decode_json(<STDIN>)->{vantages}[0]{directions}};
		$lane = $lane->{metrics}{departure_error} unless $ARGV[0] =~ /^departure/; my $value = $lane->{$ARGV[0]}; print defined $value ? $value : "unknown"' "$2"; }
	counts="$(departure early early_pkts) $(departure early late_pkts) $(departure early departure_unknown_pkts)"
	[ "$counts" = "50 0 10" ]
	tap $? "what is meant to leave in 5 ms and leaves now is early; what has no time is not known ($counts)"
	within "$(departure early early_p50_ns)" 4000000 5000000
	tap $? "early by 5 ms, less what sending takes ($(departure early early_p50_ns) ns)"
	look late qdisc:pa --departures --json --interval 250ms
	here $send at 10.8.0.9 9 50 -3000
	look_end
	[ "$(departure late late_pkts)" = 50 ] && within "$(departure late late_p50_ns)" 3000000 4000000 && within "$(departure late bias_ns)" 3000000 5000000
	tap $? "what was meant to leave 3 ms ago is late by as much ($(departure late late_p50_ns) ns)"
	look now qdisc:va --departures --json --interval 250ms
	fetch
	look_end
	[ "$(departure now late_pkts)" -gt 20 ] && within "$(departure now late_p50_ns)" 0 1000000
	tap $? "TCP says of its packets when they are to leave: now ($(departure now late_p50_ns) ns)"
	# lo is device 1 in each namespace. 542 bytes: 500 of payload, and the headers of Ethernet, IP and UDP.
	look ours qdisc:lo --departures --json --interval 250ms
	waiting=$(build/tests/scope/stamp_wait "$looker" set 542)
	ip netns exec "$there" $send udp 127.0.0.1 9 20 500
	[ "$waiting" -gt 0 ] && [ "$(build/tests/scope/stamp_wait "$looker" get)" = "$waiting" ]
	tap $? "a packet of another namespace, of the same length at a device of the same number, brings no stamp"
	here $send udp 127.0.0.1 9 1 500
	[ "$(build/tests/scope/stamp_wait "$looker" get)" = $((waiting - 1)) ]
	tap $? "one of this namespace does"
	look_end
fi
look untold qdisc:pa --departures --tap --interval 250ms
here $send at 10.8.0.9 9 5 1000
# its ring is handed over by blocks, some milliseconds later
sleep 1
look_end
grep -q 'departure error .*not known: a packet socket does not see them without BPF' "$out/untold"
tap $? "a packet socket alone does not see it, and says so"

# ---- a device that goes ----

look gone qdisc:pa wire:pb --interval 250ms
trains
ip -n "$here" link del pa
wait "$looker"
[ $? = 1 ] && grep -q 'the device has gone' "$out/gone.err" && [ "$(wc -l <"$out/gone.err")" = 1 ]
tap $? "a device goes: one sentence, exit code 1"
grep -q 'packets came here' "$out/gone"
tap $? "and the figures of before"
tap_end
