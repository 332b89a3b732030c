# plan-faults.sh: what Sluice holds goes away while packets wait in it.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# endless N PORT: a connection that sends until it is told to end; sets its processes. False if no packet ever waits.
endless()
{
	far "$transfer" recv "$2" "$tmp/endless" &
	receiver=$!
	"$transfer" send "10.0.$1.2" "$2" 1000000000 &
	sender=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.05
		[ "$(waiting)" = 0 ] || return 0
	done
	return 1
}

# waiting: packets in all sluice qdiscs of this name space.
waiting()
{
	tc -s qdisc show | awk '/^qdisc/ { is_ours = $2 == "sluice" } is_ours && $1 == "backlog" { n += $3 } END { print n + 0 }'
}

# A send that has lost its device waits for minutes.
end()
{
	kill -9 $sender $receiver 2>/dev/null
	wait $sender $receiver 2>/dev/null
}

# unbound N OPTION...: the driver leaves its NIC, and comes back.
unbound()
{
	n=$1 dev=wire$1
	shift
	what="$(driver "$dev") leaves"
	device=$(readlink -f "/sys/class/net/$dev/device")
	driver=$(readlink -f "$device/driver")
	check "$what: load" load
	up "$n" "$dev" "far$n" || return
	check "$what: sluice on" sluice on "$dev" "$@"
	endless "$n" 5200
	check "$what: packets wait" equal $? 0
	basename "$device" >"$driver/unbind"
	check "$what: the device has gone" test ! -e "/sys/class/net/$dev"
	end
	check "$what: off is refused" code_is 1 sluice off "$dev"
	gone "$what"
	basename "$device" >"$driver/bind"
	names 2>/dev/null
	check "$what: and comes back" test -e "/sys/class/net/$dev"
	down "$dev" "far$n"
}

check "rmmod: load" load
up 1 wire1 far1
check "rmmod: sluice on" sluice on wire1 rate 20mbit
endless 1 5201
check "rmmod: packets wait" equal $? 0
check "rmmod: refused while Sluice paces" code_is 1 rmmod sch_sluice
ip link set wire1 down
check "rmmod: a device that goes down drops what waited" equal "$(waiting)" 0
ip link set wire1 up
end
check "rmmod: sluice off" sluice off wire1
gone "rmmod"

# With a rate, the queues of vmxnet3 share a clock.
unbound 2 maxrate 5mbit
unbound 3 rate 5mbit

# A name space ends while its veth holds packets.
check "name space: load" load
ip netns add near
ip link add inner type veth peer name outer
ip link set inner netns near
ip link set outer netns far
ip -n near address add 10.0.107.1/24 dev inner
ip -n near link set inner up
ip -n far address add 10.0.107.2/24 dev outer
ip -n far link set outer up
check "name space: sluice on" ip netns exec near sluice on inner maxrate 5mbit
far "$transfer" recv 5202 "$tmp/endless" &
receiver=$!
ip netns exec near "$transfer" send 10.0.107.2 5202 1000000000 &
sender=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	sleep 0.2
	n=$(ip netns exec near tc -s qdisc show dev inner | awk '$1 == "backlog" { n += $3 } END { print n + 0 }')
	[ "$n" = 0 ] || break
done
check "name space: packets wait" test "$n" -gt 0
ip netns del near
end
gone "name space"
