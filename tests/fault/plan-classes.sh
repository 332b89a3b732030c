# Flows as classes: all are shown, what the core offers to do with them is refused (M2), dumps while everything changes (P8, P9),
# and what `sluice flows` makes of them.
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d 4
echo 1 >/proc/sys/net/ipv6/conf/nic0/disable_ipv6
sink=$(fault sink d)

must fault set nic0 root
prove fault bulk 10.0.0.2 200000
prove fault classes many nic0 10.0.0.2 300
prove fault classes same nic0 all
fault mix 10.0.0.2 200
sleep 1
prove fault classes same nic0
prove fault classes refuse nic0
must fault set nic0 root limit 1000000
prove fault classes many nic0 10.0.0.2 3000
must tc qdisc replace dev nic0 root pfifo
check "P9: a device without sluice has no flow" [ -z "$(tc class show dev nic0)" ]

# while the qdisc is changed, replaced, reset; and removed with its device
must fault set nic0 root rate 12500000
for what in "change 100" "replace 40" "mtu 20" "flap 20"; do
	fault mix 10.0.0.2 400 &
	mix=$!
	sleep 0.2
	fault classes watch nic0 120 >"$lab/watched" &
	watch=$!
	# shellcheck disable=SC2086 # two words
	prove fault churn ${what% *} nic0 ${what#* }
	wait $watch || not_ok "P9: classes under $what"
	cat "$lab/watched" >&3
	check "P9: all senders end ($what)" wait $mix
	sleep 5
	must fault set nic0 root rate 12500000
done
sleep 15
prove fault idle nic0

# below mq and htb: a leaf's flows are its own
must tc qdisc replace dev nic0 root handle 1: mq
for queue in 1 2 3 4; do must fault set nic0 1:$queue; done
fault mix 10.0.0.2 200
check "P9: flows below mq are shown" [ "$(tc class show dev nic0 | grep -c '^class sluice')" -gt 0 ]
check "P9: mq's own classes are shown beside them" [ "$(tc class show dev nic0 | grep -c '^class mq')" = 4 ]
must tc qdisc del dev nic0 root
must tc qdisc add dev nic0 root handle 1: htb default 10
must tc class add dev nic0 parent 1: classid 1:10 htb rate 40mbit
must tc qdisc add dev nic0 parent 1:10 handle 20: sluice
fault mix 10.0.0.2 200
check "P9: flows below htb are shown" [ "$(tc class show dev nic0 parent 20: | grep -c '^class sluice 20:')" -gt 0 ]
refuse "M2: a leaf's flow gets no qdisc" tc qdisc add dev nic0 parent 20:1 pfifo
refuse "M2: a leaf's flow gets no filter" tc filter add dev nic0 parent 20: matchall classid 1:10
must tc qdisc del dev nic0 root

# the command: a live connection is found by its socket
must fault set nic0 root rate 1250000
fault talk d 10.0.0.2 1000 &
talk=$!
sleep 0.5
sluice flows nic0 >"$lab/flows" || not_ok "sluice flows ends with $?"
sluice flows nic0 --json >"$lab/flows.json" || not_ok "sluice flows --json ends with $?"
sed 's/^/# /' "$lab/flows" >&3
check "flows: a connection is shown with its addresses" grep -q 'nic0 tcp 10.0.0.1:[0-9]* > 10.0.0.2:[0-9]* dctcp' "$lab/flows"
check "flows: it stays within 80 columns" [ "$(awk 'length > 79' "$lab/flows" | wc -l)" = 0 ]
check "flows --json: valid, with TCP's numbers" perl -MJSON::PP -e 'undef $/; my $all = decode_json(<STDIN>);
	my ($flow) = grep { $_->{socket} && $_->{socket}{protocol} eq "tcp" } @$all; exit !($flow && $flow->{dev} eq "nic0" &&
	$flow->{socket}{cwnd_pkts} > 0 && $flow->{socket}{srtt_us} > 0 && $flow->{sent_frames} > 0 && $flow->{rate_bytes_ps} > 0 &&
	$flow->{socket_cookie} == $flow->{socket}{cookie})' <"$lab/flows.json"
check "flows: without privilege" setpriv --reuid=65534 --regid=65534 --clear-groups sluice flows nic0
check "flows --top 1 shows one" [ "$(sluice flows --top 1 --json | grep -c '"dev"')" = 1 ]
wait $talk
fault bulk 10.0.0.2 200000
sleep 1
sluice flows >"$lab/flows"
check "flows: a closed socket is said to be one" grep -q 'nic0 closed, or of another network namespace: socket [1-9]' "$lab/flows"
must ip link del nic0
check "flows: without sluice, the sockets alone" sluice flows
kill "$sink"
finish
