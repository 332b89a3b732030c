#!/bin/sh
# guest.sh: what happens in the machine that tests/qemu/run.sh starts. Every NIC stands in it as wireN; the other end of its cable is
# a NIC of virtio, farN in the name space far. The command line says which plans to run (plans=a,b) and where the module is.
# shellcheck source=tests/qemu/tools.sh
. tests/qemu/tools.sh
beat=$(pwd)/build/tests/qemu/beat

# The kernel's count of ticks. The allocator's books say in ticks how old an object is.
jiffies() { sed -n 's/^jiffies: //p' /proc/timer_list | head -n 1; }
users() { cat /sys/module/sch_sluice/refcnt; }

# tree: all qdiscs of this name space; handles that the kernel counts up are left out.
tree() { tc qdisc show | sed 's/ qdisc \([a-z_]*\) 8[0-9a-f]*: / qdisc \1 /; s/ parent 8[0-9a-f]*:/ parent :/' | sort; }

# paced DEV: how many sluice qdiscs it has.
paced() { tc qdisc show dev "$1" | grep -c '^qdisc sluice'; }

# names: by the address that QEMU gave: 52:54:00:00:NN:01 is wireN, :02 is farN.
names()
{
	ip netns add far
	ip -n far link set lo up
	ip link set lo up
	for dev in /sys/class/net/*/device; do
		dev=$(basename "$(dirname "$dev")")
		mac=$(cat "/sys/class/net/$dev/address")
		n=$(echo "$mac" | cut -d : -f 5 | sed 's/^0//')
		case $mac in
		52:54:00:*:01) ip link set "$dev" name "wire$n" ;;
		52:54:00:*:02) ip link set "$dev" netns far name "far$n" ;;
		esac
	done
}

driver() { basename "$(readlink "/sys/class/net/$1/device/driver")"; }
queues() { n_queues=0; for q in "/sys/class/net/$1/queues/tx-"*; do [ ! -d "$q" ] || n_queues=$((n_queues + 1)); done; echo $n_queues; }

# spread DEV: processor N sends by queue N, where there are several.
spread()
{
	cpu=0
	for q in "/sys/class/net/$1/queues/tx-"*; do
		printf '%x' $((1 << cpu)) >"$q/xps_cpus"
		cpu=$((cpu + 1))
	done
}

# four N PORT: four flows at once, each from its own processor, and so by its own queue where there are several.
four()
{
	senders=
	for cpu in 0 1 2 3; do
		transfer "$1" $(($2 + cpu)) 102400 taskset -c $cpu >"$tmp/four$cpu" &
		senders="$senders $!"
	done
	# shellcheck disable=SC2086 # words on purpose
	wait $senders
	cat "$tmp"/four?
}

# down DEV FARDEV: as before up.
down()
{
	ip address flush dev "$1"
	ip link set "$1" down
	ip -n far address flush dev "$2"
	ip -n far link set "$2" down
}

# steady COMMAND...: what the wire says of frames that it sends is no work of the emulator.
steady()
{
	"$beat" >/dev/null &
	beating=$!
	"$@"
	kill $beating
	wait $beating
}

# churn DEV TIMES: the root qdisc is replaced by sluice and back, again and again.
churn()
{
	i=0
	while [ $i -lt "$2" ]; do
		tc qdisc replace dev "$1" root sluice maxrate 20mbit
		tc qdisc replace dev "$1" root pfifo_fast
		i=$((i + 1))
	done
	tc qdisc del dev "$1" root
}

# load: notes when, and which memory belongs to code that is no longer there.
load()
{
	loaded=$(jiffies)
	sed -n 's/^\([^ ]*\) *[0-9]* *0x.*/\1/p' /proc/vmallocinfo >"$tmp/nameless"
	insmod "$module"
}

