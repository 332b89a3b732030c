/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rates that were given as a share of the link's speed: "rate 92.5%". The kernel
 * knows bytes per second alone, so a share is worked out when it is given, with
 * the speed that the link has then, and noted beside what was there before
 * (state.h). When the link comes up with another speed the rate stays as it is:
 * the note tells that it is no longer that share.
 *
 * A member of a bond that has no link keeps no other from being paced: it gets the
 * share of a speed that is assumed, and the note says so.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_SHARE_H
#define SLUICE_SHARE_H

#include "link.h"
#include "option.h"

/**
 * struct sluice_share - how one option was given
 * @ppm: that share of the link; 0: not as a share
 * @link_bits_ps: the speed that the link had
 * @is_assumed: or was taken to have, for it was down
 */
struct sluice_share {
	uint64_t ppm;
	uint64_t link_bits_ps;
	bool is_assumed;
};

/**
 * struct sluice_shares - how the options of a device were given
 * @of: each, by attribute
 */
struct sluice_shares {
	struct sluice_share of[TCA_SLUICE_MAX + 1];
};

/* What is asked for, for messages and commands: "rate 92.5%". */
void sluice_share_format(const struct sluice_option *option, uint64_t ppm,
			 char *text, size_t text_size);

/* The rate that a share came to, rounded down to whole bytes/s. */
uint64_t sluice_share_bytes_ps(const struct sluice_share *share);

/*
 * What a member of a bond or team may be taken to have while its link is down: the
 * lowest speed of the others, for they are alike as a rule. 0: it is no member, or no
 * other has a link that tells its speed.
 */
uint64_t sluice_share_beside_bits_ps(const struct sluice_links *links,
				     const struct sluice_link *link);

/*
 * What @asked comes to on a device, in *ret; *shares is brought up to date with
 * it, and keeps what @asked does not name. Where no share is asked for, the link
 * is not looked at. One that is down has the speed that was noted for it before, or
 * else @beside_bits_ps, that of the members beside it; 0: nothing is assumed.
 * Returns 0; -ENETDOWN if the link is down, -EOPNOTSUPP if its speed is not known,
 * -ERANGE if the share is less than the lowest rate: then neither is changed and
 * @error says it in one phrase.
 */
int sluice_shares_resolve(const struct sluice_options *asked,
			  const struct sluice_link *link,
			  uint64_t beside_bits_ps, struct sluice_options *ret,
			  struct sluice_shares *shares, char *error,
			  size_t error_size);

/* Were all options given alike, of links of the same speeds? */
bool sluice_shares_are_equal(const struct sluice_shares *a,
			     const struct sluice_shares *b);

/* Forget the shares that are not what the options in force are. */
void sluice_shares_confirm(struct sluice_shares *shares,
			   const struct sluice_options *in_force);

/*
 * The next option that was given as a share; start with NULL, returns NULL
 * after the last.
 */
const struct sluice_option *
sluice_shares_next(const struct sluice_shares *shares,
		   const struct sluice_option *after);

#endif
