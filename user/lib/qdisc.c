// SPDX-License-Identifier: GPL-2.0
/* The qdiscs of this network namespace; see qdisc.h. */
#include "qdisc.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fq.h"

/* Copy what both sides know of a struct; the rest of it stays zero. */
static size_t payload_copy(const struct nlattr *attr, void *to, size_t size)
{
	size_t length = mnl_attr_get_payload_len(attr);

	if (length > size)
		length = size;
	memcpy(to, mnl_attr_get_payload(attr), length);
	return length;
}

void sluice_options_decode(const struct nlattr *nest,
				 struct sluice_options *options)
{
	const struct sluice_option *option;
	const struct nlattr *attr;
	uint64_t wide;
	uint32_t narrow;

	mnl_attr_for_each_nested(attr, nest) {
		for (option = sluice_option_table; option->name; option++)
			if (option->attribute == mnl_attr_get_type(attr))
				break;
		if (!option->name ||
		    mnl_attr_get_payload_len(attr) != option->size)
			continue;
		if (option->size == sizeof(narrow)) {
			payload_copy(attr, &narrow, sizeof(narrow));
			wide = narrow;
		} else {
			payload_copy(attr, &wide, sizeof(wide));
		}
		sluice_options_set(options, option->attribute, wide);
	}
}

void sluice_options_put(struct nlmsghdr *request,
			const struct sluice_options *options)
{
	struct nlattr *nest = mnl_attr_nest_start(request, TCA_OPTIONS);
	const struct sluice_option *option;

	for (option = sluice_option_table; option->name; option++) {
		uint64_t value = options->values[option->attribute];

		if (!sluice_options_has(options, option->attribute))
			continue;
		if (option->size == sizeof(uint32_t))
			mnl_attr_put_u32(request, option->attribute,
					 (uint32_t)value);
		else
			mnl_attr_put_u64(request, option->attribute, value);
	}
	mnl_attr_nest_end(request, nest);
}

static void basic_decode(const struct nlattr *attr, struct sluice_qdisc *qdisc)
{
	struct gnet_stats_basic basic = { 0 };

	payload_copy(attr, &basic, sizeof(basic));
	qdisc->bytes = basic.bytes;
	qdisc->packets = basic.packets;
}

static void queue_decode(const struct nlattr *attr, struct sluice_qdisc *qdisc)
{
	struct gnet_stats_queue queue = { 0 };

	payload_copy(attr, &queue, sizeof(queue));
	qdisc->qlen_pkts = queue.qlen;
	qdisc->backlog_bytes = queue.backlog;
	qdisc->drops = queue.drops;
	qdisc->requeues = queue.requeues;
	qdisc->overlimits = queue.overlimits;
}

static void stats_decode(const struct nlattr *nest, struct sluice_qdisc *qdisc)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_STATS_BASIC:
			basic_decode(attr, qdisc);
			break;
		case TCA_STATS_PKT64:
			/* Follows the basic ones when 32 bits do not do. */
			payload_copy(attr, &qdisc->packets,
				     sizeof(qdisc->packets));
			break;
		case TCA_STATS_QUEUE:
			queue_decode(attr, qdisc);
			break;
		case TCA_STATS_APP:
			if (sluice_qdisc_is_ours(qdisc))
				qdisc->xstats_bytes =
					payload_copy(attr, &qdisc->xstats,
						     sizeof(qdisc->xstats));
			else if (!strcmp(qdisc->kind, SLUICE_FQ_KIND))
				qdisc->fq_stats_bytes =
					payload_copy(attr, &qdisc->fq_stats,
						     sizeof(qdisc->fq_stats));
			break;
		}
	}
}

int sluice_qdisc_decode(const struct nlmsghdr *header,
			struct sluice_qdisc *ret)
{
	const struct nlattr *attr, *options = NULL, *stats = NULL;
	const struct tcmsg *tcm;

	if (header->nlmsg_type != RTM_NEWQDISC ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*tcm))
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	tcm = mnl_nlmsg_get_payload(header);
	ret->ifindex = tcm->tcm_ifindex;
	ret->handle = tcm->tcm_handle;
	ret->parent = tcm->tcm_parent;
	ret->refcnt = tcm->tcm_info;
	/* mnl_attr_for_each() would round an odd length up, past the end. */
	mnl_attr_for_each_payload((const void *)(tcm + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*tcm)) {
		switch (mnl_attr_get_type(attr)) {
		case TCA_KIND:
			payload_copy(attr, ret->kind, sizeof(ret->kind) - 1);
			break;
		case TCA_OPTIONS:
			options = attr;
			break;
		case TCA_STATS2:
			stats = attr;
			break;
		}
	}
	/* The kind says how to read the others, wherever it stands. */
	if (options && sluice_qdisc_is_ours(ret))
		sluice_options_decode(options, &ret->options);
	else if (options && !strcmp(ret->kind, SLUICE_FQ_KIND))
		sluice_fq_decode(options, &ret->options);
	if (stats)
		stats_decode(stats, ret);
	return 0;
}

/* ---- dumps ---- */

/* So often they are asked for until two answers are the same. */
#define DUMPS_MAX 20

struct nlmsghdr *sluice_qdisc_request(void *buffer, uint16_t type,
				      uint16_t flags, int ifindex,
				      uint32_t parent)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tcm;

	header->nlmsg_type = type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = parent;
	return header;
}

/* Where a qdisc is: what a dump can hide. */
struct place {
	int ifindex;
	uint32_t handle;
	uint32_t parent;
};

struct places {
	const struct sluice_qdisc_dump *dump;
	struct place *places;
	unsigned int count;
	unsigned int room;
};

