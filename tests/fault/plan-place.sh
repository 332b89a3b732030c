# sluice on finds the place, and off finds it again: queues, ports, lower devices, other name spaces, devices that vanish or are
# renamed, and what somebody else has changed in between (M1, M2).
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
export TC_LIB_DIR="$lab/bin"
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
load
must ip netns add d
must ip link add one type veth peer name far1 netns d
must ip link add many numtxqueues 4 type veth peer name far4 netns d
must ip link add bare numtxqueues 3 type dummy
must ip link add half numtxqueues 2 type ifb
must ip link add tap0 type dummy
must ip link del tap0
must ip tuntap add tap0 mode tap
must ip link add vlan7 link many type vlan id 7
must ip link add vlan8 link vlan7 type vlan id 8
must ip link add br0 type bridge
must ip link add none0 type bridge
must ip link set one master br0
must ip link set bare master br0
for device in one many bare half tap0 br0 none0; do must ip link set $device up; done
sleep 20

# queues
keep
for device in one:1 many:4 bare:3 half:2 tap0:1; do
	count=${device#*:} device=${device%:*}
	check "on: $device" sluice on $device rate 1gbit
	check "on: a sluice on each of the $count queues of $device" paced $device "$count"
	check "on: the options of a second on" sluice on $device limit 77
	check "on: all of them have both options" \
		[ "$(sluice show $device --json | tr -d ' \n' | grep -o '"rate_bytes_ps":125000000[^}]*"limit_pkts":77' | wc -l)" = "$count" ]
	check "status: a line for $device" sh -c "sluice | grep -q '^$device: paced'"
	check "off: $device" sluice off $device
done
check "M1: all are as before" same_as_kept
check "M1: no record is left" no_records
says "off: what is not paced" 1 "many: it is not paced (root qdisc: noqueue): nothing is changed" sluice off many
says "off: no such device" 1 "there is no device 'nosuch' here" sluice off nosuch
must tc qdisc replace dev tap0 root handle 5: sluice
says "off: a sluice of tc" 1 "has left no record in this boot" sluice off tap0
must tc qdisc del dev tap0 root

# a share of the link: a veth has 10 Gbit/s, a dummy tells no speed, nobody holds the tap
for far in far1 far4; do must ip -n d link set $far up; done
shared() { [ "$(sluice show $1 --json | tr -d ' \n' | grep -o "\"rate_bytes_ps\":$2.*\"link_shares\":.{\"option\":\"rate\",\"link_ppm\":$3,\"link_bits_ps\":${4:-10000000000},\"is_current\":true" | wc -l)" = 1 ]; }
check "share: of a device's link" sluice on one rate 92.5%
check "share: show has both" shared one 1156250000 925000
check "share: so has status" sh -c "sluice | grep -qF \"one: paced, rate 9.25gbit (that is 92.5% of its link's 10gbit), \""
check "share: another option" sluice on one limit 77
check "share: leaves it alone" shared one 1156250000 925000
check "share: another share" sluice on one rate 50%
check "share: is shown" shared one 625000000 500000
must tc qdisc change dev one root sluice rate 1gbit
check "share: somebody else's rate is none" sh -c '! sluice show one --json | grep -q link_shares'
must sluice on one rate 50%
check "share: a plain rate" sluice on one rate 5gbit
check "share: is none, whatever it comes to" sh -c '! sluice show one --json | grep -q link_shares'
check "share: tc works one out as well" tc qdisc change dev one root sluice rate 20% maxrate 1%
check "share: the same" sh -c 'tc qdisc show dev one root | grep -q "rate 2gbit.*maxrate 100mbit"'
refuse "share: tc refuses one" tc qdisc change dev bare root sluice rate 20%
must sluice off one
check "share: of each queue" sluice on many rate 10%
check "share: is that of the device" [ "$(sluice show many --json | grep -c '"link_ppm": 100000')" = 4 ]
must sluice off many
says "share: no speed, of one port of two" 3 "bare: 'rate 10%' needs the speed of the link, which the driver does not tell" sluice on br0 rate 10%
says "share: no link" 1 "tap0: 'maxrate 10%' needs the speed of the link, which is down" sluice on tap0 maxrate 10%
# The link comes up with another speed: a tap has the one that it is told.
perl -e '$tap = pack("a16 s x22", "tap0", 0x1002); open(F, "+<", "/dev/net/tun") && ioctl(F, 0x400454ca, $tap) || die $!; sleep 1000' &
holder=$!
sleep 1
must ethtool -s tap0 speed 2500 duplex full
check "share: of a tap that somebody holds" sluice on tap0 rate 40%
check "share: the doctor has nothing against it" sh -c 'sluice doctor tap0 --verbose | grep -q "ok  *rate: its rates fit its link"'
must ethtool -s tap0 speed 500 duplex full
check "share: another speed, and show says so" \
	sh -c "sluice show tap0 | grep -qxF \"  rate was 40% of 2.5gbit; the link has 500mbit now: 'sluice on tap0 rate 40%'\""
check "share: so does status" sh -c "sluice | grep -qF \"rate 1gbit (that was 40% of 2.5gbit; the link has 500mbit now: 'sluice on tap0 rate 40%')\""
sluice doctor tap0 >"$lab/doctor"
check "share: the doctor has, for the rate is above the link" [ $? = 3 ]
fix=$(sed -n '/rate 40% was worked out when the link had 2.5gbit/,/^ *\$ /s/^ *\$ //p' "$lab/doctor")
check "share: its fix" sh -c "[ -n '$fix' ] && $fix"
check "share: helps" sh -c "sluice | grep -qF \"rate 200mbit (that is 40% of its link's 500mbit)\""
must sluice off tap0

# apply --follow: says when it has begun, waits for the link, follows it, and ends well
mkdir /tmp/f
echo 'rate 40%' >/tmp/f/tap0.conf
perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/tmp/f/notify") || die $!; $s->recv($m, 999); print $m' >/tmp/f/told &
sleep 1
must ip link set tap0 down
NOTIFY_SOCKET=/tmp/f/notify sluice apply --follow /tmp/f/tap0.conf >/tmp/f/out 2>/tmp/f/said &
follow=$!
sleep 3
check "follow: waits for the link, and says so" \
	grep -qF "sluice apply /tmp/f/tap0.conf: tap0: 'rate 40%' needs the speed of the link, which is down: bring it up" /tmp/f/said
check "follow: has begun" grep -qx READY=1 /tmp/f/told
check "follow: nothing is changed yet" same_as_kept
must ip link set tap0 up
sleep 3
check "follow: the link comes up" sh -c "sluice | grep -qF \"rate 200mbit (that is 40% of its link's 500mbit)\""
for speed in 1000 2500; do
	must ip link set tap0 down
	must ethtool -s tap0 speed $speed duplex full
	must ip link set tap0 up
	sleep 3
	check "follow: with $speed Mbit/s" shared tap0 $((speed * 50000)) 400000 $((speed * 1000000))
done
must ip link set one down
must ip link set one up
must ip link set tap0 down
must ip link set tap0 up
sleep 3
check "follow: what has the same speed as before is left alone" \
	[ "$(cat /tmp/f/out)" = "$(for speed in 500mbit:200mbit 1gbit:400mbit 2.5gbit:1gbit; do echo "tap0: rate ${speed#*:} is 40% of its link's ${speed%:*}"; done)" ]
kill $follow
wait $follow
check "follow: ends well" [ "$?:$(wc -l </tmp/f/said)" = 0:1 ]
echo 'rate 1gbit' >/tmp/f/tap0.conf
check "follow: without a share it does not stay" sluice apply --follow /tmp/f/tap0.conf
says "follow: nor does it where that is refused" 1 "there is no device 'nosuch' here" sh -c ': >/tmp/f/nosuch.conf; exec sluice apply --follow /tmp/f/nosuch.conf'
must sluice off tap0

# of a bridge a port without a link is waited for; a port that comes is paced, too
must ip link set bare nomaster
must ip link set tap0 down
must ip link set tap0 master br0
says "share: a port of a bridge has no link" 1 "tap0: 'rate 40%' needs the speed of the link, which is down" sluice on br0 rate 40%
rm /tmp/f/tap0.conf # which says something else of that port
echo 'rate 40%' >/tmp/f/br0.conf
sluice apply --follow /tmp/f/br0.conf >/tmp/f/out 2>/tmp/f/said &
follow=$!
sleep 3
check "follow: a port of a bridge has no link: it waits" [ "$(wc -l </tmp/f/said)" = 1 ]
must ip link set tap0 up
sleep 3
check "follow: its link comes up" shared tap0 125000000 400000 2500000000
check "follow: and both are paced" shared one 500000000 400000
must ip link set many master br0
sleep 3
check "follow: a port that comes is paced" [ "$(sluice show many --json | grep -c '"rate_bytes_ps": 500000000')" = 4 ]
must ip link set many nomaster
kill $follow
wait $follow
check "follow: of a bridge, ends well" [ "$?:$(wc -l </tmp/f/said)" = 0:1 ]
must sluice off br0 many
must ip link set tap0 nomaster
must ip link set bare master br0

# what is refused and may pass is tried again: after 1, 2, 4 ... 60 and 60 s; each try takes the lock
echo 'rate 40%' >/tmp/f/tap0.conf
mkdir -p /run/sqm
: >/run/sqm/tap0.state
sluice apply --follow /tmp/f/tap0.conf >/tmp/f/out 2>/tmp/f/said &
follow=$!
second=0
while [ $second -lt 200 ]; do
	sleep 1
	stat -c %z /run/sluice/lock
	second=$((second + 1))
done >/tmp/f/tries
tries=$(uniq /tmp/f/tries | wc -l)
check "follow: refused: tried $tries times in 200 s" [ "$tries" = 8 -o "$tries" = 9 ]
check "follow: and said once ($(tr '\n' ' ' </tmp/f/said))" [ "$(wc -l </tmp/f/said):$(grep -c 'is shaped by sqm' /tmp/f/said)" = 2:1 ]
rm /run/sqm/tap0.state
sleep 61
check "follow: what stood in the way has gone" sh -c "sluice | grep -qF \"rate 1gbit (that is 40% of its link's 2.5gbit)\""
check "follow: and it is said" grep -qx 'tap0: paced, after it was refused' /tmp/f/out
stat -c %z /run/sluice/lock >/tmp/f/before
sleep 600
check "follow: after that nothing is tried" sh -c 'stat -c %z /run/sluice/lock | cmp -s - /tmp/f/before'
kill $follow
wait $follow
check "follow: ends well, after a refusal" [ $? = 0 ]
rm -r /tmp/f
must sluice off tap0
kill $holder
wait $holder
sleep 1
check "M1: all are as before" same_as_kept
check "M1: no record is left" no_records

# records of devices that have gone go with the next command
must ip link add gone type dummy
must sluice on gone
must ip link del gone
check "M1: a device that has gone leaves its record" [ "$(find /run/sluice -name '*.state' | wc -l)" = 1 ]
must sluice on one
check "M1: and the next command removes it" [ "$(find /run/sluice -name '*.state' | wc -l)" = 1 ]
must sluice off one
check "M1: no record is left" no_records

# two at once wait for each other
sluice on many &
first=$!
check "on: two at once, the second" sluice on many limit 77
check "on: two at once, the first" wait $first
check "off: after both" sluice off many
check "M1: as before" same_as_kept

# a dry run says what would be done, and changes nothing
sluice on many rate 1gbit --dry-run >"$lab/dry"
check "dry-run: changes nothing" same_as_kept
check "dry-run: no folder, no record" no_records
sed -n '/^tc /p' "$lab/dry" >"$lab/dry.sh"
check "dry-run: five commands of tc" [ "$(wc -l <"$lab/dry.sh")" = 5 ]
check "dry-run: these commands work" sh -e "$lab/dry.sh"
fault dump many | sort >"$lab/by_tc"
must tc qdisc del dev many root
must sluice on many rate 1gbit
fault dump many | sort >"$lab/by_sluice"
# tc hands out other handles for the leaves.
check "dry-run: they do what on does" [ "$(cut -d' ' -f1,3- "$lab/by_tc")" = "$(cut -d' ' -f1,3- "$lab/by_sluice")" ]
must sluice off many
check "M1: as before" same_as_kept

# a leaf that comes new takes the options of the others, unless it is told otherwise
must tc qdisc replace dev many root sluice burst 50us rate 1gbit
check "on: the root becomes leaves, and burst changes its unit" sluice on many burst 4
check "on: they keep the rate" [ "$(tc qdisc show dev many | grep -c '^qdisc sluice.* rate 1gbit.* burst 4 ')" = 4 ]
must sluice off many
check "M1: the sluice of tc is back" sh -c 'tc qdisc show dev many root | grep -q "rate 1gbit.*burst 50us"'
must tc qdisc del dev many root

# root's umask is nobody's business
rm -r /run/sluice
must sh -c 'umask 077 && sluice on many'
check "status: anybody can ask" sh -c "setpriv --reuid=65534 --regid=65534 --clear-groups $lab/bin/sluice >/tmp/status"
check "status: and is told the same" sh -c 'sluice | cmp - /tmp/status'
must sluice off many
check "M1: as before" same_as_kept

# ports and lower devices
check "on: a bridge" sluice on br0
check "on: its port with one queue" paced one
check "on: its port with three" paced bare 3
check "on: not the bridge itself" paced br0 0
check "show: the bridge's are those of its ports" [ "$(sluice show br0 --json | grep -c '"kind": "sluice"')" = 4 ]
check "flows: likewise" sluice flows br0
check "status: names the bridge" sh -c "sluice | grep -q '^one: paced for br0,'"
must ip link set one nomaster
must ip link set br0 down # old kernels rename only those
must ip link set br0 name bridge0
check "off: the bridge by its new name, and a port that has left it" sluice off bridge0
must ip link set bridge0 name br0
must ip link set br0 up
must ip link set one master br0
check "M1: all are as before" same_as_kept
says "on: a bridge without ports" 3 "this bridge has no port to pace" sluice on none0
check "on: a VLAN in a VLAN" sluice on vlan8
check "on: the device below" paced many 4
check "on: not the VLANs" [ "$(fault dump vlan7 | grep -c ^sluice)$(fault dump vlan8 | grep -c ^sluice)" = 00 ]
says "apply: the same device by two names, with other options" 2 "/tmp/c/many.conf:1 and /tmp/c/vlan7.conf:1 both pace many, with different options (rate)" \
	sh -c 'mkdir -p /tmp/c && echo rate 1gbit >/tmp/c/many.conf && echo rate 2gbit >/tmp/c/vlan7.conf &&
		exec sluice apply /tmp/c/many.conf /tmp/c/vlan7.conf'
says "apply --follow: one of them, as its unit does" 2 "/tmp/c/vlan7.conf:1 and /tmp/c/many.conf:1 both pace many" sluice apply --follow /tmp/c/vlan7.conf
check "off: by the device's own name" sluice off many
check "M1: all are as before" same_as_kept
check "on: two devices" sluice on one half
check "off: two devices" sluice off one half
check "M1: all are as before" same_as_kept
must ip link add inside link many netns d type vlan id 9
says "on: a VLAN whose lower device is elsewhere" 3 "is in another network namespace" ip netns exec d sluice on inside
must ip -n d link del inside

# a new name
must sluice on tap0
must ip link set tap0 down
must ip link set tap0 name tap1
must ip link add tap0 type dummy
says "off: another device of the old name" 1 "tap0: it is not paced" sluice off tap0
check "off: the new name" sluice off tap1
must ip link del tap0
must ip link set tap1 name tap0
must ip link set tap0 up
check "M1: all are as before" same_as_kept

# gone, and somebody else with its number
must ip link add gone index 99 type dummy
must sluice on gone
must ip link del gone
says "off: a device that has vanished" 1 "there is no device 'gone' here" sluice off gone
check "off: its record is gone too" no_records
must ip link add gone index 99 type dummy
must sluice on gone
must ip link del gone
must ip link add other index 99 type dummy
must tc qdisc replace dev other root fq
says "off: a device that has got its number" 1 "nothing is changed" sluice off other
must ip link del other
check "M1: all are as before" same_as_kept

# another name space: the same number, and states that do not count there
must ip -n d link add twin index 98 type dummy
must ip link add twin index 98 type dummy
must sluice on twin
says "off: the same number in another name space" 1 "it is not paced" ip netns exec d sluice off twin
check "on: in another name space" ip netns exec d sluice on twin limit 5
check "off: in the first" sluice off twin
check "off: it is still paced in the other" ip netns exec d sh -c 'sluice | grep -q "^twin: paced"'
check "off: in the other" ip netns exec d sluice off twin
must ip link del twin
check "M1: all are as before" same_as_kept

# what somebody else has done in between stays
must sluice on many
must tc qdisc replace dev many root handle 3: fq maxrate 1gbit
says "off: somebody has replaced it" 1 "somebody has replaced sluice by fq since" sluice off many
says "off: and is not asked again" 1 "it is not paced (root qdisc: fq)" sluice off many
must sluice on many
must tc qdisc replace dev many root handle 3: htb
must tc class add dev many parent 3: classid 3:1 htb rate 1gbit
must tc qdisc add dev many parent 3:1 handle 4: sluice
says "off: somebody has put a sluice of his own into a tree of his own" 1 "somebody has replaced" sluice off many
must tc qdisc del dev many root
must sluice on many
must tc qdisc replace dev many root handle 3: mq
says "off: somebody has put an mq of his own there" 1 "somebody has replaced sluice by mq since" sluice off many
must tc qdisc del dev many root
check "M1: all are as before" same_as_kept
must sluice on many
must tc qdisc del dev many root
check "on: after somebody has deleted it" sluice on many
check "off: to what was there then" sluice off many
check "M1: all are as before" same_as_kept
check "M1: no record is left" no_records

# fewer queues, more queues
if ethtool -L many tx 2 2>/dev/null; then
	keep
	must sluice on many
	check "on: queues in use only" paced many 2
	must ethtool -L many tx 4
	check "on: again, for more queues" sluice on many
	check "on: all queues" paced many 4
	must ethtool -L many tx 2
	check "off: with fewer queues" sluice off many
	check "M1: all are as before" same_as_kept
else
	not_ok "the number of queues can be changed"
fi
for device in one many bare half tap0 br0 none0; do must ip link del $device; done
finish
