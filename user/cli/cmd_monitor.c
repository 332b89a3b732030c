// SPDX-License-Identifier: GPL-2.0
/* sluice monitor: what sluice does, a line for each device and interval. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/place.h"
#include "../lib/stand_in.h"
#include "../lib/units.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"
#include "out_lapse.h"
#include "out_monitor.h"

#define USAGE "it takes [DEV] [--interval TIME] [--count N] [--json]"
#define INTERVAL_INITIAL_NS	UINT64_C(1000000000)

struct monitor_arguments {
	const char *device;	/* NULL: all */
	uint64_t interval_ns;
	uint64_t count;		/* 0: no end */
	bool is_json;
};

static const struct flag interval_flag = {
	"monitor", "--interval", UINT64_C(100000000), UINT64_C(3600000000000),
};

static const struct flag count_flag = {
	"monitor", "--count", 1, 1000000000,
};

/**
 * struct watched - a device that has, or had, sluice, or fq in its place
 * @device: its name; one that comes back may have another number
 * @look: the last one
 * @is_here: the last look found it
 * @was_here: so did an earlier one
 * @is_listed: it was looked at in this interval
 * @lapse: what was said last of the options that keep departures
 */
struct watched {
	char device[IF_NAMESIZE];
	struct sluice_look look;
	bool is_here;
	bool was_here;
	bool is_listed;
	struct sluice_lapse lapse;
};

/**
 * struct monitor - the run
 * @arguments: what is asked for
 * @netlink: to the kernel
 * @host: its processors
 * @load: what they did in the interval
 * @watched: the devices
 * @count: how many
 * @rows: lines since the header
 * @message: the kernel's sentence
 */
struct monitor {
	struct monitor_arguments arguments;
	struct sluice_netlink *netlink;
	struct scope_host host;
	struct scope_host_load load;
	struct watched *watched;
	unsigned int count;
	unsigned int rows;
	char message[SLUICE_MESSAGE_SIZE];
};

static volatile sig_atomic_t is_stopped;

static int arguments_parse(int argc, char **argv,
			   struct monitor_arguments *ret)
{
	int i, code = EXIT_DONE;

	for (i = 1; !code && i < argc; i++) {
		/* Behind the last word argv has a NULL. */
		if (!strcmp(argv[i], "--json"))
			ret->is_json = true;
		else if (!strcmp(argv[i], interval_flag.name))
			code = flag_time(&interval_flag, argv[++i],
					 &ret->interval_ns);
		else if (!strcmp(argv[i], count_flag.name))
			code = flag_count(&count_flag, argv[++i], &ret->count);
		else if (argv[i][0] == '-')
			code = out_refuse(EXIT_USAGE, "monitor",
					  "there is no option '%s': " USAGE,
					  argv[i]);
		else if (ret->device)
			code = out_refuse(EXIT_USAGE, "monitor",
					  "'%s' is one device too many: " USAGE,
					  argv[i]);
		else
			ret->device = argv[i];
	}
	return code;
}

/* ---- saying ---- */

