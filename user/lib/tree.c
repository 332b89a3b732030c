// SPDX-License-Identifier: GPL-2.0
/* The tree of qdiscs of a device; see tree.h. */
#include "tree.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- as data ---- */

int sluice_tree_add(struct sluice_tree *tree, const struct sluice_node *node)
{
	struct sluice_node *grown, *added;

	grown = reallocarray(tree->nodes, tree->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	tree->nodes = grown;
	added = &grown[tree->count];
	*added = *node;
	if (node->options) {
		/* malloc(0) may be NULL, and no options differ from empty ones. */
		added->options = malloc(node->options_bytes + 1);
		if (!added->options)
			return -ENOMEM;
		memcpy(added->options, node->options, node->options_bytes);
	}
	tree->count++;
	return 0;
}

int sluice_tree_copy(const struct sluice_tree *tree, struct sluice_tree *ret)
{
	struct sluice_tree copy = { .count = 0 };
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < tree->count; i++)
		err = sluice_tree_add(&copy, &tree->nodes[i]);
	if (err)
		sluice_tree_done(&copy);
	*ret = copy;
	return err;
}

static int node_compare(const void *a, const void *b)
{
	const struct sluice_node *x = a, *y = b;
	bool is_x_root = x->parent == TC_H_ROOT;
	bool is_y_root = y->parent == TC_H_ROOT;

	if (is_x_root != is_y_root)
		return is_x_root ? -1 : 1;
	return (x->parent > y->parent) - (x->parent < y->parent);
}

void sluice_tree_sort(struct sluice_tree *tree)
{
	if (tree->count)
		qsort(tree->nodes, tree->count, sizeof(*tree->nodes),
		      node_compare);
}

void sluice_tree_done(struct sluice_tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		free(tree->nodes[i].options);
	free(tree->nodes);
	memset(tree, 0, sizeof(*tree));
}

const struct sluice_node *sluice_tree_find(const struct sluice_tree *tree,
					   uint32_t parent)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		if (tree->nodes[i].parent == parent)
			return &tree->nodes[i];
	return NULL;
}

const struct sluice_node *sluice_tree_root(const struct sluice_tree *tree)
{
	return sluice_tree_find(tree, TC_H_ROOT);
}

const char *sluice_tree_root_kind(const struct sluice_tree *tree)
{
	const struct sluice_node *root = sluice_tree_root(tree);

	return root ? root->kind : "none";
}

bool sluice_tree_is_default(const struct sluice_tree *tree)
{
	const struct sluice_node *root = sluice_tree_root(tree);

	return !root || !root->handle;
}

bool sluice_tree_is_mq(const struct sluice_tree *tree)
{
	return !sluice_tree_is_default(tree) &&
	       !strcmp(sluice_tree_root(tree)->kind, "mq");
}

bool sluice_tree_has_sluice(const struct sluice_tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		if (!strcmp(tree->nodes[i].kind, SLUICE_KIND))
			return true;
	return false;
}

bool sluice_node_is_put(const struct sluice_node *node, const char *kind,
			const struct sluice_tree *found)
{
	const struct sluice_node *was = sluice_tree_find(found, node->parent);
	uint32_t major = node->handle >> 16;

	if (strcmp(node->kind, kind))
		return false;
	return !strcmp(kind, SLUICE_KIND) ||
	       (major >= SLUICE_OWN_MAJOR_FIRST &&
		major < SLUICE_OWN_MAJOR_END &&
		(!was || was->handle != node->handle));
}

bool sluice_tree_has_put(const struct sluice_tree *tree, const char *kind,
			 const struct sluice_tree *found)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		if (sluice_node_is_put(&tree->nodes[i], kind, found))
			return true;
	return false;
}

void sluice_node_read(const struct sluice_node *node,
		      void (*decode)(const struct nlattr *nest,
				     struct sluice_options *options),
		      struct sluice_options *ret)
{
	struct nlattr *nest = calloc(1, MNL_ATTR_HDRLEN + node->options_bytes);

	if (!nest)
		return;
	nest->nla_type = TCA_OPTIONS;
	nest->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + node->options_bytes);
	memcpy(mnl_attr_get_payload(nest), node->options, node->options_bytes);
	decode(nest, ret);
	free(nest);
}

