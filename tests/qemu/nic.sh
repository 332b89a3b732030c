# nic.sh: what the plans with the NIC of tests/qemu/nic share. Sourced by guest.sh's plans.
# shellcheck shell=sh disable=SC2034 # used by the plans
nic=/proc/stamping_nic

# knob PARAMETER VALUE: of the NIC's module.
knob() { echo "$2" >"/sys/module/stamping_nic/parameters/$1"; }

# state WORD: what the NIC says of itself.
state() { sed -n "s/.*\b$1=\(-\{0,1\}[0-9]*\).*/\1/p" $nic; }
