# sluice on --no-module: the kernel's fq in sluice's place, and TCP's super-packets as short as asked. What is proposed where there
# is no module; off restores qdiscs and gso_max_segs (M1), also of what is above the device and after a kill; single frames at the tap.
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
export TC_LIB_DIR="$lab/bin"
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
pair d 4
sink=$(fault sink d)

segs() { ip -d -o link show "$1" | sed 's/.* gso_max_segs \([0-9]*\) .*/\1/'; }
has_segs() { [ "$(segs "$1")" = "$2" ]; }
# fqs DEV [N]: N (1) fq that are not the kernel's default are on it.
fqs() { [ "$(fault dump "$1" | grep -c '^fq [^0]')" = "${2:-1}" ]; }

# same CLAIM DEV [OPTION VALUE]...: on, on with other options, off; the device is as it was.
same()
{
	claim=$1 dev=$2
	shift 2
	fault dump "$dev" >"$lab/before"
	segs "$dev" >>"$lab/before"
	if ! sluice on "$dev" "$@" --no-module >"$lab/said.out"; then
		not_ok "M1: $claim: on"
	elif has_segs "$dev" "$(tail -n 1 "$lab/before")"; then
		not_ok "M1: $claim: gso_max_segs is not bounded"
	elif ! sluice on "$dev" --no-module limit 4321 train 2; then
		not_ok "M1: $claim: a second on"
	elif ! has_segs "$dev" 2 || ! tc qdisc show dev "$dev" | grep -q 'limit 4321p .* timer_slack 0ns'; then
		not_ok "M1: $claim: it is not as the second on says"
	elif ! sluice off "$dev"; then
		not_ok "M1: $claim: off"
	elif { fault dump "$dev" && segs "$dev"; } >"$lab/after" && cmp "$lab/before" "$lab/after" && no_records; then
		ok "M1: $claim"
	else
		not_ok "M1: $claim: another than before"
		diff "$lab/before" "$lab/after" | sed 's/^/# /' >&3
	fi
}

# ---- what is proposed, where there is no module ----

says "no module" 3 "; or 'sluice on nic0 --no-module': the kernel's fq, which keeps less" sluice on nic0
says "no module, and options" 3 "; or 'sluice on nic0 rate 1gbit maxrate 10mbit limit 77 --no-module': the kernel's fq, without gain, which keeps less" \
	sluice on nic0 rate 1gbit maxrate 10mbit gain 100% limit 77
says "no module, and a share of the link" 3 "; or 'sluice on nic0 maxrate 10% --no-module': the kernel's fq, which keeps less" sluice on nic0 maxrate 10%
command=$(sluice on nic0 limit 77 2>&1 | sed -n "s/.*; or '\([^']*\)'.*/\1/p")
check "the command that is proposed works: $command" sh -c "$command"
check "M1: and what it did can be undone" sluice off nic0
says "a rate of a flow that fq's 32 bits do not hold" 2 "maxrate: fq holds it in 32 bits, which '100gbit' does not fit: it takes up to 34.359738352gbit" \
	sluice on nic0 maxrate 100gbit --no-module
says "a time that fq cannot count" 2 "horizon: fq counts whole microseconds, which '1.5us' is not" sluice on nic0 horizon 1500ns --no-module

# a share of the link, which fq does not tell
must sluice on nic0 --no-module maxrate 10% train 2
check "a share: show has it" sh -c "sluice show nic0 | grep -qxF \"  maxrate is 10% of its link's 10gbit\""
check "a share: after a boot it is gone, and the doctor's file says what was asked for" \
	sh -c "sluice doctor nic0 | tr -d '\n' | grep -q \"'module no' .*'maxrate 10%' .*'train 2'.*>/etc/sluice/nic0.conf\""
must sluice off nic0

# what --dry-run prints can be typed, and does the same
sluice on nic0 --no-module maxrate 10mbit limit 777 flow_limit 33 horizon 2s ce_threshold 1ms train 3 --dry-run >"$lab/words"
check "M2: --dry-run changes nothing" has_segs nic0 65535
must sluice on nic0 --no-module maxrate 10mbit limit 777 flow_limit 33 horizon 2s ce_threshold 1ms train 3
{ fault dump nic0 && segs nic0; } >"$lab/by.sluice"
must sluice off nic0
must sh -e "$lab/words"
{ fault dump nic0 && segs nic0; } >"$lab/by.words"
check "--dry-run says what is done, in words of tc and ip" cmp "$lab/by.sluice" "$lab/by.words"
must tc qdisc del dev nic0 root
must ip link set nic0 gso_max_segs 65535

