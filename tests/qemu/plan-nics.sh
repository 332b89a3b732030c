# plan-nics.sh: Sluice on every kind of NIC. From outside, the port says which test a frame belongs to: 5000 fq, 5001 Sluice with a
# rate for each flow, 5002 replaced under load, 5010 to 5013 Sluice with a rate for the device.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

nic()
{
	n=$1 dev=wire$1
	many=$(queues "$dev")
	what="$(driver "$dev"), $many queue$([ "$many" = 1 ] || echo s)"
	check "$what: load" load
	up "$n" "$dev" "far$n" || return
	[ "$many" = 1 ] || spread "$dev"
	before=$(tree)
	tc qdisc replace dev "$dev" root fq maxrate 20mbit
	check "$what: TCP through fq arrives" equal "$(transfer "$n" 5000 204800)" 204800
	tc qdisc del dev "$dev" root

	check "$what: sluice on" sluice on "$dev" maxrate 20mbit
	check "$what: one for each queue" equal "$(paced "$dev")" "$many"
	check "$what: TCP through Sluice arrives" equal "$(steady transfer "$n" 5001 204800)" 204800
	check "$what: what it takes is in the allocator's books" test -n "$(leaks)"
	check "$what: sluice off" sluice off "$dev"
	check "$what: off puts back what was there" equal "$(tree)" "$before"

	check "$what: sluice on with a rate for the device" sluice on "$dev" rate 20mbit
	check "$what: four flows arrive" equal "$(steady four "$n" 5010 | tr '\n' ' ')" '102400 102400 102400 102400 '
	[ "$many" = 1 ] || check "$what: by all queues" equal "$(tc -s qdisc show dev "$dev" | awk '/^qdisc sluice/ { here = 1 }
		here && $1 == "Sent" { n += $4 > 50; here = 0 } END { print n }')" "$many"
	sluice show "$dev" | sed -n "s/^  *\(late_frames\|burst_now\|lateness_ns\|train_frames\)/# $what: \1/p"
	check "$what: sluice off" sluice off "$dev"
	check "$what: off puts back what was there" equal "$(tree)" "$before"

	churn "$dev" 20 &
	churn=$!
	check "$what: TCP arrives while the qdisc is replaced" equal "$(transfer "$n" 5002 819200)" 819200
	wait $churn
	check "$what: the kernel's own is back" equal "$(tree)" "$before"
	down "$dev" "far$n"
	gone "$what"
}

for n in 1 2 3 4 5 6 7 8; do [ ! -d /sys/class/net/wire$n ] || nic $n; done
