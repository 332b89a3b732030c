#!/bin/sh
# What `sluice lab` refuses: an exit code and one sentence that names the place, the key and the valid range.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

# refused CODE TEXT COMMAND...: ends with CODE and one line on stderr that contains TEXT.
refused()
{
	code=$1 text=$2
	shift 2
	"$@" >"$out/stdout" 2>"$out/stderr"
	[ $? = "$code" ] && [ "$(wc -l <"$out/stderr")" = 1 ] && [ ! -s "$out/stdout" ] && grep -qF -- "$text" "$out/stderr"
	status=$?
	tap "$status" "refused: $text"
	[ "$status" = 0 ] || sed 's/^/# /' "$out/stderr"
}

# set KEY=VALUE TEXT: the same parser serves --set.
set_refused() { refused 2 "$2" "$sluice" lab run six --set "$1"; }

# line LINE TEXT: a file whose third line is LINE.
line_refused()
{
	printf 'flow tcp\npolicy fq qdisc fq\n%s\n' "$1" >"$out/bad.scenario"
	refused 2 "$2" "$sluice" lab run "$out/bad.scenario"
}

set_refused senders=0 "--set senders=0: senders: '0' is out of range; it must be a whole number from 1 to 200"
set_refused senders=201 "it must be a whole number from 1 to 200"
set_refused senders=six "senders: 'six' is not a whole number"
set_refused senders=-1 "senders: '-1' is not a whole number"
set_refused senders= "senders takes exactly one value"
set_refused "senders=1 2" "senders takes exactly one value"
set_refused port_buffer_pkts=0 "a whole number from 1 to 1000000 packets"
set_refused port_buffer_pkts=99999999999999999999999 "port_buffer_pkts: '99999999999999999999999' is too large"
set_refused nic_rate=10gbps "bps is bytes per second"
set_refused nic_rate=10 "nic_rate: '10' is not a rate such as 926mbit"
set_refused nic_rate=2tbit "it must be from 1mbit to 1tbit"
set_refused nic_rate=0.0000000001kbit "is finer than 1 bit/s"
set_refused rtt=10 "rtt: '10' is not a time such as 10ms"
set_refused rtt=11s "it must be from 0 to 10s"
set_refused loss=60% "it must be from 0 to 50%"
set_refused loss=0.1 "loss: '0.1' is not a share such as 0.1%"
set_refused seconds=0 "it must be from 0.05 to 3600 (seconds)"
set_refused seconds=10s "'10s' is not a bare number of seconds"
set_refused warmup=10s "warmup must end before the flows do"
set_refused ip_version=5 "ip_version: '5' is out of range; it must be 4 or 6"
set_refused ip_version=7 "ip_version: '7' is out of range; it must be 4 or 6"
set_refused vlan=4095 "vlan: '4095' is out of range; it must be a whole number from 1 to 4094, or 0 for no tag"
set_refused tso=maybe "tso: 'maybe' is not on or off"
set_refused "cc=cu/bic" "cc 'cu/bic' must be a name"
set_refused nosuch=1 "unknown key 'nosuch'"
set_refused senders "must read KEY=VALUE"
set_refused "flow=tcp from 9" "'flow tcp from 9' is from sender 9, but senders is 6"
set_refused "flow=quic" "flow 'quic' must be tcp, udp, frames, txtime, gso or program"
set_refused "flow=udp" "'flow udp' needs the option 'rate'"
set_refused "flow=udp rate 1mbit rate 2mbit" "option 'rate' of flow udp is given twice"
set_refused "flow=udp rate 1mbit size 1473" "size must be at most 1472 bytes with this mtu"
set_refused "flow=tcp start 5ms..1ms" "runs backwards"
set_refused "flow=tcp start 10s" "which is not before the end"
set_refused "flow=tcp segments 3" "flow tcp does not take the option 'segments'"
set_refused "flow=txtime interval 1ms clock utc" "clock 'utc' must be tai or monotonic"
set_refused "flow=program run true first peer" "needs the option 'peer'"
set_refused "flow=program run true peer true first both" "first 'both' must be peer or run"
set_refused "flow=tcp from 1-" "an empty value"
set_refused "policy=x qdisc" "option 'qdisc' of policy x has no value"
set_refused "policy=x qdisc \"tbf rate {device_rate}\"" "uses {device_rate}; add a line such as: device_rate 926mbit"
set_refused "policy=x colour red" "unknown option 'colour' of policy x"
set_refused "policy=x qdisc \"fq" "a quotation mark is not closed"
set_refused "expect=fq goodput_bits_ps about 5" "expect must read"
set_refused "expect=nobody goodput_bits_ps >= 5 because \"x\"" "expect names the policy 'nobody'"
set_refused "expect=fq goodput_bits_ps =~ 5 because \"x\"" "must be one of >= <= == > <"