# ---- M1 ----

same "without the module: the default of four queues" nic0
must tc qdisc replace dev nic0 root handle 42: fq limit 777 maxrate 100mbit timer_slack 7000 horizon 2s horizon_drop
same "without the module: another's fq at the root" nic0 maxrate 1gbit
must tc qdisc del dev nic0 root
must tc qdisc replace dev nic0 root handle 9: mq
must tc qdisc replace dev nic0 parent 9:1 handle 5c0: fq maxrate 10mbit
must tc qdisc replace dev nic0 parent 9:3 handle 93: fq_codel target 4999us flows 64
must ip link set nic0 gso_max_segs 33
same "without the module: mq with leaves of its own, one an fq with a handle as ours" nic0
must tc qdisc del dev nic0 root
must ip link set nic0 gso_max_segs 65535
must ip link add one type ifb
must ip link set one up
same "without the module: one queue" one
must ip link set one gso_max_segs 1
must sluice on one --no-module train 4
check "a device that has less is not given more" has_segs one 1
must sluice off one
check "M1: nor afterwards" has_segs one 1
must ip link set one gso_max_segs 65535

# killed, or refused, at every point; in old kernels a process takes much longer to start, and the calls are the same there
prove fault undo kill one --no-module
case $(uname -r) in
6.1.*) ;;
*)
	prove fault undo fail one --no-module
	must tc qdisc replace dev one root handle 12: fq quantum 2000 maxrate 100mbit
	prove fault undo kill one --no-module maxrate 1mbit
	must tc qdisc del dev one root
	must ip link add twin numtxqueues 2 type dummy
	must ip link set twin up
	must tc qdisc replace dev twin root handle 1: mq
	must tc qdisc replace dev twin parent 1:2 handle 7: fq maxrate 5mbit
	prove fault undo kill twin --no-module limit 77
	must ip link del twin
	;;
esac

# somebody has replaced it
must sluice on one --no-module
must tc qdisc replace dev one root handle 3: pfifo
says "off where another has taken its place" 1 "one: somebody has replaced fq by pfifo since: that stays, and gso_max_segs is as before" sluice off one
check "M1: and so it is" has_segs one 65535
must sluice on one --no-module
must tc qdisc replace dev one root handle 4: fq
must sluice on one --no-module train 5
check "M1: on where another has taken its place: what there was first is still known" grep -qrx 'gso_max_segs [0-9]* 65535' /run/sluice
must sluice off one
check "M1: off of it" sh -c 'tc qdisc show dev one | grep -q "^qdisc fq 4: root"'
check "M1: and its super-packets" has_segs one 65535
must tc qdisc del dev one root

# ---- what lies above: TCP asks the device of its route ----

must ip link add br0 type bridge
for port in port1 port2; do
	must ip link add $port type ifb
	must ip link set $port master br0
done
must ip link set br0 up
must ip link add link br0 name vlan7 type vlan id 7
must ip link set vlan7 gso_max_segs 44
must sluice on br0 --no-module
check "a bridge: fq on both ports" sh -c 'for port in port1 port2; do tc qdisc show dev $port | grep -q "^qdisc fq 5c0: root" || exit 1; done'
for dev in br0 port1 port2 vlan7; do check "a bridge: $dev has single frames" has_segs $dev 1; done
must sluice on br0 --no-module train 4
check "a bridge: and then trains of four" has_segs vlan7 4
must ip link add link br0 name vlan8 type vlan id 8
must sluice on br0 --no-module
check "a VLAN that comes later: takes what the others have with the next on" has_segs vlan8 4
must sluice off port1
check "M1: off of one port: it is as it was" has_segs port1 65535
check "M1: what the other port still needs stays bounded" has_segs br0 4
must sluice on port1 --no-module train 2
must sluice off br0
for dev in br0 port1 port2; do check "M1: off of the bridge: $dev" has_segs $dev 65535; done
check "M1: off of the bridge: vlan7, which had a bound of its own" has_segs vlan7 44
must no_records
must sluice on br0 --no-module
must ip link del port1
must ip link del port2
says "off of a bridge whose ports have gone" 1 "br0: this bridge has no port to pace" sluice off br0
check "M1: the bridge that is left has its super-packets again" has_segs br0 65535
must ip link del br0

# ---- the tap ----

