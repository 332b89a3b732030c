// SPDX-License-Identifier: GPL-2.0
/* The way back to what was there before; see restore.h. */
#include "restore.h"

#include <errno.h>
#include <string.h>

/* What the kernel makes of a length of 0 (DEFAULT_TX_QUEUE_LEN). */
#define TX_QUEUE_LEN_CORRECTED 1000

/* ---- the plan ---- */

static int saved_add(struct sluice_plan *plan, const struct sluice_node *node)
{
	struct sluice_step *step = sluice_plan_add(plan, node->parent,
						   node->handle, node->kind);

	if (!step)
		return -ENOMEM;
	step->saved = node;
	return 0;
}

static int delete_add(struct sluice_plan *plan, const struct sluice_tree *live)
{
	struct sluice_step *step;

	if (sluice_tree_is_default(live))
		return 0;
	step = sluice_plan_add(plan, TC_H_ROOT, 0, sluice_tree_root(live)->kind);
	if (!step)
		return -ENOMEM;
	step->is_delete = true;
	return 0;
}

/*
 * A leaf of mq that was the kernel's default comes back only with a new mq:
 * taking away what was put in its place leaves a leaf that drops everything.
 */
static bool mq_can_stay(const struct sluice_tree *saved,
			const struct sluice_tree *live)
{
	const struct sluice_node *root = sluice_tree_root(saved);
	unsigned int i;

	if (!sluice_tree_is_mq(saved) || !sluice_tree_is_mq(live) ||
	    sluice_tree_root(live)->handle != root->handle)
		return false;
	for (i = 0; i < live->count; i++) {
		const struct sluice_node *before =
			sluice_tree_find(saved, live->nodes[i].parent);

		if (!before || (!before->handle && live->nodes[i].handle))
			return false;
	}
	return true;
}

/* In place, where that does: otherwise a root of the same handle must go first. */
static bool root_can_be_replaced(const struct sluice_node *saved,
				 const struct sluice_tree *live)
{
	const struct sluice_node *root = sluice_tree_root(live);

	return !root || root->handle != saved->handle ||
	       (!strcmp(root->kind, SLUICE_KIND) &&
		!strcmp(saved->kind, SLUICE_KIND));
}

/* @live: what is there already; NULL: nothing, for the mq is new. */
static int leaves_add(struct sluice_plan *plan, const struct sluice_tree *saved,
		      const struct sluice_tree *live)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < saved->count; i++) {
		const struct sluice_node *node = &saved->nodes[i];
		const struct sluice_node *now = live ?
			sluice_tree_find(live, node->parent) : NULL;

		/* Many kinds refuse a change in place, even to what they are. */
		if (node->parent == TC_H_ROOT || !node->handle ||
		    (now && sluice_node_is_equal(node, now)))
			continue;
		err = saved_add(plan, node);
	}
	return err;
}

/* Another qdisc's frames have no launch time: before it comes, the queue needs none. */
static int launches_end(struct sluice_plan *plan, const struct sluice_tree *live)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < live->count; i++) {
		struct sluice_options options;

		sluice_node_options(&live->nodes[i], &options);
		if (options.values[TCA_SLUICE_OFFLOAD_HORIZON_NS])
			err = sluice_plan_add_launch(plan, live->nodes[i].parent, 0);
	}
	return err;
}

int sluice_plan_restore(const struct sluice_tree *saved,
			const struct sluice_tree *live,
			struct sluice_plan *ret)
{
	const struct sluice_node *root = sluice_tree_root(saved);
	struct sluice_plan plan = { .count = 0 };
	bool is_kept;
	int err = 0;

	*ret = plan;
	if (sluice_tree_is_restored(saved, live))
		return 0;
	err = launches_end(&plan, live);
	if (err)
		goto out;
	if (sluice_tree_is_default(saved)) {
		err = delete_add(&plan, live);
		goto out;
	}
	is_kept = mq_can_stay(saved, live);
	if (!is_kept) {
		if (!root_can_be_replaced(root, live))
			err = delete_add(&plan, live);
		if (!err)
			err = saved_add(&plan, root);
	}
	if (!err)
		err = leaves_add(&plan, saved, is_kept ? live : NULL);
out:
	if (err)
		sluice_plan_done(&plan);
	*ret = plan;
	return err;
}

/* ---- taking it ---- */

