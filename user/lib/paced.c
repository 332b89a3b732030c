// SPDX-License-Identifier: GPL-2.0
/* Qdiscs of what is paced for a device; see paced.h. */
#include "paced.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

/**
 * struct paced - what has been found
 * @netlink: to the kernel
 * @qdiscs: of the devices so far
 * @count: how many
 * @message: the kernel's sentence
 */
struct paced {
	struct sluice_netlink *netlink;
	struct sluice_qdisc *qdiscs;
	unsigned int count;
	char *message;
};

static int device_add(struct paced *paced, int ifindex)
{
	struct sluice_qdisc *qdiscs = NULL, *grown;
	unsigned int count = 0;
	int err;

	err = sluice_qdisc_list(paced->netlink, ifindex, &qdiscs, &count,
				paced->message);
	if (err || !count) {
		free(qdiscs);
		return err;
	}
	grown = reallocarray(paced->qdiscs, paced->count + count,
			     sizeof(*grown));
	if (!grown) {
		free(qdiscs);
		return -ENOMEM;
	}
	memcpy(&grown[paced->count], qdiscs, count * sizeof(*qdiscs));
	free(qdiscs);
	paced->qdiscs = grown;
	paced->count += count;
	return 0;
}

/* What cannot be paced is taken for itself: somebody may have done it. */
static int places_find(struct paced *paced, int ifindex,
		       struct sluice_links *links,
		       struct sluice_places *places)
{
	char reason[512];
	int err = sluice_links_list(paced->netlink, links, paced->message);

	if (!err)
		err = sluice_places_find(links, ifindex, places, reason,
					 sizeof(reason));
	return err == -EOPNOTSUPP ? 0 : err;
}

static int device_list(struct paced *paced, int ifindex)
{
	struct sluice_places places = { .count = 0 };
	struct sluice_links links = { .count = 0 };
	unsigned int i;
	int err;

	err = places_find(paced, ifindex, &links, &places);
	if (!err)
		err = device_add(paced, ifindex);
	for (i = 0; !err && i < places.count; i++)
		if (places.found[i]->ifindex != ifindex)
			err = device_add(paced, places.found[i]->ifindex);
	sluice_places_done(&places);
	sluice_links_done(&links);
	return err;
}

int sluice_paced_list(struct sluice_netlink *netlink, int ifindex,
		      struct sluice_qdisc **ret_qdiscs,
		      unsigned int *ret_count, char *message)
{
	struct paced paced = { .netlink = netlink, .message = message };
	int err;

	if (!ifindex)
		return sluice_qdisc_list(netlink, 0, ret_qdiscs, ret_count,
					 message);
	err = device_list(&paced, ifindex);
	if (err) {
		free(paced.qdiscs);
		return err;
	}
	*ret_qdiscs = paced.qdiscs;
	*ret_count = paced.count;
	return 0;
}
