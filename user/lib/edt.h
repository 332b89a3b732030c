/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's rate without the module: a BPF program at its egress gives each packet a
 * departure time (bpf/edt.bpf.c), and the fq of its queue keeps it there until then.
 * The program stays when the command ends; what it is to keep and what it has counted is in
 * maps, which are found through it.
 *
 * Part of libsluice: nothing here prints or exits. @message holds
 * SLUICE_MESSAGE_SIZE bytes and receives the kernel's own sentence, or "".
 */
#ifndef SLUICE_EDT_H
#define SLUICE_EDT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/edt.h"
#include "program.h"

/**
 * struct sluice_edt - the program of a device
 * @is_there: it has one
 * @priority: of its filter
 * @config: what it is to keep; zeroes where only the program may be there
 * @counters: what it has counted
 * @ahead_ns: how far its clock is ahead of now: what waits, as time at the rate
 * @has_sockets: it keeps the rates of single sockets, too
 */
struct sluice_edt {
	bool is_there;
	bool has_sockets;
	uint16_t priority;
	struct edt_config config;
	struct edt_counters counters;
	uint64_t ahead_ns;
};

/*
 * What the program is to keep. @horizon_ns: that of the fq. What is not of a TCP socket waits for
 * up to 1000 full frames, as in the queue of pfifo_fast, or for 10 ms if that is longer.
 */
struct edt_config sluice_edt_config(uint64_t rate_bytes_ps,
				    uint32_t overhead_bytes,
				    uint64_t horizon_ns);

/*
 * Look for the program of a device, and at its maps: who may not do that sees that it is
 * there. Returns 0 or -errno.
 */
int sluice_edt_look(struct sluice_netlink *netlink, int ifindex,
		    struct sluice_edt *ret, char *message);

/* Packets that it has dropped. */
static inline uint64_t sluice_edt_drops(const struct sluice_edt *edt)
{
	return edt->counters.over_backlog_pkts +
	       edt->counters.over_horizon_pkts;
}

/**
 * struct sluice_edt_place - what is at the egress of a device
 * @has_clsact: one that is to stay, which no scope has made
 * @priority: of a filter in front of all that are there
 * @other: in whose place or beside whom there can be none, as a phrase; "": nobody. BPF
 *	programs may give packets times of their own; a scope only looks. Filters that are none
 *	come behind
 */
struct sluice_edt_place {
	bool has_clsact;
	uint16_t priority;
	char other[SLUICE_PROGRAM_NAME_SIZE + 64];
};

/* Returns 0 or -errno. */
int sluice_edt_place_look(struct sluice_netlink *netlink, int ifindex,
			  struct sluice_edt_place *ret, char *message);

/*
 * Let the kernel check the program, and throw it away: 0 and whether it may look for the rates of
 * single sockets, -EOPNOTSUPP where this sluice was built without BPF, or -errno.
 */
int sluice_edt_rehearse(bool *ret_has_sockets);

/*
 * Have a device keep that: its program goes on with its clock, or a new one is attached
 * to clsact, which is made if it is not there. Returns 0 or -errno; what
 * is half done sluice_edt_unset() undoes.
 */
int sluice_edt_set(struct sluice_netlink *netlink, int ifindex,
		   const struct edt_config *config, char *message);

/*
 * Remove the program, if it is there, and clsact with it if @makes_clsact and nobody else has a
 * filter at it. Returns 0 or -errno.
 */
int sluice_edt_unset(struct sluice_netlink *netlink, int ifindex,
		     bool makes_clsact, char *message);

/*
 * For edt.c, by libbpf: the program with its maps. Returns 0, a descriptor and whether it
 * has clocks for sockets, or -errno.
 */
int sluice_edt_load(const struct edt_config *config, int *ret_fd,
		    bool *ret_has_sockets);

#endif
