# Options through netlink: ranges, broken lists, random lists, and what a change keeps (M2).
# shellcheck shell=sh disable=SC1091,SC2154 # guest.sh and the counters of fault stat
. /run/lab/guest.sh
load
pair d
# It has a speed, without which gap_frames is refused.
must ip link add spare0 type veth peer name spare1
must tc qdisc replace dev nic0 root sluice
prove fault options nic0 spare0 "${FAULT_ROUNDS:-10000}"
must tc qdisc replace dev nic0 root pfifo
must tc qdisc replace dev nic0 root sluice
prove fault keep nic0 d 10.0.0.2
must tc qdisc del dev nic0 root
finish
