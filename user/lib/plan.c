// SPDX-License-Identifier: GPL-2.0
/* What is to be changed on one device; see plan.h. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Majors for an mq of our own: tc hands out 8000 and more by itself, and
 * people write small numbers.
 */
#define MQ_MAJOR_FIRST 0x5c0

/* A request without options, and room for all of sluice's. */
#define REQUEST_BYTES 1024

/* ---- making plans ---- */

static struct sluice_step *plan_add(struct sluice_plan *plan, uint32_t parent,
				    uint32_t handle, const char *kind)
{
	struct sluice_step *grown, *step;

	grown = reallocarray(plan->steps, plan->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	plan->steps = grown;
	step = &grown[plan->count++];
	memset(step, 0, sizeof(*step));
	step->parent = parent;
	step->handle = handle;
	snprintf(step->kind, sizeof(step->kind), "%s", kind);
	return step;
}

void sluice_plan_done(struct sluice_plan *plan)
{
	free(plan->steps);
	memset(plan, 0, sizeof(*plan));
}

static uint32_t free_handle(const struct sluice_tree *tree)
{
	uint32_t major = MQ_MAJOR_FIRST;

	while (!sluice_tree_is_free(tree, major << 16))
		major++;
	return major << 16;
}

static int sluice_add(struct sluice_plan *plan, const struct sluice_tree *tree,
		      uint32_t parent, const struct sluice_options *given,
		      const struct sluice_options *base)
{
	const struct sluice_node *node = sluice_tree_find(tree, parent);
	struct sluice_step *step = plan_add(plan, parent, 0, SLUICE_KIND);
	unsigned int i;

	if (!step)
		return -ENOMEM;
	step->options = *given;
	if (node && !strcmp(node->kind, SLUICE_KIND))
		return 0;
	for (i = 0; i <= TCA_SLUICE_MAX; i++)
		if (sluice_options_has(base, i) &&
		    !sluice_options_has(given, i))
			sluice_options_set(&step->options, i, base->values[i]);
	return 0;
}

int sluice_plan_on(const struct sluice_tree *tree, unsigned int queues,
		   const struct sluice_options *given,
		   const struct sluice_options *base, struct sluice_plan *ret)
{
	struct sluice_plan plan = { .count = 0 };
	unsigned int i;
	uint32_t mq;
	int err = 0;

	if (queues == 1) {
		err = sluice_add(&plan, tree, TC_H_ROOT, given, base);
		goto out;
	}
	if (sluice_tree_is_mq(tree)) {
		mq = sluice_tree_root(tree)->handle;
	} else {
		mq = free_handle(tree);
		if (!plan_add(&plan, TC_H_ROOT, mq, "mq"))
			err = -ENOMEM;
	}
	for (i = 1; !err && i <= queues; i++)
		err = sluice_add(&plan, tree, TC_H_MAKE(mq, i), given, base);
out:
	if (err)
		sluice_plan_done(&plan);
	*ret = plan;
	return err;
}

uint32_t sluice_plan_mq_handle(const struct sluice_plan *plan)
{
	return plan->count && !strcmp(plan->steps[0].kind, "mq") ?
	       plan->steps[0].handle : 0;
}

/* A TCA_OPTIONS payload as the attribute that the decoder reads. */
static void options_from_dump(const struct sluice_node *node,
			      struct sluice_options *ret)
{
	struct nlattr *nest = calloc(1, MNL_ATTR_HDRLEN + node->options_bytes);

	if (!nest)
		return;
	nest->nla_type = TCA_OPTIONS;
	nest->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + node->options_bytes);
	memcpy(mnl_attr_get_payload(nest), node->options, node->options_bytes);
	sluice_options_decode(nest, ret);
	free(nest);
}

void sluice_plan_base(const struct sluice_tree *tree,
		      struct sluice_options *ret)
{
	unsigned int i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < tree->count; i++)
		if (!strcmp(tree->nodes[i].kind, SLUICE_KIND) &&
		    tree->nodes[i].options) {
			options_from_dump(&tree->nodes[i], ret);
			return;
		}
}

/* ---- the way back ---- */

static int saved_add(struct sluice_plan *plan, const struct sluice_node *node)
{
	struct sluice_step *step = plan_add(plan, node->parent, node->handle,
					    node->kind);

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
	step = plan_add(plan, TC_H_ROOT, 0, sluice_tree_root(live)->kind);
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

	if (!sluice_tree_is_mq(live) ||
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

static int leaves_add(struct sluice_plan *plan,
		      const struct sluice_tree *saved)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < saved->count; i++)
		if (saved->nodes[i].parent != TC_H_ROOT &&
		    saved->nodes[i].handle)
			err = saved_add(plan, &saved->nodes[i]);
	return err;
}

int sluice_plan_restore(const struct sluice_tree *saved,
			const struct sluice_tree *live,
			struct sluice_plan *ret)
{
	const struct sluice_node *root = sluice_tree_root(saved);
	struct sluice_plan plan = { .count = 0 };
	int err = 0;

