# plan-lockdown.sh: the last plan, since no kernel takes it back: in lockdown no program may read the kernel's memory. From 6.2 on the
# program of a device's rate sees the rates of sockets even so, by the kernel's types; before, it is loaded without.
# shellcheck shell=sh

locked()
{
	mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
	echo confidentiality >/sys/kernel/security/lockdown
}

check "lockdown: it begins" locked
build/tests/scope/edt_test >"$tmp/locked"
check "lockdown: the program of a device's rate is loaded" test $? = 0
check "lockdown: it sees the rates of sockets, where the kernel has types for that" \
	equal "$(grep -c 'P1: edt: a socket with a rate' "$tmp/locked")" "$(grep -c ' bpf_cast_to_kern_ctx$' /proc/kallsyms)"
