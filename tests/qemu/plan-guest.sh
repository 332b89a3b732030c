# plan-guest.sh: TCP of a guest, a name space here, which the host routes to a NIC. What reaches the host's qdisc are super-packets
# without a socket of its own. From outside, the port says how they left: 5040 through Sluice as it is, 5041 with forward.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

up 1 wire1 far1
ip netns add guest
ip link add gate type veth peer name eth0 netns guest
ip address add 10.1.0.1/24 dev gate
ip link set gate up
ip -n guest address add 10.1.0.2/24 dev eth0
ip -n guest link set eth0 up
ip -n guest route add default via 10.1.0.1
ip -n far route add 10.1.0.0/24 via 10.0.1.1
echo 1 >/proc/sys/net/ipv4/ip_forward
# The guest keeps a mean of 20 Mb/s, and its super-packets stay whole.
tc -n guest qdisc replace dev eth0 root fq maxrate 20mbit
check "guest: load" load
check "guest: sluice on" sluice on wire1
check "guest: TCP arrives" equal "$(steady transfer 1 5040 204800 ip netns exec guest)" 204800
check "guest: sluice on with forward" sluice on wire1 forward 20ms
check "guest: TCP arrives with forward" equal "$(steady transfer 1 5041 204800 ip netns exec guest)" 204800
sluice show wire1 --json >"$tmp/shown"
check "guest: what was held is counted" test "$(sed -n 's/.*"forward_held_frames": \([0-9]*\).*/\1/p' "$tmp/shown" | head -n 1)" -gt 50
check "guest: sluice off" sluice off wire1
gone guest
echo 0 >/proc/sys/net/ipv4/ip_forward
ip link del gate
ip netns del guest
ip -n far route del 10.1.0.0/24
down wire1 far1
