// SPDX-License-Identifier: GPL-2.0
/*
 * sluice scope with two places of which one at least is a device: both at once, joined
 * packet by packet as they come. In a terminal a view that moves, elsewhere a line for
 * each interval, and all figures at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/capture.h"
#include "../lib/now.h"
#include "../lib/units.h"
#include "../scope/feed.h"
#include "../scope/live.h"
#include "../scope/pair_viewer.h"
#include "cmd.h"
#include "out.h"
#include "scope_arguments.h"
#include "scope_look.h"
#include "scope_screen.h"

#define PLACES		SCOPE_JOIN_SIDES
#define FLOWS_MAX	65536u	/* that are kept apart, in a run without end */
/* At the end: until a packet socket has handed over what it saw, and a capture's writer. */
#define REST_NS		(3 * SLUICE_CAPTURE_DELAY_MS * 1000000ull)
#define FEED_REST_NS	500000000ull

struct pair;

/* One of the two: a device, or a capture that is being written. */
struct place {
	struct pair *pair;
	enum scope_join_side side;
	const struct scope_target *target;
	struct scope_live *live;
	struct scope_feed *feed;
	uint64_t unseen_pkts;		/* of a device: see scope_live_unseen_pkts(); of a capture, as it says */
	bool has_scope;			/* what is known of the place is told to it */
	bool has_ended;
};

struct pair {
	const struct scope_arguments *arguments;
	struct place place[PLACES];
	struct scope scope[PLACES];
	struct scope_join join;
	struct scope_pair_viewer *viewer;	/* of the screen; NULL: there is none */
	struct scope_pair_view view;
	bool has_screen;
	bool is_paused;
	bool has_quit;
	struct scope_live_losses losses;	/* of both, since the start */
	struct scope_join said;		/* when a line was printed; figures alone */
	uint64_t said_missed_pkts;
	uint64_t begin_real_ns;		/* packets of devices before it are left out */
	uint64_t end_real_ns;		/* from it on likewise */
	uint64_t begin_ns;
};

/* ---- packets ---- */

static int packet_receive(const struct scope_packet *packet, void *data)
{
	struct place *place = data;
	struct pair *pair = place->pair;
	struct scope_flow_event event;

	/* So that what only one of them could see is not missed at the other. */
	if (place->live && (packet->time_ns < pair->begin_real_ns ||
			    packet->time_ns >= pair->end_real_ns))
		return 0;
	if (scope_add(&pair->scope[place->side], packet, &event) < 0)
		return -ENOMEM;
	scope_join_add(&pair->join, place->side, packet);
	if (pair->viewer)
		scope_pair_viewer_event(pair->viewer, place->side,
					packet->time_ns, packet->direction,
					&event);
	return 0;
}

static void scope_begin(struct place *place, const struct scope_vantage *vantage)
{
	const struct scope_arguments *arguments = place->pair->arguments;
	struct scope_config config = {
		.vantage = *vantage,
		.bottleneck_bits_ps = arguments->bottleneck_bits_ps,
		.commanded_bits_ps = arguments->commanded_bits_ps,
		.expands_supers = arguments->is_expanded,
		.wants_departures = arguments->wants_departures && place->live,
		.max_flows = FLOWS_MAX,
	};

	if (config.wants_departures)
		snprintf(config.why_undated, sizeof(config.why_undated), "%s",
			 scope_live_why_undated(place->live));
	if (arguments->line_rate_bits_ps)
		config.vantage.line_rate_bits_ps = arguments->line_rate_bits_ps;
	place->pair->join.config.uncertainty_ns[place->side] =
		vantage->uncertainty_ns;
	if (place->pair->viewer)
		scope_pair_viewer_hook(place->pair->viewer, place->side, &config);
	scope_init(&place->pair->scope[place->side], &config);
	place->has_scope = true;
}

static int feed_receive(const struct scope_packet *packet, void *data)
{
	struct place *place = data;

	if (!place->has_scope)
		scope_begin(place, scope_feed_vantage(place->feed));
	return packet_receive(packet, data);
}

static int place_drain(struct place *place)
{
	int err;

	if (place->has_ended)
		return 0;
	if (place->live)
		return scope_live_drain(place->live, packet_receive, place);
	err = scope_feed_drain(place->feed, feed_receive, place);
	place->has_ended = err > 0;
	return err > 0 ? 0 : err;
}

static int pair_drain(struct pair *pair)
{
	int err = place_drain(&pair->place[0]);

	return err ? err : place_drain(&pair->place[1]);
}

