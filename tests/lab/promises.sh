#!/bin/sh
# Every scenario that says what Sluice must reach is run with Sluice, and reaches it.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

for file in scenarios/*.scenario; do
	name=$(basename "$file" .scenario)
	[ "$name" != six ] || continue
	policies=$(awk '$1 == "expect" { print "--policy " $2 }' "$file" | sort -u)
	[ -n "$policies" ] || continue
	# Programs take half of the time, and what they are paced by is the same.
	[ "${KERNEL:-newest}" = newest ] || ! grep -q '^ *flow program' "$file" || continue
	# shellcheck disable=SC2086 # words on purpose
	tap_run "$name, kernel ${KERNEL:-newest}: every expected number is met" "$sluice" lab run "$name" $policies --check
done
tap_end
