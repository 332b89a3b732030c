# plan-guest.sh: TCP of a guest, a name space here, which the host routes to a NIC. What reaches the host's qdisc are super-packets
# without a socket of its own. From outside, the port says how they left: 5040 through Sluice as it is, 5041 with forward. Then UDP of
# the host that asks for no rate, to where nobody hears it: 5042 through Sluice as it is, 5043 with smooth.
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
# held KEY: how many frames the first queue has held that the key counts.
held() { sluice show wire1 --json | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" | head -n 1; }

check "guest: load" load
check "guest: sluice on" sluice on wire1
check "guest: TCP arrives" equal "$(steady transfer 1 5040 204800 ip netns exec guest)" 204800
check "guest: sluice on with forward" sluice on wire1 forward 20ms
check "guest: TCP arrives with forward" equal "$(steady transfer 1 5041 204800 ip netns exec guest)" 204800
check "guest: what was held is counted" test "$(held forward_held_frames)" -gt 50
check "guest: 80 datagrams of the host" build/tests/scope/send udp 10.0.1.2 5042 80 1400
check "guest: sluice on with smooth" sluice on wire1 smooth 100ms
check "guest: 80 datagrams of the host with smooth" build/tests/scope/send udp 10.0.1.2 5043 80 1400
sleep 1
check "guest: they were held" test "$(held smooth_held_frames)" -gt 70
check "guest: sluice off" sluice off wire1
gone guest
echo 0 >/proc/sys/net/ipv4/ip_forward
ip link del gate
ip netns del guest
ip -n far route del 10.1.0.0/24
down wire1 far1
