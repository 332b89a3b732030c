#!/bin/sh
# What is said to be lost was lost on the way. Some 25 million datagrams per second are more than a receiver holds until it looks.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

cat >"$out/fast.scenario" <<'TEXT'
nic_rate 100gbit
port_rate 100gbit
port_buffer_pkts 1000000
seconds 0.05
flow gso segments 64 size 24 interval 2500ns
policy pfifo qdisc "pfifo limit 100000"
TEXT
"$sluice" lab run "$out/fast.scenario" >"$out/words" 2>&1
[ $? = 1 ]
tap $? "kernel ${KERNEL:-newest}: a receiver that is too slow is no loss of the network"
tap_run "and the run says so" grep -q "flow 1: its receiver had no room for [0-9]* datagrams" "$out/words"
sed -i 's/ 2500ns/ 12500ns/' "$out/fast.scenario"
echo 'expect pfifo udp_lost_pkts == 0 because "nothing is in the way"' >>"$out/fast.scenario"
tap_run "at a fifth of that nothing is lost" "$sluice" lab run "$out/fast.scenario" --check
"$sluice" lab run "$out/fast.scenario" --set 'expect=pfifo udp_lost_pkts > 0 because "what is asked here is wrong"' --check >"$out/words" 2>"$out/stderr"
[ $? = 3 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q '^NO: pfifo: udp_lost_pkts is 0, expected > 0' "$out/words"
tap $? "a number that is missed: exit code 3, and which"
tap_end
