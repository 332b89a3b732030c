# sluice verify: each verdict that traffic can provoke; sluice monitor beside things that come and go. What needs late timers or
# a full link is in tests/unit/user_verdict_test.c: here timers are exact, and a veth takes what it is given.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
export TC_LIB_DIR="$lab/bin"
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
load
pair d 2
sink=$(fault sink d)


# The debug kernel, which is slow, shows what only it can: allocations that fail.
if [ -w /proc/self/fail-nth ]; then
	for attr in failslab fail_page_alloc; do
		echo 0 >/sys/kernel/debug/$attr/verbose
		echo N >/sys/kernel/debug/$attr/ignore-gfp-wait
	done
	complaints=${complaints%|Call Trace}
	must sluice on nic0 rate 100mbit
	fault steady 10.0.0.2 1500 1 24000 20000 &
	judged "bundles under a rate are cut" 0 "nic0: kept" nic0 --for 500ms
	{ sleep 0.1; fault failslab nic0 traffic 400 >/dev/null; } &
	judged "no memory to cut" 3 "nic0: not kept because " nic0 --for 700ms
	check "S1: it is said of what" said 'super-packets left uncut|packets were not paced: there was no memory'
	wait
	must ip link del nic0
	kill "$sink"
	finish
fi

# nobody paces: still it says what there is
fault steady 10.0.0.2 1500 20 1200 10000 &
judged "no sluice" 3 "nic0: not kept because nothing paces it (root qdisc: noqueue)" nic0 --for 1s
check "S1: and the trains that were seen" said 'at link speed *99 % of the frames in trains of at most 20 '
wait

fault steady 10.0.0.2 1500 1 24000 20000 &
judged "no sluice, and bundles" 3 "nic0: not kept because nothing paces it" nic0 --for 1s
# Before Linux 6.2 a packet socket is not told of them.
check "S1: which are cut behind the tap, or not shown" \
	said '^    (cut behind it +(49|50) packets are (980|1000) of|not shown +(49|5[0-4]) super-packets whose kind)'
wait

# kept
must sluice on nic0 rate 100mbit
judged "no traffic" 3 "nic0: pacing makes no difference here: no traffic (0 frames" nic0 --for 1s
fault steady 10.0.0.2 1500 20 1200 10000 &
judged "datagrams under a rate" 0 "nic0: kept" nic0 --for 1s
check "S1: a buffer of one frame would do" said 'buffer needed *1 frames in front of a link of that rate'
check "S1: counted by a sluice on each queue" said '^  qdisc: counters of 2 sluice, read 1s apart'
wait
fault bulk 10.0.0.2 16000000 >"$lab/bulk" &
sleep 0.1
judged "TCP under a rate, as JSON" 0 "[" nic0 --for 1s --json
check "S1: kept" said '^  "verdict": "kept",$'
check "S1: the rate that the qdisc counts: $(number sent_wire_bytes_ps) bytes/s of 12500000" \
	[ "$(number sent_wire_bytes_ps)" -ge 12490000 -a "$(number sent_wire_bytes_ps)" -le 12501000 ]
check "S1: and the one at the tap: $(number mean_bits_ps) bit/s" \
	[ "$(number mean_bits_ps)" -ge 99900000 -a "$(number mean_bits_ps)" -le 100010000 ]
wait
fault steady 10.0.0.2 1500 1 24000 20000 &
judged "bundles under a rate are cut" 0 "nic0: kept" nic0 --for 1s
wait
must sluice off nic0
must sluice on nic0 maxrate 20mbit
fault steady 10.0.0.2 1500 10 1200 10000 &
judged "datagrams under a maxrate" 0 "nic0: kept" nic0 --for 1s
wait
must sluice off nic0
must sluice on nic0
fault steady 10.0.0.2 1500 10 1200 10000 2000000 &
judged "the rate of a socket" 0 "nic0: kept" nic0 --for 1s
wait

# kept within trains
must sluice on nic0 rate 100mbit train 4
fault bulk 10.0.0.2 16000000 >"$lab/bulk" &
sleep 0.1
judged "trains of four" 0 "nic0: kept only within trains of 4 frames" nic0 --for 1s
check "S1: cut behind the tap" said 'cut behind it .*stack, expanded'
wait
must sluice off nic0
# Without a rate of the device they are made of frames, if that cannot cut.
must sluice on nic0 maxrate 100mbit train 4
must ethtool -K nic0 tso off
fault bulk 10.0.0.2 16000000 >"$lab/bulk" &
sleep 0.1
judged "trains of four frames" 0 "nic0: kept only within trains of 4 frames" nic0 --for 1s
wait
must ethtool -K nic0 tso on
must sluice off nic0
must sluice on nic0 burst 6
fault steady 10.0.0.2 1500 10 1200 10000 2000000 &
judged "a burst of six" 0 "nic0: kept only within trains of 7 frames" nic0 --for 1s
wait
must sluice off nic0

