#!/bin/sh
# guest.sh: the first process of the machine that bench/departure/run.sh starts; carries out /plan, whose lines are
#	point NAME LAUNCH FLOWS SEGS RATE_BITS_PS STARTS WARMUP_MS SPAN_MS QDISC OPTIONS...
# and powers off.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
insmod /sch_fq.ko
insmod /sch_sluice.ko
insmod /departure.ko
ip link set lo up
echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
echo '4096 1048576 1048576' >/proc/sys/net/ipv4/tcp_wmem
export TC_LIB_DIR=/
# For fq, whose option an older tc does not know; for Sluice it is among the words.
horizon_us=200

point()
{
	name=$1 launch=$2 flows=$3 segs=$4 rate=$5 starts=$6 warmup_ms=$7 span_ms=$8
	shift 8
	drift_ppm=0
	case $name in *slow) drift_ppm=100 ;; *fast) drift_ppm=-100 ;; esac
	insmod /cost_wire.ko launch="$launch" drift_ppm="$drift_ppm" || return
	dev=$(basename /sys/class/net/wire*)
	[ "$segs" = 0 ] || ip link set "$dev" gso_max_segs "$segs"
	tc qdisc replace dev "$dev" root "$@" || poweroff -f
	case $1:$launch in fq:stamp) /cost_horizon "$dev" "$horizon_us" || poweroff -f ;; esac
	ip address add 10.0.0.1/24 dev "$dev"
	ip link set "$dev" up
	echo "departure: name=$name $(/departure_load "$flows" "$rate" "$starts" "$warmup_ms" "$span_ms")"
	[ -z "$verbose" ] || tc -s qdisc show dev "$dev"
	ip link set "$dev" down
	rmmod cost_wire
}

# What the kernel still does after it has booted is no part of any packet.
sleep 5
tc qdisc add dev lo root floor
while read -r verb words; do
	# shellcheck disable=SC2086 # words on purpose
	[ "$verb" != point ] || point $words
done </plan
poweroff -f
