// SPDX-License-Identifier: GPL-2.0
/* Shares of the link's speed; see share.h. */
#include "share.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "refuse.h"
#include "units.h"

#define BITS_PER_BYTE 8

void sluice_share_format(const struct sluice_option *option, uint64_t ppm,
			 char *text, size_t text_size)
{
	char percent[32];

	sluice_format_share(ppm, percent, sizeof(percent));
	snprintf(text, text_size, "%s %s", option->name, percent);
}

uint64_t sluice_share_bytes_ps(const struct sluice_share *share)
{
	return (uint64_t)((unsigned __int128)share->link_bits_ps * share->ppm /
			  SLUICE_SHARE_MAX_PPM / BITS_PER_BYTE);
}

uint64_t sluice_share_beside_bits_ps(const struct sluice_links *links,
				     const struct sluice_link *link)
{
	const struct sluice_link *master = sluice_links_find(links,
							     link->master);
	uint64_t lowest_bits_ps = 0;
	unsigned int i;

	if (!link->master || !master ||
	    (strcmp(master->kind, "bond") && strcmp(master->kind, "team")))
		return 0;
	for (i = 0; i < links->count; i++) {
		const struct sluice_link *other = &links->links[i];
		uint64_t bits_ps = 0;

		if (other != link && other->master == link->master &&
		    other->has_carrier)
			bits_ps = sluice_link_speed_bits_ps(other);
		if (bits_ps && (!lowest_bits_ps || bits_ps < lowest_bits_ps))
			lowest_bits_ps = bits_ps;
	}
	return lowest_bits_ps;
}

/* The speed that the link had when a share of it was given; 0: that was never. */
static uint64_t speed_noted(const struct sluice_shares *shares)
{
	const struct sluice_option *option = NULL;

	while ((option = sluice_shares_next(shares, option)))
		if (!shares->of[option->attribute].is_assumed)
			return shares->of[option->attribute].link_bits_ps;
	return 0;
}

/* @assumed_bits_ps: if the link is down; 0: that is refused. */
static int share_resolve(const struct sluice_option *option, uint64_t ppm,
			 const struct sluice_link *link,
			 uint64_t assumed_bits_ps, struct sluice_share *ret,
			 char *error, size_t error_size)
{
	struct sluice_share share = {
		.ppm = ppm, .is_assumed = !link->has_carrier,
	};
	char asked[64], least[32], comes_to[32];

	sluice_share_format(option, ppm, asked, sizeof(asked));
	if (share.is_assumed && !assumed_bits_ps)
		return sluice_refuse(-ENETDOWN, error, error_size,
				     "'%s' needs the speed of the link, which is down: bring it up (is it 'ip link set %s up', or the cable?), or say a rate, as '%s %s'",
				     asked, link->name, option->name, option->example);
	share.link_bits_ps = share.is_assumed ? assumed_bits_ps :
			     sluice_link_speed_bits_ps(link);
	if (!share.link_bits_ps)
		return sluice_refuse(-EOPNOTSUPP, error, error_size,
				     "'%s' needs the speed of the link, which the driver does not tell: say a rate, as '%s %s'",
				     asked, option->name, option->example);
	if (sluice_share_bytes_ps(&share) < option->min) {
		sluice_option_format(option, option->min, least, sizeof(least));
		sluice_format_rate(share.link_bits_ps, comes_to,
				   sizeof(comes_to));
		return sluice_refuse(-ERANGE, error, error_size,
				     "'%s' of the link's %s is below %s, the lowest rate: ask for more",
				     asked, comes_to, least);
	}
	*ret = share;
	return 0;
}

int sluice_shares_resolve(const struct sluice_options *asked,
			  const struct sluice_link *link,
			  uint64_t beside_bits_ps, struct sluice_options *ret,
			  struct sluice_shares *shares, char *error,
			  size_t error_size)
{
	const struct sluice_option *option = sluice_option_table;
	const uint64_t noted_bits_ps = speed_noted(shares);
	const uint64_t assumed_bits_ps = beside_bits_ps && noted_bits_ps ?
					 noted_bits_ps : beside_bits_ps;
	struct sluice_options options = *asked;
	struct sluice_shares resolved = *shares;
	int err;

	for (; option->name; option++) {
		const unsigned int attribute = option->attribute;

		if (!sluice_options_has(asked, attribute))
			continue;
		memset(&resolved.of[attribute], 0,
		       sizeof(resolved.of[attribute]));
		if (!sluice_options_is_share(asked, attribute))
			continue;
		err = share_resolve(option, asked->values[attribute], link,
				    assumed_bits_ps, &resolved.of[attribute],
				    error, error_size);
		if (err)
			return err;
		sluice_options_set(&options, attribute,
				   sluice_share_bytes_ps(&resolved.of[attribute]));
	}
	*ret = options;
	*shares = resolved;
	return 0;
}

bool sluice_shares_are_equal(const struct sluice_shares *a,
			     const struct sluice_shares *b)
{
	unsigned int i;

	for (i = 0; i <= TCA_SLUICE_MAX; i++)
		if (a->of[i].ppm != b->of[i].ppm ||
		    a->of[i].link_bits_ps != b->of[i].link_bits_ps ||
		    a->of[i].is_assumed != b->of[i].is_assumed)
			return false;
	return true;
}

void sluice_shares_confirm(struct sluice_shares *shares,
			   const struct sluice_options *in_force)
{
	const struct sluice_option *option = NULL;

	while ((option = sluice_shares_next(shares, option))) {
		struct sluice_share *share = &shares->of[option->attribute];

		if (!sluice_options_has(in_force, option->attribute) ||
		    in_force->values[option->attribute] !=
		    sluice_share_bytes_ps(share))
			memset(share, 0, sizeof(*share));
	}
}

const struct sluice_option *
sluice_shares_next(const struct sluice_shares *shares,
		   const struct sluice_option *after)
{
	const struct sluice_option *option =
		after ? after + 1 : sluice_option_table;

	for (; option->name; option++)
		if (shares->of[option->attribute].ppm)
			return option;
	return NULL;
}