/* Of a capture: its reader has counted them. */
static void mac_control_take(struct place *place)
{
	const struct scope_mac_control *sums = scope_feed_mac_control(place->feed);
	struct scope *scope = &place->pair->scope[place->side];

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		scope->lane[i].mac_control = sums[i];
}

static void losses_take(struct pair *pair)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		struct place *place = &pair->place[i];
		struct scope_live_losses more;

		if (place->feed) {
			place->unseen_pkts = scope_feed_unseen_pkts(place->feed);
			mac_control_take(place);
		}
		if (!place->live || scope_live_losses(place->live, &more))
			continue;
		place->unseen_pkts += scope_live_unseen_pkts(&more);
		pair->losses.missed_pkts += more.missed_pkts;
		pair->losses.missed_bytes += more.missed_bytes;
		pair->losses.unshown_pkts += more.unshown_pkts;
		pair->losses.unstamped_pkts += more.unstamped_pkts;
	}
}

/* Of both places: what a capture says is missing in it, too. */
static uint64_t missed_pkts(const struct pair *pair)
{
	uint64_t pkts = pair->losses.missed_pkts;

	for (unsigned int i = 0; i < PLACES; i++)
		pkts += pair->place[i].feed ? pair->place[i].unseen_pkts : 0;
	return pkts;
}

/* ---- lines ---- */

