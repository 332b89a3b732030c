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

# tap_end: the plan; ends the test.
tap_end()
{
	echo "1..$count"
	[ "$failed" = 0 ]
	exit
}
