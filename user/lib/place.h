/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where pacing belongs: the devices that hand frames to a wire or a guest.
 *
 * A bond, bridge, VLAN or macvlan has no queue of its own to pace; what is
 * meant are the devices below it. Pure arithmetic over a list of devices:
 * nothing is asked, nothing is changed.
 */
#ifndef SLUICE_PLACE_H
#define SLUICE_PLACE_H

#include "link.h"

/**
 * enum sluice_place_role - what a kind of device means for pacing
 * @SLUICE_PLACE_ITSELF: it is paced: hardware, veth, tap, …
 * @SLUICE_PLACE_PORTS: its members or ports are
 * @SLUICE_PLACE_LOWER: the device below it is
 * @SLUICE_PLACE_UNKNOWN: a tunnel; by which device its packets leave is a
 *	matter of routes, and can change with every packet
 */
enum sluice_place_role {
	SLUICE_PLACE_ITSELF,
	SLUICE_PLACE_PORTS,
	SLUICE_PLACE_LOWER,
	SLUICE_PLACE_UNKNOWN,
};

/**
 * struct sluice_places - the devices to pace
 * @found: they, each once, in the order of the list; they point into it
 * @count: how many
 * @left_out: ports that are tunnels, whose device is not known
 * @left_out_count: how many
 */
struct sluice_places {
	const struct sluice_link **found;
	unsigned int count;
	const struct sluice_link **left_out;
	unsigned int left_out_count;
};

/* What to do with a device of that kind. */
enum sluice_place_role sluice_place_role(const char *kind);

/*
 * The devices to pace for @ifindex. Returns 0 and fills *ret, which
 * sluice_places_done() releases; -ENODEV if there is no such device;
 * -EOPNOTSUPP if there is nothing to pace, and then one phrase in @error says
 * why, and what to do; -ENOMEM.
 */
int sluice_places_find(const struct sluice_links *links, int ifindex,
		       struct sluice_places *ret, char *error,
		       size_t error_size);

/* They are members or ports, of @ifindex or of what is below it: they come and go. */
bool sluice_places_change(const struct sluice_links *links, int ifindex);
void sluice_places_done(struct sluice_places *places);

#endif