set_refused "expect=fq goodput_bits_ps <= inf because \"x\"" "expect: 'inf' is not a number"
set_refused "expect=fq goodput_bits_ps >= nan because \"x\"" "expect: 'nan' is not a number"
set_refused "expect=fq goodput_bits_ps >= 1e999 because \"x\"" "expect: '1e999' is not a number"
set_refused "expect=$(printf 'a%.0s' $(seq 32)) goodput_bits_ps >= 5 because \"x\"" "its policy, key or 'when' is too long"

line_refused "ip_version 6
mtu 1279" "ip_version 6 needs an mtu of at least 1280 bytes, this is 1279"
line_refused "ip_version 6
flow udp rate 1mbit size 1453" "size must be at most 1452 bytes with this mtu"
line_refused "guests on
vlan 7" "guests: their hosts forward no vlan; leave out one of the two"
refused 2 "policy gap: gap_frames fills a line of 10gbit, as a veth says that it is; set nic_rate 10gbit" "$sluice" lab run gap --set nic_rate=1gbit
refused 2 "policy gap: gap_frames have no tag; leave out vlan" "$sluice" lab run gap --set vlan=7
line_refused "policy gap qdisc \"sluice gap_frames 200us\"" "policy gap: gap_frames needs 'overhead 0' here, because the links count no preamble, FCS and gap"
set_refused guests=2 "guests: '2' is not on or off"
line_refused "senders 7 # good
senders 8" "bad.scenario:4: key 'senders' is given twice"
line_refused "flow gso segments 64 size 1472 interval 1ms" \
	"bad.scenario:3: flow gso: 64 segments of 1472 bytes are more than the 65000 bytes that a bundle may have"
line_refused "title One
title Two" "bad.scenario:4: title is given twice"
line_refused "policy fq qdisc fq" "bad.scenario:3: policy fq is given twice"
line_refused "sender 7" "bad.scenario:3: unknown key 'sender'"
line_refused "$(printf 'title caf\351')" "bad.scenario:3: is not UTF-8"
printf 'flow tcp\npolicy fq qdisc fq\nsenders 2\0 3\n' >"$out/nul.scenario"
refused 2 "nul.scenario:3: it holds a NUL byte" "$sluice" lab run "$out/nul.scenario"
# What an editor of Windows leaves is no mistake: the policy is.
printf '\357\273\277flow tcp\r\npolicy fq qdisc fq\r\n' >"$out/windows.scenario"
refused 2 "scenario windows has no policy 'nosuch'" "$sluice" lab run "$out/windows.scenario" --policy nosuch
line_refused "$(yes '# comment' | head -n 39)" "bad.scenario:41: a scenario has at most 40 lines"
line_refused "expect fq x >= 1 when nosuch=1 because \"x\"" "must list settings as KEY=VALUE"
line_refused "expect fq x >= 1 when senders=0 because \"x\"" "expect fq x: when senders: '0' is out of range"
line_refused "$(printf 'seconds 5\rexpect fq x >= 1 because "x"')" "bad.scenario:3: seconds takes exactly one value"
printf 'flow tcp\r\npolicy fq qdisc fq\r\nseconds 0\r\n' >"$out/dos.scenario"
refused 2 "dos.scenario:3: seconds: '0' is out of range" "$sluice" lab run "$out/dos.scenario"
printf 'policy fq qdisc fq\n' >"$out/noflow.scenario"
refused 2 "there is no flow" "$sluice" lab run "$out/noflow.scenario"
printf 'flow tcp\n' >"$out/nopolicy.scenario"
refused 2 "there is no policy" "$sluice" lab run "$out/nopolicy.scenario"

