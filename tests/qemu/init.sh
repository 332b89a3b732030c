#!/bin/sh
# init.sh: the first process of the machines that tests/qemu starts. Makes the host's file system, read-only, its own, with /run to
# write into, and goes on there with a script of this folder: that of the command line (guest=), or guest.sh. With "writable" on the
# command line all of it can be written to; it is gone when the machine is.
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev /host /below /over
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
word() { sed -n "s/.* $1=\([^ ]*\).*/\1/p" /proc/cmdline; }
# Processors that the kernel was told not to start (run.sh), before the drivers count them.
pause &
for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
	[ "$(cat "$cpu/online" 2>/dev/null)" != 0 ] || echo 1 >"$cpu/online"
done
kill $!
# The list is in the order in which they need each other.
while read -r m; do insmod "/modules/$m" || echo "tap: not ok - load $m"; done </modules/order
below=/host
! grep -q ' writable ' /proc/cmdline || below=/below
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose root $below ||
	{ echo "tap: not ok - the host's files are there"; poweroff -f; }
if [ $below != /host ]; then
	mount -t tmpfs over /over
	mkdir /over/upper /over/work
	mount -t overlay -o lowerdir=$below,upperdir=/over/upper,workdir=/over/work over /host ||
		{ echo "tap: not ok - the host's files can be written over"; poweroff -f; }
fi
guest=$(word guest) folder=$(word folder)
for d in /proc /sys /dev; do mount -o move "$d" "/host$d"; done
mount -t tmpfs run /host/run
mount -t debugfs debug /host/sys/kernel/debug
mkdir -p /host/run/netns
# It stays the first process, so that what the kernel starts by itself, such as modprobe, finds its files there as well.
exec chroot /host /bin/sh -c "cd '$folder' && exec sh tests/qemu/${guest:-guest.sh}"
