# sluice on stands aside for who sets the qdisc already, apply reads its files whole before it changes anything, and both tell
# what the host lacks: privilege, space, a writable /run (M2); off works also then (M1).
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
load
must ip link add nic0 numtxqueues 2 type dummy
must ip link add nic1 type dummy
must ip link set nic0 up
must ip link set nic1 up
index=$(cat /sys/class/net/nic0/ifindex)
keep

# owned WHO PART: on refuses with PART in its sentence, and takes over when told to.
owned()
{
	says "owner: $1" 1 "$2" sluice on nic0
	says "owner: $1, and others are not paced either" 1 "$2" sluice on nic1 nic0
	check "owner: $1: --takeover" sluice on nic0 --takeover
	check "owner: $1: on again, by who has taken over" sluice on nic0 limit 77
	check "owner: $1: off" sluice off nic0
	check "M1: as before" same_as_kept
}

# Cilium, by its programs
must tc qdisc add dev nic0 clsact
must fault stamper nic0 stamp
check "owner: none: a program of somebody else" sluice on nic0
must sluice off nic0
must fault stamper nic0 cil_to_netdev
keep
owned "Cilium" "nic0 belongs to Cilium (its BPF program cil_to_netdev)"
must tc qdisc del dev nic0 clsact
keep
if fault stamper nic0 cil_to_netdev tcx; then
	owned "Cilium by tcx" "nic0 belongs to Cilium (its BPF program cil_to_netdev)"
	must ip link del nic0
	must ip link add nic0 index "$index" numtxqueues 2 type dummy
	must ip link set nic0 up
	keep
else
	case $(uname -r) in 6.1.*) ;; *) not_ok "owner: a program can be attached by tcx" ;; esac
fi

# sqm-scripts
mkdir -p /run/sqm
: >/run/sqm/nic0.state
owned "sqm, by its state" "nic0 is shaped by sqm-scripts"
: >/run/sqm/nic00.state
rm /run/sqm/nic0.state
check "owner: none: sqm of another device" sluice on nic0
must sluice off nic0
must ip link add ifb4nic0 type ifb
keep
owned "sqm, by its device" "nic0 is shaped by sqm-scripts"
must ip link del ifb4nic0
keep

# systemd-networkd: by what it says itself, else by the files
mkdir -p /run/systemd/network /run/systemd/netif/links
printf '[Match]\nName=nic[0-5] !nic1\n\n[Network]\nDHCP=yes\n[FairQueueing]\nParent=root\n' >/run/systemd/network/10-nic.network
owned "systemd-networkd" "nic0 belongs to systemd-networkd ([FairQueueing] in /run/systemd/network/10-nic.network)"
check "owner: none: a device that the file excepts" sluice on nic1
must sluice off nic1
printf 'NETWORK_FILE=/run/systemd/network/20-other.network\n' >"/run/systemd/netif/links/$index"
printf '[Match]\nName=*\n[Network]\nDHCP=yes\n' >/run/systemd/network/20-other.network
check "owner: none: networkd says that it took another file" sluice on nic0
must sluice off nic0
mkdir /run/systemd/network/20-other.network.d
printf '[CAKE]\nBandwidth=5M\n' >/run/systemd/network/20-other.network.d/a.conf
printf 'NETWORK_FILE=/run/systemd/network/20-other.network\nNETWORK_FILE_DROPINS="/run/systemd/network/20-other.network.d/a.conf"\n' \
	>"/run/systemd/netif/links/$index"
owned "systemd-networkd, in a drop-in" "[CAKE] in /run/systemd/network/20-other.network.d/a.conf"
rm -r /run/systemd

# NetworkManager: a profile, and a dispatcher's script
mkdir -p /run/NetworkManager/system-connections /run/NetworkManager/devices
printf '[connection]\nid=a\nuuid=1-2\ninterface-name=nic0\n[tc]\nqdisc.root=fq_codel\n' \
	>/run/NetworkManager/system-connections/a.nmconnection