# no difference
must sluice on nic0
fault steady 10.0.0.2 1500 20 1200 10000 &
judged "nothing has a rate" 3 "nic0: pacing makes no difference here: no flow has a rate" nic0 --for 1s
wait
must sluice on nic0 rate 1gbit
fault steady 10.0.0.2 1500 1 1200 2000 &
judged "below the rate" 3 "nic0: pacing makes no difference here: the peak is below the rate anyway" nic0 --for 1s
wait

# not kept
fault steady 10.0.0.2 1500 20 1200 10000 &
must sluice on nic0 limit 5
judged "over limit" 3 "nic0: not kept because " nic0 --for 1s
check "S1: limit is said" said 'packets were over limit \([0-9]{3}'
wait
must sluice off nic0

# In old kernels a process takes much longer to start, and what follows is the same there.
case $(uname -r) in
6.1.*)
	must ip link del nic0
	kill "$sink"
	finish
	;;
esac
must sluice on nic0 rate 11gbit
judged "a rate above the link's" 3 "nic0: not kept because the rate of 11gbit is above the 10gbit of the link" nic0 --for 200ms
must sluice off nic0
must sluice on nic0 rate 100mbit horizon 1ms
fault mix 10.0.0.2 1500 &
judged "departures beyond the horizon" 3 "asked for a departure beyond the horizon" nic0 --for 1s
wait
sleep 5
must sluice on nic0 horizon 10s
fault steady 10.0.0.2 1500 20 1200 10000 &
{ sleep 0.3; sluice on nic0 rate 90mbit; } &
judged "other options meanwhile" 3 "nic0: not kept because its options were changed meanwhile" nic0 --for 1s
wait
fault steady 10.0.0.2 1500 20 1200 10000 &
{ sleep 0.3; sluice off nic0; sluice on nic0 rate 100mbit; } &
judged "replaced meanwhile" 3 "nic0: not kept because its qdisc was replaced meanwhile" nic0 --for 1s
wait
{ sleep 0.3; sluice off nic0; } &
judged "taken away meanwhile" 3 "nic0: not kept because its qdisc was replaced meanwhile" nic0 --for 1s
wait
must sluice on nic0 rate 10mbit
fault steady 10.0.0.2 1500 20 1200 10000 &
{ sleep 0.3; ip link set nic0 down; sleep 0.01; ip link set nic0 up; } &
judged "down for a moment, between two looks" 3 "nic0: not kept because the device was down" nic0 --for 1s
wait
must ip -n d link set rx0 down
sleep 2 # the kernel tells the qdisc after a while, and what waits is lost then
judged "no carrier" 3 "nic0: nothing to judge: it has no link, so nothing leaves" nic0 --for 1s
must ip -n d link set rx0 up
must ip neigh replace 10.0.0.2 lladdr $mac_rx dev nic0
must sluice off nic0

# a parent that lets frames go late: sluice below tbf
must tc qdisc add dev nic0 root handle 1: tbf rate 10mbit burst 2000 limit 10000000
must tc qdisc add dev nic0 parent 1:1 handle 2: sluice rate 100mbit
fault steady 10.0.0.2 1500 10 1200 10000 &
judged "what takes the frames is late" 3 "nic0: not kept because what takes the frames is late" nic0 --for 1s
wait
sleep 5
must tc qdisc del dev nic0 root

# frames that do not pass sluice
must tc qdisc add dev nic0 root handle 1: prio
must tc qdisc add dev nic0 parent 1:3 handle 2: sluice rate 100mbit
fault steady 10.0.0.2 1500 20 1200 10000 &
judged "frames that have not passed sluice" 3 "frames have not passed sluice" nic0 --for 1s
wait
must tc qdisc del dev nic0 root

# without the privilege only the counters speak
must sluice on nic0 rate 100mbit
cp "$lab/bin/sluice" /tmp/sluice
fault steady 10.0.0.2 1500 20 1200 10000 &
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
$nobody /tmp/sluice verify nic0 --for 1s >"$lab/said.out" 2>"$lab/said"
code=$?
check "S1: without privilege: $(head -n 1 "$lab/said.out")" [ "$code" = 0 ]
check "S1: and it says what is missing" said 'tap: none, only root may see frames \(CAP_NET_RAW\)'
wait

