// SPDX-License-Identifier: GPL-2.0
/*
 * sluice scope DEV: a line for each interval, and all figures at the end. Lines
 * are of aligned windows of whole milliseconds, the figures at the end of sliding
 * ones.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "../lib/sandbox.h"
#include "../lib/units.h"
#include "../scope/live.h"
#include "cmd.h"
#include "out.h"
#include "scope_arguments.h"

/* So long a packet may still wait in the kernel before it is handed over. */
#define LAG_NS			50000000u

struct watch {
	const struct scope_arguments *arguments;
	struct scope_live *live;
	struct scope scope;
	struct scope_live_losses losses;	/* since the start */
	uint64_t said_missed;
	uint64_t said_again;
	unsigned int lines;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SLUICE_NSEC_PER_SEC +
	       (uint64_t)now.tv_nsec;
}

static int packet_receive(const struct scope_packet *packet, void *data)
{
	struct scope_flow_event event;
	struct watch *watch = data;

	return scope_add(&watch->scope, packet, &event) < 0 ? -ENOMEM : 0;
}

static void losses_take(struct watch *watch)
{
	struct scope_live_losses more;

	if (scope_live_losses(watch->live, &more))
		return;
	watch->losses.missed_pkts += more.missed_pkts;
	watch->losses.missed_bytes += more.missed_bytes;
	watch->losses.unshown_pkts += more.unshown_pkts;
	watch->losses.unstamped_pkts += more.unstamped_pkts;
}

/* ---- lines ---- */

static void rate_print(double bits_ps)
{
	char text[32];

	sluice_format_rate_about((uint64_t)bits_ps, text, sizeof(text));
	printf(" %10s", text);
}

static void direction_print(struct watch *watch, enum scope_direction direction,
			    uint64_t end_ns)
{
	struct scope_lane *lane = &watch->scope.lane[direction];
	struct scope_span span;

	if (lane->is_used)
		sluice_meter_flush(&lane->meter);
	scope_lane_span(&watch->scope, lane, end_ns,
			watch->arguments->interval_ns, &span);
	printf(" %-4s", scope_direction_name(direction));
	rate_print(span.mean_bits_ps);
	rate_print(span.peak_1ms_bits_ps);
	rate_print(span.peak_100us_bits_ps);
	rate_print(span.peak_10us_bits_ps);
	printf(" %8" PRIu64, span.pkts);
}

static void line_print(struct watch *watch)
{
	uint64_t end_ns = now_ns(CLOCK_REALTIME) - LAG_NS, again = 0;
	time_t seconds = (time_t)(end_ns / SLUICE_NSEC_PER_SEC);
	enum scope_direction direction;
	char clock[16];
	struct tm local;

	if (watch->lines++ % 20 == 0)
		printf("%-8s %-4s %10s %10s %10s %10s %8s %6s %6s\n", "time",
		       "", "mean", "1 ms", "100 us", "10 us", "packets",
		       "again", "missed");
	for (direction = SCOPE_OUT; direction <= SCOPE_IN; direction++)
		again += watch->scope.lane[direction].retransmitted_pkts;
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&seconds, &local));
	for (direction = SCOPE_OUT; direction <= SCOPE_IN; direction++) {
		printf("%-8s", direction == SCOPE_OUT ? clock : "");
		direction_print(watch, direction, end_ns);
		if (direction == SCOPE_OUT)
			printf(" %6" PRIu64 " %6" PRIu64,
			       again - watch->said_again,
			       watch->losses.missed_pkts - watch->said_missed);
		putchar('\n');
	}
	fflush(stdout);
	watch->said_again = again;
	watch->said_missed = watch->losses.missed_pkts;
}

/* ---- the run ---- */

