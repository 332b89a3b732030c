// SPDX-License-Identifier: GPL-2.0
/* The devices of this network namespace; see link.h. */
#include "link.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

/* IFF_LOWER_UP of linux/if.h, which does not go together with net/if.h. */
#define LOWER_UP 0x10000

#define BITS_PER_MBIT UINT64_C(1000000)

/* So often a list is asked for until it comes in one piece. */
#define DUMPS_MAX 20

/* ---- netlink ---- */

static void text_decode(const struct nlattr *attr, char *text, size_t text_size)
{
	size_t length = strnlen(mnl_attr_get_payload(attr),
				mnl_attr_get_payload_len(attr));

	if (length < text_size) {
		memcpy(text, mnl_attr_get_payload(attr), length);
		text[length] = '\0';
	}
}

static int number_decode(const struct nlattr *attr, int otherwise)
{
	int32_t number;

	if (mnl_attr_get_payload_len(attr) != sizeof(number))
		return otherwise;
	memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return number;
}

/* The kernel's NLA_UINT is as wide as the number needs. */
static uint64_t uint_decode(const struct nlattr *attr)
{
	uint64_t wide;

	if (mnl_attr_get_payload_len(attr) != sizeof(wide))
		return (uint32_t)number_decode(attr, 0);
	memcpy(&wide, mnl_attr_get_payload(attr), sizeof(wide));
	return wide;
}

static void xdp_decode(const struct nlattr *nest, struct sluice_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == IFLA_XDP_ATTACHED &&
		    mnl_attr_get_payload_len(attr) == sizeof(uint8_t))
			link->has_xdp = mnl_attr_get_u8(attr) !=
					XDP_ATTACHED_NONE;
}

static void info_decode(const struct nlattr *nest, struct sluice_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			text_decode(attr, link->kind, sizeof(link->kind));
}

static void address_decode(const struct nlattr *attr, struct sluice_link *link)
{
	size_t length = mnl_attr_get_payload_len(attr);

	if (length > sizeof(link->address))
		return;
	memcpy(link->address, mnl_attr_get_payload(attr), length);
	link->address_bytes = length;
}

/* What a packet of it may be. */
static void size_decode(const struct nlattr *attr, struct sluice_link *link)
{
	unsigned int number = (unsigned int)number_decode(attr, 0);

	switch (mnl_attr_get_type(attr)) {
	case IFLA_MTU:
		link->mtu_bytes = number;
		break;
	case IFLA_GSO_MAX_SIZE:
		link->gso_max_bytes = number;
		break;
	case IFLA_GSO_MAX_SEGS:
		link->gso_max_segs = number;
		break;
	case IFLA_TSO_MAX_SEGS:
		link->tso_max_segs = number;
		break;
	}
}

int sluice_link_decode(const struct nlmsghdr *header, struct sluice_link *ret)
{
	const struct ifinfomsg *info;
	const struct nlattr *attr;

	if (header->nlmsg_type != RTM_NEWLINK ||
	    header->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*info))
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	info = mnl_nlmsg_get_payload(header);
	ret->ifindex = info->ifi_index;
	ret->is_up = info->ifi_flags & IFF_UP;
	ret->is_loopback = info->ifi_flags & IFF_LOOPBACK;
	ret->has_carrier = info->ifi_flags & LOWER_UP;
	ret->tx_queues = 1;
	mnl_attr_for_each_payload((const void *)(info + 1),
				  header->nlmsg_len - MNL_NLMSG_HDRLEN -
				  sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			text_decode(attr, ret->name, sizeof(ret->name));
			break;
		case IFLA_LINKINFO:
			info_decode(attr, ret);
			break;
		case IFLA_MASTER:
			ret->master = number_decode(attr, 0);
			break;
		case IFLA_LINK:
			ret->lower = number_decode(attr, 0);
			break;
		case IFLA_LINK_NETNSID:
			ret->is_lower_elsewhere = true;
			break;
		case IFLA_NUM_TX_QUEUES:
			ret->tx_queues = (unsigned int)number_decode(attr, 1);
			break;
		case IFLA_MTU:
			ret->mtu_bytes = (unsigned int)number_decode(attr, 0);
			break;
		case IFLA_TXQLEN:
			ret->tx_queue_len = (unsigned int)number_decode(attr, 0);
			break;
		case IFLA_ADDRESS:
			address_decode(attr, ret);
			break;
		case IFLA_XDP:
			xdp_decode(attr, ret);
			break;
		case SLUICE_LINK_PACING_HORIZON:
			ret->pacing_horizon_ns = uint_decode(attr);
			break;
		default:
			size_decode(attr, ret);
			break;
		}
	}
	return 0;
}

