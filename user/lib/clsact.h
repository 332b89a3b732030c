/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BPF programs as filters at a device's clsact, the qdisc that sees what leaves in front of
 * all queues and what arrives. It keeps a program when the command that put it there
 * has ended.
 *
 * Part of libsluice: nothing here prints or exits. Functions return 0 or -errno;
 * @message holds SLUICE_MESSAGE_SIZE bytes and receives the kernel's own sentence, or "".
 */
#ifndef SLUICE_CLSACT_H
#define SLUICE_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

/* What the kernel takes when it is not told: others come in front of it. */
#define SLUICE_FILTER_PRIORITY_INITIAL	0xc000u

/**
 * struct sluice_filter - one filter
 * @ifindex: its device
 * @side: what it sees
 * @priority: 1 to 2^16 - 1, the lowest is asked first
 * @protocol: an ETH_P_…; what is added is for all of them
 * @handle: its number beside filters of the same priority
 * @is_bpf: it is a BPF program
 * @program_id: of that; 0: the kernel does not tell
 * @name: of that, as who added it said
 */
struct sluice_filter {
	int ifindex;
	enum sluice_program_side side;
	uint16_t priority;
	uint16_t protocol;
	uint32_t handle;
	bool is_bpf;
	uint32_t program_id;
	char name[SLUICE_PROGRAM_NAME_SIZE];
};

/* Make it, -EEXIST if it or ingress is there; or delete it, with all its filters. */
int sluice_clsact_change(struct sluice_netlink *netlink, int ifindex,
			 bool is_new, char *message);

/* Call @take with each filter of one side; a device without clsact has none. */
int sluice_filters_list(struct sluice_netlink *netlink, int ifindex,
			enum sluice_program_side side,
			void (*take)(const struct sluice_filter *filter,
				     void *data),
			void *data, char *message);

/* Add a program, loaded as @prog_fd, that decides alone what becomes of a packet. */
int sluice_filter_add(struct sluice_netlink *netlink,
		      const struct sluice_filter *filter, int prog_fd,
		      char *message);

int sluice_filter_delete(struct sluice_netlink *netlink,
			 const struct sluice_filter *filter, char *message);

/* Nobody has a filter at it. Who adds one between the look and the end loses it. */
int sluice_clsact_delete_empty(struct sluice_netlink *netlink, int ifindex,
			       char *message);

#endif