bool sluice_tree_is_free(const struct sluice_tree *tree, uint32_t handle)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		if (tree->nodes[i].handle == handle)
			return false;
	return true;
}

bool sluice_node_is_equal(const struct sluice_node *a,
			  const struct sluice_node *b)
{
	if (a->handle != b->handle || a->parent != b->parent)
		return false;
	if (!a->handle)
		return true;
	return !strcmp(a->kind, b->kind) && !a->options == !b->options &&
	       a->options_bytes == b->options_bytes &&
	       (!a->options ||
		!memcmp(a->options, b->options, a->options_bytes));
}

bool sluice_tree_is_equal(const struct sluice_tree *a,
			  const struct sluice_tree *b)
{
	unsigned int i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!sluice_node_is_equal(&a->nodes[i], &b->nodes[i]))
			return false;
	return true;
}

bool sluice_tree_is_restored(const struct sluice_tree *saved,
			     const struct sluice_tree *live)
{
	return sluice_tree_is_equal(saved, live) ||
	       (sluice_tree_is_default(saved) && sluice_tree_is_default(live));
}

/* ---- what can be put back ---- */

/* The dump of these says all that making them anew needs. */
static const char *const restorable_kinds[] = {
	"bfifo", "cake", "etf", "fq", "fq_codel", "mq", "noqueue", "pfifo",
	"pfifo_fast", "pfifo_head_drop", SLUICE_KIND, "tbf", NULL,
};

static bool kind_is_restorable(const char *kind)
{
	unsigned int i;

	for (i = 0; restorable_kinds[i]; i++)
		if (!strcmp(restorable_kinds[i], kind))
			return true;
	return false;
}

bool sluice_tree_is_restorable(const struct sluice_tree *tree, char *reason,
			       size_t reason_size)
{
	const struct sluice_node *root = sluice_tree_root(tree);
	const bool is_mq = sluice_tree_is_mq(tree);
	unsigned int i;

	reason[0] = '\0';
	if (sluice_tree_is_default(tree))
		return true;
	for (i = 0; i < tree->count; i++) {
		const struct sluice_node *node = &tree->nodes[i];

		if (node != root && (!is_mq || TC_H_MAJ(node->parent) !=
				     root->handle)) {
			snprintf(reason, reason_size,
				 "its qdisc %s %x: has a tree of classes or qdiscs below it",
				 root->kind, root->handle >> 16);
			return false;
		}
		if (!node->handle)
			continue;
		if (node->extra || !kind_is_restorable(node->kind)) {
			snprintf(reason, reason_size,
				 "its qdisc %s %x: has %s", node->kind,
				 node->handle >> 16, node->extra ? node->extra :
				 "settings that no dump shows in full");
			return false;
		}
	}
	return true;
}

/* ---- from the kernel ---- */

struct reader {
	int ifindex;
	struct sluice_tree tree;
};

static bool stats_have_estimator(const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == TCA_STATS_RATE_EST ||
		    mnl_attr_get_type(attr) == TCA_STATS_RATE_EST64)
			return true;
	return false;
}

/* The attribute that aligns the next one, -1 if the kind has none. */
static int pad_type(const char *kind)
{
	if (!strcmp(kind, SLUICE_KIND))
		return TCA_SLUICE_PAD;
	if (!strcmp(kind, "tbf"))
		return TCA_TBF_PAD;
	return strcmp(kind, "cake") ? -1 : TCA_CAKE_PAD;
}

/*
 * Padding comes and goes with the place of the qdisc in the dump, so it must
 * not be compared, and it is refused in a request. Takes it out of @options,
 * in place.
 */
static void pads_remove(const char *kind, unsigned char *options,
			size_t *options_bytes)
{
	size_t from = 0, to = 0, length, step;
	struct nlattr attr;
	int pad = pad_type(kind);

	while (pad >= 0 && *options_bytes - from >= sizeof(attr)) {
		memcpy(&attr, options + from, sizeof(attr));
		length = attr.nla_len;
		if (length < sizeof(attr) || length > *options_bytes - from)
			break;
		step = MNL_ALIGN(length);
		if (step > *options_bytes - from)
			step = *options_bytes - from;
		if ((attr.nla_type & NLA_TYPE_MASK) != pad) {
			memmove(options + to, options + from, step);
			to += step;
		}
		from += step;
	}
	memmove(options + to, options + from, *options_bytes - from);
	*options_bytes -= from - to;
}

