#!/bin/sh
# rooms.sh: builds everything, runs every test room and counts. A room is a make target whose programs print TAP, those of one
# prerequisite after those of another though they run side by side; a program that printed no plan, stopped before its end or skipped
# a test has failed. Run by ./check and make check-all, in the repository.
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

# room TARGET GUESS TEXT
room()
{
	target=$1
	if ! step "$@" room_run; then
		room_failed="$room_failed $target"
	fi
}

# room_progress: says now and then how many tests of a long room have ended.
room_progress()
{
	said=$(date +%s) ended=0
	while read -r line; do
		case $line in "ok "* | "not ok "*) ;; *) continue ;; esac
		ended=$((ended + 1))
		now=$(date +%s)
		[ $((now - said)) -ge 20 ] || continue
		said=$now
		echo "      $ended tests so far"
	done
}

room_run()
{
	tap=$out/$target.tap how=
	# Side by side each program's output is kept until it ends.
	case $target in check-host | check-machines | check-lab) how="-j$(nproc) -O" ;; esac
	{
		# shellcheck disable=SC2086 # words on purpose
		make -s --no-print-directory $how "$target" 2>"$out/$target.log" </dev/null
		echo $? >"$out/code"
	} | tee "$tap" | room_progress
	room_code=$(cat "$out/code")
	# shellcheck disable=SC2046 # two numbers
	set -- $(count "$tap")
	if [ "$room_code" != 0 ] && [ "$2" = 0 ]; then
		echo "not ok: make $target ended with exit code $room_code" >>"$tap"
		set -- "$1" 1
	fi
	passed=$((passed + $1)) failed=$((failed + $2))
	echo "      $1 passed, $2 failed: $target"
	[ "$2" != 0 ] || return 0
	awk '/^(not ok|Bail out)|# *SKIP/ { shown = 12 } /^ok/ && !/# *SKIP/ { shown = 0 } shown-- > 0' "$tap" |
		head -n 60 | sed 's/^/      | /'
	tail -n 8 "$out/$target.log" | sed 's/^/      | /'
	echo "      logs: $tap and $out/$target.log"
	return 1
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
step_begin 10 check
build step build 20 "building the command and the lab's programs" make -s --no-print-directory -j"$(nproc)" all
build kernel_step newest plain 230 "lab kernel, newest" kernel
build kernel_step 6.1 plain 180 "lab kernel, 6.1" kernel-6.1
build kernel_step newest debug 330 "lab kernel, newest with debugging" kernel-debug
build stock_step 30 "Debian's newest kernel as shipped"
room check-host 120 "lint, unit tests, command line, packages"
if [ "$(id -u)" = 0 ]; then
	room check-scope 30 "the scope's live source on this machine's kernel"
else
	step no-scope 0 "the scope's live source is left out: it needs root" true
fi
room check-machines 180 "KUnit, cost per packet, NIC drivers on the kernel as shipped"
room check-lab 200 "lab tests in virtual time"
room check-fault 300 "fault tests in the debug kernel"
echo "took $(step_time $(($(date +%s) - began_all)))${room_failed:+; failed:$room_failed}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
