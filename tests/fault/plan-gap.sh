# Gap frames (gap_frames): where on refuses them, where they stand, what show, verify and the doctor say of them, and what ends them.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
export TC_LIB_DIR="$lab/bin"
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
# finds TEXT: the doctor says so of the launches of nic0.
finds() { sluice doctor nic0 --json | tr -d '\n' | sed 's/  */ /g' | grep -oF -- "$1"; }
# achieved: frames of the verdict, once of the qdisc and once of the tap.
achieved() { sed -n 's/^ *achieved .*, \([0-9]*\) frames$/\1/p' "$lab/said.out" | tr '\n' ' ' | sed 's/ $//'; }

load
pair d 4
sink=$(fault sink d)
must ip tuntap add tap0 mode tap
must ip link set tap0 up
keep

# refused before anything is changed
says "on: four queues" 1 "nic0: gap_frames fills the line of a device with one transmit queue, and this one has 4: run 'ethtool -L nic0 tx 1', or leave out gap_frames" \
	sluice on nic0 gap_frames 200us
says "on: no line at all" 1 "tap0: a device of kind tun has no line, and hands on all at once that it is given, so the others would leave back to back: leave out gap_frames" \
	sluice on tap0 gap_frames 200us
says "apply: likewise" 1 "run 'ethtool -L nic0 tx 1'" \
	sh -c 'mkdir -p /tmp/g && echo gap_frames 200us >/tmp/g/nic0.conf && exec sluice apply /tmp/g/nic0.conf'
says "on: without the module" 2 "gap_frames" sluice on --no-module nic0 gap_frames 200us
says "tc: four queues" 2 "from its root; see ethtool -L" tc qdisc replace dev nic0 root sluice gap_frames 200us
check "M1: all are as before" same_as_kept
check "M1: no record is left" no_records

# one queue
must ethtool -L nic0 tx 1
must fault dump nic0 >"$lab/one"
sluice on nic0 maxrate 100mbit gap_frames 200us 2>"$lab/said"
check "on: one queue" [ $? = 0 ]
check "on: it says that a veth is no line" grep -qF "sluice on: nic0: a veth has no line" "$lab/said"
check "on: at the root" sh -c 'tc qdisc show dev nic0 root | grep -q "^qdisc sluice .* root .* gap_frames 200us"'
check "tc: changes it" tc qdisc change dev nic0 root sluice gap_frames 100us
check "tc -j: as sluice show has it" [ "$(tc -j qdisc show dev nic0 root | grep -o '"gap_frames_ns": *[0-9]*' | tr -d ' ')" = "$(sluice show nic0 --json | grep -o '"gap_frames_ns": [0-9]*' | tr -d ' ')" ]
must sluice on nic0 gap_frames 200us
says "on: not with what the NIC keeps" 1 "nic0: its driver tells no clock (PHC)" sluice on nic0 offload_horizon 200us
says "tc: not with what the NIC keeps" 2 "departures are kept by gap_frames or by offload_horizon; set one to 0" tc qdisc change dev nic0 root sluice offload_horizon 200us
check "doctor: it needs a line behind" finds '"severity": "note", "text": "departures are kept by gap frames (gap_frames), but a veth has no line'

fault steady 10.0.0.2 3000 20 1200 10000 12500000 &
judged "datagrams under a rate" 0 "nic0: kept" nic0 --for 1s
check "S1: gap frames are counted beside the others: $(grep 'gap frames ' "$lab/said.out")" said '^    gap frames +[0-9]+ beside these, [0-9.]+[gm]bit, [0-9.]+ % of the link$'
check "S1: and not among them, neither by the qdisc nor by the tap: $(achieved) frames" \
	[ "$(achieved | tr ' ' '\n' | awk '$1 < 1960 || $1 > 2040' | wc -l)" = 0 ]