static void line_json(uint64_t first, uint64_t second, uint64_t both,
		      uint64_t missed)
{
	json_t *object = json_object();

	json_object_set_new(object, "schema_version",
			    json_integer(OUT_JSON_SCHEMA_VERSION));
	json_object_set_new(object, "time_real_ns", json_integer(
		(json_int_t)sluice_now_ns(CLOCK_REALTIME)));
	json_object_set_new(object, "first_pkts",
			    json_integer((json_int_t)first));
	json_object_set_new(object, "second_pkts",
			    json_integer((json_int_t)second));
	json_object_set_new(object, "both_pkts", json_integer((json_int_t)both));
	json_object_set_new(object, "missed_pkts",
			    json_integer((json_int_t)missed));
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

/* What came since the line before. 0 or -ENOSPC. */
static int line_print(struct pair *pair)
{
	const struct scope_join *join = &pair->join, *said = &pair->said;
	uint64_t first = join->place[0].pkts - said->place[0].pkts;
	uint64_t second = join->place[1].pkts - said->place[1].pkts;
	uint64_t both = join->both_pkts - said->both_pkts;
	uint64_t missed = missed_pkts(pair) - pair->said_missed_pkts;
	char clock[SCOPE_CLOCK_SIZE];

	if (pair->arguments->is_prometheus)
		return 0;
	if (pair->arguments->is_json) {
		line_json(first, second, both, missed);
	} else {
		scope_look_clock(clock);
		printf("%s first_pkts=%" PRIu64 " second_pkts=%" PRIu64
		       " both_pkts=%" PRIu64 " missed_pkts=%" PRIu64 "\n",
		       clock, first, second, both, missed);
	}
	fflush(stdout);
	pair->said = *join;
	pair->said_missed_pkts = missed_pkts(pair);
	return out_is_complete(stdout) ? 0 : -ENOSPC;
}

/* ---- the view that moves ---- */

static void frame_make(FILE *out, const void *view,
		       const struct scope_view_style *style)
{
	scope_pair_view_draw(out, view, style);
}

/* Every quarter of a second; 0 or -EPIPE. */
static int screen_turn(struct pair *pair)
{
	uint64_t now_ns[PLACES], unseen_pkts[PLACES];
	bool has_missed[PLACES];

	for (unsigned int i = 0; i < PLACES; i++)
		unseen_pkts[i] = pair->place[i].unseen_pkts;
	losses_take(pair);
	for (unsigned int i = 0; i < PLACES; i++) {
		const struct place *place = &pair->place[i];

		now_ns[i] = place->live ? scope_live_now_ns(place->live) :
					  pair->scope[i].end_ns;
		has_missed[i] = place->unseen_pkts > unseen_pkts[i];
		if (place->feed && place->unseen_pkts)
			scope_pair_viewer_missed_anywhere(pair->viewer, i);
	}
	scope_pair_viewer_turn(pair->viewer, pair->scope, &pair->join, now_ns,
			       has_missed);
	if (!pair->is_paused) {
		scope_pair_viewer_fill(pair->viewer, &pair->view);
		pair->view.elapsed_ns = sluice_now_ns(CLOCK_MONOTONIC) -
					pair->begin_ns;
		pair->view.missed_pkts = missed_pkts(pair);
		pair->view.unshown_pkts = pair->losses.unshown_pkts;
	}
	pair->view.is_paused = pair->is_paused;
	return scope_screen_draw(frame_make, &pair->view) ? 0 : -EPIPE;
}

/* ---- opening ---- */

static int device_open(struct place *place)
{
	const struct scope_arguments *arguments = place->pair->arguments;
	const struct place *other = &place->pair->place[!place->side];
	struct scope_live_config config;
	struct scope_vantage vantage;
	int code;

	scope_target_config(place->target, false, &config);
	if (arguments->is_tap && config.place == SCOPE_LIVE_QDISC)
		config.mode = SCOPE_LIVE_TAP;
	config.same_clock_as = other->live;
	config.wants_departures = arguments->wants_departures;
	code = scope_look_open(&place->live, &config);
	if (code)
		return code;
	scope_live_vantage(place->live, config.has_out ? SCOPE_OUT : SCOPE_IN,
			   &vantage);
	snprintf(vantage.name, sizeof(vantage.name), "%s:%s",
		 place->target->label, place->target->name);
	scope_begin(place, &vantage);
	if (scope_is_for_people(arguments) && !place->pair->has_screen) {
		const char *why = scope_live_why_tap(place->live);

		printf("%s: stamps by %s%s%s\n", vantage.name,
		       scope_stamp_name(vantage.stamp), *why ? "; " : "", why);
	}
	return EXIT_DONE;
}

static int feed_open(struct place *place)
{
	const struct scope_arguments *arguments = place->pair->arguments;
	struct scope_feed_config config = {
		.path = place->target->name, .label = place->target->label,
		.line_rate_bits_ps = arguments->line_rate_bits_ps,
		.filter = arguments->filter, .interface = arguments->interface,
	};
	char error[320];

	if (scope_feed_open(&place->feed, &config, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	/* Until it says more: nothing may come of it. */
	snprintf(place->pair->scope[place->side].config.vantage.name,
		 sizeof(place->pair->scope[0].config.vantage.name), "%s:%s",
		 config.label, config.path);
	return EXIT_DONE;
}

/* Captures first: their process must not have what is open for devices. */
static int pair_open(struct pair *pair)
{
	struct scope_join_config config = {
		.expands_supers = pair->arguments->is_expanded,
	};
	int code = EXIT_DONE;

	pair->has_screen = scope_is_for_people(pair->arguments) &&
			   scope_screen_is_possible();
	if (pair->has_screen)
		pair->viewer = scope_pair_viewer_open(&pair->scope[0],
						      &pair->scope[1]);
	if (scope_join_init(&pair->join, &config) < 0 ||
	    (pair->has_screen && !pair->viewer))
		return out_refuse(EXIT_FAILED, "scope", "there is no memory");
	for (unsigned int i = 0; i < PLACES; i++) {
		pair->place[i] = (struct place){
			.pair = pair, .side = i,
			.target = &pair->arguments->target[i],
		};
		if (!code && !pair->place[i].target->is_device)
			code = feed_open(&pair->place[i]);
	}
	for (unsigned int i = 0; !code && i < PLACES; i++)
		if (pair->place[i].target->is_device)
			code = device_open(&pair->place[i]);
	if (code)
		return code;
	fflush(stdout);
	code = scope_look_restrict();
	if (!code && pair->has_screen)
		scope_screen_open();
	return code;
}

static void pair_close(struct pair *pair)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		scope_feed_close(pair->place[i].feed);
		scope_live_close(pair->place[i].live);
		scope_done(&pair->scope[i]);
	}
	scope_join_done(&pair->join);
	scope_pair_viewer_close(pair->viewer);
}

/* ---- the run ---- */

static void pair_wait(const struct pair *pair)
{
	struct pollfd fds[PLACES * SCOPE_LIVE_FDS];
	unsigned int count = 0;

	for (unsigned int i = 0; i < PLACES; i++) {
		const struct place *place = &pair->place[i];

		if (place->live)
			count += scope_live_fds(place->live, fds + count);
		else if (!place->has_ended)
			fds[count++] = (struct pollfd){
				.fd = scope_feed_fd(place->feed),
				.events = POLLIN,
			};
	}
	poll(fds, count, SCOPE_LIVE_PERIOD_MS);
}

static bool has_ended(const struct pair *pair)
{
	return pair->place[0].has_ended || pair->place[1].has_ended;
}

/* What passed before the end, and is handed over behind it. */
static int rest_drain(struct pair *pair)
{
	bool has_feed = pair->place[0].feed || pair->place[1].feed;
	uint64_t until_ns = sluice_now_ns(CLOCK_MONOTONIC) +
			    (has_feed ? FEED_REST_NS : REST_NS);
	int err = 0;

	pair->end_real_ns = sluice_now_ns(CLOCK_REALTIME);
	while (!err && sluice_now_ns(CLOCK_MONOTONIC) < until_ns) {
		pair_wait(pair);
		err = pair_drain(pair);
	}
	return err;
}

/* What is shown while it runs, if it is time for that. */
static int turn(struct pair *pair, uint64_t *next_ns)
{
	uint64_t at_ns = sluice_now_ns(CLOCK_MONOTONIC);
	uint64_t every_ns = pair->has_screen ? SCOPE_SLOT_NS :
					       pair->arguments->interval_ns;

	if (pair->has_screen)
		pair->has_quit = !scope_screen_keys(&pair->is_paused);
	if (at_ns < *next_ns)
		return 0;
	while (*next_ns <= at_ns)
		*next_ns += every_ns;
	if (pair->has_screen)
		return screen_turn(pair);
	losses_take(pair);
	return line_print(pair);
}

/* Until told to stop, the time is over, a capture has ended, or a device has gone: -errno then. */
static int pair_run(struct pair *pair, const volatile bool *is_stopped)
{
	const struct scope_arguments *arguments = pair->arguments;
	uint64_t next_ns;
	int err = 0;

	pair->begin_real_ns = sluice_now_ns(CLOCK_REALTIME);
	pair->end_real_ns = UINT64_MAX;
	pair->begin_ns = sluice_now_ns(CLOCK_MONOTONIC);
	next_ns = pair->begin_ns + (pair->has_screen ? 0 :
				    arguments->interval_ns);
	while (!err && !*is_stopped && !has_ended(pair) && !pair->has_quit) {
		pair_wait(pair);
		err = pair_drain(pair);
		if (!err)
			err = turn(pair, &next_ns);
		if (arguments->for_ns && sluice_now_ns(CLOCK_MONOTONIC) -
					 pair->begin_ns >= arguments->for_ns)
			break;
	}
	if (!err)
		err = rest_drain(pair);
	losses_take(pair);
	scope_screen_close();
	return err;
}

/* ---- the end ---- */

static int end_refuse(const struct pair *pair, int err, const char *cut)
{
	if (*cut)
		return out_refuse(EXIT_FAILED, "scope", "%s", cut);
	if (err == -ENODEV)
		return out_refuse(EXIT_FAILED, "scope",
				  "%s or %s: the device has gone; the figures are of the time before",
				  pair->scope[0].config.vantage.name,
				  pair->scope[1].config.vantage.name);
	if (err == -ENOSPC)
		return out_refuse(EXIT_FAILED, "scope",
				  "cannot write the output: is the disk full?");
	/* The terminal has gone: nobody is there to be told. */
	if (err == -EPIPE)
		return EXIT_FAILED;
	return out_refuse(EXIT_FAILED, "scope",
			  "looking ended: %s; the figures are of the time before",
			  strerror(-err));
}

/* What a capture ended with; "": it is whole, or has not ended. */
static const char *cut_find(const struct pair *pair)
{
	for (unsigned int i = 0; i < PLACES; i++)
		if (pair->place[i].feed &&
		    *scope_feed_error(pair->place[i].feed))
			return scope_feed_error(pair->place[i].feed);
	return "";
}

static void places_finish(struct pair *pair)
{
	for (unsigned int i = 0; i < PLACES; i++) {
		scope_finish(&pair->scope[i]);
		pair->scope[i].unseen_pkts = pair->place[i].unseen_pkts;
		if (pair->place[i].feed)
			pair->scope[i].file_step_ns =
				pair->scope[i].config.vantage.resolution_ns;
		pair->join.place[i].unseen_pkts = pair->place[i].unseen_pkts;
	}
	scope_join_finish(&pair->join);
}

int scope_pair_look(const struct scope_arguments *arguments,
		    const volatile bool *is_stopped)
{
	static struct pair pair;
	const char *cut;
	int code, err;

	pair.arguments = arguments;
	code = pair_open(&pair);
	if (!code) {
		err = pair_run(&pair, is_stopped);
		places_finish(&pair);
		pair.scope[1].join = &pair.join;
		if (scope_is_for_people(arguments) && !pair.has_screen)
			putchar('\n');
		cut = cut_find(&pair);
		code = scope_result(arguments, &(struct scope_outcome){
			.scopes = pair.scope, .count = PLACES,
			.join = &pair.join, .losses = &pair.losses,
			.note = *cut ? cut : !err ? NULL : err == -ENODEV ?
				"the device has gone" : strerror(-err),
		});
		if (scope_is_for_people(arguments))
			scope_losses_print(&pair.losses);
		if (err || *cut)
			code = end_refuse(&pair, err, cut);
	}
	pair_close(&pair);
	return code;
}