	if (sluice_tree_is_equal(saved, live)) {
		*ret = plan;
		return 0;
	}
	if (sluice_tree_is_default(saved)) {
		err = delete_add(&plan, live);
		goto out;
	}
	if (!sluice_tree_is_mq(saved) || !mq_can_stay(saved, live)) {
		if (!root_can_be_replaced(root, live))
			err = delete_add(&plan, live);
		if (!err)
			err = saved_add(&plan, root);
	}
	if (!err)
		err = leaves_add(&plan, saved);
out:
	if (err)
		sluice_plan_done(&plan);
	*ret = plan;
	return err;
}

/* ---- messages ---- */

/*
 * fq_codel keeps times in units of 1024 ns, rounded down, and dumps them in us,
 * rounded down again: what it dumped as 4999 us was 5000, and 4999 would come
 * back as 4998. The least us that give the same time again do not drift.
 */
static uint32_t codel_us_again(uint32_t us)
{
	uint64_t units = ((uint64_t)us * 1000 + 1023) / 1024;

	return (uint32_t)((units * 1024 + 999) / 1000);
}

static void codel_times_correct(struct nlattr *nest)
{
	const struct nlattr *attr;
	uint32_t us;

	mnl_attr_for_each_nested(attr, nest) {
		uint16_t type = mnl_attr_get_type(attr);

		if ((type != TCA_FQ_CODEL_TARGET &&
		     type != TCA_FQ_CODEL_INTERVAL &&
		     type != TCA_FQ_CODEL_CE_THRESHOLD) ||
		    mnl_attr_get_payload_len(attr) != sizeof(us))
			continue;
		memcpy(&us, mnl_attr_get_payload(attr), sizeof(us));
		us = codel_us_again(us);
		memcpy(mnl_attr_get_payload(attr), &us, sizeof(us));
	}
}

static void saved_put(struct nlmsghdr *request, const struct sluice_node *node)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(request);

	if (!node->options)
		return;
	mnl_attr_put(request, TCA_OPTIONS, node->options_bytes, node->options);
	if (!strcmp(node->kind, "fq_codel"))
		codel_times_correct(nest);
}

static int step_take(struct sluice_netlink *netlink, int ifindex,
		     const struct sluice_step *step, char *message)
{
	size_t saved_bytes = step->saved ? step->saved->options_bytes : 0;
	void *buffer = calloc(1, REQUEST_BYTES + saved_bytes);
	struct nlmsghdr *request;
	struct tcmsg *tcm;
	int err;

	message[0] = '\0';
	if (!buffer)
		return -ENOMEM;
	/*
	 * With CREATE and REPLACE but without EXCL the kernel changes a qdisc
	 * of the same kind in place and replaces any other.
	 */
	request = sluice_qdisc_request(buffer, step->is_delete ?
				       RTM_DELQDISC : RTM_NEWQDISC,
				       step->is_delete ? NLM_F_ACK : NLM_F_ACK |
				       NLM_F_CREATE | NLM_F_REPLACE,
				       ifindex, step->parent);
	tcm = mnl_nlmsg_get_payload(request);
	tcm->tcm_handle = step->handle;
	mnl_attr_put_strz(request, TCA_KIND, step->kind);
	if (step->saved)
		saved_put(request, step->saved);
	else if (!step->is_delete && !strcmp(step->kind, SLUICE_KIND))
		sluice_options_put(request, &step->options);
	err = sluice_netlink_talk(netlink, request, NULL, NULL, message);
	free(buffer);
	return err;
}

int sluice_plan_apply(struct sluice_netlink *netlink, int ifindex,
		      const struct sluice_plan *plan, unsigned int *ret_taken,
		      char *message)
{
	unsigned int i;
	int err = 0;

	message[0] = '\0';
	for (i = 0; i < plan->count; i++) {
		err = step_take(netlink, ifindex, &plan->steps[i], message);
		if (err)
			break;
	}
	*ret_taken = i;
	return err;
}

/*
 * The kernel looks up the module, makes the qdisc with its options, and then
 * stumbles over a rate estimator without parameters, before the qdisc gets to
 * the device. The handle must be free: with one in use this would be a change.
 */
int sluice_plan_rehearse(struct sluice_netlink *netlink, int ifindex,
			 const struct sluice_tree *tree,
			 const struct sluice_plan *plan, char *message)
{
	static const char stumbled[] = "Failed to generate new estimator";
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	const struct sluice_step *step = plan->steps;
	struct nlmsghdr *request;
	struct tcmsg *tcm;
	int err;

	message[0] = '\0';
	while (step < plan->steps + plan->count &&
	       strcmp(step->kind, SLUICE_KIND))
		step++;
	if (step == plan->steps + plan->count)
		return 0;
	request = sluice_qdisc_request(buffer, RTM_NEWQDISC,
				       NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
				       ifindex, TC_H_ROOT);
	tcm = mnl_nlmsg_get_payload(request);
	tcm->tcm_handle = free_handle(tree);
	mnl_attr_put_strz(request, TCA_KIND, SLUICE_KIND);
	sluice_options_put(request, &step->options);
	mnl_attr_put(request, TCA_RATE, 0, NULL);
	err = sluice_netlink_talk(netlink, request, NULL, NULL, message);
	if (err == -EINVAL && !strcmp(message, stumbled)) {
		message[0] = '\0';
		return 0;
	}
	return err;
}
