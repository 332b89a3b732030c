# plan-above.sh: devices without a cable of their own. Sluice is told the name of the device and finds what to pace; what the cable
# below carries is captured outside. Ports: 5101 VLAN, 5102 veth, 5103 bridge, 5104 bond, 5105 tap; VXLAN has 4789.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# cycles DEV TIMES: Sluice comes and goes, by the command.
cycles()
{
	i=0
	while [ $i -lt "$2" ]; do
		sluice on "$1" maxrate 20mbit >"$tmp/cycles" 2>&1 && sluice off "$1" >"$tmp/cycles" 2>&1 || return
		i=$((i + 1))
	done
}

# above DEV N TARGET DEV...: TARGET is what Sluice is told, and the last are what it has to pace for DEV, whose network is 10.0.N.
above()
{
	dev=$1 n=$2 target=$3
	shift 3
	up "$n" "$dev" "$dev" || return
	before=$(tree)
	check "$dev: load" load
	check "$dev: sluice on $target" sluice on "$target" maxrate 20mbit
	for below; do
		check "$dev: $below is paced, each queue" equal "$(paced "$below")" "$(queues "$below")"
	done
	check "$dev: TCP through Sluice arrives" equal "$(transfer "$n" $((5000 + n)) 204800)" 204800
	check "$dev: sluice off $target" sluice off "$target"
	check "$dev: off puts back what was there" equal "$(tree)" "$before"
	cycles "$target" 4 &
	cycles=$!
	check "$dev: TCP arrives while Sluice comes and goes" equal "$(transfer "$n" $((5100 + n)) 409600)" 409600
	check "$dev: each time" wait $cycles
	check "$dev: what was there is back" equal "$(tree)" "$before"
	gone "$dev"
	ip link del "$dev"
	ip -n far link del "$dev" 2>/dev/null
}

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

ip link set wire2 down
ip link set wire3 down
ip link add bond0 type bond mode active-backup miimon 100
ip link set wire2 master bond0
ip link set wire3 master bond0
ip -n far link set far2 up
ip -n far link set far3 up
ip -n far link add bond0 type bridge
ip -n far link set far2 master bond0
ip -n far link set far3 master bond0
above bond0 104 bond0 wire2 wire3

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