/* Once: plan, take the steps, and read what became of it. */
static int tree_restore(struct sluice_netlink *netlink, int ifindex,
			const struct sluice_tree *saved,
			struct sluice_tree *live, char *message)
{
	char read_message[SLUICE_MESSAGE_SIZE];
	struct sluice_plan plan;
	int err, read_err;

	message[0] = '\0';
	err = sluice_plan_restore(saved, live, &plan);
	if (!err)
		err = sluice_plan_apply(netlink, ifindex, &plan, message);
	sluice_plan_done(&plan);
	sluice_tree_done(live);
	read_err = sluice_tree_read(netlink, ifindex, live, read_message);
	/* What was lost may be the acknowledgement only. */
	if (!read_err && sluice_tree_is_restored(saved, live))
		return 0;
	if (err || !read_err)
		return err;
	memcpy(message, read_message, sizeof(read_message));
	return read_err;
}

/* Trying another way does not help against these. */
static bool is_final(int err)
{
	return err == -EPERM || err == -ENODEV || err == -ENOMEM ||
	       err == -ENOBUFS;
}

/* The kernel takes 0 for a mistake when it makes a qdisc, and corrects it. */
static int queue_len_restore(struct sluice_netlink *netlink,
			     const struct sluice_link *link, char *message)
{
	return link->tx_queue_len == TX_QUEUE_LEN_CORRECTED ?
	       sluice_link_tx_queue_len_set(netlink, link->ifindex, 0,
					    message) : 0;
}

/*
 * A kernel without memory for its default puts another one there, or leaves the
 * device without any, and then all packets are lost. Nor can it be seen whether
 * net.core.default_qdisc is another one by now, so this may be for nothing.
 */
static bool is_default_doubtful(const struct sluice_tree *saved,
				const struct sluice_tree *live)
{
	return saved->count && sluice_tree_is_default(saved) &&
	       sluice_tree_is_default(live) &&
	       strcmp(sluice_tree_root_kind(saved),
		      sluice_tree_root_kind(live));
}

/* The kernel tries again when a root is taken away. */
static int default_attach(struct sluice_netlink *netlink,
			  const struct sluice_link *link,
			  struct sluice_tree *live, char *message)
{
	const struct sluice_tree none = { .count = 0 };
	struct sluice_plan plan = { .count = 0 };
	int err;

	if (!link->is_up)
		return 0;
	err = sluice_plan_add(&plan, TC_H_ROOT, 0, "pfifo") ? 0 : -ENOMEM;
	if (!err)
		err = sluice_plan_apply(netlink, link->ifindex, &plan, message);
	sluice_plan_done(&plan);
	if (!err)
		err = sluice_tree_read(netlink, link->ifindex, live, message);
	if (!err)
		err = tree_restore(netlink, link->ifindex, &none, live,
				   message);
	return err || live->count ? err : -ENOMEM;
}

/* What is not in the trees. */
static int link_restore(struct sluice_netlink *netlink, int ifindex,
			const struct sluice_tree *saved,
			unsigned int tx_queue_len, struct sluice_tree *live,
			char *message)
{
	bool is_doubtful = is_default_doubtful(saved, live);
	const struct sluice_link *link;
	struct sluice_links links;
	int err;

	if (tx_queue_len && !is_doubtful)
		return 0;
	err = sluice_links_list(netlink, &links, message);
	if (err)
		return err;
	link = sluice_links_find(&links, ifindex);
	if (link && is_doubtful)
		err = default_attach(netlink, link, live, message);
	if (link && !err && !tx_queue_len)
		err = queue_len_restore(netlink, link, message);
	sluice_links_done(&links);
	return err;
}

/*
 * A qdisc that was changed in place may keep what its dump does not name, and a
 * handle may be in use elsewhere in the tree: then all is made anew, by way of
 * the kernel's default.
 */
int sluice_restore(struct sluice_netlink *netlink, int ifindex,
		   const struct sluice_tree *saved, unsigned int tx_queue_len,
		   struct sluice_tree *live, char *message)
{
	const struct sluice_tree none = { .count = 0 };
	int err;

	err = tree_restore(netlink, ifindex, saved, live, message);
	if (!is_final(err) && (err || !sluice_tree_is_restored(saved, live))) {
		err = tree_restore(netlink, ifindex, &none, live, message);
		if (!err)
			err = tree_restore(netlink, ifindex, saved, live,
					   message);
	}
	return err ? err : link_restore(netlink, ifindex, saved, tx_queue_len,
					live, message);
}
