#!/bin/sh
# init.sh: the first process of the machine that tests/qemu/run.sh starts. Makes the host's file system, read-only, its own, with
# /run to write into, and goes on with guest.sh there.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /host
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
# Processors that the kernel was told not to start (run.sh), before the drivers count them.
pause &
for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
	[ "$(cat "$cpu/online" 2>/dev/null)" != 0 ] || echo 1 >"$cpu/online"
done
kill $!
# The list is in the order in which they need each other.
while read -r m; do insmod "/modules/$m" || echo "tap: not ok - load $m"; done </modules/order
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose root /host ||
	{ echo "tap: not ok - the host's files are there"; poweroff -f; }
for d in /proc /sys /dev; do mount -o move "$d" "/host$d"; done
mount -t tmpfs run /host/run
mount -t debugfs debug /host/sys/kernel/debug
mkdir -p /host/run/netns
folder=$(sed 's/.* folder=\([^ ]*\).*/\1/' /host/proc/cmdline)
chroot /host /bin/sh -c "cd '$folder' && exec sh tests/qemu/guest.sh"
poweroff -f
