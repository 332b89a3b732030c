// SPDX-License-Identifier: GPL-2.0
/* How long TCP's super-packets may be; see bound.h. */
#include "bound.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "state.h"

/* ---- as data ---- */

const struct sluice_bound *sluice_bounds_find(const struct sluice_bounds *bounds,
					      int ifindex)
{
	unsigned int i;

	for (i = 0; i < bounds->count; i++)
		if (bounds->bounds[i].ifindex == ifindex)
			return &bounds->bounds[i];
	return NULL;
}

int sluice_bounds_add(struct sluice_bounds *bounds, int ifindex,
		      unsigned int segs)
{
	struct sluice_bound *grown;

	grown = reallocarray(bounds->bounds, bounds->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	bounds->bounds = grown;
	grown[bounds->count++] = (struct sluice_bound){ ifindex, segs };
	return 0;
}

void sluice_bounds_done(struct sluice_bounds *bounds)
{
	free(bounds->bounds);
	memset(bounds, 0, sizeof(*bounds));
}

/* ---- whose they are ---- */

/* Do packets of @upper leave by @link? 1, 0 or -ENOMEM. */
static int leaves_by(const struct sluice_links *links,
		     const struct sluice_link *upper,
		     const struct sluice_link *link)
{
	struct sluice_places places = { .count = 0 };
	char reason[512];
	unsigned int i;
	int ret = 0;

	if (sluice_place_role(upper->kind) == SLUICE_PLACE_ITSELF)
		return upper == link;
	if (sluice_places_find(links, upper->ifindex, &places, reason,
			       sizeof(reason)) == -ENOMEM)
		return -ENOMEM;
	for (i = 0; i < places.count; i++)
		ret |= places.found[i] == link;
	sluice_places_done(&places);
	return ret;
}

/*
 * Some state but that of @ifindex names this device: what it had then. Returns 1,
 * 0 or -errno.
 */
static int named_elsewhere(const struct sluice_store *store, int ifindex,
			   int device, unsigned int *ret_segs)
{
	const struct sluice_bound *bound;
	struct sluice_state state;
	unsigned int i, count;
	int *ifindexes, err, ret;

	/* Nothing leaves by a device that is paced itself but its own packets. */
	if (device == ifindex)
		return 0;
	ret = sluice_state_list(store, &ifindexes, &count);
	for (i = 0; !ret && i < count; i++) {
		if (ifindexes[i] == ifindex)
			continue;
		err = sluice_state_load(store, ifindexes[i], &state);
		if (err && err != -ENOENT)
			ret = err;
		if (err)
			continue;
		bound = sluice_bounds_find(&state.bounds, device);
		if (bound) {
			*ret_segs = bound->segs;
			ret = 1;
		}
		sluice_state_done(&state);
	}
	free(ifindexes);
	return ret;
}

int sluice_bounds_look(struct sluice_bounds *bounds,
		       const struct sluice_links *links,
		       const struct sluice_link *link,
		       const struct sluice_store *store)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret >= 0 && i < links->count; i++) {
		const struct sluice_link *upper = &links->links[i];
		unsigned int segs = upper->gso_max_segs;

		/* 0: this kernel does not tell, so it could not be put back. */
		if (!segs || sluice_bounds_find(bounds, upper->ifindex))
			continue;
		ret = leaves_by(links, upper, link);
		if (ret <= 0)
			continue;
		ret = named_elsewhere(store, link->ifindex, upper->ifindex,
				      &segs);
		if (ret >= 0)
			ret = sluice_bounds_add(bounds, upper->ifindex, segs);
	}
	return ret < 0 ? ret : 0;
}

/* ---- taking it ---- */

/*
 * The kernel refuses more than the driver takes, which may be less than before: of a
 * bond it is that of its members. *ret_segs is what is set then.
 */
static int bound_set(struct sluice_netlink *netlink, int ifindex,
		     unsigned int segs, unsigned int *ret_segs, char *message)
{
	struct sluice_link link = { .ifindex = ifindex };
	int err = sluice_link_read(netlink, ifindex, &link, message);

	*ret_segs = link.tso_max_segs && segs > link.tso_max_segs ?
		    link.tso_max_segs : segs;
	if (!err)
		err = sluice_link_gso_max_segs_set(netlink, ifindex, *ret_segs,
						   message);
	return err == -ENODEV ? 0 : err;
}

int sluice_bounds_set(struct sluice_netlink *netlink,
		      const struct sluice_bounds *bounds, unsigned int segs,
		      char *message)
{
	unsigned int i, set_segs;
	int err = 0;

	message[0] = '\0';
	for (i = 0; !err && i < bounds->count; i++)
		err = bound_set(netlink, bounds->bounds[i].ifindex,
				bounds->bounds[i].segs < segs ?
				bounds->bounds[i].segs : segs, &set_segs,
				message);
	return err;
}

int sluice_bounds_restore(struct sluice_netlink *netlink,
			  const struct sluice_store *store, int ifindex,
			  const struct sluice_bounds *bounds,
			  struct sluice_bounds *ret_less, char *message)
{
	unsigned int i, segs;
	int ret = 0;

	memset(ret_less, 0, sizeof(*ret_less));
	message[0] = '\0';
	for (i = 0; ret >= 0 && i < bounds->count; i++) {
		const struct sluice_bound *bound = &bounds->bounds[i];

		ret = named_elsewhere(store, ifindex, bound->ifindex, &segs);
		if (ret)
			continue;
		ret = bound_set(netlink, bound->ifindex, bound->segs, &segs,
				message);
		if (!ret && segs < bound->segs)
			ret = sluice_bounds_add(ret_less, bound->ifindex, segs);
	}
	return ret < 0 ? ret : 0;
}

int sluice_bounds_less_now(struct sluice_netlink *netlink,
			   const struct sluice_bounds *bounds,
			   struct sluice_bound *ret, char *message)
{
	unsigned int i;
	int err;

	message[0] = '\0';
	for (i = 0; i < bounds->count; i++) {
		const struct sluice_bound *bound = &bounds->bounds[i];
		struct sluice_link link = { .ifindex = bound->ifindex };

		err = sluice_link_read(netlink, bound->ifindex, &link, message);
		if (err == -ENODEV)
			continue;
		if (err)
			return err;
		if (link.gso_max_segs < bound->segs) {
			*ret = (struct sluice_bound){ bound->ifindex,
						      link.gso_max_segs };
			return 1;
		}
	}
	return 0;
}