refused 2 "there is no scenario 'nosuch'" "$sluice" lab run nosuch
# A file that cannot be read is no wrong usage.
mkdir "$out/folder.scenario"
refused 1 "$out/nosuch.scenario: cannot be read: No such file or directory" "$sluice" lab run "$out/nosuch.scenario"
refused 1 "$out/folder.scenario: cannot be read: Is a directory" "$sluice" lab run "$out/folder.scenario"
refused 2 "run needs the name of a scenario" "$sluice" lab run
refused 2 "run takes exactly one scenario" "$sluice" lab run six one
refused 2 "scenario six has no policy 'nosuch'" "$sluice" lab run six --policy nosuch
refused 2 "--seeds: '0' is out of range" "$sluice" lab run six --seeds 0
refused 2 "--jobs: 'x' is not a whole number" "$sluice" lab run six --jobs x
refused 3 "kernel '../etc' holds no lab kernel" "$sluice" lab run six --kernel ../etc
refused 3 "kernel 'A B' must be 6.1, 6.12, newest or a directory" "$sluice" lab run six --kernel "A B"
refused 3 "the program 'nosuchprogram' of a flow is not installed" "$sluice" lab run six --set "flow=program run \"nosuchprogram -x\""
refused 3 "kernel '5.4' must be 6.1, 6.12, newest or a directory" "$sluice" lab run six --kernel 5.4
refused 3 "kernel '' must be 6.1, 6.12, newest or a directory" "$sluice" lab run six --kernel ""

# A lab whose kernel is there and whose modules are not: nothing runs, and the command that builds them is one to copy.
mkdir -p "$out/lab/lab/uml" "$out/lab/scenarios" "$out/kernels/9.9"
cp scenarios/six.scenario "$out/lab/scenarios/"
touch "$out/lab/lab/uml/boot.sh" "$out/lab/Makefile"
echo "echo '$out/kernels/9.9'" >"$out/lab/lab/uml/kernel.sh"
printf '#!/bin/sh\n' >"$out/kernels/9.9/linux"
chmod +x "$out/kernels/9.9/linux"
echo 9.9.1 >"$out/kernels/9.9/release"
export SLUICE_ROOT="$out/lab"
refused 3 "is not built for 9.9.1: run \`$out/lab/lab/uml/kernel.sh modules 6.12\`" "$sluice" lab run six --kernel 6.12
refused 3 "is not built for 9.9.1: run \`$out/lab/lab/uml/kernel.sh modules newest\`" env -u KERNEL "$sluice" lab run six
refused 3 "is not built for 9.9.1: $out/lab/build/modules/9.9/sch_sluice.ko is not there" "$sluice" lab run six --kernel "$out/kernels/9.9"
# A module of sources that have changed since: nobody shall measure that one and take it for the new one.
mkdir -p "$out/lab/build/modules/9.9"
touch "$out/lab/build/modules/9.9/sch_sluice.ko"
echo "[ \"\$1\" = dir ] && echo '$out/kernels/9.9'" >"$out/lab/lab/uml/kernel.sh"
refused 3 "is not built for 9.9.1 from kernel/ and core/ as they are now: run \`$out/lab/lab/uml/kernel.sh modules 6.12\`" "$sluice" lab run six --kernel 6.12
refused 3 "is not built for 9.9.1: $out/lab/build/modules/9.9/sch_sluice.ko is of other sources than those in kernel/ and core/" "$sluice" lab run six --kernel "$out/kernels/9.9"
unset SLUICE_ROOT

# Kbuild takes no blank in a path: that is said before minutes of work, by whoever begins it.
for name in "a b" "a:b" "a%b" "o'b" 'a$b' "a(b)"; do
	refused 3 "nothing can be built in '$out/$name': move it" env SLUICE_CACHE="$out/$name" lab/uml/kernel.sh build newest
done
refused 3 "nothing can be built in '$out/a b': move it" env SLUICE_CACHE="$out/a b" ./demo
for begins in demo check; do
	refused 2 "$begins: 'all' means nothing here" "./$begins" all
	tap_run "$begins --help says what it does" sh -c "./$begins --help | grep -q '^$begins: installs what it needs'"
done
for name in "a+b~c@d,e=f" "ö" "a-b_c.d"; do
	tap_run "a path that is good: $name" lab/uml/kernel.sh path "/$name"
done

# What cannot be written is said before the work.
refused 2 "'' is no file to write to" "$sluice" lab run six --json ""
refused 2 "'' is no file to write to" "$sluice" lab run six --pcap=
refused 1 "$out/no/x.json cannot be written: No such file or directory" "$sluice" lab run six --json "$out/no/x.json"
refused 1 "$out/no/x.html cannot be written: No such file or directory" "$sluice" lab run six --report "$out/no/x.html"
refused 1 "$out cannot be written: Is a directory" "$sluice" lab run six --json "$out"
refused 1 "$out/lab/Makefile cannot be written: Not a directory" "$sluice" lab run six --policy fq --pcap "$out/lab/Makefile"

