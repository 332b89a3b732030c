// SPDX-License-Identifier: GPL-2.0
/* What is to be changed on one device; see plan.h. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dumped.h"
#include "fq.h"

/* A request without options, and room for all of sluice's. */
#define REQUEST_BYTES 1024

/* lo has this number in every network namespace. */
#define LOOPBACK_IFINDEX 1

/* ---- making plans ---- */

struct sluice_step *sluice_plan_add(struct sluice_plan *plan, uint32_t parent,
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

/* The next handle of our own from *major on; neither tree has it. */
static uint32_t free_handle(const struct sluice_tree *tree,
			    const struct sluice_tree *found, uint32_t *major)
{
	uint32_t handle;

	do {
		handle = (*major)++ << 16;
	} while (!sluice_tree_is_free(tree, handle) ||
		 (found && !sluice_tree_is_free(found, handle)));
	return handle;
}

/**
 * struct planning - a plan that is being made
 * @plan: so far
 * @tree: what is there
 * @wish: what is wanted
 * @major: handles of our own are free from here on
 */
struct planning {
	struct sluice_plan plan;
	const struct sluice_tree *tree;
	const struct sluice_wish *wish;
	uint32_t major;
};

/*
 * A sluice is known by its kind, so the kernel may choose its handle. One of
 * another kind is known by a handle of our own, see sluice_node_is_put().
 */
static int wish_add(struct planning *planning, uint32_t parent)
{
	const struct sluice_wish *wish = planning->wish;
	const struct sluice_node *node = sluice_tree_find(planning->tree,
							  parent);
	bool is_kept = node && sluice_node_is_put(node, wish->kind,
						  wish->found);
	struct sluice_step *step;
	uint32_t handle = 0;
	unsigned int i;

	if (strcmp(wish->kind, SLUICE_KIND))
		handle = is_kept ? node->handle :
			 free_handle(planning->tree, wish->found,
				     &planning->major);
	step = sluice_plan_add(&planning->plan, parent, handle, wish->kind);
	if (!step)
		return -ENOMEM;
	step->options = wish->given;
	if (is_kept)
		return 0;
	for (i = 0; i <= TCA_SLUICE_MAX; i++)
		if (sluice_options_has(&wish->base, i) &&
		    !sluice_options_has(&wish->given, i))
			sluice_options_set(&step->options, i,
					   wish->base.values[i]);
	return 0;
}

int sluice_plan_add_launch(struct sluice_plan *plan, uint32_t parent,
		      uint64_t horizon_ns)
{
	struct sluice_step *step = sluice_plan_add(plan, parent, 0, SLUICE_KIND);

	if (!step)
		return -ENOMEM;
	sluice_options_set(&step->options, TCA_SLUICE_OFFLOAD_HORIZON_NS,
			   horizon_ns);
	return 0;
}

bool sluice_step_is_launch(const struct sluice_step *step)
{
	const unsigned int attribute = TCA_SLUICE_OFFLOAD_HORIZON_NS;

	return !strcmp(step->kind, SLUICE_KIND) &&
	       step->options.given == 1u << attribute &&
	       step->options.values[attribute];
}

/*
 * Launch times come last, as a change: a queue of a NIC that is set up for them must
 * have no other qdisc, whose frames have none.
 */
static int launches_move(struct sluice_plan *plan)
{
	const unsigned int attribute = TCA_SLUICE_OFFLOAD_HORIZON_NS;
	unsigned int i, count = plan->count;
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		struct sluice_options *options = &plan->steps[i].options;
		uint64_t horizon_ns = options->values[attribute];

		if (!sluice_options_has(options, attribute) || !horizon_ns)
			continue;
		options->given &= ~(1u << attribute);
		err = sluice_plan_add_launch(plan, plan->steps[i].parent, horizon_ns);
	}
	return err;
}

int sluice_plan_on(const struct sluice_tree *tree, unsigned int queues,
		   const struct sluice_wish *wish, struct sluice_plan *ret)
{
	struct planning planning = {
		.tree = tree, .wish = wish, .major = SLUICE_OWN_MAJOR_FIRST,
	};
	unsigned int i;
	uint32_t mq;
	int err = wish->given.shares ? -EINVAL : 0;

	if (err)
		goto out;
	if (queues == 1) {
		err = wish_add(&planning, TC_H_ROOT);
		goto out;
	}
	if (sluice_tree_is_mq(tree)) {
		mq = sluice_tree_root(tree)->handle;
	} else {
		mq = free_handle(tree, wish->found, &planning.major);
		if (!sluice_plan_add(&planning.plan, TC_H_ROOT, mq, "mq"))
			err = -ENOMEM;
	}
	for (i = 1; !err && i <= queues; i++)
		err = wish_add(&planning, TC_H_MAKE(mq, i));
out:
	if (!err)
		err = launches_move(&planning.plan);
	if (err)
		sluice_plan_done(&planning.plan);
	*ret = planning.plan;
	return err;
}

uint32_t sluice_plan_mq_handle(const struct sluice_plan *plan)
{
	return plan->count && !strcmp(plan->steps[0].kind, "mq") ?
	       plan->steps[0].handle : 0;
}

