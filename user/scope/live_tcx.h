/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What newer kernels have and the oldest headers and libbpf that we build with
 * have not. Each can go when headers of the release named are the oldest.
 */
#ifndef SLUICE_SCOPE_LIVE_TCX_H
#define SLUICE_SCOPE_LIVE_TCX_H

/* Linux 6.6: links at tc's hooks, enum bpf_attach_type. */
#define SCOPE_TCX_INGRESS	46
#define SCOPE_TCX_EGRESS	47
/* Linux 6.6: in front of all others, without naming one. */
#define SCOPE_TCX_BEFORE	(1u << 3)

#endif
