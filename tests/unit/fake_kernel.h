/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel with one device and its qdiscs, as far as rtnetlink shows them:
 * tests link fake_kernel.c in place of user/lib/netlink.c. It is stricter than
 * Linux: a change in place of any kind but sluice is refused.
 */
#ifndef SLUICE_TESTS_FAKE_KERNEL_H
#define SLUICE_TESTS_FAKE_KERNEL_H

#include "../../user/lib/tree.h"

#define FAKE_IFINDEX 7

/**
 * struct fake_kernel - what it is
 * @queues: transmit queues of the device
 * @tree: its qdiscs, defaults too
 * @next_handle: major that the next qdisc without a handle gets
 * @refuse_at: the request for a change with that number fails; 0: none
 * @is_answer_lost: and has been done all the same
 * @changes: requests for a change so far
 * @gso_max_segs: of the device, as it was set last
 * @tso_max_segs: the most that it takes; 0: not told, and all are taken
 * @xstats: of its sluice qdiscs; NULL: none are told
 * @has_grafted: an existing qdisc was put somewhere else: nobody wants that
 * @answer: what a test says to all other requests; NULL: nothing
 */
struct fake_kernel {
	unsigned int queues;
	struct sluice_tree tree;
	uint32_t next_handle;
	unsigned int refuse_at;
	bool is_answer_lost;
	unsigned int changes;
	uint32_t gso_max_segs;
	uint32_t tso_max_segs;
	const struct tc_sluice_xstats *xstats;
	bool has_grafted;
	int (*answer)(const struct nlmsghdr *request,
		      int (*receive)(const struct nlmsghdr *header, void *data),
		      void *data);
};

extern struct fake_kernel fake_kernel;

/* A fresh device with the default qdiscs. */
void fake_kernel_begin(unsigned int queues);

/* Put a qdisc there by hand; options may be NULL. */
void fake_kernel_put(uint32_t parent, uint32_t handle, const char *kind,
		     const void *options, size_t options_bytes);

#endif
