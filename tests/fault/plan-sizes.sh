# Sizes: frames and datagrams of every length, and super-packets whose headers lie (P2, P8, P9).
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d
must fault set nic0 root
prove fault frames nic0 d rx0 10.0.0.2 fd00::2
must ip link set nic0 mtu 9000
must ip -n d link set rx0 mtu 9000
prove fault frames nic0 d rx0 10.0.0.2
must ip link set nic0 mtu 1500
must ip -n d link set rx0 mtu 1500

# Frames are counted from here on: IPv6 may not talk in between.
echo 1 >/proc/sys/net/ipv6/conf/nic0/disable_ipv6

# A device rate makes sluice cut everything; without one, super-packets of packet sockets pass whole.
must fault set nic0 root rate 1250000000 limit 200000
prove fault supers nic0 root d rx0 matrix
prove fault supers nic0 root d rx0 large
must fault set nic0 root rate 0
prove fault supers nic0 root d rx0 large
prove fault idle nic0

# super-packets beyond 64 KB (IPv6 only on old kernels), and tagged ones
sink=$(fault sink d)
echo 0 >/proc/sys/net/ipv6/conf/nic0/disable_ipv6
must ip addr add fd00::1/64 dev nic0 nodad
must ip neigh replace fd00::2 lladdr "$mac_rx" dev nic0
must ip link set nic0 gso_max_size 400000
must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root rate 1250000000
prove fault bulk fd00::2 20000000
prove fault idle nic0
super_pkts=0 super_pkt_frames=0 cut_pkts=0
eval "$(fault stat nic0 root)"
# 46 frames are 64 KB; TCP of 6.1 is more modest on average.
case $(uname -r) in 6.1.*) least=30 ;; *) least=46 ;; esac
check "P1: the largest super-packets are cut ($super_pkt_frames frames in $super_pkts)" \
	[ $((super_pkt_frames > super_pkts * least && cut_pkts == super_pkts)) = 1 ]
must ip link add link nic0 name vlan5 type vlan id 5
must ip addr add 10.0.5.1/24 dev vlan5
must ip link set vlan5 up
must ip neigh replace 10.0.5.2 lladdr "$mac_rx" dev vlan5
must ip -n d link add link rx0 name vlan5 type vlan id 5
must ip -n d addr add 10.0.5.2/24 dev vlan5
must ip -n d link set vlan5 up
prove fault bulk 10.0.5.2 2000000
prove fault idle nic0
must ip link del vlan5

# super-packets that are lists of whole packets: GRO makes them of datagrams that are forwarded
must ip netns add g
must ip link add gate0 type veth peer name src0 netns g
must ip link set gate0 up
must ip addr add 10.0.7.1/24 dev gate0
must ip -n g link set src0 up
must ip -n g addr add 10.0.7.2/24 dev src0
must ip -n g route add 10.0.0.0/24 via 10.0.7.1
must ethtool -K gate0 gro on rx-gro-list on
must ip netns exec g ethtool -K src0 gso off tx-udp-segmentation off
echo 1 >/proc/sys/net/ipv4/ip_forward
must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root rate 12500000
# 20 times 2 bundles, of 10 datagrams each, that the sender's stack cuts
must ip netns exec g fault steady 10.0.0.2 200 2 12000 10000
prove fault idle nic0
super_pkts=0 super_pkt_frames=0 cut_pkts=0
eval "$(fault stat nic0 root)"
check "P1: lists of packets are cut and counted ($super_pkt_frames of 400 in $super_pkts)" \
	[ "$super_pkts" -gt 0 -a "$cut_pkts" = "$super_pkts" -a "$super_pkt_frames" = 400 ]
echo 0 >/proc/sys/net/ipv4/ip_forward
must ip link del gate0

# the largest MTU that a device can have, and the one with which a full frame is 2^31 bytes on the wire
must ip link add spare0 type dummy
must ip addr add 10.0.6.1/24 dev spare0
must ip link set spare0 up
must ip neigh replace 10.0.6.2 lladdr "$mac_rx" dev spare0
for mtu in 2147483647 2147483610; do
	must ip link set spare0 mtu $mtu
	must tc qdisc replace dev spare0 root pfifo
	must fault set spare0 root rate 1000000
	must fault mix 10.0.6.2 200
	sleep 5
	prove fault idle spare0
done

must ip link del nic0
must ip link del spare0
kill "$sink"
finish
