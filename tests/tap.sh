# tap.sh: what tests written in shell share. Sourced from the repository's root; speaks TAP on stdout.
# shellcheck shell=sh

# shellcheck disable=SC2034 # used by the tests
sluice=build/sluice
count=0 failed=0
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
trap 'exit 1' HUP INT PIPE TERM

# tap STATUS CLAIM: one result; 0 is good.
tap()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
	fi
}

# tap_run CLAIM COMMAND...: good if the command ends with 0; what it said is shown if not.
tap_run()
{
	claim=$1
	shift
	"$@" >"$out/said" 2>&1
	status=$?
	tap "$status" "$claim"
	[ "$status" = 0 ] || sed 's/^/# /' "$out/said"
}

# tap_until COMMAND...: within a minute, for a loaded machine takes many times what a quiet one does.
tap_until()
{
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] || return 1
		sleep 0.05
	done
}

# tap_catches PID NUMBER: it is far enough to have a handler for that signal (2 INT, 15 TERM), which would kill it before. What the
# shell has forked has this shell's handlers until it becomes the command, and a signal that comes then is lost.
tap_catches()
{
	[ "$(readlink "/proc/$1/exe")" != "$(readlink "/proc/$$/exe")" ] || return 1
	caught=$(sed -n 's/^SigCgt:[^0-9a-f]*//p' "/proc/$1/status" 2>/dev/null)
	[ $((0x${caught:-0} >> ($2 - 1) & 1)) = 1 ]
}

# tap_end: the plan; ends the test.
tap_end()
{
	echo "1..$count"
	[ "$failed" = 0 ]
	exit
}