# leaks: objects that the module allocated and has not freed, with where. The allocator keeps the books (slub_debug in run.sh), as
# addresses: those of another module's first function, whose memory the kernel has taken back, are Sluice's where Sluice has been
# loaded over it. What is older than Sluice is not Sluice's.
leaks()
{
	cat /sys/kernel/debug/slab/*/alloc_traces >"$tmp/books"
	# A processor's stack of free objects (7.x) is the allocator's own, on whose way ever it was made. What a softirq allocates is not of
	# whom it interrupted.
	awk -v RS= -v loaded="$loaded" -v now="$(jiffies)" '{ own = $0; sub(/handle_softirqs.*/, "", own) }
	own ~ /sluice/ && own !~ /^ *[0-9]+ __pcs_/ {
		match($0, /age=[0-9]+/)
		if (!RSTART || now - substr($0, RSTART + 4, RLENGTH - 4) >= loaded)
			print
	}' "$tmp/books"
	grep 'sluice' /proc/vmallocinfo | grep -vFf "$tmp/nameless"
	return 0
}

# received: each processor receives a frame, and then frees what was read on others and belongs to it.
received() { for cpu in 0 1 2 3; do taskset -c $cpu busybox ping -c 1 127.0.0.1 >/dev/null; done; }

# connections: those of TCP that may still send.
connections() { for n in '' '-N far'; do ss $n -Hta exclude time-wait; done; }

# gone WHAT: nobody uses the module, it has freed what it took, and it goes. A frame may wait in a device, or be on its way, for a
# moment.
gone()
{
	for _ in 1 2 3 4 5 6 7 8; do
		[ "$(users)" != 0 ] || [ -n "$(leaks)" ] || break
		sleep 0.5
		received
	done
	check "$1: nobody uses the module any more" equal "$(users)" 0
	check "$1: it has freed all that it took" equal "$(leaks)" ''
	check "$1: unload" rmmod sch_sluice
}

# cycles DEV TIMES: Sluice comes and goes, by the command.
cycles()
{
	i=0
	while [ $i -lt "$2" ]; do
		sluice on "$1" maxrate 20mbit >"$tmp/cycles" 2>&1 && sluice off "$1" >"$tmp/cycles" 2>&1 || return
		i=$((i + 1))
	done
}

# above DEV N TARGET DEV...: TARGET is what Sluice is told, and the last are what it has to pace for DEV, whose network is 10.0.N.
above()
{
	dev=$1 n=$2 target=$3
	shift 3
	up "$n" "$dev" "$dev" || return
	# A link that comes up below flushes the routes, and a socket without one may be given another queue: what waits in the one
	# before is overtaken, whatever the qdisc.
	sleep 2
	before=$(tree)
	check "$dev: load" load
	check "$dev: sluice on $target" sluice on "$target" maxrate 20mbit
	for below; do
		check "$dev: $below is paced, each queue" equal "$(paced "$below")" "$(queues "$below")"
	done
	check "$dev: TCP through Sluice arrives" equal "$(steady transfer "$n" $((5000 + n)) 204800)" 204800
	check "$dev: sluice off $target" sluice off "$target"
	check "$dev: off puts back what was there" equal "$(tree)" "$before"
	cycles "$target" 4 &
	cycles=$!
	check "$dev: TCP arrives while Sluice comes and goes" equal "$(transfer "$n" $((5100 + n)) 409600)" 409600
	check "$dev: each time" wait $cycles
	check "$dev: what was there is back" equal "$(tree)" "$before"
	gone "$dev"
	ip link del "$dev"
	ip -n far link del "$dev" 2>/dev/null
}

# shellcheck disable=SC2046 # words on purpose
modprobe -d "$stock" -a $(word modules | tr , ' ') || echo "tap: not ok - the kernel's own modules are loaded"
# What the kernel still does after it has booted; idle time passes at once.
sleep 40
names
for plan in $(word plans | tr , ' '); do
	# shellcheck source=/dev/null
	. "tests/qemu/plan-$plan.sh"
	echo "tap: plan $plan"
	# It would come into what the next plans count.
	check "plan $plan leaves no connection" equal "$(connections)" ''
done
dmesg | grep -E 'WARNING|BUG|Oops|refcount_t|Call Trace|waiting for .* to become free|hung|lockup|Redzone|Poison' >"$tmp/complaints"
check "the kernel has nothing to complain about" test ! -s "$tmp/complaints"
sed 's/^/# /' "$tmp/complaints" | head -n 20
echo "tap: done"
poweroff -f
