/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the processors of this host do meanwhile: softirqs delay packets, a full
 * backlog loses them. Files of /proc are opened once and read again and again, so
 * it works after privileges have been given up.
 */
#ifndef SLUICE_SCOPE_HOST_H
#define SLUICE_SCOPE_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* Counters since the host started. */
struct scope_host_counts {
	uint64_t busy_ticks;		/* all but idle and waiting for disks */
	uint64_t softirq_ticks;
	uint64_t all_ticks;
	uint64_t receive_softirqs;	/* NET_RX */
	uint64_t send_softirqs;		/* NET_TX */
	uint64_t squeezed;		/* times that NET_RX stopped with work left */
	uint64_t dropped_pkts;		/* no room in the backlog of a CPU */
};

struct scope_host {
	int stat_fd;
	int softirqs_fd;
	int softnet_fd;
	struct scope_host_counts counts;
};

/* Since the look before. Shares are of all processors together, 0 to 1. */
struct scope_host_load {
	bool is_known;
	float busy_share;
	float softirq_share;
	uint64_t softirq_ns;		/* of all processors */
	uint64_t step_ns;		/* in which that is counted */
	uint64_t receive_softirqs;
	uint64_t send_softirqs;
	uint64_t squeezed;
	uint64_t dropped_pkts;
};

/* What is not there, is not known. */
void scope_host_open(struct scope_host *host);
void scope_host_look(struct scope_host *host, struct scope_host_load *ret);
void scope_host_close(struct scope_host *host);

/* The texts of /proc/stat, /proc/softirqs and /proc/net/softnet_stat. */
void scope_host_stat_parse(const char *text, struct scope_host_counts *ret);
void scope_host_softirqs_parse(const char *text,
			       struct scope_host_counts *ret);
void scope_host_softnet_parse(const char *text, struct scope_host_counts *ret);

#endif