check "S1: the tap sees no departures" said 'gaps +not measured: gap frames keep departures'
sluice monitor nic0 --interval 300ms --count 2 >"$lab/said.out"
check "monitor: a line ends with what they take: $(tail -n 1 "$lab/said.out" | grep -o 'gap frames.*')" said ' gap frames: [0-9.]+[gm]bit$'
sluice monitor nic0 --interval 300ms --count 1 --json >"$lab/said.out"
check "monitor --json: likewise" said '"gap_wire_bytes_ps":[1-9]'
wait
gap_frames=$(sluice show nic0 --json | sed -n 's/^ *"gap_frames": \([0-9]*\),*$/\1/p' | head -n 1)
check "show: counts them: $gap_frames" [ "$gap_frames" -gt 1000 ]
check "metrics: count them" sh -c "sluice metrics | grep -q '^sluice_gap_frames_total{.*} $gap_frames\$'"

# more queues than one end them, when it is looked for a frame next
must ethtool -L nic0 tx 4
fault steady 10.0.0.2 100 1 1200 10000 12500000
check "show: they have" sh -c 'sluice show nic0 | grep -qx "  gap_frames is off, because the device has 4 transmit queues now: .ethtool -L nic0 tx 1., then .sluice on nic0 gap_frames TIME."'
check "show --json: likewise" sh -c 'sluice show nic0 --json | tr -d " \n" | grep -qF "\"lapse\":{\"option\":\"gap_frames\",\"cause\":\"queues\",\"is_over\":true}"'
check "doctor: so does it" finds 'gap_frames is off, because the device has 4 transmit queues now; when that has changed, the option is to be given again", "fix": "ethtool -L nic0 tx 1"'
sluice monitor nic0 --interval 300ms --count 2 --json >"$lab/said.out" 2>"$lab/said"
check "monitor: says it once" [ "$(grep -cF 'sluice monitor: nic0: gap_frames is off, because' "$lab/said")" = 1 ]
check "monitor --json: in each line" [ "$(grep -cF '"lapse":{"option":"gap_frames","cause":"queues","is_over":true}' "$lab/said.out")" = 2 ]
must ethtool -L nic0 tx 1
check "show: also when there is one queue again" sh -c 'sluice show nic0 | grep -qx "  gap_frames is off, because the device had more transmit queues for a while, .*: .sluice on nic0 gap_frames TIME."'
must sluice on nic0 gap_frames off
must ethtool -L nic0 tx 4
check "show: but not where the operator has taken them back" sh -c '! sluice show nic0 | grep "gap_frames is off"'
check "show: the option is off" sh -c 'tc qdisc show dev nic0 root | grep -q "gap_frames off"'
sluice on nic0 limit 77 2>"$lab/said"
check "on: a sluice on each queue then" [ $? = 0 ]
check "on: nothing is said of what the operator has taken back" [ ! -s "$lab/said" ]
check "on: without them" [ "$(tc qdisc show dev nic0 | grep -c '^qdisc sluice .*maxrate 100mbit.* gap_frames off')" = 4 ]
must ethtool -L nic0 tx 1
check "on: and one at the root with them again" sluice on nic0 gap_frames 20us
check "on: one" paced nic0 1
fault steady 10.0.0.2 100 1 1200 10000 12500000
must ethtool -L nic0 tx 4
fault steady 10.0.0.2 100 1 1200 10000 12500000
sluice on nic0 limit 78 2>"$lab/said"
check "on: another option, which the kernel takes for consent to their end: it is said" \
	grep -qxF "sluice on: nic0: gap_frames is off, because the device has 4 transmit queues now: 'ethtool -L nic0 tx 1', then 'sluice on nic0 gap_frames TIME'" "$lab/said"
must sluice off nic0
check "M1: as before" same_as_kept
must ethtool -L nic0 tx 1
check "M1: with one queue, too" sh -c "fault dump nic0 | cmp - $lab/one"
# What is rehearsed on loopback, which is no Ethernet, is rehearsed without gap frames.
must ip link set nic0 txqueuelen 0
sluice on nic0 gap_frames 200us 2>"$lab/said"
check "on: a device whose queue has no length" [ $? = 0 ]
must sluice off nic0
check "M1: it has none again" sh -c 'ip link show nic0 | grep -q "noqueue" && ! ip link show nic0 | grep -q "qlen"'
kill "$sink"
must ip link del nic0
finish
