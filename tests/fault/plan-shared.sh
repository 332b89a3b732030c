# Sluice below mq: a rate holds for all queues of the device together (P2), whichever of them come, go, or change.
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d 4
echo 1 >/proc/sys/net/ipv6/conf/nic0/disable_ipv6
sink=$(fault sink d)
rate_bytes_ps=12500000

# wire: what has left since the last call, as bytes on the wire, and how long that took.
wire()
{
	now_ns=$(date +%s%N)
	read -r bytes </sys/class/net/nic0/statistics/tx_bytes
	read -r frames </sys/class/net/nic0/statistics/tx_packets
	wire_bytes=$((bytes + 24 * frames - ${last_bytes:-0}))
	span_ns=$((now_ns - ${last_ns:-0}))
	last_bytes=$((bytes + 24 * frames)) last_ns=$now_ns
}

# holds WHAT MIN_PERCENT: for half a second.
holds()
{
	wire
	sleep 0.5
	wire
	may_bytes=$((rate_bytes_ps * (span_ns / 1000) / 1000000))
	share=$((wire_bytes * 1000 / may_bytes))
	# The clock was read before the counters: a frame for each queue may lie between.
	check "P2: $1: the wire carries $share per mille of the rate" \
		[ "$wire_bytes" -le $((may_bytes + 5 * 1538)) -a "$share" -ge "$2" ]
}

must tc qdisc add dev nic0 root handle 1: mq
for queue in 1 2 3 4; do must fault set nic0 1:$queue rate $rate_bytes_ps; done
for _ in 1 2 3 4 5 6 7 8; do fault mix 10.0.0.2 6000 & done
sleep 0.5
holds "four busy queues" 980
least=1000000 all=0
for queue in 1 2 3 4; do
	sent_frames=0
	eval "$(fault stat nic0 1:$queue)"
	all=$((all + sent_frames))
	[ "$sent_frames" -ge "$least" ] || least=$sent_frames
done
check "P2: every queue has its turn ($least of $all frames for the least)" [ $((least * 8)) -gt "$all" ]
must tc qdisc replace dev nic0 parent 1:1 pfifo limit 1
must tc qdisc replace dev nic0 parent 1:2 pfifo limit 1
must fault set nic0 1:1 rate $rate_bytes_ps
must fault set nic0 1:2 rate $rate_bytes_ps
holds "two queues that were replaced under load" 980
rate_bytes_ps=6000000
for queue in 1 2 3 4; do must fault set nic0 1:$queue rate $rate_bytes_ps; done
sleep 0.1
holds "another rate for all" 980
must tc qdisc del dev nic0 parent 1:3
must tc qdisc del dev nic0 parent 1:4
sleep 0.1
holds "two queues are gone" 0
must tc qdisc del dev nic0 root
must fault set nic0 root rate $rate_bytes_ps
holds "one for all queues" 980
wait
sleep 10 # what waits needs 3 s
prove fault idle nic0

# Queues stand in line, and nothing more comes that would make them look up when their rate goes.
must tc qdisc replace dev nic0 root handle 1: mq
for queue in 1 2 3 4; do must fault set nic0 1:$queue rate 2000; done
for _ in 1 2 3 4 5 6 7 8; do fault steady 10.0.0.2 10 5 1000 10000 & done
sleep 0.1
held=0 left=0
for queue in 1 2 3 4; do
	eval "$(fault stat nic0 1:$queue)"
	held=$((held + (qlen > 0)))
	must fault set nic0 1:$queue rate 0
done
sleep 0.1
for queue in 1 2 3 4; do
	eval "$(fault stat nic0 1:$queue)"
	left=$((left + qlen))
done
check "P9: $held queues that lose their rate are empty at once" [ "$held" -gt 1 -a "$left" = 0 ]
prove fault idle nic0
must ip link del nic0
kill "$sink"
finish
