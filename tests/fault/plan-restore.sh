# sluice on, then off, over every kind of qdisc that can be put back: the same kinds, handles, places and raw options as before,
# and the same behaviour (M1); what cannot be put back is refused.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
export TC_LIB_DIR="$lab/bin"

# same CLAIM DEV [OPTION VALUE]...: on, on with another option, off; the device is as it was.
same()
{
	claim=$1 dev=$2
	shift 2
	fault dump "$dev" >"$lab/before"
	if ! sluice on "$dev" "$@"; then
		not_ok "M1: $claim: on"
	elif ! fault dump "$dev" | grep -q ^sluice || ! sluice on "$dev" limit 4321; then
		not_ok "M1: $claim: a second on"
	elif ! sluice off "$dev"; then
		not_ok "M1: $claim: off"
	elif fault dump "$dev" >"$lab/after" && cmp "$lab/before" "$lab/after"; then
		ok "M1: $claim"
	else
		not_ok "M1: $claim: another than before"
		diff "$lab/before" "$lab/after" | sed 's/^/# /' >&3
	fi
}

# root_same KIND [OPTION VALUE]...: the same for a root qdisc.
root_same()
{
	must tc qdisc replace dev nic0 root handle 42: "$@"
	same "root: $*" nic0
	tc qdisc del dev nic0 root
}

# refused CLAIM DEV: exit code 1, one sentence, nothing changed; with --takeover it is done, and off leaves the default.
refused()
{
	fault dump "$2" >"$lab/before"
	sluice on "$2" >"$lab/said" 2>&1
	code=$?
	fault dump "$2" >"$lab/after"
	if [ $code = 1 ] && [ "$(wc -l <"$lab/said")" = 1 ] && cmp "$lab/before" "$lab/after"; then
		ok "M2: $1 is refused: $(cat "$lab/said")"
	else
		not_ok "M2: $1 is refused ($code: $(cat "$lab/said"))"
	fi
	check "M1: $1: --takeover" sluice on "$2" --takeover
	check "M1: $1: off afterwards" sluice off "$2"
	check "M1: $1: leaves the kernel's default" [ "$(fault dump "$2" | awk '$2 != 0' | wc -l)" = 0 ]
}

load
pair d 4

same "the default of one queue" lo
same "the default of four queues" nic0 rate 100mbit
must ip link set nic0 down
must sluice on nic0
must sluice off nic0
must ip link set nic0 up
same "the default of a device that was down" nic0

root_same fq
root_same fq limit 777 flow_limit 33 quantum 2000 initial_quantum 9000 maxrate 100mbit buckets 64 \
	orphan_mask 511 ce_threshold 1ms refill_delay 40ms low_rate_threshold 1mbit timer_slack 7000 horizon 2s horizon_drop
root_same fq nopacing horizon_cap
root_same fq_codel
for us in 4999 5000 5001 4 1; do
	root_same fq_codel limit 100 flows 64 quantum 400 target ${us}us interval 33333us ce_threshold ${us}us memory_limit 1Mb \
		drop_batch 3 noecn
done
root_same pfifo_fast
root_same pfifo limit 33
root_same bfifo limit 33333
root_same pfifo_head_drop limit 3
root_same noqueue
root_same cake
root_same cake bandwidth 12345kbit diffserv8 triple-isolate rtt 30ms raw memlimit 300k wash ingress ack-filter no-split-gso
root_same cake bandwidth 3gbit besteffort flowblind overhead 44 mpu 84 atm autorate-ingress fwmark 0xff
root_same etf clockid CLOCK_TAI delta 300000 deadline_mode skip_sock_check
root_same etf clockid CLOCK_TAI
root_same tbf rate 3mbit burst 3333 latency 50ms
root_same tbf rate 123456789bit burst 15431 limit 54321 mtu 1514 peakrate 234567890bit overhead 7
root_same tbf rate 50gbit burst 60001 limit 100000
root_same tbf rate 5mbit burst 3333 limit 9999 linklayer atm
root_same sluice
root_same sluice rate 77mbit ce_threshold 1ms burst 50us limit 33 gain 120%
root_same sluice rate 88mbit burst 4 ce_threshold off codel_target off

