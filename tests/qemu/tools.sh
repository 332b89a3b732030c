# tools.sh: what the guests of tests/qemu share. The command line says where things are (folder=, out=, stock=); the other end of a
# cable is in the name space far. Results are lines "tap: ok|not ok - CLAIM" on the console. Sourced, in the repository.
# shellcheck shell=sh disable=SC2034 # used by the guests
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
word() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" /proc/cmdline; }
out=$(word out) stock=$(word stock) tmp=/run/test
transfer=$(pwd)/build/tests/qemu/transfer module=$out/sch_sluice.ko
TC_LIB_DIR=$(pwd)/build/tc
export TC_LIB_DIR
mkdir -p "$tmp" /run/bin
ln -s "$(pwd)/build/sluice" /run/bin/sluice
PATH=/run/bin:$PATH

# check CLAIM COMMAND...: one result; what a failed command said is shown.
check()
{
	claim=$1
	shift
	if "$@" >"$tmp/said" 2>&1; then
		echo "tap: ok - $claim"
	else
		echo "tap: not ok - $claim (exit code $? of: $*)"
		sed 's/^/# /' "$tmp/said"
	fi
}

equal() { [ "$1" = "$2" ] || { printf 'found: %s\nwant: %s\n' "$1" "$2"; false; }; }
code_is() { want=$1; shift; "$@"; got=$?; [ "$got" = "$want" ] || { echo "exit code $got, not $want"; false; }; }
far() { ip netns exec far "$@"; }

# receive PORT FILE: at the far end, in the background; sets its process, which is no shell of its own, and so can be killed.
receive()
{
	ip netns exec far "$transfer" recv "$1" "$2" &
	receiver=$!
}

# up N DEV FARDEV: addresses, and both ends hear each other.
up()
{
	ip address replace "10.0.$1.1/24" dev "$2"
	ip link set "$2" up
	ip -n far address replace "10.0.$1.2/24" dev "$3"
	ip -n far link set "$3" up
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		far busybox ping -c 1 -W 1 "10.0.$1.1" >/dev/null && return
		sleep 0.5
	done
	echo "tap: not ok - $2 has a link"
	{ ip address show dev "$2"; ip neigh; ip -n far neigh; cat /proc/net/bonding/*; } 2>/dev/null | sed 's/^/# /'
	return 1
}

# transfer N PORT BYTES [WORD...]: TCP to the far end, sent from here or by what the words run it in; prints how many bytes came, each the
# right one.
transfer()
{
	where=10.0.$1.2 at=$2 bytes=$3
	shift 3
	rm -f "$tmp/got$at"
	receive "$at" "$tmp/got$at"
	"$@" "$transfer" send "$where" "$at" "$bytes" || kill $receiver
	wait $receiver
	cat "$tmp/got$at"
}
