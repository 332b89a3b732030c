# A rate without the module: sluice on --no-module rate R. One clock over all queues holds it, to the frame (P2), also when it is changed
# under load; what cannot be held back is dropped and counted; off leaves no trace (M1), also after a kill at any point.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
pair d 4
echo 1 >/proc/sys/net/ipv6/conf/nic0/disable_ipv6
sink=$(fault sink d)

filters() { tc filter show dev "$1" egress | grep -c 'sluice_edt.*direct-action'; }
clsacts() { tc qdisc show dev "$1" | grep -c '^qdisc clsact'; }
has() { [ "$(filters "$1")/$(clsacts "$1")" = "$2" ]; }
# kept CLAIM RATE_BYTES_PS WORDS...: verify says so, and what it counts is the rate.
kept()
{
	what=$1 rate_bytes_ps=$2
	shift 2
	judged "$what" 0 "[" "$@" --json
	check "P2: $what: kept" said '^  "verdict": "kept",$'
	mean=$(number mean_bits_ps)
	check "P3: $what: the tap has $mean bit/s of $((rate_bytes_ps * 8))" \
		[ "$mean" -ge $((rate_bytes_ps * 8 / 1000 * 999)) -a "$mean" -le $((rate_bytes_ps * 8 / 1000 * 1001)) ]
}

# ---- the rate ----

must sluice on nic0 --no-module rate 100mbit >"$lab/said.out"
# User-Mode Linux has no helper that reads the kernel's memory (CONFIG_BPF_EVENTS): what a socket's rate comes to is in tests/qemu/plan-edt.sh
check "P1: where the rates of sockets cannot be seen, it says so" said 'not kept because the program does not see the rates of sockets:$'
check "a program at the egress, with a clsact" has nic0 1/1
sluice show nic0 >"$lab/said.out"
check "show: the rate" said '^  rate 100mbit  overhead 24 '
check "P1: show: and what it does not keep" said '^  rate of the device, by all its queues; it does not see the rates of sockets$'
# eight sockets on four queues, none of which has a time of its own: together 103 Mb/s, so that in 4 s less than 1000 frames wait
for _ in 1 2 3 4 5 6 7 8; do fault steady 10.0.0.2 4000 11 1400 10000 & done
sleep 0.5
kept "eight UDP sockets, four queues" 12500000 nic0 --for 1s
check "P2: eight UDP sockets, four queues: no two frames closer than the rate" [ "$(number by_trains_p99_pkts)/$(number max_pkts)" = 1/1 ]
sluice monitor nic0 --interval 400ms --count 2 >"$lab/lines"
check "monitor: what leaves, what the rate holds and what is lost" \
	[ "$(grep -cE ' nic0 +(99|100)[.0-9]*mbit +8[45][0-9]{2} +- +- +- +- +0 .* held 8[0-9]{3}/s, by sockets 0/s, asked [0-9]+/s; fq: waits [0-9]+/s, capped 0$' "$lab/lines")" = 2 ]
sluice monitor --interval 400ms --count 1 --json >"$lab/said.out"
check "monitor: JSON, of all devices" said '^{.*"dev":"nic0",.*"sent_wire_bytes_ps":12[45][0-9]{5},"sent_frames_ps":8[45][0-9]{2},"drops":0,.*"edt":{"frames":3[0-9]{3},.*"held_pkts":3[0-9]{3},.*}$'
wait
sleep 5
for _ in 1 2 3 4; do fault bulk 10.0.0.2 16000000 >"$lab/bulk" & done
sleep 0.1
kept "four connections" 12500000 nic0 --for 1s
must sluice on nic0 --no-module rate 50mbit
check "another rate: the same program" has nic0 1/1
sleep 0.2
kept "another rate under load" 6250000 nic0 --for 1s
must sluice on nic0 --no-module rate 50mbit overhead 124
sleep 0.1
sluice verify nic0 --for 1s --json >"$lab/said.out"
mean=$(number mean_bits_ps) want=$((50000000 / (1514 + 124) * (1514 + 24)))
check "overhead: of 124 bytes: the tap, which counts 24, has $mean bit/s of $want" \
	[ "$mean" -ge $((want / 1000 * 998)) -a "$mean" -le $((want / 1000 * 1002)) ]
wait
must sluice on nic0 --no-module rate 50%
sluice show nic0 >"$lab/said.out"
check "a share of the link" said "^  rate is 50% of its link's 10gbit"
check "a share of the link: overhead stays as it was" said '^  rate 5gbit  overhead 124 '
must sluice on nic0 --no-module rate off
check "rate off: fq stays, the program goes, and its clsact" has nic0 0/0
must sluice off nic0
must no_records

# ---- what waits ----

