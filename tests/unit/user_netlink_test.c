// SPDX-License-Identifier: GPL-2.0
/*
 * Lists that the kernel gives in parts while devices go: what was there all the
 * time is in them. The socket is made of messages.
 */
#include "../../user/lib/tree.h"
#include "user_tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ROOM		8192
#define PARTS_MAX	8
#define PORT_ID		77

/* ---- the socket ---- */

struct answer {
	unsigned int parts;		/* datagrams, then one that says "done" */
	int devices[PARTS_MAX][2];	/* that each of them shows; 0: none */
	bool is_interrupted;
};

static const struct answer *answers;	/* to dumps; the last one for ever */
static unsigned int answers_count, dumps, part;
static bool is_queues;			/* number DQ is queue Q of device D */
static uint32_t sequence;
static uint16_t asked;

struct mnl_socket *mnl_socket_open(int bus)
{
	static int dummy;

	(void)bus;
	return (void *)&dummy;
}

int mnl_socket_close(struct mnl_socket *socket)
{
	(void)socket;
	return 0;
}

int mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t pid)
{
	(void)socket, (void)groups, (void)pid;
	return 0;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *socket)
{
	(void)socket;
	return PORT_ID;
}

int mnl_socket_setsockopt(const struct mnl_socket *socket, int type,
			  void *value, socklen_t length)
{
	(void)socket, (void)type, (void)value, (void)length;
	return 0;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *request,
			  size_t bytes)
{
	const struct nlmsghdr *header = request;

	(void)socket;
	sequence = header->nlmsg_seq;
	asked = header->nlmsg_type;
	part = 0;
	dumps += asked != RTM_GETTFILTER;
	return (ssize_t)bytes;
}

static struct nlmsghdr *header_put(char *at, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(at);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_MULTI | flags;
	header->nlmsg_seq = sequence;
	header->nlmsg_pid = PORT_ID;
	return header;
}

/* A device of that number, or its qdisc, fq with the handle 12:. */
static size_t device_put(char *at, int device, uint16_t flags)
{
	struct nlmsghdr *header;
	struct ifinfomsg *info;
	struct tcmsg *tcm;

	if (asked == RTM_GETLINK) {
		header = header_put(at, RTM_NEWLINK, flags);
		info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
		info->ifi_index = device;
	} else {
		header = header_put(at, RTM_NEWQDISC, flags);
		tcm = mnl_nlmsg_put_extra_header(header, sizeof(*tcm));
		tcm->tcm_ifindex = device;
		tcm->tcm_parent = TC_H_ROOT;
		tcm->tcm_handle = 12 << 16;
		if (is_queues)
			tcm->tcm_ifindex = device / 10;
		if (is_queues && device % 10)
			tcm->tcm_parent = (12 << 16) + (uint32_t)device % 10;
		mnl_attr_put_strz(header, TCA_KIND, "fq");
	}
	return header->nlmsg_len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer,
			    size_t buffer_size)
{
	const struct answer *answer = &answers[dumps < answers_count ?
					       dumps - 1 : answers_count - 1];
	uint16_t flags = answer->is_interrupted ? NLM_F_DUMP_INTR : 0;
	struct nlmsghdr *header;
	size_t used = 0;
	unsigned int i;

	(void)socket;
	if (buffer_size < ROOM)
		abort();
	if (asked == RTM_GETTFILTER || part == answer->parts) {
		header = header_put(buffer, NLMSG_DONE, flags);
		*(int *)mnl_nlmsg_put_extra_header(header, sizeof(int)) = 0;
		return header->nlmsg_len;
	}
	for (i = 0; i < 2; i++)
		if (answer->devices[part][i])
			used += device_put((char *)buffer + used,
					   answer->devices[part][i],
					   part ? flags : 0);
	part++;
	return (ssize_t)used;
}

static void answers_are(const struct answer *list, unsigned int count)
{
	answers = list;
	answers_count = count;
	dumps = 0;
}

/* ---- tests ---- */

static void test_links(struct sluice_netlink *netlink)
{
	static const struct answer hidden[] = {
		{ 2, { { 1, 2 }, { 4 } }, true },
		{ 2, { { 1, 3 }, { 4, 5 } }, false },
	};
	static const struct answer never[] = { { 1, { { 1, 2 } }, true } };
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_links links = { .count = 0 };

	answers_are(hidden, 2);
	tap_u64((uint64_t)sluice_links_list(netlink, &links, message), 0,
		"devices are listed although one goes meanwhile");
	tap_u64(links.count, 4, "the interrupted list does not count");
	tap_ok(sluice_links_find(&links, 3), "nor does it hide a device");
	tap_u64(dumps, 2, "a list that is whole is not asked for again");
	sluice_links_done(&links);
	answers_are(never, 1);
	tap_ok(sluice_links_list(netlink, &links, message) == -EAGAIN,
	       "devices that never stop to come and go: no list is better than half of one");
	tap_ok(!links.links && !links.count, "and none is left");
}

