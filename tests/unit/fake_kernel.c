// SPDX-License-Identifier: GPL-2.0
/* A kernel with one device; see fake_kernel.h. */
#include "fake_kernel.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 4096

struct fake_kernel fake_kernel;

/* ---- the tree ---- */

static void node_add(uint32_t parent, uint32_t handle, const char *kind,
		     const void *options, size_t options_bytes)
{
	struct sluice_node node = {
		.handle = handle, .parent = parent,
		.options = (unsigned char *)options,
		.options_bytes = options_bytes,
	};

	snprintf(node.kind, sizeof(node.kind), "%s", kind);
	if (sluice_tree_add(&fake_kernel.tree, &node))
		abort();
}

static void node_remove(uint32_t parent)
{
	struct sluice_tree *tree = &fake_kernel.tree;
	unsigned int i, kept = 0;

	for (i = 0; i < tree->count; i++) {
		if (parent == TC_H_ROOT || tree->nodes[i].parent == parent)
			free(tree->nodes[i].options);
		else
			tree->nodes[kept++] = tree->nodes[i];
	}
	tree->count = kept;
}

static void leaves_default(uint32_t mq)
{
	unsigned int i;

	for (i = 1; i <= fake_kernel.queues; i++)
		node_add(TC_H_MAKE(mq, i), 0, "fq_codel", NULL, 0);
}

static void root_default(void)
{
	node_remove(TC_H_ROOT);
	node_add(TC_H_ROOT, 0, fake_kernel.queues > 1 ? "mq" : "fq_codel",
		 NULL, 0);
	if (fake_kernel.queues > 1)
		leaves_default(0);
}

void fake_kernel_begin(unsigned int queues)
{
	sluice_tree_done(&fake_kernel.tree);
	memset(&fake_kernel, 0, sizeof(fake_kernel));
	fake_kernel.queues = queues;
	fake_kernel.next_handle = 0x80010000;
	root_default();
}

void fake_kernel_put(uint32_t parent, uint32_t handle, const char *kind,
		     const void *options, size_t options_bytes)
{
	node_remove(parent);
	node_add(parent, handle, kind, options, options_bytes);
	if (!strcmp(kind, "mq"))
		leaves_default(handle);
}

/* ---- requests ---- */

struct request {
	uint32_t parent;
	uint32_t handle;
	const char *kind;
	const struct nlattr *options;
	bool has_rate;
};

static struct request request_parse(const struct nlmsghdr *header)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(header);
	struct request request = { tcm->tcm_parent, tcm->tcm_handle, "", NULL,
				   false };
	const struct nlattr *attr;

	mnl_attr_for_each(attr, header, sizeof(*tcm)) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			request.kind = mnl_attr_get_str(attr);
			break;
		case TCA_OPTIONS:
			request.options = attr;
			break;
		case TCA_RATE:
			request.has_rate = true;
			break;
		}
	}
	return request;
}

static uint32_t handle_alloc(void)
{
	while (!sluice_tree_is_free(&fake_kernel.tree,
				    fake_kernel.next_handle))
		fake_kernel.next_handle += 0x10000;
	return fake_kernel.next_handle;
}

static void request_create(const struct request *request)
{
	uint32_t handle = request->handle ? request->handle : handle_alloc();

	fake_kernel_put(request->parent, handle, request->kind,
			request->options ?
			mnl_attr_get_payload(request->options) : NULL,
			request->options ?
			mnl_attr_get_payload_len(request->options) : 0);
}

/* A tc_modify_qdisc() with CREATE and REPLACE. */
static int request_modify(const struct request *request, char *message)
{
	const struct sluice_node *node, *other = NULL;
	unsigned int i;

	node = sluice_tree_find(&fake_kernel.tree, request->parent);
	if (request->parent != TC_H_ROOT &&
	    (!node || TC_H_MIN(request->parent) > fake_kernel.queues))
		return -ENOENT;
	if (request->has_rate) {
		snprintf(message, SLUICE_MESSAGE_SIZE,
			 "Failed to generate new estimator");
		return -EINVAL;
	}
	if (!node->handle)
		node = NULL;
	for (i = 0; request->handle && i < fake_kernel.tree.count; i++)
		if (fake_kernel.tree.nodes[i].handle == request->handle)
			other = &fake_kernel.tree.nodes[i];
	if (other && strcmp(other->kind, request->kind))
		return -EINVAL;
	if (other && other != node) {
		fake_kernel.has_grafted = true;
		return -ELOOP;
	}
	if (!node || (request->handle && node->handle != request->handle) ||
	    strcmp(node->kind, request->kind)) {
		request_create(request);
		return 0;
	}
	if (strcmp(node->kind, SLUICE_KIND))
		return -EINVAL;
	if (!request->options)
		return 0;
	fake_kernel_put(node->parent, node->handle, SLUICE_KIND,
			mnl_attr_get_payload(request->options),
			mnl_attr_get_payload_len(request->options));
	return 0;
}