int sluice_node_decode(const struct nlmsghdr *header, int ifindex,
		       struct sluice_tree *tree)
{
	struct sluice_node node = { .handle = 0 }, *added;
	const struct nlattr *attr;
	const struct tcmsg *tcm;
	size_t length;
	int err;

	if (header->nlmsg_type != RTM_NEWQDISC ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return 0;
	tcm = mnl_nlmsg_get_payload(header);
	if (tcm->tcm_ifindex != ifindex ||
	    tcm->tcm_parent == TC_H_INGRESS)
		return 0;
	node.handle = tcm->tcm_handle;
	node.parent = tcm->tcm_parent;
	mnl_attr_for_each_payload((const void *)(tcm + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*tcm)) {
		length = mnl_attr_get_payload_len(attr);
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			snprintf(node.kind, sizeof(node.kind), "%.*s",
				 (int)length,
				 (const char *)mnl_attr_get_payload(attr));
			break;
		case TCA_OPTIONS:
			node.options = mnl_attr_get_payload(attr);
			node.options_bytes = length;
			node.is_nested = attr->nla_type & NLA_F_NESTED;
			break;
		case TCA_STAB:
			node.extra = "a size table";
			break;
		case TCA_EGRESS_BLOCK:
		case TCA_INGRESS_BLOCK:
			node.extra = "a block of filters";
			break;
		case TCA_STATS2:
			if (stats_have_estimator(attr))
				node.extra = "a rate estimator";
			break;
		}
	}
	err = sluice_tree_add(tree, &node);
	if (err)
		return err;
	added = &tree->nodes[tree->count - 1];
	if (added->options)
		pads_remove(added->kind, added->options,
			    &added->options_bytes);
	return 0;
}

static int node_receive(const struct nlmsghdr *header, void *data)
{
	struct reader *reader = data;

	return sluice_node_decode(header, reader->ifindex, &reader->tree);
}

static int filter_receive(const struct nlmsghdr *header, void *data)
{
	bool *has_filter = data;

	if (header->nlmsg_type == RTM_NEWTFILTER)
		*has_filter = true;
	return 0;
}

/* Filters that sort packets into the qdisc's own classes. */
static int filters_look(struct sluice_netlink *netlink, int ifindex,
			struct sluice_node *node, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	bool has_filter = false;
	int err;

	err = sluice_netlink_talk(netlink,
				  sluice_qdisc_request(buffer, RTM_GETTFILTER,
						       NLM_F_DUMP, ifindex,
						       node->handle),
				  filter_receive, &has_filter, message);
	if (has_filter)
		node->extra = "filters";
	return err;
}

static void nodes_forget(void *data)
{
	sluice_tree_done(&((struct reader *)data)->tree);
}

static int tree_dump(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_tree *ret, char *message)
{
	struct reader reader = { .ifindex = ifindex };
	const struct sluice_qdisc_dump dump = {
		.ifindex = ifindex,
		.receive = node_receive,
		.forget = nodes_forget,
		.data = &reader,
	};
	int err;

	err = sluice_qdisc_dump(netlink, &dump, message);
	if (err) {
		sluice_tree_done(&reader.tree);
		return err;
	}
	sluice_tree_sort(&reader.tree);
	*ret = reader.tree;
	return 0;
}

int sluice_tree_read(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_tree *ret, char *message)
{
	struct sluice_tree tree;
	unsigned int i;
	int err;

	err = tree_dump(netlink, ifindex, &tree, message);
	if (err)
		return err;
	for (i = 0; !err && i < tree.count; i++)
		if (tree.nodes[i].handle)
			err = filters_look(netlink, ifindex, &tree.nodes[i],
					   message);
	if (err) {
		sluice_tree_done(&tree);
		return err;
	}
	*ret = tree;
	return 0;
}
