# plan-gap.sh: gap frames (gap_frames), which fill the line up to each departure: on NICs of several speeds, behind a bridge, with another
# number of queues, another speed of the link, and without the NIC. From outside, the place of a frame says when it leaves (place.c). Ports:
# 5300 TCP, 5301 TCP without gap frames, 5302 four sockets of UDP, 5303 to 5306 four flows of TCP with a rate for the device, 5307 a bridge at
# the other end, 5308 a tenth of the speed, 5309 the first one again, 5310 what goes away.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

# shellcheck source=tests/qemu/fault.sh
. tests/qemu/fault.sh

# shown KEY: a number of the device's.
shown() { sluice show "$dev" --json | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" | head -n 1; }

# counted NAMESPACE DEV COUNTER: of a network device.
counted() { ip netns exec "$1" cat "/sys/class/net/$2/statistics/$3"; }

# A NIC of virtio has a line here alone: sluice on refuses gap frames there, tc does not.
on()
{
	case $(driver "$1") in
	virtio_net) at=$1; shift; tc qdisc replace dev "$at" root sluice "$@" ;;
	*) sluice on "$@" ;;
	esac
}

off() { case $(driver "$1") in virtio_net) tc qdisc del dev "$1" root ;; *) sluice off "$1" ;; esac; }

# refused SENTENCE DEV: with the exit code of `sluice on`, or of tc where that attaches it.
refused()
{
	code=1
	case $(driver "$2"):$1 in virtio_net:*'link up') code=2 ;; esac
	untold=$(tree)
	# shellcheck disable=SC2016 # expanded by the inner shell
	if [ $code = 2 ]; then
		check "$what: refused" code_is 2 sh -c 'tc qdisc replace dev "$1" root sluice gap_frames 500us 2>"$0"' "$tmp/refused" "$2"
	else
		check "$what: refused" code_is 1 sh -c 'sluice on "$1" maxrate 50mbit gap_frames 500us 2>"$0"' "$tmp/refused" "$2"
	fi
	check "$what: says why ($(cat "$tmp/refused"))" grep -qF "$1" "$tmp/refused"
	check "$what: nothing is changed" equal "$(tree)" "$untold"
}

# pause_off DEV: what a refusal for it says to do.
pause_off() { ethtool -A "$1" autoneg off tx off; }

# speed_is DEV MBITS: the link has come up again, with this speed.
speed_is()
{
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		[ "$(cat "/sys/class/net/$1/speed")" != "$2" ] || [ "$(cat "/sys/class/net/$1/carrier")" != 1 ] || return 0
		sleep 0.5
	done
	ethtool "$1"
	return 1
}

# datagrams N PORT: four sockets at once, 80 frames each, which wait in the qdisc nearly all at once. Nobody hears them.
datagrams()
{
	senders=
	for cpu in 0 1 2 3; do
		taskset -c $cpu build/tests/scope/send udp "10.0.$1.2" "$2" 80 1400 &
		senders="$senders $!"
	done
	# shellcheck disable=SC2086 # words on purpose
	wait $senders
	sleep 1
}

# unfit N SPEED: what the NIC has to be told first, and that it is refused before. SPEED is for one that does not know it.
unfit()
{
	if [ "$(cat "/sys/class/net/wire$1/speed")" = -1 ]; then
		what="$nic, speed unknown"
		refused 'does not say how fast its link is, which gap frames are counted by; bring the link up' "wire$1"
		ethtool -s "wire$1" speed "$2" duplex full
	fi
	if ethtool -a "wire$1" >/dev/null 2>&1; then
		what="$nic, tx pause"
		ethtool -A "wire$1" autoneg off tx on
		refused 'switch that off (ethtool -A DEV autoneg off tx off)' "wire$1"
		check "$what: sluice on without gap frames" sluice on "wire$1" maxrate 100mbit
		refused 'switch that off (ethtool -A DEV autoneg off tx off)' "wire$1"
		check "$what: sluice off" sluice off "wire$1"
		check "$what: what was told to do" pause_off "wire$1"
	fi
}

# counts: of one moment, frames of flows and gap frames.
counts() { sluice show "$dev" --json | sed -n 's/^ *"\(sent\|gap\)_frames": \([0-9]*\).*/\2/p' | tr '\n' ' '; }

# idle_has_none: in 2 s without a frame of a flow, which may be one that TCP sends again.
idle_has_none()
{
	for _ in 1 2 3 4 5 6 7 8; do
		were=$(counts)
		sleep 2
		are=$(counts)
		[ "${are%% *}" = "${were%% *}" ] || continue
		equal "$are" "$were"
		return
	done
	echo "there is always a frame of a flow: $are"
	return 1
}

