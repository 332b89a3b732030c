/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink messages that somebody has damaged. */
#ifndef SLUICE_TEST_MUTATE_H
#define SLUICE_TEST_MUTATE_H

#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core_random.h"

/* A copy on the heap of exactly this length, which its header says, too. */
static inline struct nlmsghdr *message_copy(const struct nlmsghdr *header,
					    size_t length)
{
	struct nlmsghdr *copy = malloc(length);

	if (!copy)
		abort();
	memcpy(copy, header, length);
	copy->nlmsg_len = (uint32_t)length;
	return copy;
}

static inline struct nlmsghdr *message_mutate(const struct nlmsghdr *header,
					      u64 *state)
{
	size_t length = header->nlmsg_len;
	struct nlmsghdr *copy;
	unsigned char *bytes;
	u64 i, n;

	if (!random_below(state, 4))
		length = sizeof(*header) +
			 random_below(state, length - sizeof(*header) + 1);
	copy = message_copy(header, length);
	bytes = (unsigned char *)copy;
	n = random_below(state, 6);
	for (i = 0; i < n && length > sizeof(*header); i++) {
		size_t at = sizeof(*header) +
			    random_below(state, length - sizeof(*header));

		/* Lengths of attributes are where it hurts: small numbers. */
		if (random_below(state, 2))
			bytes[at] = (unsigned char)random_next(state);
		else
			bytes[at & ~(size_t)3] =
				(unsigned char)random_below(state, 9);
	}
	return copy;
}

#endif
