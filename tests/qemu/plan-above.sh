# plan-above.sh: devices without a cable of their own. Sluice is told the name of the device and finds what to pace; what the cable
# below carries is captured outside. Ports: 5101 VLAN, 5102 veth, 5103 bridge, 5105 tap; 5106 VXLAN.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# A host answers for all its addresses on all its devices, unless told not to.
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
up 1 wire1 far1

ip link add vlan7 link wire1 type vlan id 7
ip -n far link add vlan7 link far1 type vlan id 7
above vlan7 101 vlan7 wire1

ip link add br0 type bridge
ip link set br0 up
ip link set wire1 master br0
ip link add veth9 type veth peer name veth9b
ip link set veth9b master br0 up
ip -n far link add veth9 type bridge
ip -n far link set far1 master veth9
above veth9 102 veth9 veth9
ip -n far link add br0 type bridge
ip -n far link set far1 master br0
above br0 103 br0 wire1

# The tap's frames leave by wire1, as those of a virtual machine would.
"$transfer" cable tap0 wire1 &
cable=$!
for _ in 1 2 3 4 5 6 7 8; do [ ! -d /sys/class/net/tap0 ] || break; sleep 0.2; done
ip -n far link add tap0 type bridge
ip -n far link set far1 master tap0
above tap0 105 tap0 tap0
kill $cable 2>/dev/null
ip -n far address replace 10.0.1.2/24 dev far1

ip link add vx0 type vxlan id 5 remote 10.0.1.2 dstport 4789 dev wire1
ip -n far link add vx0 type vxlan id 5 remote 10.0.1.1 dstport 4789 dev far1
check "vx0: a tunnel is refused, for nobody knows by which device it leaves" code_is 3 sluice on vx0 maxrate 20mbit
above vx0 106 wire1 wire1
