// SPDX-License-Identifier: GPL-2.0
/* Where pacing belongs; see place.h. */
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A VLAN on a bond below a bridge is three; the kernel itself nests up to 8. */
#define DEPTH_MAX 8u

/* Kinds that are not here are paced themselves. */
static const struct {
	const char *kind;
	enum sluice_place_role role;
} kinds[] = {
	{ "bond", SLUICE_PLACE_PORTS },
	{ "team", SLUICE_PLACE_PORTS },
	{ "bridge", SLUICE_PLACE_PORTS },
	{ "vrf", SLUICE_PLACE_PORTS },
	{ "vlan", SLUICE_PLACE_LOWER },
	{ "macvlan", SLUICE_PLACE_LOWER },
	{ "macvtap", SLUICE_PLACE_LOWER },
	{ "ipvlan", SLUICE_PLACE_LOWER },
	{ "ipvtap", SLUICE_PLACE_LOWER },
	{ "macsec", SLUICE_PLACE_LOWER },
	{ "vxlan", SLUICE_PLACE_UNKNOWN },
	{ "geneve", SLUICE_PLACE_UNKNOWN },
	{ "gre", SLUICE_PLACE_UNKNOWN },
	{ "gretap", SLUICE_PLACE_UNKNOWN },
	{ "erspan", SLUICE_PLACE_UNKNOWN },
	{ "ip6gre", SLUICE_PLACE_UNKNOWN },
	{ "ip6gretap", SLUICE_PLACE_UNKNOWN },
	{ "ip6erspan", SLUICE_PLACE_UNKNOWN },
	{ "ipip", SLUICE_PLACE_UNKNOWN },
	{ "ip6tnl", SLUICE_PLACE_UNKNOWN },
	{ "sit", SLUICE_PLACE_UNKNOWN },
	{ "vti", SLUICE_PLACE_UNKNOWN },
	{ "vti6", SLUICE_PLACE_UNKNOWN },
	{ "xfrm", SLUICE_PLACE_UNKNOWN },
	{ "wireguard", SLUICE_PLACE_UNKNOWN },
	{ "bareudp", SLUICE_PLACE_UNKNOWN },
	{ "gtp", SLUICE_PLACE_UNKNOWN },
	{ "ovpn", SLUICE_PLACE_UNKNOWN },
	{ "amt", SLUICE_PLACE_UNKNOWN },
};

enum sluice_place_role sluice_place_role(const char *kind)
{
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].role;
	return SLUICE_PLACE_ITSELF;
}

struct search {
	const struct sluice_links *links;
	struct sluice_places *places;
	char *error;
	size_t error_size;
};

static void list_add(const struct sluice_link **list, unsigned int *count,
		     const struct sluice_link *link)
{
	unsigned int i;

	for (i = 0; i < *count; i++)
		if (list[i] == link)
			return;
	list[(*count)++] = link;
}

static int search_link(struct search *search, const struct sluice_link *link,
		       unsigned int depth);

static int search_lower(struct search *search, const struct sluice_link *link,
			unsigned int depth)
{
	const struct sluice_link *lower = NULL;

	if (link->lower && !link->is_lower_elsewhere)
		lower = sluice_links_find(search->links, link->lower);
	if (lower)
		return search_link(search, lower, depth + 1);
	snprintf(search->error, search->error_size,
		 "%s: the device below this %s is in another network namespace: run sluice there",
		 link->name, link->kind);
	return -EOPNOTSUPP;
}

/* A port that is a tunnel is left out as long as another is not. */
static int search_ports(struct search *search, const struct sluice_link *link,
			unsigned int depth)
{
	struct sluice_places *places = search->places;
	bool is_found = false;
	unsigned int i;

	for (i = 0; i < search->links->count; i++) {
		const struct sluice_link *port = &search->links->links[i];
		int err;

		if (port->master != link->ifindex)
			continue;
		if (sluice_place_role(port->kind) == SLUICE_PLACE_UNKNOWN) {
			list_add(places->left_out, &places->left_out_count,
				 port);
			continue;
		}
		err = search_link(search, port, depth + 1);
		if (err)
			return err;
		is_found = true;
	}
	if (is_found)
		return 0;
	snprintf(search->error, search->error_size,
		 "%s: this %s has no %s to pace: add one first", link->name,
		 link->kind, strcmp(link->kind, "bridge") ? "member" : "port");
	return -EOPNOTSUPP;
}

static int search_link(struct search *search, const struct sluice_link *link,
		       unsigned int depth)
{
	if (depth > DEPTH_MAX) {
		snprintf(search->error, search->error_size,
			 "%s: more than %u devices lie on each other: name the lowest",
			 link->name, DEPTH_MAX);
		return -EOPNOTSUPP;
	}
	switch (sluice_place_role(link->kind)) {
	case SLUICE_PLACE_PORTS:
		return search_ports(search, link, depth);
	case SLUICE_PLACE_LOWER:
		return search_lower(search, link, depth);
	case SLUICE_PLACE_UNKNOWN:
		snprintf(search->error, search->error_size,
			 "%s: by which device the packets of this %s tunnel leave is not known: name that device ('ip route get ADDRESS' of the other end shows it)",
			 link->name, link->kind);
		return -EOPNOTSUPP;
	case SLUICE_PLACE_ITSELF:
		break;
	}
	list_add(search->places->found, &search->places->count, link);
	return 0;
}

int sluice_places_find(const struct sluice_links *links, int ifindex,
		       struct sluice_places *ret, char *error,
		       size_t error_size)
{
	const struct sluice_link *link = sluice_links_find(links, ifindex);
	struct sluice_places places = { .count = 0 };
	struct search search = {
		.links = links, .places = &places,
		.error = error, .error_size = error_size,
	};
	int err;

	error[0] = '\0';
	if (!link)
		return -ENODEV;
	places.found = calloc(links->count, sizeof(*places.found));
	places.left_out = calloc(links->count, sizeof(*places.left_out));
	err = places.found && places.left_out ?
	      search_link(&search, link, 0) : -ENOMEM;
	if (err)
		sluice_places_done(&places);
	else
		*ret = places;
	return err;
}

bool sluice_places_change(const struct sluice_links *links, int ifindex)
{
	const struct sluice_link *link = sluice_links_find(links, ifindex);
	unsigned int depth;

	for (depth = 0; link && depth <= DEPTH_MAX; depth++) {
		switch (sluice_place_role(link->kind)) {
		case SLUICE_PLACE_PORTS:
			return true;
		case SLUICE_PLACE_LOWER:
			link = link->is_lower_elsewhere ? NULL :
			       sluice_links_find(links, link->lower);
			break;
		default:
			return false;
		}
	}
	return false;
}

void sluice_places_done(struct sluice_places *places)
{
	free(places->found);
	free(places->left_out);
	memset(places, 0, sizeof(*places));
}
