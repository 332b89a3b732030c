// SPDX-License-Identifier: GPL-2.0
/*
 * sluice scope DEV: in a terminal a view that moves, elsewhere a line for each
 * interval, and all figures at the end. What is shown while it runs is of aligned
 * windows of whole milliseconds, the figures at the end of sliding ones.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/now.h"
#include "../lib/pcap.h"
#include "../lib/units.h"
#include "../scope/cpu_live.h"
#include "../scope/live.h"
#include "../scope/view_json.h"
#include "../scope/viewer.h"
#include "cmd.h"
#include "out.h"
#include "scope_arguments.h"
#include "scope_look.h"
#include "scope_screen.h"

#define FLOWS_MAX	65536u	/* that are kept apart, in a run without end */
#define CLOCK_WAS_SET	"the clock of the NIC was set, or runs more than 1000 ppm fast or slow"

struct watch {
	const struct scope_arguments *arguments;
	struct scope_live *live;
	struct scope scope;
	struct scope_viewer *viewer;
	struct scope_cpu_live *cpu;	/* NULL: not asked for, or not to be had */
	char why_no_cpu[192];
	struct scope_view view;
	int fifo_fd;			/* that is recorded to; -1: to a file */
	struct scope_record *record;
	struct scope_record_state recorded;
	const struct sluice_captured *captured;	/* of the packet that comes next */
	struct scope_live_losses losses;	/* since the start */
	struct scope_live_losses recorded_losses;	/* until the recording ended */
	uint64_t begin_ns;
	uint64_t said_slots;	/* that lines were of */
	uint64_t said_missed_pkts;
	bool has_screen;
	bool is_paused;
	bool has_quit;
};

/* ---- packets ---- */

static void captured_keep(const struct sluice_captured *captured, void *data)
{
	struct watch *watch = data;

	watch->captured = captured;
}

static int packet_receive(const struct scope_packet *packet, void *data)
{
	struct scope_flow_event event;
	struct watch *watch = data;

	if (scope_add(&watch->scope, packet, &event) < 0)
		return -ENOMEM;
	scope_viewer_event(watch->viewer, packet->time_ns, packet->direction,
			   &event);
	if (watch->record)
		scope_record_add(watch->record, watch->captured, packet,
				 scope_packet_wire_bytes(packet), &event);
	return 0;
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
	if (!watch->recorded.has_ended)
		watch->recorded_losses = watch->losses;
}

/* ---- what is shown meanwhile ---- */

static void record_phrase(struct watch *watch)
{
	const struct scope_record_state *state = &watch->recorded;

	scope_record_look(watch->record, &watch->recorded);
	snprintf(watch->view.recorded, sizeof(watch->view.recorded),
		 "%" PRIu64 " packets, %.1f MB, triggers %" PRIu64
		 ", no room for %" PRIu64 "%s", state->pkts,
		 (double)state->bytes / 1e6, state->triggers,
		 state->unrecorded_pkts, state->is_full ? ", full" : "");
}

static void view_fill(struct watch *watch, uint64_t slots)
{
	scope_viewer_fill(watch->viewer, slots, &watch->view);
	scope_cpu_live_fill(watch->cpu, scope_viewer_slots(watch->viewer), slots,
			    &watch->view.cpu);
	watch->view.elapsed_ns = sluice_now_ns(CLOCK_MONOTONIC) - watch->begin_ns;
	watch->view.missed_pkts = watch->losses.missed_pkts;
	watch->view.unshown_pkts = watch->losses.unshown_pkts;
	watch->view.unstamped_pkts = watch->losses.unstamped_pkts;
}

static void line_print(const struct watch *watch)
{
	uint64_t real_ns = sluice_now_ns(CLOCK_REALTIME);
	char clock[SCOPE_CLOCK_SIZE];

	if (watch->arguments->is_json) {
		json_t *object = scope_view_json(&watch->view, real_ns);

		json_object_set_new(object, "schema_version",
				    json_integer(OUT_JSON_SCHEMA_VERSION));
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	} else {
		scope_look_clock(clock);
		scope_view_lines(stdout, &watch->view, clock);
	}
	fflush(stdout);
}

static void frame_make(FILE *out, const void *view,
		       const struct scope_view_style *style)
{
	scope_view_draw(out, view, style);
}