owned "NetworkManager" "nic0 belongs to NetworkManager ([tc] in /run/NetworkManager/system-connections/a.nmconnection)"
printf '[device]\nmanaged=true\nconnection-uuid=3-4\n' >"/run/NetworkManager/devices/$index"
check "owner: none: NetworkManager uses another profile" sluice on nic0
must sluice off nic0
printf '[device]\nmanaged=true\nconnection-uuid=1-2\n' >"/run/NetworkManager/devices/$index"
owned "NetworkManager, by what it says" "nic0 belongs to NetworkManager"
printf '[device]\nmanaged=false\nconnection-uuid=1-2\n' >"/run/NetworkManager/devices/$index"
check "owner: none: NetworkManager leaves the device alone" sluice on nic0
must sluice off nic0
rm -r /run/NetworkManager
# From here on the guest has an /etc of its own.
must mount -t tmpfs etc /etc
mkdir -p /etc/NetworkManager/dispatcher.d /etc/sluice
script=/etc/NetworkManager/dispatcher.d/50-pace
printf '#!/bin/sh\n# tc qdisc\n[ "$2" = up ] && tc qdisc replace dev "$1" root fq\n' >$script
check "owner: none: a script that cannot be run" sluice on nic0
must sluice off nic0
chmod +x $script
owned "a script of NetworkManager" "dispatcher script of NetworkManager, which runs tc ($script)"
rm $script

# refuses_one CLAIM CODE PART: apply ends with CODE, and one sentence with PART.
refuses_one()
{
	sluice apply 2>"$lab/said"
	code=$?
	check "$1: $(cat "$lab/said")" [ "$code:$(wc -l <"$lab/said"):$(grep -cF -- "$3" "$lab/said")" = "$2:1:1" ]
}

# apply: all files are right, or none counts
check "apply: no files" sluice apply
printf 'maxrate 100mbit # of all\n' >/etc/sluice/default.conf
printf 'rate 1gbit\n\nlimit 77\n' >/etc/sluice/nic0.conf
: >/etc/sluice/nic1.conf
cp /etc/sluice/nic0.conf /tmp/nic0.conf
keep
for line in 'rate 1gbps' 'limit' 'limit 0' 'nosuch 5' 'rate 1gbit' 'burst 4 5'; do
	printf '%s\n' "$line" >>/etc/sluice/nic0.conf
	says "apply: '$line' in the last line" 2 "/etc/sluice/nic0.conf:4: " sluice apply
	cp /tmp/nic0.conf /etc/sluice/nic0.conf
done
echo 'rate 1' >>/etc/sluice/default.conf
says "apply: an error in the common file" 2 "/etc/sluice/default.conf:2: " sluice apply
printf 'maxrate 100mbit # of all\n' >/etc/sluice/default.conf
: >/etc/sluice/nic2.conf
refuses_one "apply: a device that is not there, and its file" 1 "sluice apply /etc/sluice/nic2.conf: there is no device 'nic2' here"
check "apply: but the others are paced" sh -c '[ "$(fault dump nic0 | grep -c ^sluice)$(fault dump nic1 | grep -c ^sluice)" = 21 ]'
must sluice off nic0 nic1
check "M1: as before" same_as_kept
sluice apply --dry-run --json 2>"$lab/said" | tr -d '\n ' >"$lab/json"
check "apply: --json tells what was refused" grep -q '"dev":"nic2","via":"nic2","paced":false,"dry_run":true,"reason":"refused"' "$lab/json"
check "apply: beside what is paced" [ "$(grep -o '"paced":true' "$lab/json" | wc -l)" = 2 ]
rm /etc/sluice/nic2.conf
must tc qdisc add dev nic1 root handle 7: prio
keep
refuses_one "apply: what is on a device cannot be put back" 1 "sluice apply /etc/sluice/nic1.conf: nic1: "
check "apply: so it stays, and the other is paced" [ "$(fault dump nic0 | grep -c ^sluice)$(fault dump nic1 | grep -c ^prio)" = 21 ]
must sluice off nic0
check "M1: as before" same_as_kept
must tc qdisc del dev nic1 root
keep
sluice apply --dry-run >"$lab/dry"
check "apply: --dry-run prints four commands" [ "$(grep -c '^tc ' "$lab/dry")" = 4 ]
check "apply: --dry-run changes nothing" same_as_kept
check "apply: two devices" sluice apply
check "apply: two queues and a root" sh -c '[ "$(fault dump nic0 | grep -c ^sluice)$(fault dump nic1 | grep -c ^sluice)" = 21 ]'
dumps >"$lab/first"
check "apply: again" sluice apply
dumps >"$lab/second"
check "apply: again changes nothing, not even a handle" cmp "$lab/first" "$lab/second"
must sluice on nic0 gain 120%
must sluice apply
dumps >"$lab/second"
check "apply: leaves no option as it was" cmp "$lab/first" "$lab/second"
check "off: both" sluice off nic0 nic1
check "M1: as before" same_as_kept
umount /etc