static int watch_open(struct watch *watch)
{
	const struct scope_arguments *arguments = watch->arguments;
	const char *target = arguments->target[0];
	struct scope_live_config config = {
		.name = strncmp(target, "qdisc:", 6) ? target : target + 6,
		.has_out = true, .has_in = true,
		.mode = arguments->is_tap ? SCOPE_LIVE_TAP : SCOPE_LIVE_AUTO,
	};
	struct scope_config scope = {
		.bottleneck_bits_ps = arguments->bottleneck_bits_ps,
		.commanded_bits_ps = arguments->commanded_bits_ps,
		.expands_supers = arguments->is_expanded,
	};
	struct scope_vantage in;
	char error[320];
	int err;

	err = scope_live_open(&watch->live, &config, error, sizeof(error));
	if (err)
		return out_refuse(err == -EPERM || err == -EOPNOTSUPP ?
				  EXIT_UNSUPPORTED : EXIT_FAILED, "scope", "%s",
				  error);
	scope_live_vantage(watch->live, SCOPE_OUT, &scope.vantage);
	scope_live_vantage(watch->live, SCOPE_IN, &in);
	/* one meter's word for both: what holds for the worse of them */
	scope.vantage.is_coalesced = in.is_coalesced;
	if (in.uncertainty_ns > scope.vantage.uncertainty_ns)
		scope.vantage.uncertainty_ns = in.uncertainty_ns;
	if (arguments->line_rate_bits_ps)
		scope.vantage.line_rate_bits_ps = arguments->line_rate_bits_ps;
	scope_init(&watch->scope, &scope);
	if (!arguments->is_json && !arguments->is_prometheus) {
		printf("%s: stamps by %s%s%s\n", scope.vantage.name,
		       scope_stamp_name(scope.vantage.stamp),
		       *scope_live_why_tap(watch->live) ? "; " : "",
		       scope_live_why_tap(watch->live));
		fflush(stdout);
	}
	/* The time zone is read from a file, and that is not possible later. */
	tzset();
	if (sluice_sandbox_enter(SLUICE_SANDBOX_LIVE, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	return EXIT_DONE;
}

/* Until told to stop, the time is over, or the device has gone: -errno then. */
static int watch_run(struct watch *watch, const volatile bool *is_stopped)
{
	const struct scope_arguments *arguments = watch->arguments;
	uint64_t begin_ns = now_ns(CLOCK_MONOTONIC), next_ns = begin_ns;
	bool is_silent = arguments->is_json || arguments->is_prometheus;
	int err = 0;

	while (!err && !*is_stopped) {
		struct pollfd fds[SCOPE_LIVE_FDS];
		unsigned int count = scope_live_fds(watch->live, fds);
		uint64_t at_ns;

		poll(fds, count, SCOPE_LIVE_PERIOD_MS);
		err = scope_live_drain(watch->live, packet_receive, watch);
		at_ns = now_ns(CLOCK_MONOTONIC);
		if (at_ns >= next_ns + arguments->interval_ns) {
			next_ns += arguments->interval_ns;
			losses_take(watch);
			if (!is_silent)
				line_print(watch);
		}
		if (arguments->for_ns && at_ns - begin_ns >= arguments->for_ns)
			break;
	}
	if (!err)
		err = scope_live_drain(watch->live, packet_receive, watch);
	losses_take(watch);
	return err;
}

static void losses_print(const struct scope_live_losses *losses)
{
	if (losses->missed_pkts)
		printf("! %" PRIu64 " packets were missed: gaps and trains around them are wrong\n",
		       losses->missed_pkts);
	if (losses->unshown_pkts)
		printf("! %" PRIu64 " super-packets cannot be shown by this kernel to a packet socket\n",
		       losses->unshown_pkts);
	if (losses->unstamped_pkts)
		printf("! %" PRIu64 " packets were not stamped by the NIC\n",
		       losses->unstamped_pkts);
}

int scope_device_look(const struct scope_arguments *arguments,
		      const volatile bool *is_stopped)
{
	static struct watch watch;
	int code, err = 0;

	watch.arguments = arguments;
	code = watch_open(&watch);
	if (!code) {
		err = watch_run(&watch, is_stopped);
		scope_finish(&watch.scope);
		if (!arguments->is_json && !arguments->is_prometheus)
			putchar('\n');
		code = scope_result(arguments, &(struct scope_outcome){
			.scopes = &watch.scope, .count = 1,
			.losses = &watch.losses,
			.note = !err ? NULL : err == -ENODEV ?
				"the device has gone" : strerror(-err),
		});
		if (!arguments->is_json && !arguments->is_prometheus)
			losses_print(&watch.losses);
	}
	if (err)
		code = out_refuse(EXIT_FAILED, "scope",
				  err == -ENODEV ? "%s: the device has gone; the figures are of the time before" :
				  "%s: looking ended: %s; the figures are of the time before",
				  watch.scope.config.vantage.name,
				  strerror(-err));
	scope_live_close(watch.live);
	scope_done(&watch.scope);
	return code;
}
