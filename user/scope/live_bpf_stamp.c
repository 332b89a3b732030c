// SPDX-License-Identifier: GPL-2.0
/* When packets were meant to leave: loading and attaching what sees it. Part of live_bpf.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/probe.h"
#include "live_bpf.h"

#define BTF_PATH	"/sys/kernel/btf/vmlinux"

/* A link of tracing vanishes with this process. */
static int stamp_attach(const struct scope_bpf_objects *objects, int *ret_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = (uint32_t)bpf_program__fd(
		bpf_object__find_program_by_name(objects->stamp,
						 "scope_stamp"));
	*ret_fd = sluice_probe_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	return *ret_fd < 0 ? *ret_fd : 0;
}

/* As the kernel numbers namespaces; 0: there is no /proc. */
static uint32_t netns_inode(void)
{
	struct stat status;

	return stat("/proc/thread-self/ns/net", &status) ? 0 :
	       (uint32_t)status.st_ino;
}

int scope_bpf_load_stamps(struct scope_bpf_objects *ret,
			  struct scope_bpf_sizes *sizes, bool wants_departures,
			  int *ret_fd, char *why, size_t why_size)
{
	int err;

	*ret_fd = -1;
	if (wants_departures && !sizes->has_tap)
		snprintf(why, why_size,
			 "they are seen behind the qdisc alone");
	else if (wants_departures && access(BTF_PATH, R_OK))
		snprintf(why, why_size, "this kernel has no BTF (" BTF_PATH ")");
	else
		sizes->has_stamps = wants_departures;
	sizes->netns_inode = netns_inode();
	err = scope_bpf_load(ret, sizes);
	if (err || !sizes->has_stamps)
		return err;
	err = scope_bpf_load_stamp(ret, sizes);
	if (!err)
		err = stamp_attach(ret, ret_fd);
	if (!err)
		return 0;
	*ret_fd = -1;
	snprintf(why, why_size,
		 "this kernel attaches nothing where packets go to the driver: %s",
		 strerror(-err));
	scope_bpf_unload(ret);
	sizes->has_stamps = false;
	return scope_bpf_load(ret, sizes);
}