# one of two cannot be paced: neither is
must tc qdisc replace dev nic1 root handle 8: htb
keep
says "on: two devices, the second cannot be put back" 1 "its qdisc htb 8:" sluice on nic0 nic1
must tc qdisc del dev nic1 root
keep

# no privilege: before anything else
says "on: no privilege" 3 "only root may configure the network" setpriv --reuid=65534 --regid=65534 --clear-groups "$lab/bin/sluice" on nic0
says "on: root without the capability" 3 "only root may configure the network" \
	setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$lab/bin/sluice" on nic0
must sluice on nic0
keep
says "off: no privilege" 3 "only root may configure the network" setpriv --reuid=65534 --regid=65534 --clear-groups "$lab/bin/sluice" off nic0
says "off: root without the capability" 3 "only root may configure the network" \
	setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$lab/bin/sluice" off nic0
check "off: its record is still there" sluice off nic0
keep

# another boot
must sluice on nic0
echo 00000000-0000-0000-0000-000000000000 >/tmp/boot_id
must mount --bind /tmp/boot_id /proc/sys/kernel/random/boot_id
says "off: a record of another boot does not count" 1 "has left no record in this boot" sluice off nic0
must umount /proc/sys/kernel/random/boot_id
must tc qdisc del dev nic0 root
check "M1: as before" same_as_kept

# a record that is broken
must sluice on nic0
record=$(find /run/sluice -name '*.state')
must dd if=/dev/null of="$record" bs=1 seek=30
says "off: a record that was cut short" 1 "has left no record in this boot" sluice off nic0
must tc qdisc del dev nic0 root

# a full disk
rm -rf /run/sluice
mkdir /run/sluice
must mount -t tmpfs -o size=8k,mode=755 sluice /run/sluice
must sluice on nic1
head -c 8192 /dev/zero >/run/sluice/full 2>/dev/null
keep
says "on: a full disk" 1 "No space left on device: nothing is changed" sluice on nic0
check "on: the disk is full, and what is paced already can be changed" sluice on nic1 limit 5
says "on: both, on a full disk" 1 "nothing is changed" sh -c 'sluice on nic1 nic0 limit 6'
check "off: on a full disk" sluice off nic1
rm /run/sluice/full
check "on: with space" sluice on nic0
must sluice off nic0
check "M1: no record is left" no_records

# a disk that cannot be written
must sluice on nic1
must mount -o remount,ro /run/sluice
keep
says "on: a read-only disk" 1 "Read-only file system: nothing is changed" sluice on nic0
sluice off nic1 2>"$lab/said"
check "off: a read-only disk: puts back, and says what it cannot" [ $? = 1 ]
check "off: in one sentence" sh -c '[ "$(grep -c "cannot be removed: Read-only file system" /run/lab/said)$(wc -l </run/lab/said)" = 11 ]'
check "off: it is put back" [ "$(fault dump nic1 | grep -c ^sluice)" = 0 ]
check "status: the record that stays does not count" sh -c 'sluice | grep -q "no device is paced"'
must mount -o remount,rw /run/sluice
check "on: it can be written again" sluice on nic1
check "off: and removed" sluice off nic1
check "M1: no record is left" no_records
must umount /run/sluice
must ip link del nic0
must ip link del nic1
finish
