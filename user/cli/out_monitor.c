// SPDX-License-Identifier: GPL-2.0
/* The lines of sluice monitor; see out_monitor.h. */
#include "out_monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "../lib/now.h"
#include "../lib/stat.h"
#include "../lib/units.h"
#include "../lib/verdict.h"
#include "out.h"
#include "out_cost.h"
#include "out_lapse.h"

#define BITS_PER_BYTE	8u
/* Of a terminal that does not tell its height. */
#define ROWS_INITIAL	24u

static uint64_t drops_of(const struct sluice_interval *interval)
{
	return interval->drops + sluice_edt_drops(&interval->edt);
}

/* ---- for people ---- */

static unsigned int terminal_rows(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 3 ?
	       ROWS_INITIAL : size.ws_row;
}

/* At the start, and on a terminal before it scrolls away. */
static void header_print(unsigned int *rows)
{
	unsigned int height = terminal_rows();

	if (*rows && (!height || *rows < height - 1))
		return;
	printf("%-8s %-15s %11s %9s %7s %10s %6s %9s %7s %9s %9s %11s\n", "time",
	       "device", "rate", "frames/s", "late", "p99 late", "trains",
	       "burst", "drops", "backlog", "timers/s", "softirq/Gb");
	*rows = 1;
}

static void begin_print(const char *device,
			const struct sluice_interval *interval)
{
	const struct tc_sluice_xstats *delta = &interval->delta;
	time_t now = time(NULL);
	char rate[32], clock[16];
	struct tm local;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &local));
	sluice_format_rate_about(BITS_PER_BYTE *
				 sluice_interval_per_s(interval,
						       delta->sent_wire_bytes),
				 rate, sizeof(rate));
	printf("%-8s %-15s %11s %9" PRIu64, clock, device, rate,
	       sluice_interval_per_s(interval, delta->sent_frames));
}

static void sluice_print(const struct sluice_interval *interval,
			 const char *cost)
{
	const struct tc_sluice_xstats *delta = &interval->delta;
	uint64_t train_frames = sluice_interval_train_frames(interval);
	char late[32], below[40], burst[32], trains[24], gaps[32];

	sluice_format_time_about(sluice_interval_lateness_ns(interval), late,
				 sizeof(late));
	snprintf(below, sizeof(below), "%s%s",
		 sluice_interval_lateness_ns(interval) ? "<" : "", late);
	sluice_format_time_about(delta->burst_now_ns, burst, sizeof(burst));
	/* Without a train of a paced flow there is no length of one. */
	snprintf(trains, sizeof(trains), "%" PRIu64, train_frames);
	printf(" %6.2f%% %10s %6s %9s %7" PRIu64 " %8" PRIu64 "B %9" PRIu64 " %11s",
	       delta->sent_frames ? 100.0 * (double)delta->late_frames /
				    (double)delta->sent_frames : 0,
	       below, train_frames ? trains : "-", burst, drops_of(interval),
	       interval->backlog_bytes,
	       sluice_interval_per_s(interval, delta->timer_wakeups), cost);
	if (delta->gap_frames) {
		sluice_format_rate_about(BITS_PER_BYTE *
					 sluice_interval_per_s(interval,
							       delta->gap_wire_bytes),
					 gaps, sizeof(gaps));
		printf("  gap frames: %s", gaps);
	}
	putchar('\n');
}

/* fq counts neither lateness nor trains nor timers, but what it and a rate made wait. */
static void stand_in_print(const struct sluice_interval *interval,
			   const char *cost)
{
	const struct edt_counters *counters = &interval->edt.counters;

	printf(" %7s %10s %6s %9s %7" PRIu64 " %8" PRIu64 "B %9s %11s  ", "-", "-",
	       "-", "-", drops_of(interval), interval->backlog_bytes, "-",
	       cost);
	if (interval->edt.is_there)
		printf("held %" PRIu64 "/s, by sockets %" PRIu64 "/s, asked %" PRIu64 "/s; ",
		       sluice_interval_per_s(interval, counters->held_pkts),
		       sluice_interval_per_s(interval,
					     counters->socket_held_pkts),
		       sluice_interval_per_s(interval, counters->asked_pkts));
	printf("fq: waits %" PRIu64 "/s, capped %" PRIu64 "\n",
	       sluice_interval_per_s(interval, interval->throttles),
	       (uint64_t)interval->delta.horizon_capped_pkts);
}

