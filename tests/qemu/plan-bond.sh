# plan-bond.sh: a bond of e1000e and vmxnet3, whose members are paced, with one queue and with several. Port 5104.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

ip link set wire2 down
ip link set wire3 down
ip link add bond0 type bond mode active-backup miimon 100 fail_over_mac active
ip link set wire2 master bond0
ip link set wire3 master bond0
ip -n far link set far2 up
ip -n far link set far3 up
ip -n far link add bond0 type bridge
ip -n far link set far2 master bond0
ip -n far link set far3 master bond0

# One member has no link: the other is paced by the share of its own, the first by that of the same speed, until it has one.
says_share() { sluice show "$1" | sed -n 's/^  rate \(is\|was\) /\1 /p' | sort -u; }
echo 'rate 93%' >"$tmp/bond0.conf"
ip link set bond0 up
ip link set wire2 up
ip link set wire3 down
sleep 3
before=$(tree)
check 'bond, dead leg: load' load
check 'bond, dead leg: on' sluice on bond0 rate 93%
check 'bond, dead leg: the other has its share' equal "$(says_share wire2)" "is 93% of its link's 1gbit"
check 'bond, dead leg: it has what is assumed' equal "$(sluice show wire3 --json | grep -c '"is_assumed": true'):$(sluice show wire3 --json | grep -c '"rate_bytes_ps": 116250000')" "$(queues wire3):$(queues wire3)"
sluice verify bond0 --for 1s >"$tmp/verified"
check "bond, dead leg: verify judges the other ($(head -n 1 "$tmp/verified"))" grep -qE '^bond0: (kept|pacing makes no difference).* \(wire2\)$' "$tmp/verified"
check 'bond, dead leg: and says what the dead one is' grep -q '^wire3: nothing to judge: it has no link' "$tmp/verified"
sluice doctor bond0 >"$tmp/doctor"
check 'bond, dead leg: the doctor says so' grep -q 'rate 93% was worked out' "$tmp/doctor"
sluice apply --follow "$tmp/bond0.conf" >"$tmp/followed" 2>&1 &
follow=$!
sleep 2
ip link set wire3 up
sleep 5
check "bond, dead leg: its link comes up, and is followed ($(tr '\n' ' ' <"$tmp/followed"))" equal "$(says_share wire3)" "is 93% of its link's 1gbit"
kill $follow
wait $follow
check 'bond, dead leg: off' sluice off bond0
check 'bond, dead leg: off puts back what was there' equal "$(tree)" "$before"
gone 'bond, dead leg'
above bond0 104 bond0 wire2 wire3
