#!/bin/sh
# guest.sh: the first process of the machine that bench/cost/run.sh starts; carries out /plan, whose lines are
#	point NAME TSO LAUNCH SEGS MIN_SEGS FLOWS RATE_BITS_PS WARMUP_MS SPAN_MS QDISC OPTIONS...
# and powers off. For bench/cost/profile.sh:
#	profile ...	the same, with a word and the kernel's symbols when it has begun
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in /sch_*.ko; do insmod "$m"; done
ip link set lo up
# Options in segments only make headers longer, for all alike.
echo 0 >/proc/sys/net/ipv4/tcp_timestamps
echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
echo '4096 1048576 1048576' >/proc/sys/net/ipv4/tcp_wmem
echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6

# For fq, whose option an older tc does not know; for Sluice it is among the words.
horizon_us=200

point()
{
	name=$1 tso=$2 launch=$3 segs=$4 min_segs=$5 flows=$6 rate=$7 warmup_ms=$8 span_ms=$9
	shift 9
	echo "$min_segs" >/proc/sys/net/ipv4/tcp_min_tso_segs
	insmod /cost_wire.ko tso="$tso" launch="$launch" || return
	dev=$(basename /sys/class/net/wire*)
	echo 1 >/proc/sys/net/ipv6/conf/"$dev"/disable_ipv6
	[ "$segs" = 0 ] || ip link set "$dev" gso_max_segs "$segs"
	TC_LIB_DIR=/ tc qdisc replace dev "$dev" root "$@" || poweroff -f
	case $1:$launch in fq:stamp) /cost_horizon "$dev" "$horizon_us" || poweroff -f ;; esac
	ip address add 10.0.0.1/24 dev "$dev"
	ip link set "$dev" up
	[ "$verb" = point ] || { sleep 1; cat /proc/kallsyms >/dev/ttyS1; echo "profile: sending"; } &
	echo "cost: name=$name tso=$tso launch=$launch $(/cost_load "$flows" "$rate" "$warmup_ms" "$span_ms")"
	[ -z "$verbose" ] || tc -s qdisc show dev "$dev"
	ip link set "$dev" down
	rmmod cost_wire
}

# What the kernel still does after it has booted is no part of any packet.
sleep 5
while read -r verb words; do
	# shellcheck disable=SC2086 # words on purpose
	case $verb in point | profile) point $words ;; esac
done </plan
poweroff -f