struct link_list {
	struct sluice_links links;
	unsigned int room;
};

static int link_receive(const struct nlmsghdr *header, void *data)
{
	struct link_list *list = data;
	struct sluice_links *links = &list->links;

	if (links->count == list->room) {
		unsigned int room = list->room ? 2 * list->room : 16;
		void *grown = reallocarray(links->links, room,
					   sizeof(*links->links));

		if (!grown)
			return -ENOMEM;
		links->links = grown;
		list->room = room;
	}
	if (!sluice_link_decode(header, &links->links[links->count]))
		links->count++;
	return 0;
}

/* A request about the device, 0: about all. The buffer has room for one attribute behind it. */
#define REQUEST_BYTES 128u
static struct nlmsghdr *link_request(char *buffer, uint16_t type,
				     uint16_t flags, int ifindex)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	request->nlmsg_type = type;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = ifindex;
	return request;
}

static int links_dump(struct sluice_netlink *netlink, struct sluice_links *ret,
		      char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = link_request(buffer, RTM_GETLINK, NLM_F_DUMP, 0);
	struct link_list list = { .room = 0 };
	int err;

	err = sluice_netlink_talk(netlink, request, link_receive, &list,
				  message);
	if (err) {
		sluice_links_done(&list.links);
		return err;
	}
	*ret = list.links;
	return 0;
}

/* A device that comes or goes meanwhile can hide another, or show it twice. */
int sluice_links_list(struct sluice_netlink *netlink, struct sluice_links *ret,
		      char *message)
{
	unsigned int dumps;
	int err;

	for (dumps = 0; dumps < DUMPS_MAX; dumps++) {
		err = links_dump(netlink, ret, message);
		if (err || !sluice_netlink_is_interrupted(netlink))
			return err;
		sluice_links_done(ret);
	}
	return -EAGAIN;
}

static int link_receive_one(const struct nlmsghdr *header, void *data)
{
	return sluice_link_decode(header, data);
}

int sluice_link_read(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_link *ret, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = link_request(buffer, RTM_GETLINK, NLM_F_ACK, ifindex);

	return sluice_netlink_talk(netlink, request, link_receive_one, ret,
				   message);
}

void sluice_links_done(struct sluice_links *links)
{
	free(links->links);
	links->links = NULL;
	links->count = 0;
}

const struct sluice_link *sluice_links_find(const struct sluice_links *links,
					    int ifindex)
{
	unsigned int i;

	for (i = 0; i < links->count; i++)
		if (links->links[i].ifindex == ifindex)
			return &links->links[i];
	return NULL;
}

const struct sluice_link *sluice_links_named(const struct sluice_links *links,
					     const char *name)
{
	unsigned int i;

	for (i = 0; i < links->count; i++)
		if (!strcmp(links->links[i].name, name))
			return &links->links[i];
	return NULL;
}

/* One attribute of 32 bits. */
static int link_set(struct sluice_netlink *netlink, int ifindex, uint16_t type,
		    unsigned int value, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[REQUEST_BYTES];
	struct nlmsghdr *request = link_request(buffer, RTM_SETLINK, NLM_F_ACK, ifindex);

	mnl_attr_put_u32(request, type, value);
	return sluice_netlink_talk(netlink, request, NULL, NULL, message);
}

int sluice_link_tx_queue_len_set(struct sluice_netlink *netlink, int ifindex,
				 unsigned int length, char *message)
{
	return link_set(netlink, ifindex, IFLA_TXQLEN, length, message);
}

int sluice_link_gso_max_segs_set(struct sluice_netlink *netlink, int ifindex,
				 unsigned int segs, char *message)
{
	return link_set(netlink, ifindex, IFLA_GSO_MAX_SEGS, segs, message);
}

/* ---- transmit queues ---- */

