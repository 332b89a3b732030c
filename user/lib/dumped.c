// SPDX-License-Identifier: GPL-2.0
/* Requests for a qdisc that was dumped; see dumped.h. */
#include "dumped.h"

#include <string.h>

/* The kernel's PSCHED_SHIFT: a tick is 2^6 ns. */
#define TICK_SHIFT 6
#define NSEC_PER_SEC 1000000000ull

/* The attribute of that type, if it has so many bytes at least. */
static void *attr_find(struct nlattr *nest, uint16_t type, size_t bytes)
{
	struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type &&
		    mnl_attr_get_payload_len(attr) >= bytes)
			return mnl_attr_get_payload(attr);
	return NULL;
}

/* ---- fq_codel ---- */

uint32_t sluice_dumped_codel_us(uint32_t us)
{
	uint64_t units = ((uint64_t)us * 1000 + 1023) / 1024;

	return (uint32_t)((units * 1024 + 999) / 1000);
}

static void codel_correct(struct nlattr *nest)
{
	static const uint16_t times[] = {
		TCA_FQ_CODEL_TARGET, TCA_FQ_CODEL_INTERVAL,
		TCA_FQ_CODEL_CE_THRESHOLD,
	};
	unsigned int i;
	uint32_t us;
	void *time;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		time = attr_find(nest, times[i], sizeof(us));
		if (!time)
			continue;
		memcpy(&us, time, sizeof(us));
		us = sluice_dumped_codel_us(us);
		memcpy(time, &us, sizeof(us));
	}
}

/* ---- tbf ---- */

/* As the kernel's psched_ratecfg_precompute(): ns per byte is mult / 2^shift. */
static void rate_scale(uint64_t rate_bytes_ps, uint64_t *mult,
		       unsigned int *shift)
{
	uint64_t factor = NSEC_PER_SEC;

	*mult = 1;
	*shift = 0;
	while (rate_bytes_ps) {
		*mult = (uint32_t)(factor / rate_bytes_ps);
		if (*mult & (1u << 31) || factor & (1ull << 63))
			break;
		factor <<= 1;
		(*shift)++;
	}
}

uint32_t sluice_dumped_burst_bytes(uint32_t ticks, uint64_t rate_bytes_ps,
				   uint16_t overhead_bytes)
{
	const uint64_t end_ns = ((uint64_t)ticks + 1) << TICK_SHIFT;
	unsigned __int128 most;
	unsigned int shift;
	uint64_t mult;

	rate_scale(rate_bytes_ps, &mult, &shift);
	if (!rate_bytes_ps || !mult)
		return 0;
	/* The last whose ns stay below end_ns: bytes * mult < end_ns * 2^shift. */
	most = (((unsigned __int128)end_ns << shift) - 1) / mult;
	if (most < overhead_bytes || most - overhead_bytes > UINT32_MAX ||
	    (most * mult) >> shift >> TICK_SHIFT != ticks)
		return 0;
	return (uint32_t)(most - overhead_bytes);
}

/*
 * A bucket that was given in bytes gets them again. One whose ticks are no
 * number of bytes was given in ticks, and stays so.
 */
static void burst_put(struct nlmsghdr *request, struct nlattr *nest,
		      uint16_t type, uint32_t ticks,
		      const struct tc_ratespec *rate, uint16_t rate64_type)
{
	uint64_t rate_bytes_ps = rate->rate;
	const void *wide = attr_find(nest, rate64_type, sizeof(rate_bytes_ps));
	uint32_t bytes;

	if (wide)
		memcpy(&rate_bytes_ps, wide, sizeof(rate_bytes_ps));
	/* ATM's cells make steps of 48 bytes: the ticks say it as well. */
	if (!rate_bytes_ps || rate->linklayer == TC_LINKLAYER_ATM)
		return;
	bytes = sluice_dumped_burst_bytes(ticks, rate_bytes_ps, rate->overhead);
	if (bytes)
		mnl_attr_put_u32(request, type, bytes);
}

static void tbf_correct(struct nlmsghdr *request, struct nlattr *nest)
{
	const void *found = attr_find(nest, TCA_TBF_PARMS,
				      sizeof(struct tc_tbf_qopt));
	struct tc_tbf_qopt parms;

	if (!found)
		return;
	memcpy(&parms, found, sizeof(parms));
	burst_put(request, nest, TCA_TBF_BURST, parms.buffer, &parms.rate,
		  TCA_TBF_RATE64);
	if (parms.peakrate.rate)
		burst_put(request, nest, TCA_TBF_PBURST, parms.mtu,
			  &parms.peakrate, TCA_TBF_PRATE64);
}

/* ---- cake ---- */

/*
 * A kernel without connection tracking dumps "no NAT" and refuses the word. A
 * new cake has none anyway.
 */
static void cake_put(struct nlmsghdr *request, const struct sluice_node *node)
{
	struct nlattr *nest = mnl_attr_nest_start(request, TCA_OPTIONS);
	const struct nlattr *attr;
	uint32_t number;

	mnl_attr_for_each_payload((const void *)node->options,
				  node->options_bytes) {
		number = 1;
		if (mnl_attr_get_type(attr) == TCA_CAKE_NAT &&
		    mnl_attr_get_payload_len(attr) == sizeof(number))
			memcpy(&number, mnl_attr_get_payload(attr),
			       sizeof(number));
		if (number)
			mnl_attr_put(request, attr->nla_type,
				     mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr));
	}
	mnl_attr_nest_end(request, nest);
}

/* ---- all ---- */

void sluice_dumped_put(struct nlmsghdr *request,
		       const struct sluice_node *node)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(request);

	if (!node->options)
		return;
	if (!strcmp(node->kind, "cake")) {
		cake_put(request, node);
		return;
	}
	mnl_attr_put(request, TCA_OPTIONS | (node->is_nested ? NLA_F_NESTED : 0),
		     node->options_bytes, node->options);
	if (!strcmp(node->kind, "fq_codel"))
		codel_correct(nest);
	if (!strcmp(node->kind, "tbf")) {
		tbf_correct(request, nest);
		mnl_attr_nest_end(request, nest);
	}
}
