// SPDX-License-Identifier: GPL-2.0
/* sluice off: take sluice away from a device; the kernel's default follows. */
#include <errno.h>
#include <stdlib.h>

#include "cmd.h"
#include "out.h"

/* Only a root qdisc of ours may go. */
static int root_check(const struct sluice_qdisc *qdiscs, unsigned int count,
		      const char *device)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (!sluice_qdisc_is_root(&qdiscs[i]))
			continue;
		if (sluice_qdisc_is_ours(&qdiscs[i]))
			return EXIT_DONE;
		return out_refuse(EXIT_FAILED, "off",
				  "%s: its root qdisc is %s, not sluice: nothing is changed",
				  device, qdiscs[i].kind);
	}
	return out_refuse(EXIT_FAILED, "off",
			  "%s: it has no root qdisc: nothing is changed",
			  device);
}

int cmd_off(int argc, char **argv)
{
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct sluice_netlink *netlink = NULL;
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int count = 0, ifindex;
	int err, code;

	if (argc != 2 || argv[1][0] == '-')
		return out_refuse(EXIT_USAGE, "off",
				  "it takes one device: 'sluice off DEV'");
	ifindex = if_nametoindex(argv[1]);
	if (!ifindex)
		return out_refuse_errno("off", argv[1], -ENODEV, "");
	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_qdisc_list(netlink, (int)ifindex, &qdiscs, &count,
					message);
	if (!err) {
		code = root_check(qdiscs, count, argv[1]);
		if (code)
			goto out_free;
		err = sluice_qdisc_delete(netlink, (int)ifindex, message);
	}
	code = err ? out_refuse_errno("off", argv[1], err, message) : EXIT_DONE;
out_free:
	free(qdiscs);
	sluice_netlink_close(netlink);
	return code;
}
