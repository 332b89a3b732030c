// SPDX-License-Identifier: GPL-2.0
/* In place of live_bpf.c where the command is built without clang and libbpf. */
#include <errno.h>

#include "../lib/refuse.h"
#include "cpu_live.h"
#include "live_parts.h"

#define WITHOUT	"this sluice was built without BPF: clang or libbpf-dev was missing"

int scope_bpf_open(struct scope_bpf **ret,
		   const struct scope_live_config *config,
		   const struct sluice_link *link, bool is_raw,
		   int64_t clock_delta_ns, char *error, size_t error_size)
{
	(void)ret;
	(void)config;
	(void)link;
	(void)is_raw;
	(void)clock_delta_ns;
	return sluice_refuse(-EOPNOTSUPP, error, error_size, WITHOUT);
}

void scope_bpf_close(struct scope_bpf *bpf)
{
	(void)bpf;
}

const char *scope_bpf_why_undated(const struct scope_bpf *bpf)
{
	(void)bpf;
	return "";
}

/* None of these is called, because none was opened. */
int scope_bpf_drain(struct scope_bpf *bpf,
		    int (*receive)(const struct scope_packet *packet,
				   void *data),
		    void *data)
{
	(void)bpf;
	(void)receive;
	(void)data;
	return -EOPNOTSUPP;
}

int scope_bpf_count(struct scope_bpf *bpf,
		    int (*receive)(const struct scope_live_sum *sum, void *data),
		    void *data)
{
	(void)bpf;
	(void)receive;
	(void)data;
	return -EOPNOTSUPP;
}

uint64_t scope_live_tick_ns(void)
{
	return 0;
}

void scope_bpf_losses(struct scope_bpf *bpf, struct scope_live_losses *ret)
{
	(void)bpf;
	*ret = (struct scope_live_losses){ 0 };
}

int scope_cpu_source_open(struct scope_cpu_source **ret, char *error,
			  size_t error_size)
{
	(void)ret;
	return sluice_refuse(-EOPNOTSUPP, error, error_size, WITHOUT);
}

void scope_cpu_source_close(struct scope_cpu_source *source)
{
	(void)source;
}

struct cpu_ring *scope_cpu_source_rings(const struct scope_cpu_source *source)
{
	(void)source;
	return NULL;
}

uint32_t scope_cpu_source_cpus(const struct scope_cpu_source *source,
			       const uint32_t **ret_id)
{
	(void)source;
	*ret_id = NULL;
	return 0;
}
