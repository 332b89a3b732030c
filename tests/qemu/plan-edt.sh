# plan-edt.sh: a rate without the module, by fq and a BPF program, on NICs of one queue and of several. From outside, the port says which
# test a frame belongs to: 5020 to 5023 four flows by four processors, 5024 one flow, 5025 while the command is killed, 5026 to 5029 four
# senders of UDP, 5030 to 5033 four flows through tbf, which has one queue for all, and 5034 and 5035, 5036 and 5037, 5038 and 5039 two
# sockets with a rate of their own without the module, with it, and through fq.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# datagrams N: four sockets at once, 100 frames of 1442 bytes each. Nobody hears them.
datagrams()
{
	senders=
	for cpu in 0 1 2 3; do
		taskset -c $cpu build/tests/scope/send udp "10.0.$1.2" $((5026 + cpu)) 100 1400 &
		senders="$senders $!"
	done
	# shellcheck disable=SC2086 # words on purpose
	wait $senders
	sleep 1
}

# sockets N PORT: two sockets with a rate of their own, 4 Mbit/s, each from its own processor, beside two that send all that they can. The
# far end's errors would quote their ports, so it sends none.
sockets()
{
	ip -n far rule add ipproto icmp blackhole
	senders=
	for cpu in 0 1; do
		taskset -c $((cpu + 2)) build/tests/scope/send udp "10.0.$1.2" 5045 400 1400 &
		senders="$senders $!"
		taskset -c $cpu build/tests/scope/send udp "10.0.$1.2" $(($2 + cpu)) 80 1400 0 500000 &
		senders="$senders $!"
	done
	# shellcheck disable=SC2086 # words on purpose
	wait $senders
	sleep 1
	ip -n far rule del ipproto icmp blackhole
}

egress() { tc filter show dev "$1" egress; }

# killed DEV TIMES: the command is killed, a little later each time.
killed()
{
	i=0
	while [ $i -lt "$2" ]; do
		timeout -s KILL "0.0$((i * 7 % 100))" sluice on "$1" --no-module rate 20mbit >"$tmp/killed" 2>&1
		i=$((i + 1))
	done
}

edt()
{
	n=$1 dev=wire$1
	many=$(queues "$dev")
	what="$(driver "$dev"), $many queue$([ "$many" = 1 ] || echo s), without the module"
	up "$n" "$dev" "far$n" || return
	[ "$many" = 1 ] || spread "$dev"
	before=$(tree)
	check "$what: sluice on with a rate" sluice on "$dev" --no-module rate 20mbit
	check "$what: a program at the egress" equal "$(egress "$dev" | grep -c sluice_edt)" 1
	check "$what: four flows arrive" equal "$(steady four "$n" 5020 | tr '\n' ' ')" '102400 102400 102400 102400 '
	[ "$many" = 1 ] || check "$what: by all queues" equal "$(tc -s qdisc show dev "$dev" | awk '/^qdisc fq/ { here = 1 }
		here && $1 == "Sent" { n += $4 > 50; here = 0 } END { print n }')" "$many"
	steady datagrams "$n"
	steady sockets "$n" 5034
	sluice show "$dev" --json >"$tmp/shown"
	check "$what: it sees the rates of sockets" grep -q '"keeps_socket_rates": true' "$tmp/shown"
	sluice show "$dev" | sed -n "s/^  *\(frames\|held_pkts\|asked_pkts\|socket_held_pkts\|over_backlog_pkts\|wait_max_ns\)/# $what: \1/p"
	check "$what: sluice off" sluice off "$dev"
	check "$what: off puts back what was there" equal "$(tree)$(egress "$dev")" "$before"
	killed "$dev" 12
	check "$what: sluice on after kills" sluice on "$dev" --no-module rate 20mbit
	check "$what: TCP arrives" equal "$(steady transfer "$n" 5024 204800)" 204800
	killed "$dev" 6 &
	killing=$!
	check "$what: TCP arrives while the command is killed" equal "$(transfer "$n" 5025 204800)" 204800
	wait $killing
	check "$what: sluice off after kills" sluice off "$dev"
	check "$what: off puts back what was there before all of them" equal "$(tree)$(egress "$dev")" "$before"
	tc qdisc replace dev "$dev" root tbf rate 20mbit burst 1540 limit 100000
	check "$what: four flows arrive through tbf" equal "$(steady four "$n" 5030 | tr '\n' ' ')" '102400 102400 102400 102400 '
	tc qdisc replace dev "$dev" root fq
	steady sockets "$n" 5038
	tc qdisc del dev "$dev" root
	check "$what: load" load
	check "$what: sluice on with the module" sluice on "$dev" rate 20mbit
	steady sockets "$n" 5036
	check "$what: sluice off with the module" sluice off "$dev"
	down "$dev" "far$n"
	gone "$what"
}

check "without the module: the program on this kernel, against core/'s arithmetic" equal "$(build/tests/scope/edt_test | grep -vE '^(ok |1\.\.[0-9]{2})')" ''
for n in $(word edt_nics | tr , ' '); do edt "$n"; done
