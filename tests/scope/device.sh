#!/bin/sh
# sluice scope DEV as it is used: lines while it looks, figures at the end, and what ends it. Two network namespaces joined by a veth
# pair; needs root.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh
# shellcheck source=tests/scope/net.sh
. tests/scope/net.sh

net_begin

# look NAME WORD...: the scope in our namespace, in the background; it has begun when this returns.
look()
{
	name=$1
	shift
	ip netns exec "$here" "$sluice" scope "$@" >"$out/$name" 2>"$out/$name.err" &
	looker=$!
	net_started $looker
	begun() { [ -s "$out/$1" ] || ! kill -0 $looker 2>/dev/null; }
	net_until begun "$name"
}

# number NAME KEY: the first number behind a key of JSON.
number() { sed -n "s/^ *\"$2\": \([0-9.]*\),*$/\1/p" "$out/$1" | head -n 1; }

look lines va --line-rate 10gbit
here $send udp 10.9.0.2 9 50 1000
seen() { [ "$(grep -c '^[0-9:]* out ' "$out/lines")" -ge 2 ]; }
net_until seen
tap $? "a line each second"
kill -s INT "$looker"
wait "$looker"
tap $? "SIGINT ends it well"
[ ! -s "$out/lines.err" ] && [ "$(awk '$1 != "time" && $2 == "out" { n += $7 } END { print n + 0 }' "$out/lines")" -ge 50 ]
tap $? "the lines have the packets that left"
grep -q '^out: .* packets' "$out/lines" && grep -q 'burst excess' "$out/lines" && grep -q '10.9.0.1:.* > 10.9.0.2:9' "$out/lines"
tap $? "all figures follow, and the flow"

here "$sluice" scope va --for 2s --json >"$out/json" 2>"$out/json.err" &
looker=$!
# What is sent before it looks is not seen: send until it has seen something.
for _ in 1 2 3 4 5 6 7 8; do
	here $send udp 10.9.0.2 9 10 1000
	sleep 0.2
done
wait $looker
tap $? "--for ends it well"
perl -MJSON::PP -0777 -e 'decode_json(<STDIN>)' <"$out/json"
tap $? "--json gives JSON, and nothing else"
[ "$(number json pkts)" -ge 10 ]
tap $? "with packets in it ($(number json pkts))"

here "$sluice" scope lo --for 300ms --tap --fail-if 'timeouts>=0' >"$out/nothing" 2>"$out/nothing.err"
[ $? = 1 ] && grep -q 'cannot be known here' "$out/nothing.err"
tap $? "nothing came: a condition cannot be judged"
(sleep 0.5; here $send udp 10.9.0.2 9 10 1000) &
net_started $!
here "$sluice" scope va --for 1500ms --tap --fail-if 'mean_rate>1' >"$out/holds" 2>"$out/holds.err"
[ $? = 3 ] && grep -q "'mean_rate>1' holds" "$out/holds.err"
tap $? "a condition that holds ends with 3"

setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$sluice" scope lo --for 1s >"$out/none" 2>"$out/none.err"
[ $? = 3 ] && [ "$(wc -l <"$out/none.err")" = 1 ] && [ ! -s "$out/none" ]
tap $? "without privilege: one sentence, exit code 3"

look gone va
here $send udp 10.9.0.2 9 20 1000
seen() { grep -q '^[0-9:]* out ' "$out/gone"; }
net_until seen
ip -n "$here" link del va
wait "$looker"
[ $? = 1 ] && grep -q 'the device has gone' "$out/gone.err" && [ "$(wc -l <"$out/gone.err")" = 1 ]
tap $? "the device goes: one sentence, exit code 1"
grep -q '^out: .* packets' "$out/gone"
tap $? "and the figures of before"
tap_end
