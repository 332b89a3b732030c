# The module comes and goes (P9). Not in the debug kernel: User-Mode Linux with KASAN keeps the red zones of an unloaded module
# and reports the next one that is loaded to the same place.
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d
must fault set nic0 root
refuse "P9: the module cannot be unloaded while a device uses it" fault module unload sch_sluice
must tc qdisc del dev nic0 root
must fault module unload sch_sluice
prove fault cycle "$module" nic0 10.0.0.2 50

load
must fault set nic0 root rate 1000000
fault mix 10.0.0.2 1000 &
mix=$!
sleep 0.5
qlen=0
eval "$(fault stat nic0 root)"
check "P9: packets wait when the device is removed ($qlen)" [ "$qlen" -gt 0 ]
must ip link del nic0
check "P9: the module can be unloaded at once, under load" fault module unload sch_sluice
check "P9: all senders end" wait $mix
finish
