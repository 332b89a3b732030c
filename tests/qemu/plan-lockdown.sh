# plan-lockdown.sh: the last plan, since no kernel takes it back: in lockdown no program may read the kernel's memory. From 6.2 on the
# program of a device's rate sees the rates of sockets even so, by the kernel's types; before, it is loaded without.
# shellcheck shell=sh disable=SC2154 # variables of guest.sh

locked()
{
	mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
	echo confidentiality >/sys/kernel/security/lockdown
}

check "lockdown: it begins" locked
up 1 wire1 far1
check "lockdown: sluice on with a rate, without the module" sluice on wire1 --no-module rate 20mbit
check "lockdown: it sees the rates of sockets, where the kernel has types for that" \
	equal "$(sluice show wire1 --json | grep -c '"keeps_socket_rates": true')" "$(grep -c ' bpf_cast_to_kern_ctx$' /proc/kallsyms)"
check "lockdown: sluice off" sluice off wire1
down wire1 far1
