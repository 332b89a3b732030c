/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Scopes that look at one NIC share its switch for time stamps: the one that ends
 * last puts it back, whichever switched it on, and however the others ended.
 *
 * They share a file of that NIC. Byte 0 is locked while somebody looks at the
 * switch or turns it; byte 1 is locked by all who need it, each for as long as it
 * does, and the kernel takes the lock from whom it kills. The file holds how the
 * switch was, and how it is since. The last one removes it.
 */
#ifndef SLUICE_SCOPE_STAMPS_SHARE_H
#define SLUICE_SCOPE_STAMPS_SHARE_H

#include <linux/net_tstamp.h>
#include <stdbool.h>

/**
 * struct scope_stamps_turn - what scopes have done to the switch
 * @before: how it was
 * @ours: how it is since then
 */
struct scope_stamps_turn {
	struct hwtstamp_config before;
	struct hwtstamp_config ours;
};

/**
 * struct scope_stamps_share - one scope's part in it
 * @fd: the file; -1: this scope shares with nobody
 * @path: of it
 */
struct scope_stamps_share {
	int fd;
	char path[128];
};

/*
 * Open the file of a device in @folder, which is made if it is not there; nobody
 * else is at the switch from here on. Returns 0, or -errno with nothing open.
 */
int scope_stamps_share_open(struct scope_stamps_share *share,
			    const char *folder, int ifindex);

/* Nobody else needs the switch. True as well where none is open. */
bool scope_stamps_share_is_alone(const struct scope_stamps_share *share);

/* Somebody needs the switch as *ret says it was turned. */
bool scope_stamps_share_find(const struct scope_stamps_share *share,
			     struct scope_stamps_turn *ret);

/* Need it, too; @turn: it was turned by this scope, NULL: as is written. */
int scope_stamps_share_join(const struct scope_stamps_share *share,
			    const struct scope_stamps_turn *turn);

/* Others may look at the switch again. Accepts one that is not open. */
void scope_stamps_share_release(const struct scope_stamps_share *share);

/*
 * Need it no more: wait until nobody else is at the switch. True: nobody else needs
 * it, and *ret says how it was turned; then put it back, and close.
 */
bool scope_stamps_share_leave(const struct scope_stamps_share *share,
			      struct scope_stamps_turn *ret);

/* @is_last: nobody needs the file. Accepts one that is not open. */
void scope_stamps_share_close(struct scope_stamps_share *share, bool is_last);

#endif
