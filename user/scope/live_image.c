// SPDX-License-Identifier: GPL-2.0
/* The object files of bpf/ as bytes of the command. */
#include "live_bpf.h"

SLUICE_BPF_IMAGE(scope_bpf_image, "build/bpf/scope.bpf.o");
SLUICE_BPF_IMAGE(scope_tap_image, "build/bpf/tap.bpf.o");
SLUICE_BPF_IMAGE(scope_stamp_image, "build/bpf/stamp.bpf.o");
SLUICE_BPF_IMAGE(scope_cpu_image, "build/bpf/cpu.bpf.o");
