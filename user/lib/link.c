// SPDX-License-Identifier: GPL-2.0
/* The devices of this network namespace; see link.h. */
#include "link.h"

#include <dirent.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* IFF_LOWER_UP of <linux/if.h>, which does not go together with <net/if.h>. */
#define IFF_LOWER_UP_FLAG (1U << 16)

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
	ret->has_carrier = info->ifi_flags & IFF_LOWER_UP_FLAG;
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

int sluice_links_list(struct sluice_netlink *netlink, struct sluice_links *ret,
		      char *message)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct link_list list = { .room = 0 };
	struct ifinfomsg *info;
	int err;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	err = sluice_netlink_talk(netlink, request, link_receive, &list,
				  message);
	if (err) {
		sluice_links_done(&list.links);
		return err;
	}
	*ret = list.links;
	return 0;
}

static int link_receive_one(const struct nlmsghdr *header, void *data)
{
	return sluice_link_decode(header, data);
}

int sluice_link_read(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_link *ret, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = ifindex;
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

int sluice_link_tx_queue_len_set(struct sluice_netlink *netlink, int ifindex,
				 unsigned int length, char *message)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	request->nlmsg_type = RTM_SETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = ifindex;
	mnl_attr_put_u32(request, IFLA_TXQLEN, length);
	return sluice_netlink_talk(netlink, request, NULL, NULL, message);
}

/* ---- transmit queues ---- */

static bool sysfs_read(const struct sluice_link *link, const char *name,
		       char *text, size_t text_size)
{
	char path[IF_NAMESIZE + 64];
	bool is_read;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", link->name, name);
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
static bool sysfs_is_ours(const struct sluice_link *link)
{
	char text[4 * SLUICE_LINK_ADDRESS_SIZE] = "";
	char address[sizeof(text)] = "";
	size_t i;

	if (!sysfs_read(link, "ifindex", text, sizeof(text)) ||
	    atoi(text) != link->ifindex ||
	    !sysfs_read(link, "address", text, sizeof(text)))
		return false;
	for (i = 0; i < link->address_bytes; i++)
		snprintf(address + (i ? 3 * i - 1 : 0), 4, "%s%02x",
			 i ? ":" : "", link->address[i]);
	return !strcmp(text, address);
}

static unsigned int sysfs_queues(const struct sluice_link *link)
{
	char path[IF_NAMESIZE + 64];
	unsigned int queues = 0;
	struct dirent *entry;
	DIR *folder;

	if (!sysfs_is_ours(link))
		return 0;
	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", link->name);
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		queues += !strncmp(entry->d_name, "tx-", 3);
	if (folder)
		closedir(folder);
	return queues;
}

/* Asks the driver; @command begins with a struct ethtool_…. 0 or -errno. */
static int ethtool_ask(const struct sluice_link *link, void *command)
{
	struct ifreq request = { .ifr_data = command };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, link->name, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCETHTOOL, &request))
		err = -errno;
	close(fd);
	return err;
}

static unsigned int channels_count(const struct sluice_link *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	return ethtool_ask(link, &channels) ? 0 :
	       channels.tx_count + channels.combined_count;
}

unsigned int sluice_link_queues(const struct sluice_link *link)
{
	unsigned int queues;

	if (link->tx_queues <= 1)
		return 1;
	queues = sysfs_queues(link);
	if (!queues)
		queues = channels_count(link);
	return queues && queues <= link->tx_queues ? queues : link->tx_queues;
}

uint64_t sluice_link_speed_bits_ps(const struct sluice_link *link)
{
	struct ethtool_cmd settings = { .cmd = ETHTOOL_GSET };
	uint32_t speed_mbits_ps;

	if (ethtool_ask(link, &settings))
		return 0;
	speed_mbits_ps = ethtool_cmd_speed(&settings);
	if (speed_mbits_ps == (uint32_t)SPEED_UNKNOWN)
		return 0;
	/* What a tap says unless it is told otherwise is no speed. */
	if (!strcmp(link->kind, "tun") && speed_mbits_ps == SPEED_10)
		return 0;
	return speed_mbits_ps * UINT64_C(1000000);
}
