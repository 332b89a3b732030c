// SPDX-License-Identifier: GPL-2.0
/* sluice on: make sluice the root qdisc of a device, or change it in place. */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "out.h"

struct on_arguments {
	const char *device;
	bool is_dry_run;
	struct sluice_options options;
};

/* Take the flags out of the words; what is left are names and values. */
static int arguments_parse(int argc, char **argv, struct on_arguments *ret)
{
	char *words[2 * (TCA_SLUICE_MAX + 1)];
	unsigned int n_words = 0;
	char error[512];
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--dry-run"))
			ret->is_dry_run = true;
		else if (argv[i][0] == '-' && n_words % 2 == 0)
			return out_refuse(EXIT_USAGE, "on",
					  "there is no option '%s': 'sluice on --help' lists them",
					  argv[i]);
		else if (!ret->device)
			ret->device = argv[i];
		else if (n_words == sizeof(words) / sizeof(*words))
			return out_refuse(EXIT_USAGE, "on",
					  "'%s' is one word too many: say every option once",
					  argv[i]);
		else
			words[n_words++] = argv[i];
	}
	if (!ret->device)
		return out_refuse(EXIT_USAGE, "on",
				  "on which device? 'sluice on DEV [OPTION VALUE]...', and 'ip link' lists the devices");
	if (sluice_options_parse(n_words, words, &ret->options, error,
				 sizeof(error)))
		return out_refuse(EXIT_USAGE, "on", "%s", error);
	return EXIT_DONE;
}

static void dry_run_print(const struct on_arguments *arguments)
{
	printf("tc qdisc replace dev %s root sluice", arguments->device);
	if (arguments->options.given)
		out_options(stdout, &arguments->options, " ", OUT_ONE_LINE);
	else
		putchar('\n');
}

int cmd_on(int argc, char **argv)
{
	struct on_arguments arguments = { .device = NULL };
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct sluice_netlink *netlink = NULL;
	unsigned int ifindex;
	int err, code;

	code = arguments_parse(argc, argv, &arguments);
	if (code)
		return code;
	if (arguments.is_dry_run) {
		dry_run_print(&arguments);
		return EXIT_DONE;
	}
	ifindex = if_nametoindex(arguments.device);
	if (!ifindex)
		return out_refuse_errno("on", arguments.device, -ENODEV, "");
	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_qdisc_set(netlink, (int)ifindex,
				       &arguments.options, message);
	sluice_netlink_close(netlink);
	if (err)
		return out_refuse_errno("on", arguments.device, err, message);
	if (*message)
		out_refuse(EXIT_DONE, "on", "%s: the kernel notes: %s",
			   arguments.device, message);
	return EXIT_DONE;
}
