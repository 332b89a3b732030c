# Time stamps: departure times of local sockets by three clocks, and stamps of other origin on what is forwarded (P4).
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d
must fault tai 37

must fault set nic0 root horizon 50000000
prove fault stamps nic0 d 10.0.0.2
prove fault stamps nic0 d fd00::2

# An ACK may leave before the departure time that TCP wrote on it: it was not held, and is not marked.
must fault set nic0 root horizon 10000000000 ce_threshold 1000000000 maxrate 12500000
must fault talk d 10.0.0.2 1000
eval "$(fault stat nic0 root)"
check "P6: prompt frames have been sent ($prompt_frames)" [ "$prompt_frames" -gt 20 ]
check "P6: none is marked for a time that it was not held ($ce_threshold_marked_pkts)" [ "$ce_threshold_marked_pkts" = 0 ]
must fault set nic0 root ce_threshold 18446744073709551615 maxrate 0

# A router: s sends through this machine to d while receive stamps are taken. IP forwarding clears them.
must ip netns add s
must ip link add in0 address 02:00:00:00:00:03 type veth peer name tx0 address 02:00:00:00:00:04 netns s
must ip addr add 10.0.2.1/24 dev in0
must ip link set in0 up
must ip -n s addr add 10.0.2.2/24 dev tx0
must ip -n s link set tx0 up
must ip -n s route add default via 10.0.2.1
must ip -n d route add default via 10.0.0.1
must ip -n s neigh replace 10.0.2.1 lladdr 02:00:00:00:00:03 dev tx0
echo 1 >/proc/sys/net/ipv4/ip_forward
prove fault forward nic0 "a router" s d 10.0.0.2 50 0

# A program that stamps with another clock: ignored and counted, for local packets and forwarded ones.
must tc qdisc add dev nic0 clsact
must fault stamper nic0
prove fault forward nic0 "a router with a stamping program" s d 10.0.0.2 50 50
prove fault forward nic0 "a sender with a stamping program" - d 10.0.0.2 50 50
must tc qdisc del dev nic0 clsact

# A redirect from one device to the other.
must tc qdisc add dev in0 ingress
must tc filter add dev in0 parent ffff: protocol ip prio 1 matchall action mirred egress redirect dev nic0
must ip -n s neigh replace 10.0.2.1 lladdr "$mac_rx" dev tx0
prove fault forward nic0 "a redirect" s d 10.0.0.2 50 any
must tc qdisc del dev in0 ingress

# A bridge.
must ip addr flush dev in0
must ip addr flush dev nic0
must ip link add br0 type bridge
echo 1 >/proc/sys/net/ipv6/conf/br0/disable_ipv6
must ip link set br0 up
must ip link set in0 master br0
must ip link set nic0 master br0
must ip -n s addr add 10.0.0.3/24 dev tx0
must ip -n s neigh replace 10.0.0.2 lladdr "$mac_rx" dev tx0
prove fault forward nic0 "a bridge" s d 10.0.0.2 50 0
prove fault idle nic0
must ip link del br0
must ip link del nic0
finish
