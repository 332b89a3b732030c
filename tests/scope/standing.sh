#!/bin/sh
# The queue that stands, on this machine's own kernel: a file is sent through a token bucket of 20 Mb/s, once with a buffer of 150 kB
# (60 ms), which TCP keeps at least half full, and once of 9 kB (3.6 ms). The sender sees it by its round trips, and the receiver says
# that it cannot. Three network namespaces in a row; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

far=scope-far-$$
far() { ip netns exec "$far" "$@"; }
there() { ip netns exec "$there" "$@"; }

net_begin
trap 'ip netns del "$far" 2>/dev/null; net_end' EXIT
ip netns add "$far" && ip link add vc netns "$there" type veth peer name vd netns "$far" &&
	ip -n "$there" addr add 10.8.1.1/24 dev vc && ip -n "$far" addr add 10.8.1.2/24 dev vd &&
	ip -n "$there" link set vc up && ip -n "$far" link set vd up && there sysctl -q -w net.ipv4.ip_forward=1 &&
	ip -n "$here" route add 10.8.1.0/24 via 10.9.0.2 && ip -n "$far" route add 10.9.0.0/24 via 10.8.1.1 ||
	{ echo "Bail out! no three namespaces in a row"; exit 1; }
# Reno halves its window, so that half of the buffer stays full; a namespace may always have it.
here sysctl -q -w net.ipv4.tcp_congestion_control=reno
mkdir "$out/www" && head -c 6000000 /dev/zero >"$out/www/file"
(cd "$out/www" && exec ip netns exec "$here" busybox httpd -f -p 8080 -h .) >"$out/httpd" 2>&1 &
net_started $!
listening() { here ss -Hltn 'sport = 8080' | grep -q LISTEN; }
tap_until listening

# look NAME NAMESPACE WORD...: the scope there, in the background; it looks when this returns.
look()
{
	name=$1 where=$2
	shift 2
	ip netns exec "$where" "$sluice" scope "$@" --interval 250ms --json >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	# There is a line when there was a packet: one passes both places.
	begun() { here $send udp 10.8.1.2 9 1 100; [ -s "$out/$1" ] || ! kill -0 "$looker" 2>/dev/null; }
	tap_until begun "$name"
}

# look_end: ends it.
look_end()
{
	kill -s INT "$looker"
	wait "$looker"
}

# queue NAME DIRECTION KEY: of the figures at the end.
queue() { tail -n 1 "$out/$1" | perl -MJSON::PP -e 'my ($lane) = grep { $_->{direction} eq $ARGV[0] } @{decode_json(<STDIN>)->{vantages}[0]{directions}};
	my $value = $lane->{tcp}{"standing_queue_$ARGV[1]"}; print defined $value ? $value : "unknown"' "$2" "$3"; }

# within VALUE LEAST MOST
within() { awk -v v="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(v != "unknown" && v >= a && v <= b) }'; }

# leg NAME BYTES: the file through a buffer of so many.
leg()
{
	there tc qdisc replace dev vc root tbf rate 20mbit burst 3100 limit "$2"
	look "$1" "$here" va
	far curl -s -o /dev/null --max-time 30 http://10.9.0.1:8080/file
	look_end
}

leg deep 150000
tap $? "a buffer of 60 ms: SIGINT ends the scope well"
within "$(queue deep out intervals)" 5 40
tap $? "its round trips make some intervals ($(queue deep out intervals))"
within "$(queue deep out mean_ns)" 15000000 61000000
tap $? "between a quarter of it and all stands on average ($(queue deep out mean_ns) ns)"
within "$(queue deep out max_ns)" 25000000 80000000
tap $? "and hardly more than all at most ($(queue deep out max_ns) ns)"
leg shallow 9000
within "$(queue shallow out mean_ns)" 0 4000000
tap $? "in a buffer of 3.6 ms no more than that stands ($(queue shallow out mean_ns) ns)"

there tc qdisc replace dev vc root tbf rate 20mbit burst 3100 limit 150000
look arrives "$far" vd
far curl -s -o /dev/null --max-time 30 http://10.9.0.1:8080/file
look_end
why=$(queue arrives in unknown_why)
[ "$(queue arrives in mean_ns)" = unknown ] && [ "${why%%:*}" = "the data is received here" ]
tap $? "where the data is received it is not known: $why"
tap_end