/* Every quarter of a second; 0, or -errno that ends it. */
static int turn(struct watch *watch, bool is_line)
{
	uint64_t unseen_pkts = scope_live_unseen_pkts(&watch->losses);

	losses_take(watch);
	scope_viewer_turn(watch->viewer, &watch->scope,
			  scope_live_now_ns(watch->live),
			  scope_live_unseen_pkts(&watch->losses) > unseen_pkts);
	if (watch->record)
		record_phrase(watch);
	if (watch->has_screen) {
		if (!watch->is_paused)
			view_fill(watch, SCOPE_SLOTS_PS);
		watch->view.is_paused = watch->is_paused;
		if (!scope_screen_draw(frame_make, &watch->view))
			return -EPIPE;
	} else if (is_line && !watch->arguments->is_prometheus) {
		/* Lines join without a seam, also where one came late. */
		view_fill(watch, scope_viewer_slots(watch->viewer) -
				 watch->said_slots);
		watch->said_slots = scope_viewer_slots(watch->viewer);
		watch->view.span_missed_pkts = watch->losses.missed_pkts -
					       watch->said_missed_pkts;
		watch->said_missed_pkts = watch->losses.missed_pkts;
		line_print(watch);
		if (!out_is_complete(stdout))
			return -ENOSPC;
	}
	return watch->recorded.err ? -ECANCELED : 0;
}

/* ---- opening ---- */

/* A reader that is started together with the scope is not waited for aloud. */
#define FIFO_LOOK_NS	50000000l
#define FIFO_SAY_LOOKS	4u

/* *fd: as of scope_record_fifo(), which says -ENXIO as long as nobody reads. */
static int fifo_wait(const struct scope_arguments *arguments, int *fd,
		     const volatile bool *is_stopped)
{
	const struct timespec pause = { .tv_nsec = FIFO_LOOK_NS };
	unsigned int looks = 0;

	while ((*fd = scope_record_fifo(arguments->record)) == -ENXIO &&
	       !*is_stopped) {
		if (++looks == FIFO_SAY_LOOKS)
			out_refuse(EXIT_DONE, "scope",
				   "%s: waits until somebody reads it; nothing is looked at before",
				   arguments->record);
		(void)nanosleep(&pause, NULL);
	}
	return *fd == -ENXIO ?
	       out_refuse(EXIT_FAILED, "scope",
			  "%s: nobody has read it, so nothing was looked at",
			  arguments->record) : EXIT_DONE;
}

