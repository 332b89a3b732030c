# plan-bond.sh: a bond of e1000e and vmxnet3, whose members are paced, with one queue and with several. Port 5104.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

ip link set wire2 down
ip link set wire3 down
ip link add bond0 type bond mode active-backup miimon 100 fail_over_mac active
ip link set wire2 master bond0
ip link set wire3 master bond0
ip -n far link set far2 up
ip -n far link set far3 up
ip -n far link add bond0 type bridge
ip -n far link set far2 master bond0
ip -n far link set far3 master bond0
above bond0 104 bond0 wire2 wire3
