#!/bin/sh
# rooms.sh: builds everything, runs every test room and counts. A room is a make target whose programs print TAP, those of one
# prerequisite after those of another though they and other rooms run side by side; a program that printed no plan, stopped before
# its end or skipped a test has failed. Run by ./check and make check-all, in the repository.
set -u
# shellcheck source=lab/bootstrap.sh
. lab/bootstrap.sh

KERNEL=newest
export KERNEL
passed=0 failed=0
began_all=$(date +%s)
out=build/check
rm -rf "$out"
mkdir -p "$out" || exit 1

# count FILE: "PASSED FAILED" from the TAP of one or more programs, whose plan stands before or after their results. Indented
# lines are subtests, which their own line sums up. A program without a full plan counts as one failure more.
count()
{
	awk '
		/^1\.\.[0-9]+/ {
			if (planned)
				cut_short()
			planned = substr($1, 4) + 0
			if (!planned)
				bad++
			else if (lines)
				close_plan()
		}
		/^(not )?ok / {
			if ($1 == "ok" && toupper($0) !~ /# *SKIP/) good++; else bad++
			lines++
			if (planned && lines == planned)
				close_plan()
		}
		/^Bail out!/ { bad++ }
		function close_plan() { if (lines != planned) bad++; whole++; planned = 0; lines = 0 }
		function cut_short() { bad++; whole++; planned = 0; lines = 0 }
		END {
			if (planned || lines)
				cut_short()
			if (!whole && !bad)
				bad++
			print good + 0, bad + 0
		}
	' "$1"
}

# room_count TARGET: adds what its TAP says, and shows what failed.
room_count()
{
	tap=$out/$1.tap
	room_code=$(cat "$out/$1.code" 2>/dev/null)
	# shellcheck disable=SC2046 # two numbers
	set -- "$1" $(count "$tap")
	if [ "$room_code" != 0 ] && [ "$3" = 0 ]; then
		echo "not ok: make $1 ended with exit code $room_code" >>"$tap"
		set -- "$1" "$2" 1
	fi
	passed=$((passed + $2)) failed=$((failed + $3))
	echo "      $2 passed, $3 failed: $1, $(cat "$out/$1.took" 2>/dev/null) s"
	[ "$3" != 0 ] || return 0
	room_failed="$room_failed $1"
	awk '/^(not ok|Bail out)|# *SKIP/ { shown = 12 } /^ok/ && !/# *SKIP/ { shown = 0 } shown-- > 0' "$tap" |
		head -n 60 | sed 's/^/      | /'
	tail -n 8 "$out/$1.log" | sed 's/^/      | /'
	echo "      logs: $tap and $out/$1.log"
}

# rooms_run ROOM...: each of them, two jobs at a time; says now and then how many tests have ended.
rooms_run()
{
	make -s --no-print-directory -j"$(nproc)" "$@" </dev/null >"$out/rooms.log" 2>&1 &
	running=$!
	trap 'kill $running; wait $running; exit 1' INT TERM HUP
	while sleep 1 && kill -0 $running 2>/dev/null; do
		waited=$((${waited:-0} + 1))
		[ $((waited % 20)) = 0 ] || continue
		echo "      $(cat "$out"/*.tap 2>/dev/null | grep -cE '^(not )?ok ') tests so far"
	done
	wait $running
	trap - INT TERM HUP
}

# build STEP...: a build that fails counts as one failed test.
build()
{
	"$@" </dev/null && return 0
	failed=$((failed + 1))
	room_failed="$room_failed $name"
}

# stock_step GUESS_S TEXT: as kernel_step, for a kernel that is fetched and not built.
stock_step()
{
	if bench/flows/stock.sh dir newest generic >/dev/null 2>&1; then
		step have-stock 0 "$2: fetched already" true
	else
		step stock "$1" "$2: fetch 140 MB" make -s --no-print-directory qemu-kernel
	fi
}

room_failed=
step_begin 7 check
build step build 20 "building the command and the lab's programs" make -s --no-print-directory -j"$(nproc)" all
build kernel_step newest plain 230 "lab kernel, newest" kernel
build kernel_step 6.1 plain 180 "lab kernel, 6.1" kernel-6.1
build kernel_step newest debug 330 "lab kernel, newest with debugging" kernel-debug
build stock_step 30 "Debian's newest kernel as shipped"
rooms='check-host check-machines check-scope check-lab'
if [ "$(id -u)" != 0 ]; then
	echo "      the scope's live source is left out: it needs root"
	rooms='check-host check-machines check-lab'
fi
# shellcheck disable=SC2046,SC2086 # words on purpose
step rooms 480 "units, command line, packages, NIC drivers on the kernel as shipped, the scope live, scenarios in virtual time" \
	rooms_run $(printf 'room-%s ' $rooms)
step fault 220 "fault tests in the debug kernel" rooms_run room-check-fault
for room in $rooms check-fault; do room_count "$room"; done
echo "took $(step_time $(($(date +%s) - began_all)))${room_failed:+; failed:$room_failed}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