static int record_open(struct watch *watch)
{
	const struct scope_arguments *arguments = watch->arguments;
	struct scope_record_config config = {
		.path = arguments->record,
		.is_fifo = watch->fifo_fd >= 0, .fifo_fd = watch->fifo_fd,
		.ring_bytes = arguments->ring_bytes,
		.around_ns = arguments->around_ns,
		.trigger = arguments->trigger,
		.link_type = scope_live_is_raw(watch->live) ?
			     SLUICE_LINKTYPE_RAW : SLUICE_LINKTYPE_ETHERNET,
	};
	char error[512];

	scope_live_vantage(watch->live, SCOPE_OUT, &config.vantage[0]);
	scope_live_vantage(watch->live, SCOPE_IN, &config.vantage[1]);
	if (scope_record_open(&watch->record, &config, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	/* Who reads lines and goes must not cut the file: writing them fails then. */
	signal(SIGPIPE, SIG_IGN);
	return EXIT_DONE;
}

static int live_open(struct watch *watch)
{
	const struct scope_arguments *arguments = watch->arguments;
	struct scope_live_config config;
	int code;

	scope_target_config(&arguments->target[0], true, &config);
	config.wants_departures = arguments->wants_departures;
	config.wants_hardware_stamps = arguments->wants_hardware_stamps;
	config.may_switch_on = arguments->may_switch_stamps_on;
	if (arguments->is_tap || arguments->record)
		config.mode = SCOPE_LIVE_TAP;
	if (arguments->record) {
		config.captured = captured_keep;
		config.captured_data = watch;
	}
	code = scope_look_open(&watch->live, &config);
	if (code)
		return code;
	watch->view.why_tap = scope_live_why_tap(watch->live);
	watch->view.has_switched_on = scope_live_has_switched_on(watch->live);
	return EXIT_DONE;
}

/* What is not to be had is not known, and said to be so. */
static void cpu_open(struct watch *watch)
{
	if (!watch->arguments->wants_cpu)
		return;
	watch->view.cpu.is_wanted = true;
	watch->view.cpu.why = watch->why_no_cpu;
	(void)scope_cpu_live_open(&watch->cpu, watch->why_no_cpu,
				  sizeof(watch->why_no_cpu));
}

/* From the first packet on. */
static void cpu_look(struct watch *watch)
{
	uint64_t delta_ns = (uint64_t)scope_live_clock_delta_ns(watch->live);

	scope_cpu_live_look(watch->cpu, watch->scope.flows ?
			    watch->scope.start_ns - delta_ns : 0);
}

static void scope_open(struct watch *watch)
{
	const struct scope_arguments *arguments = watch->arguments;
	struct scope_config scope = {
		.bottleneck_bits_ps = arguments->bottleneck_bits_ps,
		.commanded_bits_ps = arguments->commanded_bits_ps,
		.expands_supers = arguments->is_expanded,
		.wants_departures = arguments->wants_departures,
		.wants_cpu = arguments->wants_cpu,
		.max_flows = FLOWS_MAX,
	};
	struct scope_vantage in;

	snprintf(scope.why_undated, sizeof(scope.why_undated), "%s",
		 scope_live_why_undated(watch->live));
	snprintf(scope.why_no_cpu, sizeof(scope.why_no_cpu), "%s",
		 watch->why_no_cpu);

	scope_live_vantage(watch->live, arguments->target[0].place ==
			   SCOPE_TARGET_WIRE ? SCOPE_IN : SCOPE_OUT,
			   &scope.vantage);
	scope_live_vantage(watch->live, SCOPE_IN, &in);
	if (arguments->target[0].place != SCOPE_TARGET_BARE)
		snprintf(scope.vantage.name, sizeof(scope.vantage.name),
			 "%s:%s", arguments->target[0].label,
			 arguments->target[0].name);
	/* one meter's word for both: what holds for the worse of them */
	scope.vantage.is_coalesced = in.is_coalesced;
	if (in.uncertainty_ns > scope.vantage.uncertainty_ns)
		scope.vantage.uncertainty_ns = in.uncertainty_ns;
	if (arguments->line_rate_bits_ps)
		scope.vantage.line_rate_bits_ps = arguments->line_rate_bits_ps;
	scope_viewer_hook(watch->viewer, &scope);
	scope_init(&watch->scope, &scope);
	watch->view.vantage = scope.vantage;
}

/* What is wrong with the place is said before somebody has to read. */
static int place_open(struct watch *watch, const volatile bool *is_stopped)
{
	int code = live_open(watch);

	watch->fifo_fd = -1;
	if (code || !watch->arguments->record)
		return code;
	watch->fifo_fd = scope_record_fifo(watch->arguments->record);
	if (watch->fifo_fd != -ENXIO)
		return EXIT_DONE;
	scope_live_close(watch->live);
	watch->live = NULL;
	code = fifo_wait(watch->arguments, &watch->fifo_fd, is_stopped);
	return code ? code : live_open(watch);
}

static int watch_open(struct watch *watch, const volatile bool *is_stopped)
{
	const struct scope_vantage *vantage = &watch->scope.config.vantage;
	int code;

	/* First: what the packets that come meanwhile find is then known. */
	cpu_open(watch);
	code = place_open(watch, is_stopped);
	if (code)
		return code;
	watch->viewer = scope_viewer_open(&watch->scope);
	if (!watch->viewer)
		return out_refuse(EXIT_FAILED, "scope", "there is no memory");
	scope_open(watch);
	if (watch->arguments->record)
		code = record_open(watch);
	if (code)
		return code;
	watch->has_screen = scope_is_for_people(watch->arguments) &&
			    scope_screen_is_possible();
	if (scope_is_for_people(watch->arguments) && !watch->has_screen) {
		printf("%s: stamps by %s%s%s%s\n", vantage->name,
		       scope_stamp_name(vantage->stamp),
		       *watch->view.why_tap ? "; " : "", watch->view.why_tap,
		       scope_live_has_switched_on(watch->live) ?
		       ", which were switched on for all programs until this ends" : "");
		if (*watch->why_no_cpu)
			printf("processors are not known: %s\n",
			       watch->why_no_cpu);
		fflush(stdout);
	}
	code = scope_look_restrict();
	if (!code && watch->has_screen)
		scope_screen_open();
	return code;
}

/* ---- the run ---- */

/* Until told to stop, the time is over, or the device has gone: -errno then. */
static int watch_run(struct watch *watch, const volatile bool *is_stopped)
{
	const struct scope_arguments *arguments = watch->arguments;
	uint64_t next_ns, line_ns, at_ns;
	int err = 0;

	watch->begin_ns = sluice_now_ns(CLOCK_MONOTONIC);
	next_ns = watch->begin_ns;
	line_ns = watch->begin_ns + arguments->interval_ns;
	while (!err && !*is_stopped && !watch->has_quit) {
		struct pollfd fds[SCOPE_LIVE_FDS];
		unsigned int count = scope_live_fds(watch->live, fds);

		poll(fds, count, SCOPE_LIVE_PERIOD_MS);
		err = scope_live_drain(watch->live, packet_receive, watch);
		cpu_look(watch);
		at_ns = sluice_now_ns(CLOCK_MONOTONIC);
		if (watch->has_screen)
			watch->has_quit = !scope_screen_keys(&watch->is_paused);
		if (!err && at_ns >= next_ns) {
			err = turn(watch, at_ns >= line_ns);
			while (line_ns <= at_ns)
				line_ns += arguments->interval_ns;
			/* What was missed while it could not run is not made good. */
			while (next_ns <= at_ns)
				next_ns += SCOPE_SLOT_NS;
		}
		if (arguments->for_ns &&
		    at_ns - watch->begin_ns >= arguments->for_ns)
			break;
	}
	/* The newest packets wait for their stamps. */
	if (arguments->wants_departures)
		poll(NULL, 0, SCOPE_LIVE_PERIOD_MS);
	/* a device that has gone has them still */
	if (!err || err == -ENODEV)
		err = scope_live_drain_last(watch->live, packet_receive, watch);
	losses_take(watch);
	scope_screen_close();
	return err;
}

/* ---- the end ---- */

/* After this the recording's last counts are known; harmless without one. */
static void record_close(struct watch *watch)
{
	if (watch->record)
		scope_record_close(watch->record, &watch->recorded_losses,
				   &watch->recorded);
	watch->record = NULL;
}

static void record_print(const struct watch *watch)
{
	const struct scope_record_state *state = &watch->recorded;

	if (!watch->arguments->record || state->err)
		return;
	printf("recorded to %s: %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64
	       " triggers%s\n", watch->arguments->record, state->pkts,
	       state->bytes, state->triggers, state->is_full ?
	       "; then it had its full size" : "");
	if (state->unrecorded_pkts)
		printf("! %" PRIu64 " packets more were to be recorded, but the disk was slower: --ring takes more memory\n",
		       state->unrecorded_pkts);
}

/* Why figures end before they were to; NULL: they do not. */
static const char *early_note(int err)
{
	return !err ? NULL : err == -ENODEV ? "the device has gone" :
	       err == -ESTALE ? CLOCK_WAS_SET :
	       err == -ECANCELED ? "the recording could not go on" :
				   strerror(-err);
}

static int end_refuse(const struct watch *watch, int err)
{
	const char *name = watch->scope.config.vantage.name;

	if (watch->recorded.err == -ETIMEDOUT)
		return out_refuse(EXIT_FAILED, "scope",
				  "%s: whoever reads it takes nothing any more: it has not got the last packets, the figures are of all",
				  watch->arguments->record);
	if (watch->recorded.err == -EPIPE)
		return out_refuse(EXIT_FAILED, "scope",
				  "%s: recording ended: nobody reads it any more; the figures are of the time before",
				  watch->arguments->record);
	if (watch->recorded.err)
		return out_refuse(EXIT_FAILED, "scope",
				  "%s: recording ended: %s; what is in the file is whole, the figures are of the time before",
				  watch->arguments->record,
				  strerror(-watch->recorded.err));
	if (err == -ENODEV)
		return out_refuse(EXIT_FAILED, "scope",
				  "%s: the device has gone; the figures are of the time before",
				  name);
	if (err == -ESTALE)
		return out_refuse(EXIT_FAILED, "scope",
				  "%s: " CLOCK_WAS_SET "; the figures are of the time before",
				  name);
	if (err == -ENOSPC)
		return out_refuse(EXIT_FAILED, "scope",
				  "cannot write the output: is the disk full?");
	/* The terminal has gone: nobody is there to be told. */
	if (err == -EPIPE)
		return EXIT_FAILED;
	return out_refuse(EXIT_FAILED, "scope",
			  "%s: looking ended: %s; the figures are of the time before",
			  name, strerror(-err));
}

int scope_device_look(const struct scope_arguments *arguments,
		      const volatile bool *is_stopped)
{
	static struct watch watch;
	int code, err = 0;

	watch.arguments = arguments;
	code = watch_open(&watch, is_stopped);
	if (!code) {
		err = watch_run(&watch, is_stopped);
		scope_finish(&watch.scope);
		watch.scope.unseen_pkts = scope_live_unseen_pkts(&watch.losses);
		watch.scope.cpu = scope_cpu_live_finish(watch.cpu);
		record_close(&watch);
		if (scope_is_for_people(arguments) && !watch.has_screen)
			putchar('\n');
		code = scope_result(arguments, &(struct scope_outcome){
			.scopes = &watch.scope, .count = 1,
			.losses = &watch.losses,
			.recorded = arguments->record ? &watch.recorded : NULL,
			.note = early_note(err),
		});
		if (scope_is_for_people(arguments)) {
			scope_losses_print(&watch.losses);
			record_print(&watch);
		}
		if (err || watch.recorded.err)
			code = end_refuse(&watch, err);
	}
	record_close(&watch);
	scope_viewer_close(watch.viewer);
	scope_cpu_live_close(watch.cpu);
	scope_live_close(watch.live);
	scope_done(&watch.scope);
	return code;
}
