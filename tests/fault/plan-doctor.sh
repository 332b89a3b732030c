# sluice doctor on a kernel that has sluice: what it finds of qdiscs, programs and places as the kernel shows them, that typing what
# it says mends it, and that looking changes nothing.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
must ip netns add d
must ip link add one type veth peer name far1 netns d
must ip link add many numtxqueues 4 type veth peer name far4 netns d
must ip link add vlan7 link many type vlan id 7
for device in one many vlan7; do must ip link set $device up; done
must ip -n d link set far1 up
must ip -n d link set far4 up
sleep 20

# facts: all that a careless look could change.
facts()
{
	dumps
	ip -details link
	cat /proc/modules
	# What changes by itself is left out: keys, and the use of a per-CPU pool.
	grep -s . /proc/sys/net/core/* /proc/sys/net/ipv4/tcp_* | grep -v -e _key -e mem_pcpu
}

# harmless: looking at everything changes nothing.
harmless()
{
	facts >"$lab/facts"
	sluice doctor --verbose
	sluice doctor one many vlan7 --json
	facts >"$lab/facts.after"
	cmp "$lab/facts" "$lab/facts.after"
}

# finds CLAIM CODE PART DEV: the doctor of DEV ends with CODE and says PART in one of its sentences.
finds()
{
	sluice doctor "$4" --json >"$lab/doctor" 2>"$lab/said"
	code=$?
	if [ "$code" = "$2" ] && [ ! -s "$lab/said" ] && grep -qF -- "$3" "$lab/doctor"; then
		ok "$1"
		return
	fi
	not_ok "$1: wanted $2 and '$3', got $code"
	sed 's/^/# /' "$lab/doctor" >&3
}

# fix_of CHECK DEV: the command behind a problem.
fix_of() { sluice doctor "$2" | sed -n "/^  problem  $1:/,/^ *\\\$ /s/^ *\\\$ //p"; }

# module
check "without the module, looking changes nothing" harmless
finds "module: nowhere" 3 "there is no kernel module sch_sluice" one
load
finds "module: loaded" 3 "the module sch_sluice is loaded" one

must ip link property add dev one altname also-one
finds "place: a device by another name of its own" 3 '"dev": "one"' also-one

# what the kernel puts there, and mending it
finds "qdisc: none" 3 "noqueue ignores departure times" one
finds "qdisc: no sluice on four queues" 3 "noqueue ignores departure times" many
for device in one many; do
	fix=$(fix_of qdisc $device)
	check "the command that mends $device: $fix" [ "$fix" = "sluice on $device" ]
	check "it can be typed" sh -c "$fix"
	finds "nothing defeats pacing on $device any more" 0 '"severity": "ok"' $device
done
finds "qdisc: a sluice on each queue" 0 "sluice on each of 4 queues" many
check "with sluice, looking changes nothing" harmless
finds "boot: it is paced until then" 0 "touch /etc/sluice/many.conf" many

# places
finds "place: a VLAN" 0 "what is paced for this vlan is below it: many" vlan7
must tc qdisc add dev vlan7 root pfifo
finds "place: a VLAN with a qdisc of its own" 0 "has a pfifo of its own" vlan7
must tc qdisc del dev vlan7 root

# one queue that somebody has changed
mq=$(fault dump many | awk '$1 == "mq" { print substr($2, 1, length($2) - 4) }')
must tc qdisc replace dev many parent "$mq:3" pfifo
finds "qdisc: something else on one of four queues" 3 "pfifo, on 1 of the 4 leaves of mq, ignores" many
must sluice off many

# rates: veth says that it has 10 Gbit/s
must sluice on one rate 80gbit
finds "rate: bits taken for bytes" 3 "rate 80gbit is above what the link of one carries, 10gbit" one
must sluice on one rate 1gbit
finds "rate: one that fits" 0 "its rates fit its link" one
must sluice off one

# kinds
for kind in pfifo_fast:ignores fq:'spaces super-packets of up to 65536 bytes' fq_codel:ignores cake:'shapes all flows together' \
	'netem delay 1ms:a plan of its own' 'tbf rate 1gbit burst 100k latency 1ms:shapes all flows together'; do
	# shellcheck disable=SC2086 # words on purpose
	must tc qdisc replace dev one root ${kind%%:*}
	finds "qdisc: ${kind%%:*}" 3 "${kind#*:}" one
	must tc qdisc del dev one root
done
must sluice on one

# what is proposed to a kernel that can have no sluice
must sysctl -qw net.core.default_qdisc=fq
for handle in 1 2; do
	must tc qdisc replace dev many root handle $handle: mq
	finds "qdisc: fq on each queue, below a new mq" 3 "fq, on 4 of the 4 leaves of mq, spaces super-packets" many
done
must ip link set many gso_max_segs 1
finds "qdisc: and frame by frame" 0 "fq, on 4 of the 4 leaves of mq, spaces frames" many
must ip link set many gso_max_segs 65535
must tc qdisc del dev many root
must sysctl -qw net.core.default_qdisc=pfifo_fast

# programs before the qdisc
must tc qdisc add dev one clsact
must fault stamper one stamp
check "with a program, looking changes nothing" harmless
finds "egress: a program in clsact" 0 "BPF programs see packets before the qdisc (stamp" one
must tc qdisc del dev one clsact
finds "egress: none" 0 "no BPF program before the qdisc" one
if fault stamper one stamp tcx; then
	finds "egress: a program by tcx" 0 "BPF programs see packets before the qdisc (stamp" one
else
	case $(uname -r) in 6.1.*) ;; *) not_ok "egress: a program can be attached by tcx" ;; esac
fi

# sysctls and files, and the commands that put them right
must sysctl -qw net.ipv4.tcp_pacing_ca_ratio=100
finds "pacing_ratio: too little" 3 "cannot use all of it" one
check "its command can be typed" sh -c "$(fix_of pacing_ratio one)"
finds "pacing_ratio: mended" 0 "what sluice's gain is made for" one
must mount -t tmpfs etc /etc
must sluice on one gain 80%
fix=$(sluice doctor one | sed -n '/^  note     boot:/,/^ *\$ /s/^ *\$ //p')
check "boot: its command can be typed" sh -c "$fix"
finds "boot: mended" 0 "says how to pace it again after a boot" one
check "boot: and says what is there" [ "$(cat /etc/sluice/one.conf)" = "gain 80%" ]
echo "rate 9gbps" >/etc/sluice/one.conf || not_ok "/etc/sluice cannot be written"
finds "conf: gbps" 3 "/etc/sluice/one.conf:1: rate: '9gbps' could mean bits or bytes" one
must umount /etc
finds "and all is well again" 0 '"severity": "ok"' one

# another name space: this one's /sys shows the devices of the first
check "name space: from outside" sh -c \
	"ip netns exec d sluice doctor far1 --json | grep -q 'noqueue ignores'"
must sluice off one
must ip netns del d
finish