must sluice on nic0 --no-module maxrate 100mbit
fault bulk 10.0.0.2 16000000 >"$lab/bulk" &
sleep 0.1
judged "TCP by fq" 0 "nic0: kept" nic0 --for 1s
check "S1: nothing is cut behind the tap" sh -c "! grep -q 'cut behind it' $lab/said.out"
check "S1: it says who counts" said '^  qdisc: counters of 4 fq, without the module, .* fq counts no lateness'
wait $!
sluice show nic0
sluice show nic0 --json >"$lab/said.out"
check "show --json: its options, in sluice's words" [ "$(number maxrate_bytes_ps)/$(number train_frames)" = 12500000/1 ]
check "show --json: and fq's counters" [ "$(grep -c '"throttles"' "$lab/said.out")" = 4 ]
check "status" sh -c 'sluice | grep -qE "^nic0: paced by fq, without the module, on 4 queues, [0-9]+ frames sent, 0 packets lost$"'
sluice metrics >"$lab/said.out"
check "metrics" said '^sluice_fq_throttles_total\{device="nic0",parent="5c0:1",handle="5c1:"\} '
check "metrics: how many" said '^sluice_fq_qdiscs 4$'
sluice flows nic0 >"$lab/said.out"
check "flows: fq lists none" said '^fq, which paces without the module, lists no flows'
sluice monitor nic0 --interval 200ms --count 1 >"$lab/lines"
check "monitor: what fq counts" grep -qE ' nic0 +[0-9.]+k?bit +[0-9]+ +- +- +- +- +0 +0B +- +-  fq: waits [0-9]+/s, capped 0$' "$lab/lines"
must sluice off nic0
must tc qdisc replace dev nic0 root handle 5c0: mq
sluice show nic0
check "another's fq is not taken for ours" sh -c '! sluice show nic0 2>/dev/null | grep -q without'
must tc qdisc del dev nic0 root

# a socket with a rate and without departure times: frame by frame, where fq by itself lets two or three go at once
longest_train()
{
	fault steady 10.0.0.2 1500 10 1200 10000 2000000 &
	sluice scope tap:nic0 --for 1s --line-rate 10gbit --json | sed -n 's/.*"train_max_pkts":\([0-9]*\).*/\1/p'
	wait $!
}
must tc qdisc replace dev nic0 root fq
trains=$(longest_train)
must sluice on nic0 --no-module
check "P1: without the module a socket's rate is kept frame by frame, where fq alone sends $trains at once" [ "$(longest_train)" = 1 -a "$trains" -gt 1 ]
must sluice off nic0

# connections that are open already have the super-packets of their start, until their route is looked up anew
must sluice on nic0 --no-module maxrate 100mbit train 64
fault bulk 10.0.0.2 64000000 >"$lab/bulk" &
sleep 0.1
must sluice on nic0 --no-module train 1
judged "a connection that is older" 3 "nic0: not kept because frames leave in trains of up to " nic0 --for 1s
must sh -c 'echo 1 >/proc/sys/net/ipv4/route/flush'
sleep 0.1
judged "and when its route was flushed" 0 "nic0: kept" nic0 --for 1s
check "S1: in single frames" said '^nic0: kept$'
wait $!
must sluice off nic0

# files
must mount -t tmpfs etc /etc
mkdir -p /etc/sluice
printf 'module no\nmaxrate 10mbit\n' >/etc/sluice/nic0.conf
check "apply: module no" sluice apply
check "apply: fq on four queues" fqs nic0 4
check "apply: single frames" has_segs nic0 1
echo "maxrate 10mbit" >/etc/sluice/nic0.conf
says "apply: a device that is paced by fq, and a file that says module" 1 "nic0: it is paced without the module, by fq: 'sluice off nic0' first, or add 'module no'" sluice apply
must sluice off nic0
says "apply: no module" 3 "; or write 'module no' into it: the kernel's fq, which keeps less" sluice apply
printf 'module no\ngain 100%%\n' >/etc/sluice/nic0.conf
says "apply: module no and a gain" 2 "/etc/sluice/nic0.conf: with 'module no': gain: not without the module" sluice apply
must umount /etc

# beside the module
load
must sluice on nic0
says "on --no-module of what sluice paces" 1 "nic0: sluice paces it with the module: 'sluice off nic0' first" sluice on nic0 --no-module
must sluice off nic0
must sluice on nic0 --no-module
says "on of what fq paces" 1 "nic0: it is paced without the module, by fq: 'sluice off nic0' first, or add --no-module" sluice on nic0
must sluice off nic0
must ip link del nic0
kill "$sink"
finish