/* Room for one more in an array that grows; returns it, or NULL. */
static void *room_make(void *array, unsigned int count, unsigned int *room,
		       size_t size)
{
	unsigned int more = *room ? 2 * *room : 16;

	if (count < *room)
		return array;
	array = reallocarray(array, more, size);
	if (array)
		*room = more;
	return array;
}

static int place_receive(const struct nlmsghdr *header, void *data)
{
	struct places *seen = data;
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(header);
	struct place *grown;

	if (header->nlmsg_type == RTM_NEWQDISC &&
	    header->nlmsg_len >= MNL_NLMSG_HDRLEN + sizeof(*tcm) &&
	    (!seen->dump->ifindex ||
	     seen->dump->ifindex == tcm->tcm_ifindex)) {
		grown = room_make(seen->places, seen->count, &seen->room,
				  sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		seen->places = grown;
		grown[seen->count++] = (struct place){
			.ifindex = tcm->tcm_ifindex,
			.handle = tcm->tcm_handle,
			.parent = tcm->tcm_parent,
		};
	}
	return seen->dump->receive(header, seen->dump->data);
}

static int dump_once(struct sluice_netlink *netlink, struct places *ret,
		     char *message)
{
	_Alignas(struct nlmsghdr) char buffer[128];

	ret->dump->forget(ret->dump->data);
	ret->count = 0;
	return sluice_netlink_talk(netlink,
				   sluice_qdisc_request(buffer, RTM_GETQDISC,
							NLM_F_DUMP,
							ret->dump->ifindex,
							TC_H_ROOT),
				   place_receive, ret, message);
}

static bool places_are_equal(const struct places *a, const struct places *b)
{
	return a->count == b->count &&
	       (!a->count || !memcmp(a->places, b->places,
				     a->count * sizeof(*a->places)));
}

/*
 * A device that goes while the dump comes in parts can hide qdiscs of another,
 * and no flag says so: then two dumps must say the same.
 */
int sluice_qdisc_dump(struct sluice_netlink *netlink,
		      const struct sluice_qdisc_dump *dump, char *message)
{
	struct places before = { .dump = dump }, now = { .dump = dump };
	bool is_same = false;
	unsigned int dumps;
	int err;

	err = dump_once(netlink, &now, message);
	for (dumps = 1; !err && !is_same && dumps < DUMPS_MAX &&
	     sluice_netlink_is_in_parts(netlink); dumps++) {
		struct places older = before;

		before = now;
		now = older;
		err = dump_once(netlink, &now, message);
		is_same = places_are_equal(&before, &now);
	}
	if (!err && !is_same && sluice_netlink_is_in_parts(netlink))
		err = -EAGAIN;
	free(before.places);
	free(now.places);
	return err;
}

struct qdisc_list {
	int ifindex;
	struct sluice_qdisc *qdiscs;
	unsigned int count;
	unsigned int room;
};

static int qdisc_receive(const struct nlmsghdr *header, void *data)
{
	struct qdisc_list *list = data;
	struct sluice_qdisc *qdisc;

	qdisc = room_make(list->qdiscs, list->count, &list->room,
			  sizeof(*list->qdiscs));
	if (!qdisc)
		return -ENOMEM;
	list->qdiscs = qdisc;
	qdisc += list->count;
	if (sluice_qdisc_decode(header, qdisc))
		return 0;
	if (list->ifindex && list->ifindex != qdisc->ifindex)
		return 0;
	list->count++;
	return 0;
}

static void qdiscs_forget(void *data)
{
	((struct qdisc_list *)data)->count = 0;
}

/* A device that has just gone has no name any more. */
static void device_name(struct sluice_qdisc *qdisc)
{
	if (!if_indextoname((unsigned int)qdisc->ifindex, qdisc->device))
		snprintf(qdisc->device, sizeof(qdisc->device), "if%d",
			 qdisc->ifindex);
}

static int place_compare(const void *one, const void *other)
{
	const struct sluice_qdisc *a = one, *b = other;

	if (sluice_qdisc_is_root(a) != sluice_qdisc_is_root(b))
		return sluice_qdisc_is_root(a) ? -1 : 1;
	return (a->parent > b->parent) - (a->parent < b->parent);
}

/* The kernel has the devices in order, but hashes what lies below their roots. */
static void list_sort(struct qdisc_list *list)
{
	unsigned int i, first = 0;

	for (i = 1; i <= list->count; i++) {
		if (i < list->count &&
		    list->qdiscs[i].ifindex == list->qdiscs[first].ifindex)
			continue;
		qsort(&list->qdiscs[first], i - first, sizeof(*list->qdiscs),
		      place_compare);
		first = i;
	}
}

int sluice_qdisc_list(struct sluice_netlink *netlink, int ifindex,
		      struct sluice_qdisc **ret_qdiscs,
		      unsigned int *ret_count, char *message)
{
	struct qdisc_list list = { .ifindex = ifindex };
	const struct sluice_qdisc_dump dump = {
		.ifindex = ifindex,
		.receive = qdisc_receive,
		.forget = qdiscs_forget,
		.data = &list,
	};
	unsigned int i;
	int err;

	err = sluice_qdisc_dump(netlink, &dump, message);
	if (err) {
		free(list.qdiscs);
		return err;
	}
	list_sort(&list);
	for (i = 0; i < list.count; i++)
		device_name(&list.qdiscs[i]);
	*ret_qdiscs = list.qdiscs;
	*ret_count = list.count;
	return 0;
}

const char *sluice_qdisc_root_kind(const struct sluice_qdisc *qdiscs,
				   unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (sluice_qdisc_is_root(&qdiscs[i]))
			return qdiscs[i].kind;
	return "none";
}
