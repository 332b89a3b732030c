/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is to be changed on one device, as data: steps that the kernel takes
 * one by one, each whole or not at all. A plan is made from what is there and
 * what is wanted, can be shown (--dry-run), rehearsed and applied (M2); undoing
 * it is another plan, see restore.h.
 *
 * Part of libsluice: nothing here prints or exits. @message holds
 * SLUICE_MESSAGE_SIZE bytes and receives the kernel's own sentence, or "".
 */
#ifndef SLUICE_PLAN_H
#define SLUICE_PLAN_H

#include "tree.h"

/**
 * struct sluice_step - one request to the kernel
 * @is_delete: remove the root; the kernel puts its default there
 * @parent: place of the qdisc
 * @handle: which it is to have; 0: the kernel chooses
 * @kind: of the qdisc
 * @options: of a sluice or fq that is wanted
 * @saved: a qdisc of a tree, to be put back as it was dumped; NULL: none. The
 *	tree must outlive the plan
 */
struct sluice_step {
	bool is_delete;
	uint32_t parent;
	uint32_t handle;
	char kind[SLUICE_KIND_SIZE];
	struct sluice_options options;
	const struct sluice_node *saved;
};

struct sluice_plan {
	struct sluice_step *steps;
	unsigned int count;
};

/**
 * struct sluice_wish - what is to pace
 * @kind: "sluice", or the kernel's "fq" (fq.h)
 * @found: what was there before the first `on`
 * @given: options that were asked for
 * @base: those of another pacer of the same request
 */
struct sluice_wish {
	const char *kind;
	const struct sluice_tree *found;
	struct sluice_options given;
	struct sluice_options base;
};

/*
 * Have that pace a device of @queues transmit queues: as its root, or as a
 * leaf of mq per queue, where mq is made if it is not there; launch times follow as
 * steps of their own. What paces already is changed in place and keeps what @given
 * does not name; a new one takes that from @base.
 * Returns 0, -ENOMEM, or -EINVAL if @given has shares (share.h) that nobody has
 * resolved; release *ret with sluice_plan_done().
 */
int sluice_plan_on(const struct sluice_tree *tree, unsigned int queues,
		   const struct sluice_wish *wish, struct sluice_plan *ret);

/* Append: the sluice at @parent is to leave departures so far to the device; 0: none. */
int sluice_plan_add_launch(struct sluice_plan *plan, uint32_t parent,
		      uint64_t horizon_ns);

/* The handle of the mq that a plan makes, 0 if it makes none. */
uint32_t sluice_plan_mq_handle(const struct sluice_plan *plan);

/* Options of a qdisc, as it was dumped; none are given if it is no sluice. */
void sluice_node_options(const struct sluice_node *node,
			 struct sluice_options *ret);

/* Options of the first sluice in the tree; none are given if there is none. */
void sluice_plan_base(const struct sluice_tree *tree,
		      struct sluice_options *ret);

/* The same of the first fq that was put there since @found. */
void sluice_plan_fq_base(const struct sluice_tree *tree,
			 const struct sluice_tree *found,
			 struct sluice_options *ret);

/*
 * Append a step. Returns NULL without memory; the step is valid until the next
 * one is added.
 */
struct sluice_step *sluice_plan_add(struct sluice_plan *plan, uint32_t parent,
				    uint32_t handle, const char *kind);

/* Accepts zeroes. */
void sluice_plan_done(struct sluice_plan *plan);

/*
 * Ask the kernel to make the plan's pacer and to throw it away before it gets
 * to the device: whether it is there, the options are to its liking
 * and the privilege suffices is known before anything is changed. A plan
 * without a pacer passes.
 */
int sluice_plan_rehearse(struct sluice_netlink *netlink,
			 const struct sluice_link *link,
			 const struct sluice_tree *tree,
			 const struct sluice_plan *plan, char *message);

/*
 * Take the steps in order, up to the first that the kernel refuses. Returns 0
 * or -errno. A refusal can be an acknowledgement that was lost: how far things
 * are then, only the tree says.
 */
int sluice_plan_apply(struct sluice_netlink *netlink, int ifindex,
		      const struct sluice_plan *plan, char *message);

/* The same from step *at on, which is then the one that was refused. */
int sluice_plan_apply_from(struct sluice_netlink *netlink, int ifindex,
			   const struct sluice_plan *plan, unsigned int *at,
			   char *message);

/* It asks for launch times, and for nothing else. */
bool sluice_step_is_launch(const struct sluice_step *step);

#endif
