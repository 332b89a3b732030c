#!/bin/sh
# boot.sh KERNELDIR RUNDIR SEED: runs RUNDIR/plan in a lab guest in virtual time and waits for it.
#
# Before: RUNDIR/plan (a sh script), RUNDIR/bin and RUNDIR/modules as the plan needs them. The guest sees the host's /
# read-only and RUNDIR as /run/lab. After: RUNDIR/plan.log (what the plan printed), console.log (the kernel), dmesg, and exit
# (the plan's exit code). Exit code: 0 if the guest finished its plan with 0, 1 if not, 2 wrong usage, 3 not supported here.
# SLUICE_LAB_TIMEOUT ends a guest after that many seconds of real time (default 900). Needs no privilege.

set -u
[ $# = 3 ] || { sed -n '2s/^# *//p' "$0" >&2; exit 2; }
kernel=$1 rundir=$2 seed=$3
limit_s=${SLUICE_LAB_TIMEOUT:-900}
built=${SLUICE_LAB_BUILD:-$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)/build/lab}
watchdog=
memory=

fail() { code=$1; shift; echo "boot.sh: $*" >&2; exit "$code"; }

case $seed in '' | *[!0-9]*) fail 2 "the seed '$seed' is not a whole number" ;; esac
[ -x "$kernel/linux" ] || fail 1 "there is no kernel in '$kernel'; run lab/uml/kernel.sh build"
[ -f "$rundir/plan" ] || fail 1 "there is no plan in '$rundir'"
for f in init seed.so; do
	[ -e "$built/$f" ] || fail 1 "$built/$f is missing; run make"
done
kernel=$(CDPATH='' cd -- "$kernel" && pwd)
cd -- "$rundir" || exit 1

# The guest's memory is an unlinked sparse file, which must lie in memory to be quick; a guest touches a part of it, and runs what
# is there, which some hosts forbid in /dev/shm.
memory_mib=2048
needed_mib=700
for d in /dev/shm "${TMPDIR:-/tmp}" /var/tmp; do
	case ,$(findmnt -no OPTIONS -T "$d" 2>/dev/null), in *,noexec,*) continue ;; esac
	if [ -d "$d" ] && [ -w "$d" ] && [ "$(df -Pm "$d" | awk 'NR == 2 { print $4 }')" -ge "$needed_mib" ]; then
		memory=$d
		break
	fi
done
[ -n "$memory" ] || fail 3 "no space: /dev/shm and /var/tmp have less than $needed_mib MB free for the guest's memory, or are mounted noexec"

# A guest is one thread at a time, which goes to and fro between its kernel and its processes: on one processor of the host that
# takes a half to three quarters of the time that it takes on two. One that no other guest holds, or else any.
pin()
{
	allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status | tr , '\n' |
		awk -F- '{ for (n = $1; n <= $NF; n++) print n }')
	for cpu in $allowed; do
		[ -r "/sys/devices/system/cpu/cpu$cpu" ] || return 0
		exec 9<"/sys/devices/system/cpu/cpu$cpu"
		! flock -n 9 || break
	done
	taskset -cp "$cpu" $$ >/dev/null
}
pin

rm -rf root uml exit dmesg plan.log console.log
mkdir -p root/host uml || fail 1 "cannot write to '$rundir'"
cp "$built/init" root/init || exit 1

set -- "mem=${memory_mib}M" rootfstype=hostfs root=/dev/root rootflags=/proc/self/cwd/root ro init=/init \
	con=null con0=fd:0,fd:1 quiet panic=-1 norandmaps dummy.numdummies=0 ifb.numifbs=0 \
	time-travel=inf-cpu time-travel-start=1767225600000000000 uml_dir=/proc/self/cwd/uml/ umid=guest
# From 6.16 on guest processes can be confined by seccomp instead of ptrace, which is several times quicker.
if grep -aq 'seccomp=<on/auto/off>' "$kernel/linux"; then
	set -- "$@" seccomp=on
fi

# The kernel makes itself the leader of a process group; timeout leads another until then.
stop()
{
	for group in "$watchdog" "$(cat uml.pid 2>/dev/null)"; do
		[ -z "$group" ] || kill -s KILL -- "-$group" 2>/dev/null
	done
	rm -rf root uml uml.pid
}
# shellcheck disable=SC3045 # dash, bash and busybox know it
ulimit -c 0
trap stop EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT

began_s=$(date +%s)
# shellcheck disable=SC2016 # expanded by the inner shell
TMPDIR=$memory SLUICE_LAB_SEED=$seed timeout -s KILL "$limit_s" \
	sh -c 'echo $$ >uml.pid; preload=$1; shift; exec setarch -R env LD_PRELOAD="$preload" "$@"' sh "$built/seed.so" \
	"$kernel/linux" "$@" </dev/null >console.log 2>&1 9<&- &
watchdog=$!
wait "$watchdog" 2>/dev/null
ended=$?
# A guest that ended by itself took its processes along. Then nobody has these numbers, and whoever gets them next is not ours.
[ "$ended" = 0 ] || stop
watchdog=''
rm -f uml.pid

took_s=$(($(date +%s) - began_s))
if [ "$ended" = 137 ] && [ "$took_s" -lt "$limit_s" ]; then
	fail 1 "the guest was killed after $took_s s, as a host does that is short of memory"
fi
[ "$ended" != 137 ] || fail 1 "the guest was ended after $limit_s s; see $rundir/console.log and plan.log"
[ -s exit ] || fail 1 "the guest ended before its plan did; see $rundir/console.log and plan.log"
code=$(cat exit)
[ "$code" = 0 ] || fail 1 "the plan ended with exit code $code; see $rundir/plan.log"
