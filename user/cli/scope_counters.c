// SPDX-License-Identifier: GPL-2.0
/*
 * sluice scope DEV --counters: for hosts where it always runs. Of each direction the mean
 * beside the highest tick of the kernel, from sums that cost a packet less than reading the
 * clock does. Of packets one by one nothing is known here.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "../lib/json_set.h"
#include "../lib/now.h"
#include "../lib/units.h"
#include "../scope/live.h"
#include "cmd.h"
#include "out.h"
#include "scope_arguments.h"
#include "scope_look.h"

#define RATE_TEXT	24u

/**
 * struct counted - of one direction
 * @sum: of all
 * @tick_max_bytes: of the tick that had most
 */
struct counted {
	struct scope_live_sum sum;
	uint64_t tick_max_bytes;
};

/**
 * struct span - what was counted from begin_ns to end_ns
 * @lane: by direction
 * @missed_sums: that were written over before they were read: nothing is whole
 */
struct span {
	uint64_t begin_ns;
	uint64_t end_ns;
	struct counted lane[SCOPE_DIRECTIONS];
	uint64_t missed_sums;
};

struct counters {
	const struct scope_arguments *arguments;
	struct scope_live_config config;
	struct scope_live *live;
	uint64_t tick_ns;
	struct span line;
	struct span all;
};

/* ---- counting ---- */

static void sum_add(struct counted *lane, const struct scope_live_sum *sum)
{
	lane->sum.wire_bytes += sum->wire_bytes;
	lane->sum.pkts += sum->pkts;
	lane->sum.frames += sum->frames;
	lane->sum.unknown_supers += sum->unknown_supers;
	lane->sum.mac_control_frames += sum->mac_control_frames;
	lane->sum.mac_control_wire_bytes += sum->mac_control_wire_bytes;
	if (sum->wire_bytes > lane->tick_max_bytes)
		lane->tick_max_bytes = sum->wire_bytes;
}

static int sum_receive(const struct scope_live_sum *sum, void *data)
{
	struct counters *counters = data;

	sum_add(&counters->line.lane[sum->direction], sum);
	sum_add(&counters->all.lane[sum->direction], sum);
	return 0;
}

static int count(struct counters *counters)
{
	struct scope_live_losses losses;
	int err = scope_live_count(counters->live, sum_receive, counters);

	if (!scope_live_losses(counters->live, &losses)) {
		counters->line.missed_sums += losses.missed_sums;
		counters->all.missed_sums += losses.missed_sums;
	}
	counters->line.end_ns = sluice_now_ns(CLOCK_MONOTONIC);
	counters->all.end_ns = counters->line.end_ns;
	return err;
}

/* ---- what is printed ---- */

/* Whether the bytes are all there, so that they can be called a rate. */
static bool is_whole(const struct span *span, const struct counted *lane)
{
	return !span->missed_sums && !lane->sum.unknown_supers &&
	       span->end_ns > span->begin_ns;
}

static double bits_ps(uint64_t bytes, uint64_t ns)
{
	return ns ? 8e9 * (double)bytes / (double)ns : 0;
}

static void rate_text(bool is_known, double rate_bits_ps,
		      char text[RATE_TEXT])
{
	if (is_known)
		sluice_format_rate_about((uint64_t)rate_bits_ps, text, RATE_TEXT);
	else
		snprintf(text, RATE_TEXT, "unknown");
}

static void lane_print(const struct counters *counters, const struct span *span,
		       uint32_t direction, const char *prefix)
{
	const struct counted *lane = &span->lane[direction];
	bool is_known = is_whole(span, lane);
	char mean[RATE_TEXT], highest[RATE_TEXT];

	rate_text(is_known, bits_ps(lane->sum.wire_bytes,
				    span->end_ns - span->begin_ns), mean);
	rate_text(is_known, bits_ps(lane->tick_max_bytes, counters->tick_ns),
		  highest);
	printf("%s %-3s mean=%s tick=%s pkts=%" PRIu64 " frames=%" PRIu64
	       " missed_sums=%" PRIu64 " unknown_supers=%" PRIu64, prefix,
	       scope_direction_name(direction), mean, highest, lane->sum.pkts,
	       lane->sum.frames, span->missed_sums, lane->sum.unknown_supers);
	if (lane->sum.mac_control_frames)
		printf(" mac_control_frames=%" PRIu64
		       " mac_control_wire_bytes=%" PRIu64,
		       lane->sum.mac_control_frames,
		       lane->sum.mac_control_wire_bytes);
	putchar('\n');
}

static json_t *lane_json(const struct counters *counters,
			 const struct span *span, const struct counted *lane)
{
	json_t *object = json_object();
	bool is_known = is_whole(span, lane);

	set_int_if(object, "mean_bits_ps", is_known, (uint64_t)
		   bits_ps(lane->sum.wire_bytes, span->end_ns - span->begin_ns));
	set_int_if(object, "peak_tick_bits_ps", is_known, (uint64_t)
		   bits_ps(lane->tick_max_bytes, counters->tick_ns));
	set_int_if(object, "wire_bytes", is_known, lane->sum.wire_bytes);
	set_int_if(object, "pkts", !span->missed_sums, lane->sum.pkts);
	set_int_if(object, "frames", is_known, lane->sum.frames);
	set_int(object, "unknown_super_pkts", lane->sum.unknown_supers);
	set_int_if(object, "mac_control_frames", !span->missed_sums,
		   lane->sum.mac_control_frames);
	set_int_if(object, "mac_control_wire_bytes", !span->missed_sums,
		   lane->sum.mac_control_wire_bytes);
	return object;
}