__attribute__((format(printf, 2, 3)))
static void notice(const struct watched *watched, const char *format, ...)
{
	char text[OUT_LAPSE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_refuse(EXIT_DONE, "monitor", "%s: %s", watched->device, text);
}

/* ---- looking ---- */

static struct watched *watched_find(struct monitor *monitor,
				    const char *device)
{
	struct watched *grown, *watched;
	unsigned int i;

	for (i = 0; i < monitor->count; i++)
		if (!strcmp(monitor->watched[i].device, device))
			return &monitor->watched[i];
	grown = reallocarray(monitor->watched, monitor->count + 1,
			     sizeof(*grown));
	if (!grown)
		return NULL;
	monitor->watched = grown;
	watched = &grown[monitor->count++];
	memset(watched, 0, sizeof(*watched));
	snprintf(watched->device, sizeof(watched->device), "%s", device);
	return watched;
}

static void watched_lose(struct watched *watched)
{
	if (watched->is_here)
		notice(watched, "sluice has gone, with the device or without it: waiting for it");
	watched->is_here = false;
}

/* An option that has lapsed is said once. */
static void lapse_look(struct watched *watched, const struct sluice_look *look)
{
	char text[OUT_LAPSE_SIZE];
	struct sluice_lapse lapse;

	sluice_lapse_find_any(&look->link, sluice_link_queues(&look->link),
			      look->qdiscs, look->count, &lapse);
	if (lapse.cause && (lapse.cause != watched->lapse.cause ||
			    lapse.is_over != watched->lapse.is_over)) {
		out_lapse_format(&lapse, &look->link, text, sizeof(text));
		notice(watched, "%s", text);
	}
	watched->lapse = lapse;
}

static int device_look(struct monitor *monitor, int ifindex,
		       const char *device)
{
	struct watched *watched = watched_find(monitor, device);
	struct sluice_interval interval = { .span_ns = 0 };
	struct sluice_look look;
	int err;

	if (!watched)
		return -ENOMEM;
	err = sluice_look_take(monitor->netlink, ifindex, &look,
			       monitor->message);
	if (err)
		return err;
	watched->is_listed = true;
	if (!look.count) {
		watched_lose(watched);
	} else if (watched->is_here) {
		sluice_interval_add(&interval, &watched->look, &look);
		if (interval.is_replaced)
			notice(watched, "sluice was replaced: what is new counts from its start");
		lapse_look(watched, &look);
		if (monitor->arguments.is_json)
			out_monitor_json(device, &interval, &watched->lapse,
					 &monitor->load);
		else
			out_monitor(device, &interval, &monitor->load,
				    &monitor->rows);
	} else {
		if (watched->was_here)
			notice(watched, "sluice is back");
		lapse_look(watched, &look);
		watched->is_here = true;
		watched->was_here = true;
	}
	sluice_look_done(&watched->look);
	watched->look = look;
	return 0;
}

static int all_look(struct monitor *monitor)
{
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int i, count = 0;
	int last = 0, err;

	err = sluice_qdisc_list(monitor->netlink, 0, &qdiscs, &count,
				monitor->message);
	if (!err)
		err = sluice_stand_ins_mark(monitor->netlink, qdiscs, count,
					    monitor->message);
	/* Those of one device stand together. */
	for (i = 0; !err && i < count; i++) {
		if (!sluice_qdisc_paces(&qdiscs[i]) ||
		    qdiscs[i].ifindex == last)
			continue;
		last = qdiscs[i].ifindex;
		err = device_look(monitor, last, qdiscs[i].device);
	}
	free(qdiscs);
	return err;
}

/* What was asked for, as on would place it; @error: why there is no place. */
static int asked_look(struct monitor *monitor, char *error, size_t error_size)
{
	struct sluice_places places = { .count = 0 };
	struct sluice_links links = { .count = 0 };
	unsigned int i;
	int err;

	err = sluice_links_list(monitor->netlink, &links, monitor->message);
	if (!err)
		err = sluice_places_find(&links,
				(int)if_nametoindex(monitor->arguments.device),
				&places, error, error_size);
	for (i = 0; !err && i < places.count; i++)
		err = device_look(monitor, places.found[i]->ifindex,
				  places.found[i]->name);
	sluice_places_done(&places);
	sluice_links_done(&links);
	return err;
}

static int monitor_look(struct monitor *monitor, char *error,
			size_t error_size)
{
	unsigned int i;
	int err;

	error[0] = '\0';
	scope_host_look(&monitor->host, &monitor->load);
	for (i = 0; i < monitor->count; i++)
		monitor->watched[i].is_listed = false;
	err = monitor->arguments.device ?
	      asked_look(monitor, error, error_size) : all_look(monitor);
	/* Without an answer nothing is known of those that are not in it. */
	if (err && err != -ENODEV && err != -EOPNOTSUPP)
		return err;
	for (i = 0; i < monitor->count; i++)
		if (!monitor->watched[i].is_listed)
			watched_lose(&monitor->watched[i]);
	return err;
}

static bool is_any_here(const struct monitor *monitor)
{
	unsigned int i;

	for (i = 0; i < monitor->count; i++)
		if (monitor->watched[i].is_here)
			return true;
	return false;
}

/* ---- the run ---- */

/* What is asked for must be there at the start; what comes later may go. */
static int monitor_begin(struct monitor *monitor)
{
	const char *device = monitor->arguments.device;
	char error[512], next_step[OUT_MODULE_SIZE];
	int err = monitor_look(monitor, error, sizeof(error));

	if (err == -EOPNOTSUPP && *error)
		return out_refuse(EXIT_UNSUPPORTED, "monitor", "%s", error);
	if (err)
		return out_refuse_errno("monitor", device ? device :
					"all devices", err, monitor->message);
	if (is_any_here(monitor))
		return EXIT_DONE;
	if (device)
		return out_refuse_absence("monitor", device,
					  monitor->watched[0].look.root_kind);
	out_module_format(next_step, sizeof(next_step));
	return out_refuse(EXIT_DONE, "monitor",
			  "no device has sluice yet: waiting for one; %s",
			  next_step);
}

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = 1;
}

/* A signal ends it, also one that came just before. */
static void sleep_until(uint64_t until_ns)
{
	sigset_t ends, before;
	uint64_t now_ns;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	while (!is_stopped && (now_ns = sluice_now_ns(CLOCK_MONOTONIC)) < until_ns) {
		struct timespec rest = {
			.tv_sec = (time_t)((until_ns - now_ns) /
					   SLUICE_NSEC_PER_SEC),
			.tv_nsec = (long)((until_ns - now_ns) %
					  SLUICE_NSEC_PER_SEC),
		};

		ppoll(NULL, 0, &rest, &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static int monitor_run(struct monitor *monitor)
{
	/* The second one ends it where it stands. */
	struct sigaction action = { .sa_handler = stop,
				    .sa_flags = SA_RESTART | SA_RESETHAND };
	uint64_t next_ns = sluice_now_ns(CLOCK_MONOTONIC), done = 0;
	char error[512];
	int code = monitor_begin(monitor);

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!code && !is_stopped) {
		next_ns += monitor->arguments.interval_ns;
		/* What was missed while it could not run is not made good. */
		if (next_ns < sluice_now_ns(CLOCK_MONOTONIC))
			next_ns = sluice_now_ns(CLOCK_MONOTONIC);
		sleep_until(next_ns);
		if (is_stopped)
			break;
		/* What cannot be read now can be the next time. */
		(void)monitor_look(monitor, error, sizeof(error));
		if (!out_is_complete(stdout))
			return out_refuse(EXIT_FAILED, "monitor",
					  "cannot write the output: is the disk full?");
		if (++done == monitor->arguments.count)
			break;
	}
	return code;
}

int cmd_monitor(int argc, char **argv)
{
	struct monitor monitor = {
		.arguments = { .interval_ns = INTERVAL_INITIAL_NS },
	};
	unsigned int i;
	int code, err;

	code = arguments_parse(argc, argv, &monitor.arguments);
	if (code)
		return code;
	scope_host_open(&monitor.host);
	err = sluice_netlink_open(&monitor.netlink);
	code = err ? out_refuse_errno("monitor", "all devices", err, "") :
		     monitor_run(&monitor);
	for (i = 0; i < monitor.count; i++)
		sluice_look_done(&monitor.watched[i].look);
	free(monitor.watched);
	scope_host_close(&monitor.host);
	sluice_netlink_close(monitor.netlink);
	return code;
}