# mq: each leaf its own
must tc qdisc replace dev nic0 root handle 9: mq
same "mq: with the kernel's leaves" nic0
must tc qdisc replace dev nic0 parent 9:1 handle 91: fq maxrate 10mbit
must tc qdisc replace dev nic0 parent 9:3 handle 93: fq_codel target 4999us flows 64
same "mq: with two leaves of its own" nic0
must tc qdisc replace dev nic0 parent 9:2 handle 92: pfifo_fast
must tc qdisc replace dev nic0 parent 9:4 handle 94: tbf rate 3mbit burst 3333 latency 50ms
same "mq: with four leaves of its own" nic0 rate 50mbit
must tc qdisc replace dev nic0 parent 9:4 handle 95: sluice rate 5mbit
same "mq: with a sluice among its leaves" nic0
must tc qdisc del dev nic0 root

# the default can be another one by now
must sysctl -qw net.core.default_qdisc=pfifo_fast
must ip link add plain type ifb
must ip link set plain up
must sluice on plain
must sysctl -qw net.core.default_qdisc=fq
check "M1: off to a default that is another one by now" sluice off plain
check "M1: it is the kernel's default of today" [ "$(fault dump plain | cut -d' ' -f1,2)" = "fq 0" ]
must tc qdisc replace dev nic0 root handle 9: mq
must tc qdisc replace dev nic0 parent 9:1 handle 91: fq
must sluice on nic0
must sysctl -qw net.core.default_qdisc=pfifo_fast
check "M1: off to leaves whose default is another one by now" sluice off nic0
must tc qdisc del dev nic0 root

# not only the dump: a bucket of exactly one frame still lets frames of that size pass
must tc qdisc replace dev nic0 root handle 42: tbf rate 50gbit burst 1514 limit 100000
must sluice on nic0
must sluice off nic0
must perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 0);
	send(S, "x" x 1472, 0, sockaddr_in(9, inet_aton("10.0.0.2"))) for 1 .. 3'
sleep 1
drops=1 sent_pkts=0
eval "$(fault stat nic0 root)"
check "M1: tbf: its bucket holds as many bytes as before ($sent_pkts sent, $drops lost)" [ "$drops" = 0 ]
check "M1: tbf: frames of that size did leave" [ "$sent_pkts" -ge 3 ]
must tc qdisc del dev nic0 root

# the length of the transmit queue, which the kernel corrects when it makes a qdisc
must ip link set nic0 txqueuelen 0
must sluice on nic0
must sluice off nic0
check "M1: a transmit queue of length 0 is so again" [ "$(cat /sys/class/net/nic0/tx_queue_len)" = 0 ]

# two commands at once: the one that waits looks when the other is done, which here puts the length back
must ip link set nic0 txqueuelen 1000
must flock -o /run/sluice/lock sh -c 'sluice on nic0 & sleep 1; ip link set nic0 txqueuelen 0; sleep 1'
sleep 1
check "M1: the command that waited has paced" sh -c 'tc qdisc show dev nic0 | grep -q sluice'
must sluice off nic0
check "M1: what it saved is what the other left" [ "$(cat /sys/class/net/nic0/tx_queue_len)" = 0 ]
refuse "M2: a limit that the kernel refuses" sluice on nic0 limit 1 nosuch 1
must ip link set nic0 txqueuelen 1000

# what cannot be put back
must tc qdisc replace dev nic0 root handle 1: htb default 1
must tc class add dev nic0 parent 1: classid 1:1 htb rate 1gbit
refused "a qdisc of classes" nic0
must tc qdisc replace dev nic0 root handle 1: prio
must tc filter add dev nic0 parent 1: protocol ip matchall classid 1:2
refused "a qdisc with filters" nic0
must tc qdisc replace dev nic0 root handle 1: fq_codel
must tc filter add dev nic0 parent 1: protocol ip matchall classid 1:2
refused "a qdisc that is known, with filters" nic0
must tc qdisc replace dev nic0 root handle 1: stab overhead 40 linklayer atm fq
refused "a qdisc with a size table" nic0
must tc qdisc replace dev nic0 root handle 1: estimator 1s 4s fq
refused "a qdisc with a rate estimator" nic0
must tc qdisc replace dev nic0 root handle 1: netem delay 1ms
refused "a qdisc that is not known" nic0
must tc qdisc replace dev nic0 root handle 1: tbf rate 3mbit burst 3333 latency 50ms
must tc qdisc replace dev nic0 parent 1:1 handle 2: fq
refused "a qdisc with another below it" nic0
must tc qdisc replace dev nic0 root handle 1: mq
must tc qdisc replace dev nic0 parent 1:2 handle 2: netem delay 1ms
refused "a leaf that is not known" nic0

# ingress and clsact are left alone
must tc qdisc add dev nic0 clsact
same "a device with clsact" nic0
check "M1: clsact is still there" sh -c 'tc qdisc show dev nic0 | grep -q clsact'
must ip link del nic0
finish
