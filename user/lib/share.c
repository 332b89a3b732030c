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

static int share_resolve(const struct sluice_option *option, uint64_t ppm,
			 const struct sluice_link *link,
			 struct sluice_share *ret, char *error,
			 size_t error_size)
{
	struct sluice_share share = { .ppm = ppm };
	char asked[64], least[32], comes_to[32];

	sluice_share_format(option, ppm, asked, sizeof(asked));
	if (!link->has_carrier)
		return sluice_refuse(-ENETDOWN, error, error_size,
				     "'%s' needs the speed of the link, which is down: bring it up (is it 'ip link set %s up', or the cable?), or say a rate, as '%s %s'",
				     asked, link->name, option->name, option->example);
	share.link_bits_ps = sluice_link_speed_bits_ps(link);
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
			  struct sluice_options *ret,
			  struct sluice_shares *shares, char *error,
			  size_t error_size)
{
	const struct sluice_option *option = sluice_option_table;
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
				    &resolved.of[attribute], error,
				    error_size);
		if (err)
			return err;
		sluice_options_set(&options, attribute,
				   sluice_share_bytes_ps(&resolved.of[attribute]));
	}
	*ret = options;
	*shares = resolved;
	return 0;
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
