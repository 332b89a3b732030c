# sluice on and off that are killed, or meet a failing call or allocation, at every point: done, or nothing done, and off puts
# back what was there (M1, M2).
# shellcheck shell=sh disable=SC1091,SC2154
. /run/lab/guest.sh
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
		prove fault undo "$mode" nic0
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
finish
