# sluice on and off that are killed, or meet a failing call or allocation, at every point: done, or nothing done, and off puts
# back what was there (M1, M2).
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
# shellcheck source=tests/fault/sentences.sh
. /run/lab/sentences.sh
load
pair d
modes='kill int fail'
if [ -w /proc/self/fail-nth ]; then
	# Every seventh allocation; 'nth' alone takes minutes for all of them.
	modes=nth/7
	for attr in failslab fail_page_alloc; do
		echo 0 >/sys/kernel/debug/$attr/verbose
		echo N >/sys/kernel/debug/$attr/ignore-gfp-wait
	done
	# A failing vmalloc() tells of it with a trace, which is no complaint here.
	complaints=${complaints%|Call Trace}
fi
must ip link add twin numtxqueues 2 type dummy
must ip link set twin up
# Its default is not noqueue: a kernel that lacks the memory for one forgets that a device wants none (IFF_NO_QUEUE).
must ip link add plain0 type ifb
must ip link set plain0 up

# In old kernels a process takes much longer to start: the calls and their order are the same there.
case $(uname -r) in 6.1.*) modes='kill' ;; esac
for mode in $modes; do
	if [ "$mode" != kill ]; then
		[ "$mode" = int ] || prove fault undo "$mode" plain0 rate 1gbit
		must tc qdisc replace dev nic0 root handle 12: fq quantum 2000 maxrate 100mbit
		prove fault undo "$mode" nic0 rate 50%
		must tc qdisc del dev nic0 root
	fi
	if [ "$mode" = "${mode#nth}" ]; then
		must tc qdisc replace dev twin root handle 1: mq
		must tc qdisc replace dev twin parent 1:2 handle 7: fq_codel target 4999us
		prove fault undo "$mode" twin limit 77
		must tc qdisc del dev twin root
		[ "$modes" = kill ] || [ "$mode" = int ] || prove fault undo "$mode" twin limit 77
	fi
done

# dump_of DEV: its qdiscs, to compare; apply_hit AT: something fails at call AT of `sluice apply` of two files. Each device is paced
# or as it was, both are if it says so, and off puts back what was there.
apply_hit()
{
	: >"$lab/hit"
	SLUICE_TEST_AT=$1 SLUICE_TEST_FD=9 SLUICE_TEST_MODE=fail LD_PRELOAD=/run/lab/bin/preload.so sluice apply 9>"$lab/hit" 2>"$lab/said"
	code=$?
	count=
	for device in plain0 twin; do
		fault dump $device >"$lab/now"
		if grep -q ^sluice "$lab/now"; then
			count=1$count
			must sluice off $device
			fault dump $device >"$lab/now"
		fi
		cmp "$lab/now" "$lab/before.$device" || return 1
	done
	case $code:$count in 0:11) ;; 0:* | *:11) return 1 ;; *:1) alone=$((alone + 1)) ;; esac
	no_records
}
# shared_hit AT: the same of two files for one device: it is paced by one of them, or each says why not.
shared_hit()
{
	: >"$lab/hit"
	SLUICE_TEST_AT=$1 SLUICE_TEST_FD=9 SLUICE_TEST_MODE=fail LD_PRELOAD=/run/lab/bin/preload.so sluice apply 9>"$lab/hit" 2>"$lab/said"
	code=$?
	named=$(grep -o 'apply /etc/sluice/[a-z0-9]*.conf' "$lab/said" | sort -u | wc -l)
	fault dump twin >"$lab/now"
	if grep -q ^sluice "$lab/now"; then
		case $code:$named in 0:0) ;; [1-9]*:1) second=$((second + 1)) ;; *) return 1 ;; esac
		must sluice off twin
		fault dump twin >"$lab/now"
	elif [ "$code" = 0 ] || { [ "$named" != 2 ] && ! grep -q '^sluice apply: ' "$lab/said"; }; then
		return 1
	fi
	cmp "$lab/now" "$lab/before.twin" && no_records
}

# share_hit AT: something fails at call AT of a second `sluice on`: the share and the rate are both the new ones, or both the old.
share_hit()
{
	must sluice on nic0 rate 50%
	: >"$lab/hit"
	SLUICE_TEST_AT=$1 SLUICE_TEST_FD=9 SLUICE_TEST_MODE=fail LD_PRELOAD=/run/lab/bin/preload.so sluice on nic0 rate 25% 9>"$lab/hit" 2>"$lab/said"
	code=$?
	sluice show nic0 --json | tr -d ' \n' >"$lab/now"
	if [ "$code" = 0 ]; then rate=312500000 ppm=250000; else rate=625000000 ppm=500000; fi
	grep -q "\"rate_bytes_ps\":$rate,.*\"link_ppm\":$ppm," "$lab/now"
}
case $modes in *fail*)
	at=1
	while share_hit $at && [ -s "$lab/hit" ]; do at=$((at + 1)); done
	check "M1: another share of the link fails at each of $at points ($code: $(cat "$lab/said"))" [ ! -s "$lab/hit" ]
	check "M1: of all of them" [ "$at" -gt 20 ]
	must sluice off nic0
	must mount -t tmpfs etc /etc
	mkdir -p /etc/sluice
	echo rate 1gbit >/etc/sluice/plain0.conf
	echo limit 77 >/etc/sluice/twin.conf
	for device in plain0 twin; do fault dump $device >"$lab/before.$device"; done
	at=1 alone=0
	while apply_hit $at && [ -s "$lab/hit" ]; do at=$((at + 1)); done
	check "M1, M2: apply of two files fails at each of $at points ($code, $count: $(cat "$lab/said"))" [ ! -s "$lab/hit" ]
	check "M1: at $alone of them one device was paced, and the other was not" [ "$alone" -gt 10 ]
	# Two files pace one device alike: a failure of the first is not the second's.
	rm /etc/sluice/plain0.conf
	must ip link add link twin name vlan7 type vlan id 7
	cp /etc/sluice/twin.conf /etc/sluice/vlan7.conf
	at=1 second=0
	while shared_hit $at && [ -s "$lab/hit" ]; do at=$((at + 1)); done
	check "M1, M2: apply of two files for one device fails at each of $at points: paced, or both are named ($code: $(cat "$lab/said"))" [ ! -s "$lab/hit" ]
	check "at $second of them the second file paced it" [ "$second" -gt 5 ]
	must ip link del vlan7
	must umount /etc
	;;
esac
finish
