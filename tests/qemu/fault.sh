# fault.sh: what the plans share in which a device goes away while packets wait in Sluice. Sourced by guest.sh's plans.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# endless N PORT: a connection that sends until it is told to end; sets its processes. False if no packet ever waits.
endless()
{
	receive "$2" "$tmp/endless"
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
