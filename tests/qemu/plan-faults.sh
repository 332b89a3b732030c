# plan-faults.sh: what Sluice holds goes away while packets wait in it.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# shellcheck source=tests/qemu/fault.sh
. tests/qemu/fault.sh

check "rmmod: load" load
up 1 wire1 far1
check "rmmod: sluice on" sluice on wire1 rate 20mbit
endless 1 5201
check "rmmod: packets wait" equal $? 0
check "rmmod: refused while Sluice paces" code_is 1 rmmod sch_sluice
ip link set wire1 down
check "rmmod: a device that goes down drops what waited" equal "$(waiting)" 0
ip link set wire1 up
end
check "rmmod: sluice off" sluice off wire1
gone "rmmod"

# With a rate, the queues of vmxnet3 share a clock.
unbound 2 maxrate 5mbit
unbound 3 rate 5mbit

# A name space ends while its veth holds packets.
check "name space: load" load
ip netns add near
ip link add inner type veth peer name outer
ip link set inner netns near
ip link set outer netns far
ip -n near address add 10.0.107.1/24 dev inner
ip -n near link set inner up
ip -n far address add 10.0.107.2/24 dev outer
ip -n far link set outer up
check "name space: sluice on" ip netns exec near sluice on inner maxrate 5mbit
receive 5202 "$tmp/endless"
ip netns exec near "$transfer" send 10.0.107.2 5202 1000000000 &
sender=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	sleep 0.2
	n=$(ip netns exec near tc -s qdisc show dev inner | awk '$1 == "backlog" { n += $3 } END { print n + 0 }')
	[ "$n" = 0 ] || break
done
check "name space: packets wait" test "$n" -gt 0
ip netns del near
end
gone "name space"