void out_monitor(const char *device, const struct sluice_interval *interval,
		 const struct scope_host_load *load, unsigned int *rows)
{
	char cost[OUT_COST_SIZE];

	header_print(rows);
	out_cost_format(load, interval->delta.sent_wire_bytes, cost,
			sizeof(cost));
	begin_print(device, interval);
	if (interval->is_stand_in)
		stand_in_print(interval, cost);
	else
		sluice_print(interval, cost);
	++*rows;
}

/* ---- for programs ---- */

static json_t *per_s_json(const struct sluice_interval *interval, uint64_t count)
{
	return json_integer((json_int_t)sluice_interval_per_s(interval, count));
}

static json_t *common_json(const char *device,
			   const struct sluice_interval *interval)
{
	const struct tc_sluice_xstats *delta = &interval->delta;

	return json_pack("{s:i, s:I, s:o, s:I, s:I, s:i, s:o, s:o, s:I, s:I, s:I}",
			 "schema_version", OUT_JSON_SCHEMA_VERSION,
			 "time_real_ns",
			 (json_int_t)sluice_now_ns(CLOCK_REALTIME),
			 "dev", out_name_json(device),
			 "span_ns", (json_int_t)interval->span_ns,
			 "span_error_ns", (json_int_t)interval->error_ns,
			 "qdiscs", (int)interval->qdiscs,
			 "sent_wire_bytes_ps",
			 per_s_json(interval, delta->sent_wire_bytes),
			 "sent_frames_ps",
			 per_s_json(interval, delta->sent_frames),
			 "drops", (json_int_t)drops_of(interval),
			 "backlog_bytes", (json_int_t)interval->backlog_bytes,
			 "qlen_pkts", (json_int_t)interval->qlen_pkts);
}

static json_t *sluice_json(const struct sluice_interval *interval)
{
	const struct tc_sluice_xstats *delta = &interval->delta;
	uint64_t late_ppm = delta->sent_frames ?
		delta->late_frames * 1000000 / delta->sent_frames : 0;

	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I}",
			 "timer_wakeups_ps",
			 per_s_json(interval, delta->timer_wakeups),
			 "gap_wire_bytes_ps",
			 per_s_json(interval, delta->gap_wire_bytes),
			 "late_ppm", (json_int_t)late_ppm,
			 "lateness_p99_below_ns",
			 (json_int_t)sluice_interval_lateness_ns(interval),
			 "train_p99_frames",
			 (json_int_t)sluice_interval_train_frames(interval),
			 "burst_now_ns", (json_int_t)delta->burst_now_ns);
}

static json_t *stand_in_json(const struct sluice_interval *interval)
{
	const struct sluice_stat *stat = sluice_edt_stat_table;
	json_t *object, *edt = NULL;

	object = json_pack("{s:o, s:I}", "throttles_ps",
			   per_s_json(interval, interval->throttles),
			   "horizon_capped_pkts",
			   (json_int_t)interval->delta.horizon_capped_pkts);
	if (!object || !interval->edt.is_there)
		return object;
	edt = json_object();
	for (; stat->key; stat++)
		json_object_set_new(edt, stat->key,
			json_integer((json_int_t)sluice_stat_value(
					&interval->edt, stat)));
	json_object_set_new(object, "edt", edt);
	return object;
}

void out_monitor_json(const char *device, const struct sluice_interval *interval,
		      const struct sluice_lapse *lapse,
		      const struct scope_host_load *load)
{
	json_t *object = common_json(device, interval);
	json_t *more = interval->is_stand_in ? stand_in_json(interval) :
					       sluice_json(interval);

	if (object && more) {
		json_object_update(object, more);
		out_lapse_json(object, lapse);
		json_object_set_new(object, "host",
				    out_cost_json(load, interval->delta
							.sent_wire_bytes));
		json_dumpf(object, stdout, JSON_COMPACT);
	}
	json_decref(more);
	json_decref(object);
	putchar('\n');
}
