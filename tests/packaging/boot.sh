#!/bin/sh
# Runs inside of a bare system that systemd has started in namespaces of its own (root.sh): the unit and its udev rule, with devices
# that appear, flap and go. No kernel here has the module, so the command is one that writes down how it was called, to the one
# folder that its unit leaves it.
# Speaks TAP on /root/tap.
set -u
number=0
tap()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; sed 's/^/# /' /run/calls; systemctl status --no-pager 'sluice@*' 2>&1 | sed 's/^/# /'; fi
}

# called TEXT: what the command was told since the last time, within 10 seconds.
called()
{
	tries=0
	while [ "$(cat /run/calls)" != "$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || return 1
		sleep 0.1
	done
	: >/run/calls
}

# quiet: all events have been handled, and the command was not called.
quiet() { udevadm settle && sleep 1 && [ ! -s /run/calls ]; }

state() { systemctl is-active "sluice@$1.service"; }

# gone DEVICE UNIT: the device is deleted, and its unit has ended.
gone()
{
	ip link del "$1"
	tries=0
	while [ "$(state "$2")" = active ] && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
	quiet && [ "$(state "$2")" = inactive ]
}

# What the unit leaves the command is enough: it gets as far as without it, and says the same.
: >/run/calls
ip link add eth9 type veth peer name peer9 && udevadm settle
mkdir -p /etc/sluice && : >/etc/sluice/eth9.conf
sluice apply --follow /etc/sluice/eth9.conf 2>/run/said
code=$?
timeout 30 systemctl start sluice@eth9
[ "$code" = 3 ] && [ "$(systemctl show -P ExecMainStatus sluice@eth9)" = 3 ] && journalctl -q -o cat -u sluice@eth9 | grep -qxF "$(cat /run/said)"
tap $? "the unit ends as the command does without it: $(cat /run/said)"
rm /etc/sluice/eth9.conf
ip link del eth9
systemctl reset-failed sluice@eth9

cat >/usr/bin/sluice <<'END'
#!/bin/sh
echo "$*" >>/run/calls
[ ! -e /run/fails ] || { rm /run/fails; exit 1; }
[ ! -e /run/wrong ] || exit 2
case $* in apply\ --follow*) systemd-notify --ready ;; esac
[ ! -e /run/stays ] || [ "$1" != apply ] || sleep 1000
END
: >/run/calls
mkdir -p /etc/sluice
for d in br-lan eth7 eth8; do : >"/etc/sluice/$d.conf"; done

ip link add br-lan type veth peer name other
called "apply --follow /etc/sluice/br-lan.conf"
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
called "apply --follow /etc/sluice/br-lan.conf"
tap $? "start paces it again"
systemctl stop 'sluice@br\x2dlan'
called "off br-lan" && touch /run/stays && timeout 30 systemctl start 'sluice@br\x2dlan' && called "apply --follow /etc/sluice/br-lan.conf" &&
	[ "$(state 'br\x2dlan')" = active ] && [ "$(systemctl show -P MainPID 'sluice@br\x2dlan')" != 0 ]
tap $? "where the command stays to follow its link, the unit has begun all the same"
rm -f /run/stays
systemctl stop 'sluice@br\x2dlan'
called "off br-lan" && [ "$(state 'br\x2dlan')" = inactive ] && [ "$(systemctl show -P MainPID 'sluice@br\x2dlan')" = 0 ]
tap $? "and stop ends both"
systemctl start 'sluice@br\x2dlan'
called "apply --follow /etc/sluice/br-lan.conf"
gone br-lan 'br\x2dlan'
tap $? "a device that goes takes its unit along, and nothing fails"
ip link add br-lan type veth peer name other
called "apply --follow /etc/sluice/br-lan.conf"
tap $? "it comes again and is paced again"
ip link set other name eth7
called "apply --follow /etc/sluice/eth7.conf"
tap $? "a device that gets a name with a file is paced"
: >/run/fails
ip link add eth8 type veth peer name peer8
called "apply --follow /etc/sluice/eth8.conf
apply --follow /etc/sluice/eth8.conf" && sleep 1 && [ "$(state eth8)" = active ]
tap $? "what fails is tried again"
gone eth8 eth8
: >/run/wrong
ip link add eth8 type veth peer name peer8
called "apply --follow /etc/sluice/eth8.conf"
sleep 7
[ ! -s /run/calls ] && [ "$(state eth8)" = failed ]
tap $? "a file with a mistake is not tried again"
rm /run/wrong
: >/run/calls
apt-get -q -y remove sluice >/root/removed 2>&1
grep -qx 'off br-lan' /run/calls && grep -qx 'off eth7' /run/calls && [ ! -e /usr/lib/sluice/hotplug ]
tap $? "removing the package puts back what its units had paced"
echo "1..$number"
