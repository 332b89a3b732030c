#!/bin/sh
# guest.sh: the first process of the machine that bench/departure/run.sh starts; carries out /plan, whose lines are
#	point NAME FLOWS SEGS RATE_BITS_PS STARTS WARMUP_MS SPAN_MS QDISC OPTIONS...
# and powers off.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
insmod /sch_fq.ko
insmod /sch_sluice.ko
insmod /departure.ko
insmod /cost_wire.ko
ip link set lo up
echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save
echo '4096 1048576 1048576' >/proc/sys/net/ipv4/tcp_wmem
dev=$(basename /sys/class/net/wire*)
segs_default=$(cat "/sys/class/net/$dev/gso_max_segs" 2>/dev/null)
ip address add 10.0.0.1/24 dev "$dev"
ip link set "$dev" up
export TC_LIB_DIR=/

point()
{
	name=$1 flows=$2 segs=$3 rate=$4 starts=$5 warmup_ms=$6 span_ms=$7
	shift 7
	[ "$segs" = 0 ] && segs=${segs_default:-65535}
	ip link set "$dev" gso_max_segs "$segs"
	tc qdisc replace dev "$dev" root "$@" || poweroff -f
	echo "departure: name=$name $(/departure_load "$flows" "$rate" "$starts" "$warmup_ms" "$span_ms")"
	[ -z "$verbose" ] || tc -s qdisc show dev "$dev"
	tc qdisc del dev "$dev" root
}

# What the kernel still does after it has booted is no part of any packet.
sleep 5
tc qdisc add dev lo root floor
while read -r verb words; do
	# shellcheck disable=SC2086 # words on purpose
	[ "$verb" != point ] || point $words
done </plan
poweroff -f