refused 2 "--set needs a value behind it" "$sluice" lab run six --set
refused 2 "there is no option '--colour'" "$sluice" lab run six --colour
for words in --help -h "list --help" "run --help" "compare -h"; do
	# shellcheck disable=SC2086 # words on purpose
	"$sluice" lab $words >"$out/stdout" 2>"$out/stderr"
	[ $? = 0 ] && grep -q '^usage: sluice lab run' "$out/stdout" && [ ! -s "$out/stderr" ]
	tap $? "sluice lab $words: the help"
done
refused 2 "compare takes two files" "$sluice" lab compare one.json
refused 1 "$out/nosuch.json cannot be read: No such file or directory" "$sluice" lab compare "$out/nosuch.json" "$out/nosuch.json"
refused 1 "$out cannot be read: Is a directory" "$sluice" lab compare "$out" "$out"
echo '{ "runs": [' >"$out/cut.json"
refused 1 "$out/cut.json is no JSON: " "$sluice" lab compare "$out/cut.json" "$out/cut.json"
refused 2 "unknown command 'rnu'" "$sluice" lab rnu
echo "{}" >"$out/empty.json"
refused 1 "holds no results" "$sluice" lab compare "$out/empty.json" "$out/empty.json"

# What one side lacks is said.
result() { printf '{ "scenario": "six", "kernel": "k", "sluice_version": "1", "runs": [ %s ] }\n' "$2" >"$out/$1.json"; }
result both '{ "policy": "fq", "goodput_bits_ps": 1e8, "jain": 0.5 }, { "policy": "fq", "goodput_bits_ps": 3e8, "jain": 0.5 },
	{ "policy": "sluice", "goodput_bits_ps": 4e8 }'
result fq '{ "policy": "fq", "goodput_bits_ps": 2e8, "udp_lost_pkts": 7 }'
result sluice '{ "policy": "sluice", "goodput_bits_ps": 4e8 }'
cat >"$out/wanted" <<END
fq: 2 runs in the first, 1 in the second
sluice is only in the first
policy         mean of the runs                first     second  change
fq             goodput Mb/s                    200.0      200.0  same
fq             UDP lost                            -          7  the first has none
fq             Jain                            0.500          -  the second has none
END
"$sluice" lab compare "$out/both.json" "$out/fq.json" >"$out/stdout"
[ $? = 0 ] && diff "$out/wanted" "$out/stdout" >"$out/diff"
tap $? "compare: what one side lacks is named"
sed 's/^/# /' "$out/diff"
"$sluice" lab compare "$out/fq.json" "$out/both.json" | grep -qx "sluice is only in the second"
tap $? "compare: of the second file, too"
"$sluice" lab compare "$out/fq.json" "$out/sluice.json" >"$out/stdout" 2>"$out/stderr"
[ $? = 1 ] && grep -q "no policy in common" "$out/stderr" && grep -qx "fq is only in the first" "$out/stdout"
tap $? "compare: nothing in common, exit code 1"

# A host that can start no process: the run ends, and signals nobody. The kernel need only be there.
mkdir "$out/kernel"
cp /bin/true "$out/kernel/linux"
: >"$out/signals"
refused 1 "cannot start a process: Resource temporarily unavailable" env LD_PRELOAD="$PWD/build/tests/no-fork.so" \
	NO_FORK_SIGNALS="$out/signals" "$sluice" lab run six --policy fq --kernel "$out/kernel"
tap_run "a process that was never started is sent no signal" test ! -s "$out/signals"
sed 's/^/# /' "$out/signals"

# A process that the shell had started before it became this command is none of the lab's.
sh -c 'sleep 60 & echo $! >"$1"; shift; exec "$@"' sh "$out/other" "$sluice" lab run six --policy fq --kernel "$out/kernel" 2>"$out/stderr"
tap_run "a child that is not the lab's lives on" kill "$(cat "$out/other")"

tap_run "every scenario of the repository is good" "$sluice" lab list
for file in scenarios/*.scenario; do
	tap_run "$(basename "$file") has at most 40 lines" test "$(wc -l <"$file")" -le 40
done
tap_end