# filled N SPEED RATE TIME
filled()
{
	n=$1 dev=wire$1 nic="gap, $(driver "wire$1")"
	up "$n" "$dev" "far$n" || return
	unfit "$n" "$2"
	what=$nic before=$(tree)
	check "$what: on" on "$dev" maxrate "$3" gap_frames "$4"
	check "$what: TCP arrives" equal "$(steady transfer "$n" 5300 204800)" 204800
	check "$what: gap frames were sent, and there was memory for each" test "$(shown gap_frames)" -gt 400 -a "$(shown gap_alloc_failed_frames)" = 0
	check "$what: an idle line has none" idle_has_none
	steady datagrams "$n" 5302
	check "$what: on with a rate for the device" on "$dev" maxrate off rate "$3"
	check "$what: four flows arrive" equal "$(steady four "$n" 5303 | tr '\n' ' ')" '102400 102400 102400 102400 '
	sluice show "$dev" | sed -n "s/^  *\(gap_wire\|burst_now\|lateness_ns\|train_frames\)/# $what: \1/p"
	check "$what: the other end has no errors" equal "$(counted far "far$n" rx_errors)" 0
	check "$what: on without gap frames" on "$dev" gap_frames off
	fills=$(shown gap_frames)
	check "$what: TCP arrives without them" equal "$(steady transfer "$n" 5301 102400)" 102400
	check "$what: none was sent" equal "$(shown gap_frames)" "$fills"
	check "$what: off" off "$dev"
	check "$what: off puts back what was there" equal "$(tree)" "$before"
	down "$dev" "far$n"
}

# bridged N: the other end is a bridge, which hears all, and has another port.
bridged()
{
	n=$1 dev=wire$1
	what="gap, to a bridge"
	ip -n far link add br0 type bridge
	ip -n far link add port type veth peer name guest
	ip -n far link set "far$n" master br0 up
	ip -n far link set port master br0 up
	ip -n far link set guest up
	up "$n" "$dev" br0 || return
	check "$what: on" on "$dev" maxrate 20mbit gap_frames 1ms
	came=$(counted far "far$n" rx_packets) lost=$(counted far "far$n" rx_dropped) went=$(counted far port tx_packets)
	check "$what: TCP arrives" equal "$(steady transfer "$n" 5307 204800)" 204800
	fills=$(shown gap_frames)
	check "$what: gap frames reach it ($fills)" test "$fills" -gt 400 -a $(($(counted far "far$n" rx_packets) - came)) -ge "$fills"
	check "$what: it sends none of them on" test $(($(counted far port tx_packets) - went)) -lt 20
	check "$what: it counts no error and no drop" equal "$(counted far "far$n" rx_errors) $(($(counted far "far$n" rx_dropped) - lost))" '0 0'
	check "$what: off" off "$dev"
	ip -n far link del br0
	ip -n far link del port
	down "$dev" "far$n"
}

# Another speed of the link. e1000e tells it to who asks and to the kernel.
respeeded()
{
	n=$1 dev=wire$1
	what="gap, $(driver "$dev"), speed"
	up "$n" "$dev" "far$n" || return
	pause_off "$dev"
	check "$what: sluice on" sluice on "$dev" maxrate 20mbit gap_frames 1ms
	ethtool -s "$dev" speed 100 duplex full autoneg off
	check "$what: 100 Mb/s" speed_is "$dev" 100
	check "$what: TCP arrives at 100 Mb/s" equal "$(steady transfer "$n" 5308 102400)" 102400
	ethtool -s "$dev" autoneg on
	check "$what: 1000 Mb/s" speed_is "$dev" 1000
	check "$what: TCP arrives at 1000 Mb/s" equal "$(steady transfer "$n" 5309 102400)" 102400
	check "$what: sluice off" sluice off "$dev"
	down "$dev" "far$n"
}

# Another number of queues, while it sends, and then no device. With more than one, timers make the gaps. Of a line of 10 Gb/s the emulator
# fills no more than 5 us before each frame.
requeued()
{
	dev=veth0 what='gap, queues'
	ip link add veth0 numtxqueues 4 numrxqueues 4 type veth peer name veth1 netns far numtxqueues 4 numrxqueues 4
	ethtool -L veth0 tx 1
	up 108 veth0 veth1 || return
	check "$what: sluice on with one" sluice on veth0 maxrate 100mbit gap_frames 20us
	endless 108 5310
	check "$what: packets wait" equal $? 0
	check "$what: gap frames are sent" test "$(shown gap_frames)" -gt 0
	check "$what: four" ethtool -L veth0 tx 4
	sleep 0.05
	fills=$(shown gap_frames) sent=$(counted far veth1 rx_packets)
	sleep 0.05
	check "$what: no gap frames any more" equal "$(shown gap_frames)" "$fills"
	check "$what: frames go on" test "$(counted far veth1 rx_packets)" -gt "$sent"
	check "$what: and the option is off" equal "$(shown gap_frames_ns)" 0
	refused "fills the line of a device with one transmit queue, and this one has 4: run 'ethtool -L veth0 tx 1'" veth0
	check "$what: one again" ethtool -L veth0 tx 1
	check "$what: sluice on with it" sluice on veth0 gap_frames 20us
	sleep 0.05
	check "$what: gap frames are sent again" test "$(shown gap_frames)" -gt "$fills"
	check "$what: packets wait again" test "$(waiting)" -gt 0
	ip link del veth0
	end
}

# At 100 Mb/s the emulator has time enough for each frame.
check 'gap: load' load
what='gap, vmxnet3'
refused "a virtual machine's NIC (vmxnet3) has no line" wire3
filled 1 100 20mbit 1ms
filled 2 1000 100mbit 500us
if [ -d /sys/class/net/wire4 ]; then
	filled 4 1000 100mbit 500us
	filled 5 100 20mbit 1ms
	bridged 1
	respeeded 2
fi
requeued
gone gap
if [ -d /sys/class/net/wire4 ]; then
	pause_off wire2
	unbound 2 maxrate 20mbit gap_frames 1ms
fi
