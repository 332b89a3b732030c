# Sluice below other qdiscs, which count its packets and peek at them (P9), and a socket that changes under load.
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d 4
echo 1 >/proc/sys/net/ipv6/conf/nic0/disable_ipv6 # frames are counted
sink=$(fault sink d)

# below KIND PARENT...: the qdisc at the root gets sluice at each PARENT. Super-packets that empty it by a loss, traffic of all
# kinds, and one child that goes and comes back while packets wait in it.
below()
{
	above=$1 first=$2
	shift
	for parent in "$@"; do
		must fault set nic0 "$parent" rate 6000000
	done
	[ "$above" = mq ] || prove fault supers nic0 "$first" d rx0 corrupt
	fault mix 10.0.0.2 1000 &
	mix=$!
	sleep 0.3
	must tc qdisc replace dev nic0 parent "$first" pfifo
	sleep 0.1
	must fault set nic0 "$first" rate 6000000
	check "P9: senders through $above end" wait $mix
	sleep 5
	sum=0
	for parent in "$@"; do
		sent_frames=0
		eval "$(fault stat nic0 "$parent")"
		sum=$((sum + sent_frames))
	done
	check "P9: traffic passes sluice below $above ($sum frames)" [ "$sum" -gt 1000 ]
	prove fault idle nic0
	must tc qdisc del dev nic0 root
}

must tc qdisc add dev nic0 root handle 1: prio
below prio 1:2 1:1 1:3

must tc qdisc add dev nic0 root handle 1: htb default 10
must tc class add dev nic0 parent 1: classid 1:10 htb rate 40mbit
below htb 1:10

must tc qdisc add dev nic0 root handle 1: tbf rate 40mbit burst 20k limit 100k
below tbf 1:1

must tc qdisc add dev nic0 root handle 1: netem delay 5ms
below netem 1:1

must tc qdisc add dev nic0 root handle 1: mq
below mq 1:1 1:2 1:3 1:4

# a socket that turns into another one while its packets wait for the device
must ip addr add 10.0.3.1/24 dev nic0
must ip neigh replace 10.0.3.2 lladdr "$mac_rx" dev nic0
must fault set nic0 root rate 125000
prove fault rehash nic0 10.0.0.2 10.0.3.2
prove fault idle nic0
must ip link del nic0
kill "$sink"
finish
