#!/bin/sh
# The scope's live source on this machine's kernel: the same packets by BPF and by packet socket, at tc's hooks and behind the qdisc;
# nothing stays, nothing of others is touched; what is lost is counted. Two network namespaces joined by a veth pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

names=build/tests/scope/bpf_names

net_begin
mkdir "$out/www" && head -c 2000000 /dev/zero >"$out/www/file"
for n in "$here" "$there"; do
	(cd "$out/www" && exec ip netns exec "$n" busybox httpd -f -p 8080 -h .) >"$out/httpd" 2>&1 &
	net_started $!
done

# traffic_four: TCP both ways, UDP, bundles of UDP, and something that nobody takes (ICMP comes back).
traffic_four()
{
	here curl -s -o /dev/null --max-time 20 http://10.9.0.2:8080/file || return 1
	ip netns exec "$there" curl -s -o /dev/null --max-time 20 http://10.9.0.1:8080/file || return 1
	here $send udp 10.9.0.2 9 5 100 || return 1
	[ "$bundles" = none ] || here $send udp 10.9.0.2 9 3 6000 1200
}

# traffic: the same, and over IPv6.
traffic()
{
	traffic_four && here curl -s -o /dev/null --max-time 20 -g 'http://[fd09::2]:8080/file' || return 1
	here $send udp fd09::2 9 5 1000
}

# look NAME WORD...: a scope of $device in our namespace; it has begun when this returns.
device=va
look()
{
	name=$1
	shift
	rm -f "$out/$name" "$out/$name.hold" && mkfifo "$out/$name.hold"
	ip netns exec "$here" $show $device "$@" <"$out/$name.hold" >"$out/$name" 2>&1 7>&- 8>&- 9>&- &
	eval "look_$name=$!"
	eval "exec $(look_fd "$name")>\"$out/$name.hold\""
	looker=$!
	begun() { grep -qs '^ready' "$out/$1" || ! kill -0 "$looker" 2>/dev/null; }
	tap_until begun "$name"
	grep -qs '^ready' "$out/$name"
}

# A file descriptor of its own for each of the names that are used at once.
look_fd() { case $1 in first) echo 7 ;; second) echo 8 ;; *) echo 9 ;; esac; }

# look_end NAME: and it has ended when this returns.
look_end()
{
	eval "exec $(look_fd "$1")>&-"
	eval "wait \$look_$1"
}

# value NAME WORD: a figure of its last lines.
value() { sed -n "s/^\(.* \)\{0,1\}$2 \([0-9.]*\).*/\2/p" "$out/$1" | tail -n 1; }

# packets NAME: the lines of the test's own flows, without order among processors, nor neighbours' answers, which come when they come.
packets() { grep -E '^(in|out) .* ip 1 (10\.9|fd09)' "$out/$1" | grep -v ' > fe80:' | LC_ALL=C sort >"$out/$1.packets"; }

# same CLAIM: the first and the second look saw the same packets, and some.
same()
{
	packets first
	packets second
	[ "$(wc -l <"$out/first.packets")" -gt 100 ] && cmp -s "$out/first.packets" "$out/second.packets"
	result=$?
	tap $result "$1"
	[ $result = 0 ] || diff "$out/first.packets" "$out/second.packets" | head -n 10 | sed 's/^/# /'
}

# hooks: how many programs tcx has on the device, and what clsact has.
hooks() { here $send tcx va; here tc filter show dev va ingress; here tc filter show dev va egress; here tc qdisc show dev va; }

# filters: the programs of scopes at packet sockets, as the kernel has them.
filters() { $names | grep '^scope_tap' | sort -u | tr '\n' ' '; }

hooks >"$out/before"

# Before Linux 6.2 a packet socket without BPF is not shown bundles of UDP: then they are not compared.
bundles=none
look first tap out
here $send udp 10.9.0.2 9 3 6000 1200
look_end first
[ "$(value first unshown_pkts)" != 0 ] || bundles=some

look first bpf out list
here $send udp 10.9.0.2 9 3 6000 1200
look_end first
[ "$(grep -c '^out 6042 segment 1200 ' "$out/first")" = 3 ]
tap $? "BPF: bundles of UDP come with the length of their segments"

look first bpf out in list && look second tap out in list
tap $? "BPF and a packet socket look at a device at once"
traffic
tap $? "traffic passes while they look"
look_end first
look_end second
same "BPF behind the qdisc and the packet socket see the same: lengths, segments, flows, TCP's fields, directions"
[ "$(value first supers)" -gt 10 ] && grep -q '^out .*segment 1448 ' "$out/first" && grep -q '^in .*segment 1428 ' "$out/first"
tap $? "super-packets of TCP come with the length of their segments"
[ "$(value first missed_pkts) $(value second missed_pkts) $(value second unshown_pkts)" = "0 0 0" ]
tap $? "none was missed"
[ "$(value first backward_pkts)" -le 3 ]
tap $? "time goes forward"

