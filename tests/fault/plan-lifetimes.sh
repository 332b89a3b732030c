# Things that come, change and go while TCP, UDP, bundles and packets with a departure time pass or wait (P9, M2).
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d
sink=$(fault sink d)

# mix MS [NS]: traffic in the background; done_mix: its end.
start_mix()
{
	fault mix 10.0.0.2 "$@" &
	mix=$!
	sleep 0.2
}
end_mix() { check "P9: all senders end ($*)" wait $mix; }

must fault set nic0 root
start_mix 1000
prove fault churn replace nic0 200
end_mix replace
sleep 15

must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root rate 12500000
start_mix 3000
prove fault churn change nic0 1000
end_mix change
sleep 15
prove fault idle nic0
limit_dropped_pkts=0 flow_limit_dropped_pkts=0
eval "$(fault stat nic0 root)"
check "P9: both limits were reached ($limit_dropped_pkts, $flow_limit_dropped_pkts)" \
	[ $((limit_dropped_pkts > 0 && flow_limit_dropped_pkts > 0)) = 1 ]

must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root rate 12500000
start_mix 500
prove fault churn mtu nic0 100
end_mix mtu
sleep 15
prove fault idle nic0

must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root rate 12500000
start_mix 500
prove fault churn flap nic0 100
end_mix flap
sleep 15
prove fault idle nic0

must tc qdisc del dev nic0 root

# the device goes while packets wait
must fault set nic0 root rate 1000000
must ip neigh replace 10.0.0.2 lladdr "$mac_rx" dev nic0
start_mix 1000
qlen=0
eval "$(fault stat nic0 root)"
check "P9: packets wait when the device is removed ($qlen)" [ "$qlen" -gt 0 ]
must ip link del nic0
end_mix "device removal"
check "P9: nobody uses the module after the device" [ "$(cat /sys/module/sch_sluice/refcnt)" = 0 ]

# the name space goes while packets wait
must ip netns add x
must ip link add nic1 address "$mac_nic" netns x type veth peer name rx1 address "$mac_rx" netns d
must ip -n x addr add 10.0.0.1/24 dev nic1
must ip -n x link set nic1 up
must ip -n x neigh replace 10.0.0.2 lladdr "$mac_rx" dev nic1
must ip -n d addr add 10.0.0.2/24 dev rx1
must ip -n d link set rx1 up
must ip netns exec x fault set nic1 root rate 1000000
start_mix 500 x
qlen=0
eval "$(ip netns exec x fault stat nic1 root)"
check "P9: packets wait when the name space goes ($qlen)" [ "$qlen" -gt 0 ]
must ip netns del x
end_mix "name space"
sleep 5
refuse "P9: the name space is gone, with its device" ip -n d link show rx1
kill "$sink"
finish
