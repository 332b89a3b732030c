/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Questions to the kernel over netlink.
 *
 * Part of libsluice: nothing here prints or exits. Functions return 0 or
 * -errno; the kernel's own sentence (extack), where it has one, goes to a
 * buffer of the caller, which is empty otherwise.
 */
#ifndef SLUICE_NETLINK_H
#define SLUICE_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>

/* The longest extack sentence that is kept. */
#define SLUICE_MESSAGE_SIZE 256

struct sluice_netlink;

/* A socket of NETLINK_ROUTE, which the caller closes; a failure leaves *ret alone. */
int sluice_netlink_open(struct sluice_netlink **ret);
/* The same for another protocol than NETLINK_ROUTE, such as NETLINK_NETFILTER. */
int sluice_netlink_open_protocol(struct sluice_netlink **ret, int protocol);
/* Accepts NULL. */
void sluice_netlink_close(struct sluice_netlink *netlink);

/*
 * Send a request and wait for the answer. @receive is called for each message
 * of a dump (NULL: none is expected) and stops it with a negative errno.
 * @message holds SLUICE_MESSAGE_SIZE bytes; it may be filled on success too,
 * with a warning.
 */
int sluice_netlink_talk(struct sluice_netlink *netlink,
			struct nlmsghdr *request,
			int (*receive)(const struct nlmsghdr *header,
				       void *data),
			void *data, char *message);

/*
 * Of the last answer. A long dump comes in parts. If an entry is removed between
 * two parts, those behind it move up, and one that was there all the time can be
 * missing. _is_in_parts: this may have happened. _is_interrupted: the kernel says
 * that it has, which it does for some dumps only.
 */
bool sluice_netlink_is_in_parts(const struct sluice_netlink *netlink);
bool sluice_netlink_is_interrupted(const struct sluice_netlink *netlink);

/*
 * The kernel's sentence in an error or acknowledgement message; "" if it has
 * none or is broken. @message holds SLUICE_MESSAGE_SIZE bytes.
 */
void sluice_netlink_extack(const struct nlmsghdr *header, char *message);

#endif