# several devices: the worst of them is the verdict
must ip link add br0 type bridge
must ip link add other type veth peer name far netns d
for device in br0 other; do must ip link set $device up; done
must ip -n d link set far up
must ip link set other master br0
must sluice off nic0
must ip link set nic0 master br0
must sluice on br0 rate 100mbit
judged "a bridge" 3 "br0: pacing makes no difference here: no traffic" br0 --for 300ms
check "S1: each port of it" [ "$(grep -c '^[a-z0-9]*: pacing makes no difference' "$lab/said.out")" = 3 ]
must ip -n d link set far down
fault steady 10.0.0.2 1500 20 1200 10000 &
judged "a bridge with a port without a link" 0 "br0: kept (nic0)" br0 --for 1s
check "S1: which is said of that port" said '^other: nothing to judge: it has no link'
wait
must ip -n d link set rx0 down
judged "a bridge whose ports have no link" 3 "br0: nothing to judge: it has no link" br0 --for 300ms
must ip -n d link set rx0 up
must sluice off br0
must ip link set nic0 nomaster
must ip link del other
must ip link del br0

# monitor
must sluice on nic0 rate 100mbit
fault steady 10.0.0.2 1200 20 1200 10000 &
sluice monitor nic0 --interval 200ms --count 3 >"$lab/lines" 2>"$lab/said"
code=$?
cat "$lab/lines"
check "monitor: a header and three lines" [ "$code$(wc -l <"$lab/lines")" = 04 -a ! -s "$lab/said" ]
check "monitor: rate and frames/s" grep -qE ' nic0 +(19|20)[.0-9]*mbit +(19|20)[0-9]{2} ' "$lab/lines"
sluice monitor --interval 200ms --count 2 --json >"$lab/lines" 2>"$lab/said"
check "monitor: JSON, an object in each line" [ "$(grep -c '^{"schema_version":[0-9]*,.*"dev":"nic0",.*}$' "$lab/lines")" = 2 ]
check "monitor: a timer for each frame that waits" [ "$(sed -n 's/.*"timer_wakeups_ps":\([0-9]*\),.*/\1/p' "$lab/lines" | awk '$1 > 1500 && $1 < 2500' | wc -l)" = 2 ]
# Virtual time takes no processor's: less than a step of the clock for 40 Mbit.
check "monitor: what it costs, or less than what can be counted" [ "$(grep -c '"host":{"busy_share":[0-9.e-]*,"softirq_share":[0-9.e-]*,"softirq_ns":[0-9]*,"softirq_step_ns":10000000,' "$lab/lines")" = 2 ]
wait
says "monitor: a full disk" 1 "cannot write the output" sh -c 'exec sluice monitor nic0 --interval 100ms >/dev/full'
sluice monitor nic0 --interval 100ms 2>"$lab/said" | head -n 2 >"$lab/lines"
check "monitor: a pipe that is closed ends it" [ "$(wc -l <"$lab/lines")" = 2 -a ! -s "$lab/said" ]
sluice monitor nic0 --interval 100ms >"$lab/lines" 2>"$lab/said" &
monitor=$!
sleep 0.35
sluice off nic0
sleep 0.35
must sluice on nic0 rate 50mbit
sleep 0.35
must ip link del nic0
sleep 0.35
must ip link add nic0 type veth peer name rx0 netns d
must ip link set nic0 up
must sluice on nic0
sleep 0.35
kill -s INT $monitor
wait $monitor
code=$?
cat "$lab/lines" "$lab/said"
check "monitor: SIGINT ends it well" [ "$code" = 0 ]
check "monitor: says once that sluice goes, twice" [ "$(grep -c 'nic0: sluice has gone' "$lab/said")" = 2 ]
check "monitor: says once that it is back, twice" [ "$(grep -c 'nic0: sluice is back' "$lab/said")" = 2 ]
check "monitor: no other notes" [ "$(wc -l <"$lab/said")" = 4 ]
check "monitor: goes on" [ "$(grep -c ' nic0 ' "$lab/lines")" -ge 7 ]
must sluice off nic0

# a device that goes
must sluice on nic0 rate 100mbit
{ sleep 0.3; ip link del nic0; } &
judged "gone" 3 "nic0: not kept because the device has vanished" nic0 --for 1s
wait $!
says "no such device" 1 "there is no device 'nic0' here" sluice verify nic0
kill "$sink"
finish
