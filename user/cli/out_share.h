/* SPDX-License-Identifier: GPL-2.0 */
/* How commands print rates that were given as a share of the link's speed. */
#ifndef SLUICE_OUT_SHARE_H
#define SLUICE_OUT_SHARE_H

#include <jansson.h>
#include <stdio.h>

#include "../lib/state.h"

struct sluice_qdisc;

/**
 * struct out_shares - those of one device
 * @shares: that are in force
 * @link_bits_ps: speed of its link now, 0: not known
 * @is_stand_in: the kernel's fq paces it
 */
struct out_shares {
	struct sluice_shares shares;
	uint64_t link_bits_ps;
	bool is_stand_in;
};

/*
 * Those of the device that a qdisc is on. A store that could not be initialised
 * has none.
 */
void out_shares_look(const struct sluice_store *store,
		     const struct sluice_qdisc *qdisc, struct out_shares *ret);

#define OUT_SHARE_SIZE 192

/*
 * What the share of an option is: "is 92.5% of its link's 1gbit", or of what was
 * assumed as that, or was when the link came up with another speed since, and the
 * next step then. OUT_SHARE_SIZE bytes hold all of it.
 */
void out_share_format(const struct out_shares *shares,
		      const struct sluice_option *option, const char *device,
		      char *text, size_t text_size);

/* A line for each of them. */
void out_shares(FILE *out, const struct out_shares *shares, const char *device);

/* Add them to an object as an array, unless there are none. */
void out_shares_json(json_t *object, const struct out_shares *shares);

#endif
