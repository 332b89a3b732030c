# guest.sh: what the plans of the fault tests share; sourced inside the guest. TAP goes to /run/lab/tap, all else to the log.
# shellcheck shell=sh disable=SC2034 # variables are read by the plans

lab=/run/lab
module=$lab/modules/sch_sluice.ko
exec 3>>"$lab/tap"

ok() { echo "ok - $*" >&3; }
not_ok() { echo "not ok - $*" >&3; }

# check CLAIM COMMAND...: one test.
check()
{
	claim=$1
	shift
	if "$@"; then ok "$claim"; else not_ok "$claim (exit code $? of: $*)"; fi
}

# refuse CLAIM COMMAND...: one test; the command must fail.
refuse()
{
	claim=$1
	shift
	if "$@"; then not_ok "$claim (accepted: $*)"; else ok "$claim"; fi
}

# prove COMMAND...: a program that prints its own results.
prove() { "$@" >&3 || not_ok "'$*' ended with exit code $?"; }

# must COMMAND...: without it the plan makes no sense.
must() { "$@" || { not_ok "setting up failed with exit code $?: $*"; finish; }; }

load() { must fault module load "$module"; }

mac_nic=02:00:00:00:00:01 mac_rx=02:00:00:00:00:02

# pair NS [QUEUES]: nic0 here, rx0 in the new name space NS, IPv4 and IPv6 on both, neighbours known for good.
pair()
{
	queues=${2:-1}
	must ip netns add "$1"
	must ip link add nic0 address $mac_nic numtxqueues "$queues" numrxqueues "$queues" type veth \
		peer name rx0 address $mac_rx numtxqueues "$queues" numrxqueues "$queues" netns "$1"
	must ip link set lo up
	must ip link set nic0 up
	must ip addr add 10.0.0.1/24 dev nic0
	must ip addr add fd00::1/64 dev nic0 nodad
	must ip neigh replace 10.0.0.2 lladdr $mac_rx dev nic0
	must ip neigh replace fd00::2 lladdr $mac_rx dev nic0
	must ip -n "$1" link set lo up
	must ip -n "$1" link set rx0 up
	must ip -n "$1" addr add 10.0.0.2/24 dev rx0
	must ip -n "$1" addr add fd00::2/64 dev rx0 nodad
	must ip -n "$1" neigh replace 10.0.0.1 lladdr $mac_nic dev rx0
	must ip -n "$1" neigh replace fd00::1 lladdr $mac_nic dev rx0
	sleep 20 # virtual ones: IPv6 has introduced itself to everybody, and timers have become exact
}

# leaks: prints what kmemleak knows. An object younger than 5 s is not reported; those of a pointer in flight go away by the
# second scan.
leaks()
{
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
}

has_kmemleak() { [ -w /sys/kernel/debug/kmemleak ]; }

# begin: forget what the boot has left.
begin()
{
	if has_kmemleak; then echo clear >/sys/kernel/debug/kmemleak; fi
}

# What a kernel says when something is wrong; with a trace it says even more.
complaints='WARNING|BUG|Oops|KASAN|UBSAN|suspicious RCU|unreferenced object|blocked for more than|refcount_t:|ODEBUG: [a-z]'
complaints="$complaints|INFO: |DEBUG_LOCKS|lockdep is turned off|detector disabled|general protection|cut here|Kernel panic|Call Trace"

# finish: the common end. The module must go, the kernel must have nothing to say, and nothing may have leaked.
finish()
{
	if [ -d /sys/module/sch_sluice ]; then
		check "P9: nobody uses the module any more" [ "$(cat /sys/module/sch_sluice/refcnt)" = 0 ]
		check "P9: it can be unloaded" fault module unload sch_sluice
	fi
	if has_kmemleak; then
		leaks >"$lab/leaks" 2>&1
		if [ -s "$lab/leaks" ]; then
			not_ok "P9: nothing has leaked ($(grep -c unreferenced "$lab/leaks") objects)"
			head -n 20 "$lab/leaks" | sed 's/^/# /' >&3
		else
			ok "P9: nothing has leaked"
		fi
	fi
	dmesg >"$lab/kernel.log"
	if grep -nE "$complaints" "$lab/kernel.log" >"$lab/warnings"; then
		not_ok "P9: the kernel has nothing to complain about"
		head -n 20 "$lab/warnings" | sed 's/^/# /' >&3
	else
		ok "P9: the kernel has nothing to complain about"
	fi
	echo "1..$(grep -cE '^(not )?ok ' "$lab/tap")" >&3
	exit 0
}

begin
