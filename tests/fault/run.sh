#!/bin/sh
# run.sh [VERSION-FLAVOUR [PLAN...]]: the fault tests, or those of one kernel, or some of them; TAP on stdout. Every plan-*.sh runs
# in the newest debug kernel (KASAN, lockdep, kmemleak, failing allocations) or, where that adds nothing, in the newest plain one,
# and all that need no such kernel in the oldest too. Guests run two at a time; the logs of a run that failed are kept. Run from the
# root of the repository, by make check-fault.
set -u
out=build/tests/fault
jobs_at_once=2

# guest RUNS VERSION FLAVOUR PLAN: one boot; its result is RUNS/NAME/tap.
guest()
{
	runs=$1
	shift
	name=$3-$1-$2
	run=$runs/$name
	mkdir -p "$run/bin" "$run/modules" || exit 1
	kernel=$(lab/uml/kernel.sh dir "$1" "$2") || exit 1
	cp "$out/fault" "$out/preload.so" build/sluice build/tc/q_sluice.so "$run/bin/"
	cp "$runs/$1-$2.ko" "$run/modules/sch_sluice.ko"
	cp tests/fault/guest.sh tests/fault/sentences.sh "$run/"
	cp "tests/fault/plan-$3.sh" "$run/plan"
	began=$(date +%s)
	if ! said=$(SLUICE_LAB_TIMEOUT=${SLUICE_LAB_TIMEOUT:-900} lab/uml/boot.sh "$kernel" "$run" 1 2>&1); then
		sed -i '/^1\.\./d' "$run/tap" 2>/dev/null
		{
			echo "not ok - P9: the guest lives to the end of its plan ($said)"
			tail -n 20 "$run/plan.log" "$run/console.log" 2>/dev/null | sed 's/^/# /'
		} >>"$run/tap"
		echo "1..$(grep -cE '^(not )?ok ' "$run/tap")" >>"$run/tap"
	fi
	echo "fault: $name took $(($(date +%s) - began)) s" >&2
}

if [ "${1:-}" = guest ]; then
	shift
	guest "$@"
	exit
fi

# The longest first, so that both processors end together.
debug='shared failures lifetimes classes children sizes options stamps verify'
plain='undo restore fq edt place gap owners doctor verify modules tc'
oldest="shared children lifetimes classes sizes options stamps $plain"
jobs=
runs=$(mktemp -d "$out/run.XXXXXX") || exit 1
trap 'rm -rf "$runs"; exit 1' INT TERM HUP
for kernel in ${1:-newest-debug 6.1-plain newest-plain}; do
	version=${kernel%-*} flavour=${kernel##*-}
	if ! lab/uml/kernel.sh build "$version" "$flavour" >/dev/null ||
		! modules=$(lab/uml/kernel.sh modules "$version" "$flavour") ||
		! cp "$(echo "$modules" | tail -n 1)/sch_sluice.ko" "$runs/$kernel.ko"; then
		echo "Bail out! there is no kernel or no module for $kernel"
		exit 1
	fi
	case $kernel in *-debug) plans=$debug ;; newest-plain) plans=$plain ;; *) plans=$oldest ;; esac
	if [ $# -gt 1 ]; then
		shift
		plans=$*
	fi
	for plan in $plans; do
		jobs="$jobs $version $flavour $plan"
	done
done

# In a group of their own, so that all guests end when this script is told to.
# shellcheck disable=SC2086 # words on purpose
printf '%s %s %s\n' $jobs | setsid xargs -P "$jobs_at_once" -n 3 sh "$0" guest "$runs" &
guests=$!
trap 'kill -s TERM -- "-$guests"; wait; rm -rf "$runs"; exit 1' INT TERM HUP
wait $guests
status=0
# shellcheck disable=SC2086
set -- $jobs
while [ $# -ge 3 ]; do
	tap=$runs/$3-$1-$2/tap
	echo "TAP version 13"
	if [ -s "$tap" ]; then
		sed -E "s/^((not )?ok - )/\\1$1 $2: /" "$tap"
		grep -q '^not ok' "$tap" && status=1
	else
		echo "not ok - $1 $2: the plan $3 has no result; see $runs/$3-$1-$2"
		echo 1..1
		status=1
	fi
	shift 3
done
if [ "$status" = 0 ]; then
	rm -rf "$runs"
else
	echo "# the logs are in $runs"
fi
exit $status