static void tree_is(struct sluice_netlink *netlink, int device, bool has_root,
		    unsigned int wanted_dumps, const char *claim)
{
	char message[SLUICE_MESSAGE_SIZE];
	struct sluice_tree tree = { .count = 0 };
	int err = sluice_tree_read(netlink, device, &tree, message);
	bool is_met = !err && tree.count == has_root && dumps == wanted_dumps;

	if (!tap_ok(is_met, claim))
		printf("# %d, %u qdiscs after %u dumps\n", err, tree.count,
		       dumps);
	if (!err)
		sluice_tree_done(&tree);
}

static void test_trees(struct sluice_netlink *netlink)
{
	static const struct answer hidden[] = {
		{ 2, { { 1, 2 }, { 4, 5 } }, false },
		{ 2, { { 2, 3 }, { 4, 5 } }, false },
		{ 2, { { 2, 3 }, { 4, 5 } }, false },
	};
	static const struct answer brief[] = { { 1, { { 2, 3 } }, false } };
	static const struct answer restless[] = {
		{ 2, { { 2, 3 }, { 4 } }, false },
		{ 2, { { 2 }, { 4 } }, false },
		{ 2, { { 2, 3 }, { 4 } }, false },
		{ 2, { { 3 }, { 4, 5 } }, false },
	};

	answers_are(hidden, 3);
	tree_is(netlink, 3, true, 3, "a device's qdisc that a dump in parts left out is found");
	answers_are(hidden, 3);
	tree_is(netlink, 6, false, 2, "two dumps that both have none are believed");
	answers_are(brief, 1);
	tree_is(netlink, 3, true, 1, "a dump in one part is believed at once");
	answers_are(brief, 1);
	tree_is(netlink, 1, false, 1, "also if it has none");
	answers_are(restless, 4);
	tree_is(netlink, 3, true, 4, "two dumps on end must agree");
}

static void list_is(struct sluice_netlink *netlink, int device,
		    unsigned int wanted_count, unsigned int wanted_dumps,
		    const char *claim)
{
	struct sluice_qdisc *qdiscs = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int count = 0;
	int err = sluice_qdisc_list(netlink, device, &qdiscs, &count, message);

	if (!tap_ok(!err && count == wanted_count && dumps == wanted_dumps,
		    claim))
		printf("# %d, %u qdiscs after %u dumps\n", err, count, dumps);
	if (!err)
		free(qdiscs);
}

static void test_lists(struct sluice_netlink *netlink)
{
	static const struct answer hidden[] = {
		{ 2, { { 1, 2 }, { 4, 5 } }, false },
		{ 2, { { 2, 3 }, { 4, 5 } }, false },
		{ 2, { { 2, 3 }, { 4, 5 } }, false },
	};
	static const struct answer brief[] = { { 1, { { 2, 3 } }, false } };
	struct answer restless[32];
	struct sluice_qdisc *qdiscs;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int i, count;

	for (i = 0; i < 32; i++)
		restless[i] = (struct answer){
			2, { { 1, 10 + (int)i }, { 4, 5 } }, false,
		};
	answers_are(hidden, 3);
	list_is(netlink, 3, 1, 3, "commands that only read find what a dump in parts left out, too");
	answers_are(hidden, 3);
	list_is(netlink, 0, 4, 3, "and in the list of all devices each counts once");
	answers_are(brief, 1);
	list_is(netlink, 0, 2, 1, "a list in one part is believed at once");
	answers_are(restless, 32);
	list_is(netlink, 1, 1, 2, "that others come and go is nothing to a device");
	answers_are(restless, 32);
	tap_ok(sluice_qdisc_list(netlink, 0, &qdiscs, &count, message) ==
	       -EAGAIN && dumps == 20,
	       "devices that never stop to come and go: no list is better than half of one");
}

static void test_order(struct sluice_netlink *netlink)
{
	static const struct answer hashed[] = {
		{ 3, { { 73, 71 }, { 70, 72 }, { 52, 51 } }, false },
	};
	static const int wanted[] = { 70, 71, 72, 73, 51, 52 };
	struct sluice_qdisc *qdiscs = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int i, count = 0, wrong = 0;

	is_queues = true;
	answers_are(hashed, 1);
	if (sluice_qdisc_list(netlink, 0, &qdiscs, &count, message))
		count = 0;
	for (i = 0; i < count && i < 6; i++)
		wrong += qdiscs[i].ifindex * 10 +
			 (sluice_qdisc_is_root(&qdiscs[i]) ? 0 :
			  (int)(qdiscs[i].parent & 0xffff)) != wanted[i];
	tap_ok(count == 6 && !wrong, "qdiscs of a device: the root, then its queues in their order");
	free(qdiscs);
	is_queues = false;
}

int main(void)
{
	struct sluice_netlink *netlink;

	if (sluice_netlink_open(&netlink))
		return 1;
	test_links(netlink);
	test_trees(netlink);
	test_lists(netlink);
	test_order(netlink);
	sluice_netlink_close(netlink);
	return tap_done();
}