static void span_json(const struct counters *counters, const struct span *span,
		      bool is_last)
{
	json_t *object = json_object();

	set_int(object, "schema_version", OUT_JSON_SCHEMA_VERSION);
	set_int(object, "time_ns", sluice_now_ns(CLOCK_REALTIME));
	json_object_set_new(object, "device", json_string(counters->config.name));
	json_object_set_new(object, "is_total", json_boolean(is_last));
	set_int(object, "span_ns", span->end_ns - span->begin_ns);
	set_int(object, "tick_ns", counters->tick_ns);
	set_int(object, "missed_sums", span->missed_sums);
	if (counters->config.has_out)
		json_object_set_new(object, "out",
				    lane_json(counters, span,
					      &span->lane[SCOPE_OUT]));
	if (counters->config.has_in)
		json_object_set_new(object, "in",
				    lane_json(counters, span,
					      &span->lane[SCOPE_IN]));
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static int span_print(const struct counters *counters, const struct span *span,
		      bool is_last)
{
	char clock[SCOPE_CLOCK_SIZE] = "all";

	if (counters->arguments->is_json) {
		span_json(counters, span, is_last);
	} else {
		if (!is_last)
			scope_look_clock(clock);
		if (counters->config.has_out)
			lane_print(counters, span, SCOPE_OUT, clock);
		if (counters->config.has_in)
			lane_print(counters, span, SCOPE_IN, clock);
	}
	return fflush(stdout) || !out_is_complete(stdout) ? -ENOSPC : 0;
}

/* ---- the run ---- */

static int counters_open(struct counters *counters)
{
	const struct scope_arguments *arguments = counters->arguments;
	const struct scope_target *target = &arguments->target[0];
	char tick[32];
	int code;

	scope_target_config(target, true, &counters->config);
	counters->config.is_counting = true;
	counters->tick_ns = scope_live_tick_ns();
	code = scope_look_open(&counters->live, &counters->config);
	if (code)
		return code;
	if (!arguments->is_json) {
		sluice_format_time(counters->tick_ns, tick, sizeof(tick));
		printf("%s: counters at tc's hooks: what leaves in front of the qdisc, what comes behind GRO; a tick of this kernel is %s, what passes while one is late counts for the one before\n",
		       target->name, tick);
		fflush(stdout);
	}
	return scope_look_restrict();
}

static int counters_run(struct counters *counters,
			const volatile bool *is_stopped)
{
	const struct scope_arguments *arguments = counters->arguments;
	uint64_t begin_ns = sluice_now_ns(CLOCK_MONOTONIC);
	uint64_t next_ns = begin_ns + arguments->interval_ns;
	bool is_over = false;
	int err = 0;

	counters->line.begin_ns = begin_ns;
	counters->all.begin_ns = begin_ns;
	while (!err && !is_over && !*is_stopped) {
		struct pollfd fds[SCOPE_LIVE_FDS];
		unsigned int fd_count = scope_live_fds(counters->live, fds);

		poll(fds, fd_count, SCOPE_LIVE_COUNT_MS);
		err = count(counters);
		is_over = arguments->for_ns &&
			  counters->all.end_ns - begin_ns >= arguments->for_ns;
		if (err || counters->line.end_ns < next_ns)
			continue;
		err = span_print(counters, &counters->line, false);
		counters->line = (struct span){
			.begin_ns = counters->line.end_ns,
		};
		while (next_ns <= counters->line.begin_ns)
			next_ns += arguments->interval_ns;
	}
	return err;
}

static int end_refuse(const char *name, int err)
{
	if (err == -ENOSPC)
		return out_refuse(EXIT_FAILED, "scope",
				  "cannot write the output: is the disk full?");
	return out_refuse(EXIT_FAILED, "scope",
			  err == -ENODEV ? "%s: the device has gone; the counters are of the time before" :
			  "%s: counting ended; the counters are of the time before",
			  name);
}

int scope_counters_look(const struct scope_arguments *arguments,
			const volatile bool *is_stopped)
{
	struct counters counters = { .arguments = arguments };
	int code = counters_open(&counters), err, last_err;

	if (!code) {
		err = counters_run(&counters, is_stopped);
		/* What came last is of a tick that is not over. */
		poll(NULL, 0, SCOPE_LIVE_COUNT_MS / 2);
		if (!err || err == -ENODEV) {
			last_err = count(&counters);
			err = err ? err : last_err;
		}
		last_err = span_print(&counters, &counters.all, true);
		err = err ? err : last_err;
		if (err)
			code = end_refuse(arguments->target[0].name, err);
	}
	scope_live_close(counters.live);
	return code;
}
