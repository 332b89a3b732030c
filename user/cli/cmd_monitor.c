// SPDX-License-Identifier: GPL-2.0
/* sluice monitor: what sluice does, a line for each device and interval. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/place.h"
#include "../lib/units.h"
#include "../lib/verdict.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"
#include "out_cost.h"

#define USAGE "it takes [DEV] [--interval TIME] [--count N] [--json]"
#define INTERVAL_INITIAL_NS	UINT64_C(1000000000)
#define BITS_PER_BYTE	8u
/* Of a terminal that does not tell its height. */
#define ROWS_INITIAL	24u

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
 * struct watched - a device that has, or had, sluice
 * @device: its name; one that comes back may have another number
 * @look: the last one
 * @is_here: the last look found sluice
 * @was_here: so did an earlier one
 * @is_listed: it was looked at in this interval
 */
struct watched {
	char device[IF_NAMESIZE];
	struct sluice_look look;
	bool is_here;
	bool was_here;
	bool is_listed;
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

static unsigned int terminal_rows(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 3 ?
	       ROWS_INITIAL : size.ws_row;
}

/* At the start, and on a terminal before it scrolls away. */
static void header_print(struct monitor *monitor)
{
	unsigned int rows = terminal_rows();

	if (monitor->rows && (!rows || monitor->rows < rows - 1))
		return;
	printf("%-8s %-15s %11s %9s %7s %10s %6s %9s %7s %9s %9s %11s\n", "time",
	       "device", "rate", "frames/s", "late", "p99 late", "trains",
	       "burst", "drops", "backlog", "timers/s", "softirq/Gb");
	monitor->rows = 1;
}

static void line_print(struct monitor *monitor, const char *device,
		       const struct sluice_interval *interval)
{
	const struct tc_sluice_xstats *delta = &interval->delta;
	uint64_t train_frames = sluice_interval_train_frames(interval);
	char rate[32], late[32], below[40], burst[32], clock[16], trains[24];
	char cost[OUT_COST_SIZE];
	time_t now = time(NULL);
	struct tm local;

	header_print(monitor);
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
	sluice_format_rate_about(BITS_PER_BYTE *
				 sluice_interval_per_s(interval,
						       delta->sent_wire_bytes),
				 rate, sizeof(rate));
	sluice_format_time_about(sluice_interval_lateness_ns(interval), late,
				 sizeof(late));
	snprintf(below, sizeof(below), "%s%s",
		 sluice_interval_lateness_ns(interval) ? "<" : "", late);
	sluice_format_time_about(delta->burst_now_ns, burst, sizeof(burst));
	/* Without a train of a paced flow there is no length of one. */
	snprintf(trains, sizeof(trains), "%" PRIu64, train_frames);
	out_cost_format(&monitor->load, delta->sent_wire_bytes, cost,
			sizeof(cost));
	printf("%-8s %-15s %11s %9" PRIu64 " %6.2f%% %10s %6s %9s %7" PRIu64 " %8" PRIu64 "B %9" PRIu64 " %11s\n",
	       clock, device, rate,
	       sluice_interval_per_s(interval, delta->sent_frames),
	       delta->sent_frames ? 100.0 * (double)delta->late_frames /
				    (double)delta->sent_frames : 0,
	       below, train_frames ? trains : "-", burst,
	       interval->drops, interval->backlog_bytes,
	       sluice_interval_per_s(interval, delta->timer_wakeups), cost);
	monitor->rows++;
}

static void line_print_json(const struct monitor *monitor, const char *device,
			    const struct sluice_interval *interval)
{
	const struct tc_sluice_xstats *delta = &interval->delta;
	uint64_t late_ppm = delta->sent_frames ?
		delta->late_frames * 1000000 / delta->sent_frames : 0;
	json_t *object;

	object = json_pack("{s:i, s:I, s:o, s:I, s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			   "schema_version", OUT_JSON_SCHEMA_VERSION,
			   "time_real_ns",
			   (json_int_t)sluice_now_ns(CLOCK_REALTIME),
			   "dev", out_name_json(device),
			   "span_ns", (json_int_t)interval->span_ns,
			   "span_error_ns", (json_int_t)interval->error_ns,
			   "qdiscs", (int)interval->qdiscs,
			   "sent_wire_bytes_ps",
			   (json_int_t)sluice_interval_per_s(interval,
						delta->sent_wire_bytes),
			   "sent_frames_ps",
			   (json_int_t)sluice_interval_per_s(interval,
						delta->sent_frames),
			   "timer_wakeups_ps",
			   (json_int_t)sluice_interval_per_s(interval,
						delta->timer_wakeups),
			   "late_ppm", (json_int_t)late_ppm,
			   "lateness_p99_below_ns",
			   (json_int_t)sluice_interval_lateness_ns(interval),
			   "train_p99_frames",
			   (json_int_t)sluice_interval_train_frames(interval),
			   "burst_now_ns", (json_int_t)delta->burst_now_ns,
			   "drops", (json_int_t)interval->drops,
			   "backlog_bytes",
			   (json_int_t)interval->backlog_bytes,
			   "qlen_pkts", (json_int_t)interval->qlen_pkts);
	if (object)
		json_object_set_new(object, "host",
				    out_cost_json(&monitor->load,
						  delta->sent_wire_bytes));
	if (object)
		json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
}

__attribute__((format(printf, 2, 3)))
static void notice(const struct watched *watched, const char *format, ...)
{
	char text[128];
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
	/* Of what fq does a line knows too little. */
	if (look.count == look.stand_ins) {
		watched_lose(watched);
	} else if (watched->is_here) {
		sluice_interval_add(&interval, &watched->look, &look);
		if (interval.is_replaced)
			notice(watched, "sluice was replaced: what is new counts from its start");
		if (monitor->arguments.is_json)
			line_print_json(monitor, device, &interval);
		else
			line_print(monitor, device, &interval);
	} else {
		if (watched->was_here)
			notice(watched, "sluice is back");
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
	/* Those of one device stand together. */
	for (i = 0; !err && i < count; i++) {
		if (!sluice_qdisc_is_ours(&qdiscs[i]) ||
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
	if (device && monitor->watched[0].look.stand_ins)
		return out_refuse(EXIT_UNSUPPORTED, "monitor",
				  "%s is paced by fq, without the module, and fq counts no late frames and no trains: 'sluice verify %s' measures them, 'sluice show %s' has its counters",
				  device, device, device);
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