# nothing holds back the sender of what is forwarded
must ip netns add e
must ip link add in0 type veth peer name far0 netns e
must ip link set in0 up
must ip addr add 10.0.9.1/24 dev in0
must ip -n e link set far0 up
must ip -n e addr add 10.0.9.2/24 dev far0
must ip -n e route add default via 10.0.9.1
sleep 2 # virtual ones: the kernel looks once a second for links that have come up
echo 1 >/proc/sys/net/ipv4/ip_forward
must sluice on nic0 --no-module rate 100mbit
ip netns exec e fault steady 10.0.0.2 3000 100 1400 5000 &
sleep 1
judged "230 Mb/s that are forwarded" 3 "[" nic0 --for 1s --json
mean=$(number mean_bits_ps)
check "P2: 230 Mb/s that are forwarded: the wire has $mean bit/s of 100000000" [ "$mean" -ge 99000000 -a "$mean" -le 100100000 ]
sluice show nic0 --json >"$lab/said.out"
check "P8: what was dropped is counted: $(number over_backlog_pkts)" [ "$(number over_backlog_pkts)" -gt 5000 ]
sluice monitor nic0 --interval 400ms --count 1 --json >"$lab/lines"
lost=$(sed -n 's/.*"drops":\([0-9]*\),.*/\1/p' "$lab/lines")
check "P8: monitor: $lost of 8000 were lost in 400 ms" [ "$lost" -gt 4000 -a "$lost" -lt 5200 ]
check "P8: monitor: by the rate" grep -q "\"over_backlog_pkts\":$lost," "$lab/lines"
wait_ns=$(number wait_max_ns)
check "it waits as long as 1000 full frames take: $wait_ns ns" [ "$wait_ns" -ge 115000000 -a "$wait_ns" -le 123040000 ]
sluice metrics >"$lab/said.metrics"
check "P8: metrics have it once for the device" \
	[ "$(grep -c '^sluice_edt_over_backlog_packets_total{device="nic0",parent="5c0:1",handle="5c1:"} [0-9][0-9][0-9][0-9]' "$lab/said.metrics")/$(grep -c '^sluice_edt_frames_total' "$lab/said.metrics")" = 1/1 ]
check "P8: and the list counts it as lost" sh -c 'sluice | grep -qE "^nic0: paced by fq, without the module, .* [0-9]{4,} packets lost"'
check "fq has dropped none, whose time would be lost" sh -c '! grep -q "\"drops\": [1-9]" /run/lab/said.out'
wait $!
must sluice off nic0

# ---- M1 ----

dumps >"$lab/before"
must sluice on nic0 --no-module rate 100mbit
must sluice off nic0
dumps >"$lab/after"
check "M1: off leaves what was there" cmp "$lab/before" "$lab/after"
must tc qdisc add dev nic0 clsact
must tc filter add dev nic0 ingress prio 7 matchall action pass
must sluice on nic0 --no-module rate 100mbit
must sluice off nic0
check "M1: another's clsact stays" [ "$(filters nic0)/$(clsacts nic0)/$(tc filter show dev nic0 ingress | grep -c 'pref 7 matchall.*handle')" = 0/1/1 ]
must tc filter add dev nic0 egress prio 7 matchall action pass
must sluice on nic0 --no-module rate 100mbit
check "in front of another's filter, which is still asked" \
	sh -c 'tc filter show dev nic0 egress | grep -q "pref 6 bpf" && tc filter show dev nic0 egress | grep -q "pref 7 matchall.*handle"'
must sluice off nic0
check "M1: which stays" [ "$(filters nic0)/$(tc filter show dev nic0 egress | grep -c 'pref 7 matchall.*handle')" = 0/1 ]
must tc filter add dev nic0 egress prio 1 matchall action pass
says "another's filter that is the first" 1 "nic0: without the module its rate is kept by a BPF program at its egress, where a filter of priority 1, in front of which none can be, is: remove that" \
	sluice on nic0 --no-module rate 100mbit
must tc filter del dev nic0 egress prio 1
fault stamper nic0 other
says "another's BPF program" 1 "where the BPF program other is: remove that" sluice on nic0 --no-module rate 100mbit
must tc qdisc del dev nic0 clsact
must sluice on nic0 --no-module rate 100mbit
must tc qdisc replace dev nic0 root handle 3: pfifo
check "the doctor: a program whose fq has been replaced" \
	sh -c "sluice doctor nic0 | tr -s ' \n' ' ' | grep -q 'the fq that kept them has been replaced'"
must sluice on nic0 --no-module
check "and the next on without a rate removes it" has nic0 0/0
must sluice off nic0
must tc qdisc del dev nic0 root
must tc qdisc add dev nic0 ingress
says "an ingress qdisc" 1 "where the qdisc ingress, in whose place clsact has to be is: remove that" sluice on nic0 --no-module rate 100mbit
must tc qdisc del dev nic0 ingress
must ip link add one type ifb
must ip link set one up
prove fault undo kill one --no-module rate 10mbit
must ip link del one
ip link del nic0
kill "$sink"
finish