void sluice_node_options(const struct sluice_node *node,
			 struct sluice_options *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (!strcmp(node->kind, SLUICE_KIND) && node->options)
		sluice_node_read(node, sluice_options_decode, ret);
}

void sluice_plan_base(const struct sluice_tree *tree,
		      struct sluice_options *ret)
{
	unsigned int i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < tree->count && !ret->given; i++)
		sluice_node_options(&tree->nodes[i], ret);
}

void sluice_plan_fq_base(const struct sluice_tree *tree,
			 const struct sluice_tree *found,
			 struct sluice_options *ret)
{
	unsigned int i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < tree->count; i++) {
		const struct sluice_node *node = &tree->nodes[i];

		if (node->options &&
		    sluice_node_is_put(node, SLUICE_FQ_KIND, found)) {
			sluice_node_read(node, sluice_fq_decode, ret);
			return;
		}
	}
}

/* ---- messages ---- */

/* Is it what paces, and not an mq or a root to be taken away? */
static bool is_pacer(const struct sluice_step *step)
{
	return !step->saved && !step->is_delete &&
	       (!strcmp(step->kind, SLUICE_KIND) ||
		!strcmp(step->kind, SLUICE_FQ_KIND));
}

static void options_put(struct nlmsghdr *request,
			const struct sluice_step *step)
{
	if (!strcmp(step->kind, SLUICE_KIND))
		sluice_options_put(request, &step->options);
	else if (!strcmp(step->kind, SLUICE_FQ_KIND))
		sluice_fq_put(request, &step->options);
}

static int step_take(struct sluice_netlink *netlink, int ifindex,
		     const struct sluice_step *step, char *message)
{
	size_t saved_bytes = step->saved ? step->saved->options_bytes : 0;
	void *buffer = calloc(1, REQUEST_BYTES + saved_bytes +
			      SLUICE_DUMPED_EXTRA_BYTES);
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
		sluice_dumped_put(request, step->saved);
	else if (!step->is_delete)
		options_put(request, step);
	err = sluice_netlink_talk(netlink, request, NULL, NULL, message);
	free(buffer);
	return err;
}

int sluice_plan_apply(struct sluice_netlink *netlink, int ifindex,
		      const struct sluice_plan *plan, char *message)
{
	unsigned int at = 0;

	return sluice_plan_apply_from(netlink, ifindex, plan, &at, message);
}

int sluice_plan_apply_from(struct sluice_netlink *netlink, int ifindex,
			   const struct sluice_plan *plan, unsigned int *at,
			   char *message)
{
	int err = 0;

	message[0] = '\0';
	for (; *at < plan->count; ++*at) {
		err = step_take(netlink, ifindex, &plan->steps[*at], message);
		if (err)
			break;
	}
	return err;
}

/*
 * The kernel looks up the module, makes the qdisc with its options, and then
 * stumbles over a rate estimator without parameters, before the qdisc gets to
 * the device. The handle must be free: with one in use this would be a change.
 */
static int step_rehearse(struct sluice_netlink *netlink, int ifindex,
			 const struct sluice_tree *tree,
			 const struct sluice_step *step, char *message)
{
	static const char stumbled[] = "Failed to generate new estimator";
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	uint32_t major = SLUICE_OWN_MAJOR_FIRST;
	struct nlmsghdr *request;
	struct tcmsg *tcm;
	int err;

	request = sluice_qdisc_request(buffer, RTM_NEWQDISC,
				       NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
				       ifindex, TC_H_ROOT);
	tcm = mnl_nlmsg_get_payload(request);
	tcm->tcm_handle = free_handle(tree, NULL, &major);
	mnl_attr_put_strz(request, TCA_KIND, step->kind);
	options_put(request, step);
	mnl_attr_put(request, TCA_RATE, 0, NULL);
	err = sluice_netlink_talk(netlink, request, NULL, NULL, message);
	if (err == -EINVAL && !strcmp(message, stumbled)) {
		message[0] = '\0';
		return 0;
	}
	return err;
}

int sluice_plan_rehearse(struct sluice_netlink *netlink,
			 const struct sluice_link *link,
			 const struct sluice_tree *tree,
			 const struct sluice_plan *plan, char *message)
{
	const struct sluice_step *step = plan->steps;
	struct sluice_tree loopback;
	struct sluice_step elsewhere;
	int err;

	message[0] = '\0';
	while (step < plan->steps + plan->count && !is_pacer(step))
		step++;
	if (step == plan->steps + plan->count)
		return 0;
	if (link->tx_queue_len)
		return step_rehearse(netlink, link->ifindex, tree, step,
				     message);
	/*
	 * Of such a device even a qdisc that is thrown away changes something:
	 * the kernel takes the 0 for a mistake and corrects it. Loopback has no line
	 * that gap frames could fill.
	 */
	err = sluice_tree_read(netlink, LOOPBACK_IFINDEX, &loopback, message);
	if (err)
		return err;
	elsewhere = *step;
	elsewhere.options.given &= ~(1u << TCA_SLUICE_GAP_FRAMES_NS);
	err = step_rehearse(netlink, LOOPBACK_IFINDEX, &loopback, &elsewhere,
			    message);
	sluice_tree_done(&loopback);
	return err;
}