# What the kernel lets it: since 6.2, with BTF, headers are read where they lie.
usual=scope_tap_copy
[ ! -r /sys/kernel/btf/vmlinux ] || ! grep -q ' bpf_rdonly_cast$' /proc/kallsyms || usual=scope_tap
look first bpf out in
[ "$(filters)" = "$usual " ]
tap $? "headers are read in place where this kernel lets a packet socket's program do so ($usual)"
look_end first

# A kernel without BTF looks like this, and copies.
show_usual=$show
printf '#!/bin/sh\nmount -t tmpfs none /sys/kernel/btf && exec %s "$@"\n' "$PWD/$show_usual" >"$out/without.sh"
chmod +x "$out/without.sh"
[ ! -d /sys/kernel/btf ] || show="unshare --mount $out/without.sh"
look first bpf out in list
[ "$(filters)" = "scope_tap_copy " ]
tap $? "without BTF they are copied"
show=$show_usual
look second bpf out in list
traffic
look_end first
look_end second
same "copied or read in place, they say the same"

# IPsec's AH in front of UDP, and more of it in front of that, as no socket sends it here: 200 frames with 100 bytes of payload to port 9.
auth_send='
	my $udp = pack("nnnn", 7, 9, 8 + 100, 0) . "\0" x 100;
	my $auth = pack("CCnNN", 51, 4, 0, 257, 1) . "\1" x 12;
	$auth = $auth x $ARGV[1] . pack("CCnNN", 17, 4, 0, 256, 1) . "\1" x 12;
	my $ip = pack("CCnnnCCna4a4", 0x45, 0, 20 + length "$auth$udp", 0, 0, 64, 51, 0, "\x0a\x09\0\1", "\x0a\x09\0\2");
	socket(my $to, 17, 3, 0) or die $!;
	my $where = pack("SnlSCCa8", 17, 0x0800, $ARGV[0], 0, 0, 6, "");
	send($to, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0$ip$auth$udp", 0, $where) or die $! for 1 .. 200;
'
for more in 0 1; do
	look first bpf out list
	look second tap out list
	here perl -e "$auth_send" "$(here cat /sys/class/net/va/ifindex)" $more
	look_end first
	look_end second
	same "behind $((1 + more)) of IPsec's AH both find UDP"
	[ "$(grep -c "^out $((166 + 24 * more)) .*10.9.0.1 7 > 10.9.0.2 9 proto 17 payload 100" "$out/first")" = 200 ]
	tap $? "in all of them"
done

# Ethernet's header in one piece, the rest in another.
if [ -c /dev/net/tun ] && ip -n "$here" tuntap add dev ta mode tap; then
	here ethtool -K ta gro off
	here sysctl -q -w net.ipv6.conf.ta.disable_ipv6=1
	ip -n "$here" link set ta up
	device=ta
	look first bpf in list && look second tap in list
	here $send split ta 200
	look_end first
	look_end second
	same "headers that are not in one piece are found"
	[ "$(grep -c '^in 142 .*10.9.0.2 8 > 10.9.0.9 9 proto 17 payload 100' "$out/first")" = 200 ]
	tap $? "all of them"
	device=va
	ip -n "$here" link del ta
fi

# Kernels before 6.6 have clsact alone.
if here $send tcx va >/dev/null; then
	look first bpf stack tcx out in list && look second tap out in list
	tap $? "BPF attaches by tcx"
	[ "$(here $send tcx va)" = "1 1" ]
	tap $? "tcx has one program for each direction"
	traffic
	look_end first
	look_end second
	same "in front of the qdisc, where it lets all pass, BPF by tcx sees the same"
	hooks | cmp -s - "$out/before"
	tap $? "nothing stays of tcx"
fi

look first bpf stack clsact out in list && look second tap out in list
tap $? "BPF attaches by clsact"
traffic
look_end first
look_end second
same "BPF by clsact sees the same"
hooks | cmp -s - "$out/before"
tap $? "nothing stays of clsact, nor clsact itself"

look first bpf stack clsact out in
traffic
kill -9 "$look_first"
look_end first 2>/dev/null
gone() { hooks | cmp -s - "$out/before"; }
tap_until gone
tap $? "after SIGKILL the filters go too"

# A keeper that is killed as well leaves them behind.
look first bpf stack clsact out in
# The keepers first: one that outlived its scope would do its work.
# shellcheck disable=SC2046 # numbers
kill -9 $(ip netns pids "$here" | net_only live_show | grep -vx "$look_first")
kill -9 "$look_first"
look_end first 2>/dev/null
here tc filter show dev va ingress | grep -q sluice_scope
tap $? "with its keeper killed too, a filter stays"
look first bpf stack in clsact
[ "$(here tc filter show dev va ingress | grep -c sluice_scope) $(here tc filter show dev va egress | grep -c sluice_scope)" = "1 0" ]
tap $? "the next scope removes what a killed one left"
look_end first
hooks | cmp -s - "$out/before"
tap $? "and the clsact that it had made"

look first bpf stack clsact out in && look second bpf stack clsact out in
look_end first
here tc qdisc show dev va | grep -q clsact
tap $? "two scopes share a clsact: it stays when the one that made it ends"
look_end second
hooks | cmp -s - "$out/before"
tap $? "and goes with the other"

# As the first process of its container each has the number 1.
alone=$show
show="unshare --pid --fork --kill-child $alone"
look first bpf stack clsact out in && look second bpf stack clsact out in
tap $? "two scopes with the same number of their process attach"
look_end first
look_end second
hooks | cmp -s - "$out/before"
tap $? "and nothing stays of them"
show=$alone

here tc qdisc add dev va clsact
here tc filter add dev va ingress protocol ip prio 1 u32 match u32 0 0 classid 1:1
here tc filter add dev va ingress protocol ip prio 5 u32 match u32 0 0 classid 1:2
here tc filter add dev va egress protocol all prio 7 u32 match u32 0 0 classid 1:3
hooks >"$out/foreign"
look first bpf stack clsact out in list && look second tap out in list
traffic
here tc filter show dev va egress | grep -m1 pref | grep -q 'pref 6 bpf'
tap $? "beside filters of others ours is the first"
here tc filter show dev va ingress >"$out/between"
grep -q 'pref 1 u32' "$out/between" && grep -q 'pref 2 bpf' "$out/between" && grep -q 'pref 5 u32' "$out/between"
tap $? "or the second, where the first place is taken by another kind"
look_end first
look_end second
hooks | cmp -s - "$out/foreign"
tap $? "clsact and filters of others stay as they were"
here tc qdisc del dev va clsact

look first bpf stack clsact out in
here tc filter add dev va ingress protocol ip prio 5 u32 match u32 0 0 classid 1:2
look_end first
here tc filter show dev va ingress | grep -q 'pref 5 u32'
tap $? "a clsact of ours stays when somebody has put a filter there since"
here tc qdisc del dev va clsact

look first bpf out in sandbox list && look second tap out in sandbox list
tap $? "both give up their privileges"
traffic
look_end first
look_end second
same "and see the same without"
look first bpf stack clsact out in sandbox
look_end first
hooks | cmp -s - "$out/before"
tap $? "filters of a scope that has no privilege left go as well"

net_quiet
look first bpf count stack out in && look second bpf stack out in
tap $? "sums of ticks"
traffic_four
sleep 0.3
traffic_four
look_end first
look_end second
[ "$(value first out_pkts) $(value first in_pkts)" = "$(value second out_pkts) $(value second in_pkts)" ] &&
	[ "$(grep out_wire_bytes "$out/first")" = "$(grep out_wire_bytes "$out/second")" ] && [ "$(value first sums)" -gt 4 ]
result=$?
tap $result "the sums of packets, of their frames and of the bytes of these at layer 1 are those of the packets"
[ $result = 0 ] || grep -h out_ "$out/first" "$out/second" | sed 's/^/# /'
[ "$(value first out_frames)" -gt "$(value first out_pkts)" ] && [ "$(value first unknown_supers)" = 0 ]
tap $? "with super-packets among them, of which the frames are known"
[ "$(value first missed_sums) $(value first backward_pkts)" = "0 0" ]
tap $? "and their times go forward"

# 80 datagrams of 1042 bytes at 20 Mb/s take 33 ms behind the qdisc, and in front of it the time that sending takes, if who sends does not
# wait for a processor.
here tc qdisc replace dev va root tbf rate 20mbit burst 3000 limit 1000000
look first bpf out list && look second bpf stack out list
here chrt -f 1 $send udp 10.9.0.2 9 80 1000
sleep 0.3
look_end first
look_end second
packets first
packets second
cmp -s "$out/first.packets" "$out/second.packets" && [ "$(wc -l <"$out/first.packets")" = 80 ]
tap $? "before and behind a qdisc that shapes: the same packets"
[ "$(value first span_us)" -gt 25000 ] && [ "$(value second span_us)" -lt $(($(value first span_us) / 2)) ]
tap $? "behind it they are spread over the time that it gives them, in front they are not"
here tc qdisc del dev va root

look first bpf out ring 4096 slow && look second tap out
here $send udp 10.9.0.2 9 2000 100
look_end first
look_end second
[ "$(value first missed_pkts)" -gt 1000 ] && [ "$(($(value first out_pkts) + $(value first missed_pkts)))" = "$(value second out_pkts)" ] &&
	[ "$(($(value first out_bytes) + $(value first missed_bytes)))" = "$(value second out_bytes)" ]
tap $? "what found no room is counted, to the packet and the byte"
net_veth

rm -f "$out/lo.hold" && mkfifo "$out/lo.hold"
for source in bpf tap; do
	ip netns exec "$here" $show lo $source out in list <"$out/lo.hold" >"$out/lo.$source" 2>&1 &
	exec 9>"$out/lo.hold"
	ready() { grep -qs '^ready' "$out/lo.$source"; }
	tap_until ready
	here $send udp 127.0.0.1 9 10 77
	exec 9>&-
	wait $!
	[ "$(grep -c '^out 119 .*payload 77' "$out/lo.$source") $(grep -c '^in 119 .*payload 77' "$out/lo.$source")" = "10 10" ]
	tap $? "lo: $source shows a packet once in each direction"
done

look first out in && ! grep -q 'why_tap .' "$out/first" && grep -q 'stamp qdisc' "$out/first"
tap $? "BPF comes first where it is to be had"
look_end first

# Where "possible" has holes there are processors with higher numbers than there are processors.
last=$(($(nproc --all) - 1))
if [ $last -ge 1 ]; then
	echo $last >"$out/possible"
	rm -f "$out/holes.hold" && mkfifo "$out/holes.hold"
	# shellcheck disable=SC2016 # the words of the inner shell
	ip netns exec "$here" unshare --mount sh -c 'mount --bind "$1" /sys/devices/system/cpu/possible && shift && exec "$@"' sh \
		"$out/possible" $show va bpf out list <"$out/holes.hold" >"$out/holes" 2>&1 &
	exec 9>"$out/holes.hold"
	ready() { grep -qs '^ready' "$out/holes"; }
	tap_until ready
	here taskset -c $last $send udp 10.9.0.2 9 10 77
	exec 9>&-
	wait $!
	[ "$(grep -c '^out 119 .*payload 77' "$out/holes")" = 10 ]
	tap $? "what passes on the processor with the highest number is seen, also where numbers are left out below it"
fi

look first in && grep -q 'ready received:va stamp softirq' "$out/first"
tap $? "what is received is not said to be stamped behind the qdisc"
look_end first

refused() { claim=$1 part=$2; shift 2; "$@" </dev/null >"$out/said" 2>&1; [ $? = 1 ] && grep -q "$part" "$out/said"; tap $? "$claim"; }
refused "a device that is not there" "there is no device 'nosuch'" here $show nosuch out
refused "no privilege" "needs the capability NET_RAW" here setpriv --reuid 65534 --clear-groups --inh-caps=-all $show va out in
refused "no privilege, BPF asked for" "BPF needs the capabilities" here setpriv --reuid 65534 --clear-groups --inh-caps=-all $show va bpf out in
refused "hardware stamps of a NIC that gives none" "does not stamp what it receives" here $show va in hardware
refused "hardware stamps of what leaves" "to the sender alone" here $show va out hardware
look first out in && here setpriv --bounding-set=-sys_admin,-bpf,-perfmon $show va out in </dev/null >"$out/said" 2>&1
grep -q 'why_tap BPF needs' "$out/said"
tap $? "without the capabilities of BPF it is the packet socket, which says why"
look_end first

ip -n "$here" link add bridge type bridge && ip -n "$here" link set va master bridge
look first bpf out in
ip -n "$here" link set va nomaster
here $send udp 10.9.0.2 9 10 77
sleep 0.1
look_end first
! grep -q '^ended' "$out/first" && [ "$(value first out_pkts)" -ge 10 ]
tap $? "a port that leaves its bridge is still there"
ip -n "$here" link del bridge

for source in bpf tap; do
	net_veth
	look first $source out in
	here $send udp 10.9.0.2 9 10 77
	ip -n "$here" link del va
	# It ends by itself, and need not be told to.
	wait "$look_first"
	look_end first
	grep -q 'ended No such device' "$out/first" && [ "$(value first out_pkts)" -ge 10 ]
	tap $? "$source: a device that vanishes ends it, with what was seen before"
done
tap_end