static int request_delete(const struct request *request)
{
	const struct sluice_node *root = sluice_tree_root(&fake_kernel.tree);

	if (request->parent != TC_H_ROOT || !root || !root->handle)
		return -ENOENT;
	if (strcmp(root->kind, request->kind))
		return -EINVAL;
	root_default();
	return 0;
}

/* ---- answers ---- */

static int dump_node(const struct sluice_node *node,
		     int (*receive)(const struct nlmsghdr *header, void *data),
		     void *data)
{
	_Alignas(struct nlmsghdr) char buffer[ROOM];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct nlattr *nest;
	struct tcmsg *tcm;

	header->nlmsg_type = RTM_NEWQDISC;
	tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
	tcm->tcm_ifindex = FAKE_IFINDEX;
	tcm->tcm_handle = node->handle;
	tcm->tcm_parent = node->parent;
	mnl_attr_put_strz(header, TCA_KIND, node->kind);
	if (node->options)
		mnl_attr_put(header, TCA_OPTIONS, node->options_bytes,
			     node->options);
	if (fake_kernel.xstats && !strcmp(node->kind, SLUICE_KIND)) {
		nest = mnl_attr_nest_start(header, TCA_STATS2);
		mnl_attr_put(header, TCA_STATS_APP, sizeof(*fake_kernel.xstats),
			     fake_kernel.xstats);
		mnl_attr_nest_end(header, nest);
	}
	return receive(header, data);
}

static int dump_link(int (*receive)(const struct nlmsghdr *header, void *data),
		     void *data)
{
	_Alignas(struct nlmsghdr) char buffer[ROOM];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	header->nlmsg_type = RTM_NEWLINK;
	info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
	info->ifi_index = FAKE_IFINDEX;
	mnl_attr_put_u32(header, IFLA_TXQLEN, 1000);
	mnl_attr_put_u32(header, IFLA_GSO_MAX_SEGS, fake_kernel.gso_max_segs);
	if (fake_kernel.tso_max_segs)
		mnl_attr_put_u32(header, IFLA_TSO_MAX_SEGS,
				 fake_kernel.tso_max_segs);
	return receive(header, data);
}

/* do_setlink(), of which gso_max_segs is all that there is here. */
static int link_set(const struct nlmsghdr *header)
{
	const struct nlattr *attr;
	uint32_t segs;

	mnl_attr_for_each(attr, header, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attr) != IFLA_GSO_MAX_SEGS)
			continue;
		segs = mnl_attr_get_u32(attr);
		if (fake_kernel.tso_max_segs && segs > fake_kernel.tso_max_segs)
			return -EINVAL;
		fake_kernel.gso_max_segs = segs;
	}
	return 0;
}

int sluice_netlink_talk(struct sluice_netlink *netlink,
			struct nlmsghdr *header,
			int (*receive)(const struct nlmsghdr *header,
				       void *data),
			void *data, char *message)
{
	struct request request;
	unsigned int i;
	int err = 0;

	(void)netlink;
	message[0] = '\0';
	switch (header->nlmsg_type) {
	case RTM_GETQDISC:
		/* The last first: nobody promises an order. */
		for (i = fake_kernel.tree.count; !err && i-- > 0;)
			err = dump_node(&fake_kernel.tree.nodes[i], receive,
					data);
		return err;
	case RTM_GETLINK:
		return dump_link(receive, data);
	case RTM_SETLINK:
		return link_set(header);
	case RTM_NEWQDISC:
	case RTM_DELQDISC:
		break;
	default:
		return fake_kernel.answer ?
		       fake_kernel.answer(header, receive, data) : 0;
	}
	fake_kernel.changes++;
	if (fake_kernel.changes == fake_kernel.refuse_at &&
	    !fake_kernel.is_answer_lost)
		return -ENOMEM;
	request = request_parse(header);
	err = header->nlmsg_type == RTM_NEWQDISC ?
	      request_modify(&request, message) : request_delete(&request);
	return fake_kernel.changes == fake_kernel.refuse_at ? -ENOBUFS : err;
}

/* Its answers are short. */
bool sluice_netlink_is_in_parts(const struct sluice_netlink *netlink)
{
	(void)netlink;
	return false;
}

bool sluice_netlink_is_interrupted(const struct sluice_netlink *netlink)
{
	(void)netlink;
	return false;
}
