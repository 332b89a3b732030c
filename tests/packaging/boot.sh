#!/bin/sh
# Runs inside of a bare system that systemd has started in namespaces of its own (root.sh): the unit and its udev rule, with devices
# that appear, flap and go. No kernel here has the module, so the command is one that writes down how it was called.
# Speaks TAP on /root/tap.
set -u
number=0
tap()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; sed 's/^/# /' /root/calls; systemctl status --no-pager 'sluice@*' 2>&1 | sed 's/^/# /'; fi
}

# called TEXT: what the command was told since the last time, within 10 seconds.
called()
{
	tries=0
	while [ "$(cat /root/calls)" != "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || return 1
		sleep 0.1
	done
	: >/root/calls
}

# quiet: all events have been handled, and the command was not called.
quiet() { udevadm settle && sleep 1 && [ ! -s /root/calls ]; }

state() { systemctl is-active "sluice@$1.service"; }

# gone DEVICE UNIT: the device is deleted, and its unit has ended.
gone()
{
	ip link del "$1"
	tries=0
	while [ "$(state "$2")" = active ] && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
	quiet && [ "$(state "$2")" = inactive ]
}

cat >/usr/bin/sluice <<'END'
#!/bin/sh
echo "$*" >>/root/calls
[ ! -e /root/fails ] || { rm /root/fails; exit 1; }
[ ! -e /root/wrong ] || exit 2
END
: >/root/calls
mkdir -p /etc/sluice
for d in br-lan eth7 eth8; do : >"/etc/sluice/$d.conf"; done

ip link add br-lan type veth peer name other
called "apply /etc/sluice/br-lan.conf"
tap $? "a device that appears is paced as its file says, also with a dash in its name"
[ "$(state 'br\x2dlan')" = active ]
tap $? "its unit is active"
[ "$(state other)" = inactive ]
tap $? "a device without a file has none"
for _ in 1 2 3; do ip link set br-lan up; ip link set other up; ip link set other down; ip link set br-lan down; done
quiet && [ "$(state 'br\x2dlan')" = active ]
tap $? "a link that flaps changes nothing"
systemctl reload 'sluice@br\x2dlan'
called "apply /etc/sluice/br-lan.conf"
tap $? "reload applies the file again"
systemctl stop 'sluice@br\x2dlan'
called "off br-lan"
tap $? "stop puts back what was there"
systemctl start 'sluice@br\x2dlan'
called "apply /etc/sluice/br-lan.conf"
tap $? "start paces it again"
gone br-lan 'br\x2dlan'
tap $? "a device that goes takes its unit along, and nothing fails"
ip link add br-lan type veth peer name other
called "apply /etc/sluice/br-lan.conf"
tap $? "it comes again and is paced again"
ip link set other name eth7
called "apply /etc/sluice/eth7.conf"
tap $? "a device that gets a name with a file is paced"
: >/root/fails
ip link add eth8 type veth peer name peer8
called "apply /etc/sluice/eth8.conf
apply /etc/sluice/eth8.conf" && sleep 1 && [ "$(state eth8)" = active ]
tap $? "what fails is tried again"
gone eth8 eth8
: >/root/wrong
ip link add eth8 type veth peer name peer8
called "apply /etc/sluice/eth8.conf"
sleep 7
[ ! -s /root/calls ] && [ "$(state eth8)" = failed ]
tap $? "a file with a mistake is not tried again"
rm /root/wrong
: >/root/calls
apt-get -q -y remove sluice >/root/removed 2>&1
grep -qx 'off br-lan' /root/calls && grep -qx 'off eth7' /root/calls && [ ! -e /usr/lib/sluice/hotplug ]
tap $? "removing the package puts back what its units had paced"
echo "1..$number"
