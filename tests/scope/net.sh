# net.sh: two network namespaces joined by a veth pair, for tests of the scope. Sourced after tests/tap.sh; needs root.
# shellcheck shell=sh disable=SC2154 # out: tests/tap.sh

# shellcheck disable=SC2034 # used by the tests
show=build/tests/scope/live_show send=build/tests/scope/send
here=scope-here-$$ there=scope-there-$$
started=

net_started() { started="$started $1"; }

# Ends what was started, and the namespaces with all that runs in them. Kept in the order in which the traps were set.
net_end()
{
	for n in "$here" "$there"; do
		for p in $(ip netns pids "$n" 2>/dev/null); do kill "$p" 2>/dev/null; done
	done
	# shellcheck disable=SC2086 # numbers
	[ -z "$started" ] || kill $started 2>/dev/null
	ip netns del "$here" 2>/dev/null
	ip netns del "$there" 2>/dev/null
	rm -rf "$out"
}

here() { ip netns exec "$here" "$@"; }

# net_veth: va here, vb there; anew if they are there.
net_veth()
{
	ip -n "$here" link del va 2>/dev/null
	ip link add va netns "$here" type veth peer name vb netns "$there" || return 1
	ip -n "$here" addr add 10.9.0.1/24 dev va && ip -n "$there" addr add 10.9.0.2/24 dev vb &&
		ip -n "$here" addr add fd09::1/64 dev va nodad && ip -n "$there" addr add fd09::2/64 dev vb nodad &&
		ip -n "$here" link set va up && ip -n "$there" link set vb up
}

# net_quiet: from here on nobody sends but the test: no IPv6 (net_veth brings it back), and nobody to be asked for by ARP.
net_quiet()
{
	here sysctl -q -w net.ipv6.conf.va.disable_ipv6=1 && ip netns exec "$there" sysctl -q -w net.ipv6.conf.vb.disable_ipv6=1 &&
		ip -n "$here" neigh replace 10.9.0.2 lladdr "$(ip netns exec "$there" cat /sys/class/net/vb/address)" dev va nud permanent &&
		ip -n "$there" neigh replace 10.9.0.1 lladdr "$(here cat /sys/class/net/va/address)" dev vb nud permanent
}

net_begin()
{
	[ "$(id -u)" = 0 ] || { echo "Bail out! this needs root, for network namespaces"; exit 1; }
	trap net_end EXIT
	ip netns add "$here" && ip netns add "$there" && net_veth && ip -n "$here" link set lo up &&
		ip -n "$there" link set lo up || { echo "Bail out! no network namespaces"; exit 1; }
}

# net_only NAME: of the processes on stdin, those that run a program of that name.
net_only() { while read -r p; do [ "$(cat "/proc/$p/comm" 2>/dev/null)" != "$1" ] || echo "$p"; done; }

# net_ticks: from here on a packet each 20 ms leaves, at an even pace also where starting a process takes its time; in $ticker.
net_ticks()
{
	ip netns exec "$here" perl -MIO::Socket::INET -e '
		my $socket = IO::Socket::INET->new(Proto => "udp", PeerAddr => "10.9.0.2:9") or die;
		while (1) { $socket->send("x" x 100); select undef, undef, undef, 0.02 }' &
	ticker=$!
	net_started $ticker
}

net_ticks_end() { kill "$ticker" 2>/dev/null; wait "$ticker" 2>/dev/null; }
