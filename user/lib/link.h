/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices of this network namespace, and which lies on which.
 *
 * Part of libsluice: nothing here prints or exits. Functions return 0 or
 * -errno; @message holds SLUICE_MESSAGE_SIZE bytes and receives the kernel's
 * own sentence, or "".
 */
#ifndef SLUICE_LINK_H
#define SLUICE_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

#define SLUICE_LINK_KIND_SIZE 32
#define SLUICE_LINK_ADDRESS_SIZE 32	/* the kernel's MAX_ADDR_LEN */

/* IFLA_MAX_PACING_OFFLOAD_HORIZON, in headers from Linux 6.13 on. */
#define SLUICE_LINK_PACING_HORIZON 66

/**
 * struct sluice_link - one device as the kernel describes it
 * @ifindex: its number in this network namespace
 * @name: its name
 * @kind: "bond", "vlan", "veth", …; "" for hardware
 * @master: ifindex of the bond, bridge, … it is a port of; 0: none
 * @lower: ifindex of what a VLAN or macvlan lies on, of a veth's other end; 0: none
 * @is_lower_elsewhere: @lower counts in another network namespace
 * @tx_queues: transmit queues that it was made with; those in use may be less
 * @is_up: it is switched on
 * @is_loopback: what is sent comes back
 * @has_carrier: somebody is at the other end
 * @mtu_bytes: the longest packet
 * @gso_max_bytes: the longest super-packet that it is given
 * @gso_max_segs: and the most segments in one
 * @tso_max_segs: the most that @gso_max_segs may be; 0: not told
 * @has_xdp: an XDP program sees its frames
 * @pacing_horizon_ns: it holds frames back by itself for as long as that; 0: not
 * @tx_queue_len: packets, for qdiscs that take it for their limit
 * @address: its hardware address
 * @address_bytes: length of it
 */
struct sluice_link {
	int ifindex;
	char name[IF_NAMESIZE];
	char kind[SLUICE_LINK_KIND_SIZE];
	int master;
	int lower;
	bool is_lower_elsewhere;
	unsigned int tx_queues;
	bool is_up;
	bool is_loopback;
	bool has_carrier;
	unsigned int mtu_bytes;
	unsigned int gso_max_bytes;
	unsigned int gso_max_segs;
	unsigned int tso_max_segs;
	bool has_xdp;
	uint64_t pacing_horizon_ns;
	unsigned int tx_queue_len;
	unsigned char address[SLUICE_LINK_ADDRESS_SIZE];
	size_t address_bytes;
};

/**
 * struct sluice_links - all devices, as one dump showed them
 * @links: in the kernel's order
 * @count: how many
 */
struct sluice_links {
	struct sluice_link *links;
	unsigned int count;
};

/*
 * Read one RTM_NEWLINK message, whatever it holds: unknown attributes and ones
 * of a wrong size are skipped. Returns -EBADMSG if it is no such message.
 */
int sluice_link_decode(const struct nlmsghdr *header, struct sluice_link *ret);

/* All devices. Release *ret with sluice_links_done(), which accepts zeroes. */
int sluice_links_list(struct sluice_netlink *netlink, struct sluice_links *ret,
		      char *message);
void sluice_links_done(struct sluice_links *links);

/* One device; -ENODEV if there is none of that number. */
int sluice_link_read(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_link *ret, char *message);

/* The device of that number, NULL if there is none. */
const struct sluice_link *sluice_links_find(const struct sluice_links *links,
					    int ifindex);
/* The device of that name, likewise. */
const struct sluice_link *sluice_links_named(const struct sluice_links *links,
					     const char *name);

/* Set the length of a device's transmit queue. Returns 0 or -errno. */
int sluice_link_tx_queue_len_set(struct sluice_netlink *netlink, int ifindex,
				 unsigned int length, char *message);
/* And how many segments a super-packet that it is given may have. */
int sluice_link_gso_max_segs_set(struct sluice_netlink *netlink, int ifindex,
				 unsigned int segs, char *message);

/*
 * Transmit queues in use, at least 1: as sysfs shows them, where that is the
 * sysfs of this network namespace, else as the driver counts its channels,
 * else as many as the device was made with.
 */
unsigned int sluice_link_queues(const struct sluice_link *link);
/* The same where sysfs lies below @root, "" on a host. */
unsigned int sluice_link_queues_at(const char *root,
				   const struct sluice_link *link);

/* The sysfs below @root is that of this network namespace. */
bool sluice_link_is_in_sysfs(const char *root, const struct sluice_link *link);

/*
 * Speed and duplex from the driver: 0 bits/s and 255 where it does not know.
 * Returns 0 or -errno.
 */
int sluice_link_settings(const struct sluice_link *link, uint64_t *ret_bits_ps,
			 unsigned int *ret_duplex);
/* The speed alone. */
uint64_t sluice_link_speed_bits_ps(const struct sluice_link *link);

#endif
