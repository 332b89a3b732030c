/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The qdiscs of this network namespace. What changes them is in plan.h.
 *
 * Part of libsluice: nothing here prints or exits. Functions return 0 or
 * -errno; @message holds SLUICE_MESSAGE_SIZE bytes and receives the kernel's
 * own sentence, or "".
 */
#ifndef SLUICE_QDISC_H
#define SLUICE_QDISC_H

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "edt.h"
#include "netlink.h"
#include "option.h"

#define SLUICE_KIND "sluice"
#define SLUICE_KIND_SIZE 16

/**
 * struct sluice_qdisc - one qdisc as the kernel describes it
 * @ifindex: its device
 * @device: the device's name; "" until sluice_qdisc_list() has looked it up
 * @kind: "sluice", "fq", …
 * @handle: as tc writes it, major in the upper 16 bits
 * @parent: TC_H_ROOT for a root qdisc
 * @refcnt: as tc shows it
 * @bytes: sent, as in tc -s
 * @packets: likewise; super-packets count as their frames
 * @qlen_pkts: packets in it
 * @backlog_bytes: their bytes
 * @drops: packets lost
 * @requeues: packets that the device gave back
 * @overlimits: as tc shows it
 * @options: what was dumped, of kind "sluice", or "fq" in sluice's units
 * @xstats: its statistics, zero beyond @xstats_bytes
 * @xstats_bytes: how many bytes of @xstats were received, 0: no statistics
 * @fq_stats: the same of kind "fq"
 * @fq_stats_bytes: likewise
 * @is_stand_in: it paces in sluice's place, see stand_in.h
 * @edt: what keeps its device's rate then; it is there for the first queue alone, so that
 *	sums over queues are right
 */
struct sluice_qdisc {
	int ifindex;
	char device[IF_NAMESIZE];
	char kind[SLUICE_KIND_SIZE];
	uint32_t handle;
	uint32_t parent;
	uint32_t refcnt;
	uint64_t bytes;
	uint64_t packets;
	uint32_t qlen_pkts;
	uint32_t backlog_bytes;
	uint32_t drops;
	uint32_t requeues;
	uint32_t overlimits;
	struct sluice_options options;
	struct tc_sluice_xstats xstats;
	size_t xstats_bytes;
	struct tc_fq_qd_stats fq_stats;
	size_t fq_stats_bytes;
	bool is_stand_in;
	struct sluice_edt edt;
};

/* Whether it is a sluice; an fq in its place is not. */
static inline bool sluice_qdisc_is_ours(const struct sluice_qdisc *qdisc)
{
	return !__builtin_strcmp(qdisc->kind, SLUICE_KIND);
}

static inline bool sluice_qdisc_is_root(const struct sluice_qdisc *qdisc)
{
	return qdisc->parent == TC_H_ROOT;
}

/* Options from TCA_OPTIONS; what is unknown or of a wrong size is skipped. */
void sluice_options_decode(const struct nlattr *nest,
			   struct sluice_options *options);

/* Append TCA_OPTIONS with the options that were given; about 200 bytes. */
void sluice_options_put(struct nlmsghdr *request,
			const struct sluice_options *options);

/*
 * Read one RTM_NEWQDISC message, whatever it holds: unknown attributes are
 * skipped, ones of a wrong size too, shorter and longer statistics are taken
 * as far as they go. Returns -EBADMSG if it is no such message.
 */
int sluice_qdisc_decode(const struct nlmsghdr *header,
			struct sluice_qdisc *ret);

/**
 * struct sluice_qdisc_dump - who takes a dump of qdiscs
 * @ifindex: the device that is asked about, 0: all; the kernel dumps all anyway
 * @receive: as for sluice_netlink_talk(); of other devices, too
 * @forget: a new dump begins: what came counts no more; accepts nothing there
 * @data: for both
 */
struct sluice_qdisc_dump {
	int ifindex;
	int (*receive)(const struct nlmsghdr *header, void *data);
	void (*forget)(void *data);
	void *data;
};

/*
 * Every dump of qdiscs goes through here: what is there all the time is in it,
 * whatever comes and goes meanwhile. -EAGAIN: that never stopped. After an error,
 * too, @data is the caller's to release.
 */
int sluice_qdisc_dump(struct sluice_netlink *netlink,
		      const struct sluice_qdisc_dump *dump, char *message);

/*
 * All qdiscs in the kernel's order, of one device (ifindex) or of all (0). The
 * caller frees *ret_qdiscs.
 */
int sluice_qdisc_list(struct sluice_netlink *netlink, int ifindex,
		      struct sluice_qdisc **ret_qdiscs,
		      unsigned int *ret_count, char *message);

/* Of the qdiscs of a device; "none" if it has no root qdisc. */
const char *sluice_qdisc_root_kind(const struct sluice_qdisc *qdiscs,
				   unsigned int count);

/* The start of a request about a device's qdisc at that place. */
struct nlmsghdr *sluice_qdisc_request(void *buffer, uint16_t type,
				      uint16_t flags, int ifindex,
				      uint32_t parent);

#endif
