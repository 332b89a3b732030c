# twice.sh: a run made two times, and what must be the same. Sourced behind tests/tap.sh.
# shellcheck shell=sh disable=SC2154,SC2317 # variables are from tap.sh; functions are called by tap_run

# run NAME SEED SCENARIO POLICY SETTING...
run()
{
	name=$1 seed=$2 scenario=$3 policy=$4
	shift 4
	for setting; do
		set -- "$@" --set "$setting"
		shift
	done
	"$sluice" lab run "$scenario" --policy "$policy" --seed "$seed" "$@" --json "$out/$name.json" --pcap "$out/$name"
}

# both SCENARIO...: the same run two times, side by side.
both()
{
	run a 7 "$@" &
	other=$!
	run b 7 "$@"
	code=$?
	wait $other && [ "$code" = 0 ]
}

# twice SCENARIO POLICY SETTING...
twice()
{
	what="$1, $2, kernel ${KERNEL:-newest}"
	rm -rf "$out/a" "$out/b" "$out/a.json" "$out/b.json"
	tap_run "$what: runs, and again" both "$@"
	tap_run "$what: same results" cmp "$out/a.json" "$out/b.json"
	tap_run "$what: same captures" diff -rq "$out/a" "$out/b"
	tap_run "$what: captures are not empty" test "$(find "$out/a" -name '*.pcap' -size +10k | wc -l)" -gt 1
}

