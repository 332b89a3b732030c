/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rates that were given as a share of the link's speed: "rate 92.5%". The kernel
 * knows bytes per second alone, so a share is worked out when it is given, with
 * the speed that the link has then, and noted beside what was there before
 * (state.h). When the link comes up with another speed the rate stays as it is:
 * the note tells that it is no longer that share.
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
 */
struct sluice_share {
	uint64_t ppm;
	uint64_t link_bits_ps;
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
 * What @asked comes to on a device, in *ret; *shares is brought up to date with
 * it, and keeps what @asked does not name. Where no share is asked for, the link
 * is not looked at. Returns 0; -ENETDOWN if the link is down, -EOPNOTSUPP if its
 * speed is not known, -ERANGE if the share is less than the lowest rate: then
 * neither is changed and @error says it in one phrase.
 */
int sluice_shares_resolve(const struct sluice_options *asked,
			  const struct sluice_link *link,
			  struct sluice_options *ret,
			  struct sluice_shares *shares, char *error,
			  size_t error_size);

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
