# sentences.sh: exit codes, sentences and dumps of the command; sourced by plans after guest.sh.
# shellcheck shell=sh disable=SC2154 # lab comes from guest.sh

# dumps: the qdiscs of all devices of this name space.
dumps()
{
	for device in /sys/class/net/*; do
		device=${device##*/}
		echo "$device"
		fault dump "$device" || echo "cannot be dumped: $$"
	done
}

# says CLAIM CODE PART COMMAND...: it ends with CODE, says one sentence with PART in it on standard error, and changes nothing.
says()
{
	claim=$1 wanted=$2 part=$3
	shift 3
	dumps >"$lab/before"
	"$@" >"$lab/said.out" 2>"$lab/said"
	code=$?
	dumps >"$lab/after"
	if [ "$code" != "$wanted" ] || [ "$(wc -l <"$lab/said")" != 1 ] || ! grep -qF -- "$part" "$lab/said"; then
		not_ok "$claim: wanted $wanted and '$part', got $code and: $(cat "$lab/said")"
	elif ! cmp "$lab/before" "$lab/after"; then
		not_ok "$claim: something has changed"
	else
		ok "$claim: $(cat "$lab/said")"
	fi
}

# judged CLAIM CODE PART WORDS...: sluice verify WORDS ends with CODE and has PART in its first line; what it said stays in said.out.
judged()
{
	claim=$1 wanted=$2 part=$3
	shift 3
	sluice verify "$@" >"$lab/said.out" 2>"$lab/said"
	code=$?
	first=$(head -n 1 "$lab/said.out")
	case $first in
	*"$part"*) is_said=yes ;;
	*) is_said=no ;;
	esac
	echo "== $claim"
	cat "$lab/said.out" "$lab/said"
	if [ "$code" = "$wanted" ] && [ "$is_said" = yes ] && [ ! -s "$lab/said" ]; then
		ok "S1: $claim: $first"
	else
		not_ok "S1: $claim: wanted $wanted and '$part', got $code and: $first $(cat "$lab/said")"
	fi
}

# said PATTERN: the last output has it. number KEY: the first one of that name, if that is JSON.
said() { grep -qE -- "$1" "$lab/said.out"; }
number() { sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" "$lab/said.out" | head -n 1; }

# paced DEV [N]: N (1) sluice qdiscs are on it.
paced() { [ "$(fault dump "$1" | grep -c ^sluice)" = "${2:-1}" ]; }
# same_as_kept: all qdiscs are as they were for the last keep.
keep() { dumps >"$lab/kept"; }
same_as_kept()
{
	dumps >"$lab/after"
	diff "$lab/kept" "$lab/after" | sed 's/^/# /' >&3
	cmp "$lab/kept" "$lab/after"
}
no_records() { [ -z "$(find /run/sluice -name '*.state' 2>/dev/null)" ]; }
