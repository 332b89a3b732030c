# Failing allocations: each one of an operation in turn, then a part of all while traffic passes (P9, P8, M2).
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
for attr in failslab fail_page_alloc; do
	echo 0 >/sys/kernel/debug/$attr/verbose
	echo N >/sys/kernel/debug/$attr/ignore-gfp-wait
done
# A failing vmalloc() tells of it with a trace, which is no complaint here.
complaints=${complaints%|Call Trace}
load
pair d
sink=$(fault sink d)

prove fault nth netlink nic0

# 125 MB/s: fast enough to be done between two steps, slow enough that bundles are cut
must fault set nic0 root rate 125000000
prove fault nth send nic0 10.0.0.2
prove fault idle nic0

# a part of all allocations fails for a while, traffic only: the ledger must be right over all of it
must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root rate 6000000
fault mix 10.0.0.2 1500 &
mix=$!
sleep 0.1
prove fault failslab nic0 traffic 1200
check "P9: all senders end (failslab)" wait $mix
sleep 15
prove fault idle nic0

# the same while the qdisc comes, changes and goes
fault mix 10.0.0.2 1500 &
mix=$!
sleep 0.1
prove fault failslab nic0 netlink 1200
check "P9: all senders end (failslab, netlink)" wait $mix
must tc qdisc replace dev nic0 root pfifo
must fault set nic0 root
sleep 15
prove fault idle nic0

# gap frames: where there is no memory for one, a timer keeps the gap, and nothing waits for longer than without them
must fault set nic0 root rate 6000000 gap_frames 200000
check "gap frames: none has failed yet" sh -c 'sluice show nic0 --json | grep -q "\"gap_alloc_failed_frames\": 0,"'
fault mix 10.0.0.2 1500 &
mix=$!
sleep 0.1
prove fault failslab nic0 traffic 1200
check "P9: all senders end (failslab, gap frames)" wait $mix
sleep 15
prove fault idle nic0
check "gap frames: it is counted that there was no memory: $(sluice show nic0 --json | grep -E '"gap_(frames|alloc_failed)"' | tr -d ' \n')" \
	sh -c 'sluice show nic0 --json | grep -qE "\"gap_alloc_failed_frames\": [1-9]"'
must ip link del nic0
kill "$sink"
finish
