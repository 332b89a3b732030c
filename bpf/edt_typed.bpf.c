// SPDX-License-Identifier: GPL-2.0
/*
 * sluice_edt with the kernel's own types: it reads the rate of a socket in place, without a call and
 * also in lockdown. That takes Linux 6.2 and BTF; and it is in an object of its own, because
 * libbpf loads none of one that needs BTF without it.
 */
#define EDT_READS_KERNEL
#include "edt.bpf.c"