static bool sysfs_read(const char *root, const struct sluice_link *link,
		       const char *name, char *text, size_t text_size)
{
	char path[PATH_MAX];
	bool is_read;
	FILE *file;

	snprintf(path, sizeof(path), "%s/sys/class/net/%s/%s", root,
		 link->name, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	is_read = fgets(text, (int)text_size, file);
	fclose(file);
	text[is_read ? strcspn(text, "\n") : 0] = '\0';
	return is_read;
}

/*
 * Sysfs shows the network namespace in which it was mounted. It is this one if
 * the device of that name has the same number and the same address there.
 */
bool sluice_link_is_in_sysfs(const char *root, const struct sluice_link *link)
{
	char text[4 * SLUICE_LINK_ADDRESS_SIZE] = "";
	char address[sizeof(text)] = "";
	size_t i;

	if (!sysfs_read(root, link, "ifindex", text, sizeof(text)) ||
	    atoi(text) != link->ifindex ||
	    !sysfs_read(root, link, "address", text, sizeof(text)))
		return false;
	for (i = 0; i < link->address_bytes; i++)
		snprintf(address + (i ? 3 * i - 1 : 0), 4, "%s%02x",
			 i ? ":" : "", link->address[i]);
	return !strcmp(text, address);
}

static unsigned int sysfs_queues(const char *root,
				 const struct sluice_link *link)
{
	char path[PATH_MAX];
	unsigned int queues = 0;
	struct dirent *entry;
	DIR *folder;

	if (!sluice_link_is_in_sysfs(root, link))
		return 0;
	snprintf(path, sizeof(path), "%s/sys/class/net/%s/queues", root,
		 link->name);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		queues += !strncmp(entry->d_name, "tx-", 3);
	if (folder)
		closedir(folder);
	return queues;
}

static unsigned int channels_count(const struct sluice_link *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	return sluice_probe_ethtool(link->name, &channels) ? 0 :
	       channels.tx_count + channels.combined_count;
}

unsigned int sluice_link_queues_at(const char *root,
				   const struct sluice_link *link)
{
	unsigned int queues;

	if (link->tx_queues <= 1)
		return 1;
	queues = sysfs_queues(root, link);
	if (!queues)
		queues = channels_count(link);
	return queues && queues <= link->tx_queues ? queues : link->tx_queues;
}

/* Words of the masks of link modes, three of them: the kernel's __be8 limit. */
#define MASK_WORDS_MAX (3 * 127)

int sluice_link_settings(const struct sluice_link *link, uint64_t *ret_bits_ps,
			 unsigned int *ret_duplex)
{
	struct {
		struct ethtool_link_settings base;
		uint32_t masks[MASK_WORDS_MAX];
	} settings = { .base = { .cmd = ETHTOOL_GLINKSETTINGS } };
	bool is_tap_default;
	uint32_t mbits_ps;
	int err;

	*ret_bits_ps = 0;
	*ret_duplex = DUPLEX_UNKNOWN;
	/* The first answer says how many words the second needs. */
	err = sluice_probe_ethtool(link->name, &settings);
	if (err)
		return err;
	if (settings.base.link_mode_masks_nwords >= 0)
		return -EBADMSG;
	settings.base.cmd = ETHTOOL_GLINKSETTINGS;
	settings.base.link_mode_masks_nwords =
		(int8_t)-settings.base.link_mode_masks_nwords;
	err = sluice_probe_ethtool(link->name, &settings);
	if (err)
		return err;
	mbits_ps = settings.base.speed;
	/* What a tap says unless it is told otherwise is no speed. */
	is_tap_default = !strcmp(link->kind, "tun") && mbits_ps == SPEED_10;
	/* ethtool_validate_speed(): up to INT_MAX, or SPEED_UNKNOWN. */
	if (mbits_ps && mbits_ps <= INT32_MAX && !is_tap_default)
		*ret_bits_ps = mbits_ps * BITS_PER_MBIT;
	*ret_duplex = settings.base.duplex;
	return 0;
}

uint64_t sluice_link_speed_bits_ps(const struct sluice_link *link)
{
	unsigned int duplex;
	uint64_t bits_ps;

	(void)sluice_link_settings(link, &bits_ps, &duplex);
	return bits_ps;
}

unsigned int sluice_link_queues(const struct sluice_link *link)
{
	return sluice_link_queues_at("", link);
}
