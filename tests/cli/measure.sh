#!/bin/sh
# measure.sh writes docs/measured.md whole or not at all, here with a command that only pretends.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

mkdir -p "$out/tree/build" "$out/tree/docs"
cp -r lab "$out/tree/"
# The run whose number is in the file "broken" fails.
cat >"$out/tree/build/sluice" <<'TEXT'
#!/bin/sh
echo run >>runs
[ ! -e broken ] || [ "$(wc -l <runs)" != "$(cat broken)" ] || { echo "sluice lab: no space" >&2; exit 1; }
printf '\nA title\n\nfq   10 0.1\nfq+segs1 20 0.2\nsluice 30 0.3\n'
TEXT
chmod +x "$out/tree/build/sluice"
measured=$out/tree/docs/measured.md

tap_run "what was measured is written" sh "$out/tree/lab/measure.sh"
tap_run "with every run in it" test "$(grep -c '^A title' "$measured")" = "$(grep -c '^measure ' lab/measure.sh)"
tap_run "and the mean over the round trip times" grep -q '^| mean | 10 | 20 | 30 |$' "$measured"
runs=$(wc -l <"$out/tree/runs")
cp "$measured" "$out/before"
for at in 7 "$((runs - 5))"; do
	rm "$out/tree/runs"
	echo "$at" >"$out/tree/broken"
	! sh "$out/tree/lab/measure.sh" 2>"$out/stderr"
	tap $? "run $at of $runs fails, and so does all of it"
	tap_run "what was written before stays" cmp "$measured" "$out/before"
	tap_run "and it says why" grep -q 'sluice lab: no space' "$out/stderr"
done
tap_end
