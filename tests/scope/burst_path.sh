#!/bin/sh
# burst_path.sh: `sluice burst-test` through a queue of known length, in network namespaces of its own:
#
#     here                      router                     there
#     a 192.0.2.1  ---veth---  b 192.0.2.2
#                              c 198.51.100.1  ---veth---  d 198.51.100.2
#       2001:db8:1::1  2001:db8:1::2 2001:db8:2::1  2001:db8:2::2
#
# The router sends to `there` through a token bucket of one frame in front of a first-in first-out queue of so many bytes. Frames
# have 1514 bytes: the queue holds limit / 1514 of them, and one more if the bucket is full and the burst comes in more than one
# bundle. At 10 Mb/s a frame takes 1.2 ms to leave, a burst a fraction of it to come.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
if [ "${1:-}" != inside ]; then
	exec unshare --user --map-root-user --net "$0" inside
fi

# shellcheck source=tests/tap.sh
. tests/tap.sh
export LC_ALL=C.UTF-8
FRAME=1514 PACKET=1500
processes=
# shellcheck disable=SC2086 # words on purpose
trap 'kill $processes 2>/dev/null; rm -rf "$out"' EXIT

# namespace: one more; its process is in $!. It ends with this test.
namespace()
{
	unshare --net sleep 600 &
	processes="$processes $!"
	while [ "$(readlink "/proc/$!/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do :; done
}

on_router() { nsenter --net="/proc/$router/ns/net" "$@"; }
on_there() { nsenter --net="/proc/$there/ns/net" "$@"; }

# quiet_link WHERE DEV V4 V6: up, with addresses and without the words of IPv6 that nobody has asked for.
quiet_link()
{
	"$1" ip link set dev "$2" addrgenmode none &&
		"$1" ip link set dev "$2" up &&
		"$1" ip address add "$3/24" dev "$2" &&
		"$1" ip address add "$4/64" dev "$2" nodad
}
here() { "$@"; }

# knows WHERE DEV V4 V6 OF OTHER: nobody must ask for a neighbour in the middle of a burst.
knows()
{
	mac=$("$5" ip -o link show dev "$6" | sed 's/.*link\/ether \([0-9a-f:]*\).*/\1/')
	"$1" ip neighbour replace "$3" lladdr "$mac" dev "$2" nud permanent &&
		"$1" ip neighbour replace "$4" lladdr "$mac" dev "$2" nud permanent
}

build_path()
{
	ip link set dev lo up &&
		ip link add name a type veth peer name b netns "$router" &&
		on_router ip link set dev lo up &&
		on_there ip link set dev lo up &&
		on_router ip link add name c type veth peer name d netns "$there" &&
		quiet_link here a 192.0.2.1 2001:db8:1::1 &&
		quiet_link on_router b 192.0.2.2 2001:db8:1::2 &&
		quiet_link on_router c 198.51.100.1 2001:db8:2::1 &&
		quiet_link on_there d 198.51.100.2 2001:db8:2::2 &&
		knows here a 192.0.2.2 2001:db8:1::2 on_router b &&
		knows on_router b 192.0.2.1 2001:db8:1::1 here a &&
		knows on_router c 198.51.100.2 2001:db8:2::2 on_there d &&
		knows on_there d 198.51.100.1 2001:db8:2::1 on_router c &&
		ip route add default via 192.0.2.2 && ip -6 route add default via 2001:db8:1::2 &&
		on_there ip route add default via 198.51.100.1 && on_there ip -6 route add default via 2001:db8:2::1 &&
		on_router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

# queue WHERE DEV PACKETS: of full frames that fit, and not one more
queue()
{
	"$1" tc qdisc replace dev "$2" root handle 1: tbf rate 10mbit burst 1600 limit $(($3 * FRAME + FRAME / 2))
}

# receiver ADDRESS FLAGS...: it is in $! and listens when this returns
receiver()
{
	address=$1
	shift
	: >"$out/receiver"
	nsenter --net="/proc/$there/ns/net" "$sluice" burst-test --listen "$address" "$@" >"$out/receiver" 2>&1 &
	processes="$processes $!"
	while ! grep -q listens "$out/receiver" && kill -0 $! 2>/dev/null; do :; done
}

# burst ARGUMENTS...: the sender; what it says is in said, its exit code in code
burst()
{
	"$sluice" burst-test "$@" >"$out/said" 2>"$out/stderr" </dev/null
	code=$?
}

key() { sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},*\$/\1/p" "$out/said"; }
shown() { sed 's/^/# /' "$out/stderr"; grep -v '^   ' "$out/said" | sed 's/^/# /'; }

# between LEAST KEY MOST
between()
{
	value=$(key "$2")
	[ -n "$value" ] && [ "$value" -ge "$1" ] && [ "$value" -le "$3" ]
}

# finds CLAIM HOST PACKETS SPARE: PACKETS to PACKETS + SPARE are absorbed, and the room is the queue's.
finds()
{
	burst "$2" --json --max 256 --repeat 2 --pause 20ms
	[ "$code" = 0 ] && between "$3" lossless_pkts $(($3 + $4)) && [ "$(key lossy_pkts)" = $(($(key lossless_pkts) + 1)) ] &&
		[ "$(key end)" = found ]
	status=$?
	tap "$status" "$1"
	[ "$status" = 0 ] || shown
	# What drained while it came is taken off again, but for the frame that the bucket let through.
	between $((($3 - 1) * PACKET)) buffer_bytes $((($3 + 2) * PACKET))
	status=$?
	tap "$status" "$1: its bytes"
	[ "$status" = 0 ] || shown
}

namespace
router=$!
namespace
there=$!
tap_run "two hosts and a router" build_path
receiver 198.51.100.2:9978 --allow 192.0.2.0/24 --for 300s

burst 198.51.100.2 --json --max 64 --repeat 1 --pause 1ms
[ "$code" = 0 ] && [ "$(key lossless_pkts)" = 64 ] && [ -z "$(key lossy_pkts)" ] && [ "$(key packet_bytes)" = $PACKET ]
tap $? "without a bottleneck all of it arrives"
[ "$(key advice)" = longer ] && [ -z "$(key advised_command)" ]
tap $? "and there is nothing to advise yet"
[ "$(sed -n 's/^CapEff:[[:space:]]*0*$/none/p; s/^NoNewPrivs:[[:space:]]*1$/none/p' "/proc/$!/status" | wc -l)" = 2 ]
tap $? "the receiver has given up its privileges"

# One bundle holds 44 of these: it meets the queue at once, and not even the first frame leaves before the last has come.
for packets in 7 20 40; do
	queue on_router c "$packets"
	finds "a queue of $packets packets" 198.51.100.2 "$packets" 0
done
# 10 Mb/s of frames are 10 Mb/s * 1500 / 1514 of packets.
between $((9907529 * 9 / 10)) arrived_bits_ps $((9907529 * 11 / 10))
tap $? "the rate behind it"
# On the wire that is 10 Mb/s * 1538 / 1514, of which one percent is left.
[ "$(key advice)" = rate ] && between $((10056803 * 9 / 10)) advised_rate_bits_ps 10200000 && [ "$(key advised_train_frames)" = 20 ] &&
	key advised_command | grep -q '^sluice on a rate [0-9.]*mbit$'
tap $? "what to ask for then"
# Bundles come one by one: the first frame leaves, and a frame or two more while the others come.
queue on_router c 100
finds "a queue of 100 packets, more than a bundle" 198.51.100.2 100 3

queue on_router c 20
burst 198.51.100.2 --max 64 --repeat 1 --pause 20ms --at-least 20
[ "$code" = 0 ] && head -n 1 "$out/said" |
	grep -q '^198.51.100.2:9978: the path absorbs 20 packets of 1500 bytes back to back, 30000 bytes, and loses of 21$'
tap $? "the verdict stands in the first line"
advised=$(sed -n "s/^            '\(sluice on a rate [0-9.]*mbit train 10\)' fits.*/\1/p" "$out/said")
# shellcheck disable=SC2086 # words on purpose
[ -n "$advised" ] && "$sluice" ${advised#sluice } --dry-run | grep -q '^tc qdisc replace dev a root sluice rate [0-9.]*mbit train 10$'
tap $? "what it advises can be asked for"
burst 198.51.100.2 --max 64 --repeat 1 --pause 20ms --at-least 22
[ "$code" = 3 ] && [ ! -s "$out/stderr" ]
tap $? "--at-least: exit code 3 where less is absorbed"
# A half of the frame's length: twice as many fit, 20.5 * 1514 / (750 + 14) = 40.6.
burst 198.51.100.2 --json --size 750 --max 64 --repeat 1 --pause 20ms
[ "$code" = 0 ] && between 40 lossless_pkts 40
tap $? "smaller packets, more of them"
burst 198.51.100.2 --json --min 30 --max 64 --repeat 1 --pause 20ms
[ "$code" = 0 ] && [ "$(key lossless_pkts)" = 0 ] && [ "$(key lossy_pkts)" = 30 ]
tap $? "where the shortest burst loses, nothing is claimed"

# answers: how many datagrams have come back, about two for a burst; each length has three bursts, and the second is longer.
answers() { awk '/^Udp: [0-9]/ { print $2 }' /proc/net/snmp; }
before=$(answers)
"$sluice" burst-test 198.51.100.2 --max 4000 --pause 300ms >"$out/said" 2>"$out/stderr" &
sender=$!
answered() { [ $(($(answers) - before)) -ge 9 ]; }
tap_until answered
kill -s INT "$sender"
wait "$sender"
[ $? = 1 ] && head -n 1 "$out/said" | grep -q ': partial: the path absorbs at least [0-9]* packet' && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "Ctrl-C: what was measured is said, and that it is a part"
burst 198.51.100.2 --max 4000 --pause 300ms --for 2s
[ "$code" = 1 ] && head -n 1 "$out/said" | grep -q ': partial: the path absorbs at least' && grep -q 'time was over' "$out/stderr"
tap $? "--for: it ends in time, and says that it is a part"

# The same queue at this end: then it was not the path.
on_router tc qdisc del dev c root
# The question that follows the burst finds no room, either.
tc qdisc replace dev a root handle 1: tbf rate 10mbit burst 1600 limit $((20 * FRAME + 40))
burst 198.51.100.2 --json --max 64 --repeat 1 --pause 20ms
[ "$code" = 0 ] && [ "$(key end)" = lost_here ] && [ -z "$(key lossy_pkts)" ] && between 16 lossless_pkts 16 &&
	[ "$(key spacing_qdisc)" = tbf ] && [ "$(key advice)" = none ]
tap $? "what this host drops is not the path's"
burst 198.51.100.2 --max 64 --repeat 1 --pause 20ms
[ "$code" = 0 ] && grep -q '^  but .*this host itself drops, at a' "$out/said" && grep -q '^  note .*a has the qdisc tbf' "$out/said"
tap $? "it says which device"
tc qdisc del dev a root

# A path that takes less than the device: the router says so, and so does the sender.
on_router ip link set dev c mtu 1280
burst 198.51.100.2 --max 4 --repeat 1 --pause 1ms
[ "$code" = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q 'packets of 1280 bytes at most: try --size 1280' "$out/stderr"
tap $? "packets that are too long for the path"
burst 198.51.100.2 --size 1280 --max 4 --repeat 1 --pause 1ms
[ "$code" = 0 ]
tap $? "what it advises can be done at once: the receiver knows that the test before has ended"
ip route flush cache
# Most of these bundles are under way when the router says so.
burst 198.51.100.2 --min 200 --max 200 --repeat 1 --pause 1ms
[ "$code" = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q 'packets of 1280 bytes at most: try --size 1280' "$out/stderr" &&
	[ ! -s "$out/said" ]
tap $? "the same in a long burst is no loss of the path's"
on_router ip link set dev c mtu 1500
ip route flush cache

# Addresses that hold on one link have its name with them.
on_router ip address add fe80::1/64 dev c nodad && on_there ip address add fe80::2/64 dev d nodad
nsenter --net="/proc/$there/ns/net" "$sluice" burst-test --listen '[fe80::2%d]:9979' --allow fe80::/10 >"$out/local" 2>&1 &
processes="$processes $!"
while ! grep -q listens "$out/local" && kill -0 $! 2>/dev/null; do :; done
on_router "$sluice" burst-test '[fe80::2%c]:9979' --json --max 4 --repeat 1 --pause 1ms >"$out/said" 2>"$out/stderr" </dev/null
[ $? = 0 ] && [ "$(key lossless_pkts)" = 4 ]
tap $? "addresses of a link, with its name"

burst 198.51.100.2:9 --max 4
[ "$code" = 1 ] && [ ! -s "$out/said" ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q -- '--listen 198.51.100.2:9 --allow 192.0.2.1' "$out/stderr"
tap $? "nobody listens: one sentence, with what to start there"
grep -q '^192.0.2.1:[0-9]*: [1-9][0-9]* bursts, [1-9][0-9]* packets received, no room in the socket for 0$' "$out/receiver"
tap $? "the receiver says whom it served"

receiver 198.51.100.2:9979 --for 300s
burst 198.51.100.2:9979 --max 4
[ "$code" = 1 ] && grep -q 'nobody answers' "$out/stderr" && grep -q "^192.0.2.1 may not send here: '--allow 192.0.2.1' lets it" "$out/receiver"
tap $? "a receiver answers only whom it was told to"
receiver 9979 --for 1s
grep -q '^listens at 127.0.0.1:9979 for' "$out/receiver"
tap $? "a receiver without an address says where it listens: for this host alone"
receiver '[2001:db8:2::2]:9980' --allow 2001:db8:1::/64 --for 300s
queue on_router c 20
burst '[2001:db8:2::2]:9980' --json --max 64 --repeat 1 --pause 20ms
[ "$code" = 0 ] && between 20 lossless_pkts 20 && [ "$(key packet_bytes)" = $PACKET ]
tap $? "the same with IPv6"

# Bound to all addresses, of which there are more than one: each answers for itself, whatever the route back would take.
on_router tc qdisc del dev c root
on_there ip address add 198.51.100.3/24 dev d && on_there ip address add 203.0.113.2/32 dev lo && on_there ip address add 2001:db8:3::2/128 dev lo nodad
on_router ip route add 203.0.113.2/32 via 198.51.100.2 && on_router ip -6 route add 2001:db8:3::2/128 via 2001:db8:2::2
receiver 0.0.0.0:9981 --allow 192.0.2.0/24 --for 300s
receiver '[::]:9982' --allow 192.0.2.0/24 --allow 2001:db8:1::/64 --for 300s
for host in 198.51.100.3:9981 203.0.113.2:9981 198.51.100.3:9982 203.0.113.2:9982 '[2001:db8:3::2]:9982'; do
	burst "$host" --json --max 4 --repeat 1 --pause 1ms
	[ "$code" = 0 ] && [ "$(key lossless_pkts)" = 4 ]
	status=$?
	tap "$status" "an address of several, $host"
	[ "$status" = 0 ] || shown
done
# The second of them is asked from the first.
for host in 198.51.100.2:9981 198.51.100.3:9981 203.0.113.2:9981 198.51.100.3:9982 '[2001:db8:3::2]:9982'; do
	on_there "$sluice" burst-test "$host" --json --max 4 --repeat 1 --pause 1ms >"$out/said" 2>"$out/stderr" </dev/null
	[ $? = 0 ] && [ "$(key lossless_pkts)" = 4 ]
	status=$?
	tap "$status" "bursts from the host itself, too, $host"
	[ "$status" = 0 ] || shown
done
tap_end
