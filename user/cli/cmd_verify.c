// SPDX-License-Identifier: GPL-2.0
/* sluice verify: is what pacing promises kept? Measured for some seconds. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "../lib/place.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"
#include "out_verify.h"

#define USAGE "it takes DEV [--for TIME] [--json]"
#define SPAN_INITIAL_NS	(5 * UINT64_C(1000000000))

static volatile sig_atomic_t is_stopped;

struct verify_arguments {
	const char *device;
	uint64_t span_ns;
	bool is_json;
};

/* A tenth of a second is a hundred frames at 12 Mb/s; an hour fits in memory. */
static const struct flag for_flag = {
	"verify", "--for", UINT64_C(100000000), UINT64_C(3600000000000),
};

static int arguments_parse(int argc, char **argv, struct verify_arguments *ret)
{
	int i, code;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			ret->is_json = true;
		} else if (!strcmp(argv[i], for_flag.name)) {
			/* Behind the last word argv has a NULL. */
			code = flag_time(&for_flag, argv[++i], &ret->span_ns);
			if (code)
				return code;
		} else if (argv[i][0] == '-') {
			return out_refuse(EXIT_USAGE, "verify",
					  "there is no option '%s': " USAGE,
					  argv[i]);
		} else if (ret->device) {
			return out_refuse(EXIT_USAGE, "verify",
					  "'%s' is one device too many: " USAGE,
					  argv[i]);
		} else {
			ret->device = argv[i];
		}
	}
	if (!ret->device)
		return out_refuse(EXIT_USAGE, "verify",
				  "on which device? " USAGE ", and 'ip link' lists the devices");
	return EXIT_DONE;
}

static int result_print(const struct verify_arguments *arguments,
			const struct sluice_verified *devices,
			unsigned int count)
{
	unsigned int worst = out_verified_worst(devices, count);
	enum sluice_verdict_kind kind = devices[worst].verdict.kind;

	int code = EXIT_DONE;

	if (arguments->is_json)
		code = out_verified_json(arguments->device, devices, count);
	else
		out_verified(stdout, arguments->device, devices, count);
	if (code)
		return code;
	if (!out_is_complete(stdout))
		return out_refuse(EXIT_FAILED, "verify",
				  "cannot write the output: is the disk full?");
	return kind == SLUICE_VERDICT_KEPT || kind == SLUICE_VERDICT_TRAINS ?
	       EXIT_DONE : EXIT_CHECK_FAILED;
}

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = 1;
}

/* A signal ends the waiting for frames, and what talks to the kernel goes on. */
static int measure(struct sluice_netlink *netlink,
		   const struct sluice_places *places, uint64_t span_ns,
		   struct sluice_verified **ret, char *message)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	struct sigaction before[2];
	int err;

	sigaction(SIGINT, &action, &before[0]);
	sigaction(SIGTERM, &action, &before[1]);
	err = sluice_verify(netlink, places->found, places->count, span_ns,
			    &is_stopped, ret, message);
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGTERM, &before[1], NULL);
	return err;
}

static int verify(const struct verify_arguments *arguments,
		  struct sluice_netlink *netlink)
{
	struct sluice_links links = { .count = 0 };
	struct sluice_places places = { .count = 0 };
	struct sluice_verified *devices = NULL;
	char message[SLUICE_MESSAGE_SIZE] = "", error[512] = "";
	int err, code;

	err = sluice_links_list(netlink, &links, message);
	if (!err)
		err = sluice_places_find(&links,
					 (int)if_nametoindex(arguments->device),
					 &places, error, sizeof(error));
	if (!err)
		err = measure(netlink, &places, arguments->span_ns, &devices,
			      message);
	if (err == -EOPNOTSUPP && *error)
		code = out_refuse(EXIT_UNSUPPORTED, "verify", "%s", error);
	else if (err)
		code = out_refuse_errno("verify", arguments->device, err,
					message);
	else
		code = result_print(arguments, devices, places.count);
	sluice_verified_free(devices, places.count);
	sluice_places_done(&places);
	sluice_links_done(&links);
	return code;
}

int cmd_verify(int argc, char **argv)
{
	struct verify_arguments arguments = { .span_ns = SPAN_INITIAL_NS };
	struct sluice_netlink *netlink = NULL;
	int code, err;

	code = arguments_parse(argc, argv, &arguments);
	if (code)
		return code;
	err = sluice_netlink_open(&netlink);
	code = err ? out_refuse_errno("verify", arguments.device, err, "") :
		     verify(&arguments, netlink);
	sluice_netlink_close(netlink);
	return code;
}
