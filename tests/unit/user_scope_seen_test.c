// SPDX-License-Identifier: GPL-2.0
/*
 * What the scope says of traffic of which packets were not seen (METRICS rule f): the same
 * traffic is looked at whole and with holes. Each number that is still said with holes
 * is a count or a least value, so it is at most what the whole has; all others are gone,
 * from JSON, text, page, Prometheus and --fail-if alike. Then it is looked at in pieces, as
 * a recording around triggers has them: what is still said of gaps and round trips is
 * that of the whole.
 */
#include <stdlib.h>

#include "../../user/cli/out_metrics.h"
#include "../../user/cli/out_scope.h"
#include "../../user/scope/figure.h"
#include "../../user/scope/report.h"
#include "../../user/scope/scope_json.h"
#include "user_scope_packet.h"
#include "user_tap.h"

#define START_NS	(1700000000 * SLUICE_NS_PER_S)
#define GBIT		1000000000ull
#define MS		1000000u
#define FLOWS		3u
#define PAYLOAD		1446u
#define FRAME_NS	12192u		/* of that at 1 Gb/s, at layer 1 */
#define ROUNDS		200u
#define HOLE		7u		/* of so many packets one is not seen */
#define PIECE		60u		/* packets; of so many pieces one is in the file */
#define PIECES		10u

enum look { LOOK_WHOLE, LOOK_HOLES, LOOK_PIECES };

/* The real one brings the rest of `sluice metrics` with it. */
void out_metrics_label(FILE *out, const char *text)
{
	fputs(text, out);
}

static uint64_t unseen;

/* One that lies in a hole is not added. The first and the last are seen: the span is one. */
static void packet_add(struct scope *scope, struct scope_join *join, enum look look,
		       const struct scope_packet *packet)
{
	static uint32_t number;
	struct scope_flow_event event;

	number = packet->time_ns == START_NS ? 0 : number + 1;
	if ((look == LOOK_HOLES && number % HOLE == HOLE - 1) ||
	    (look == LOOK_PIECES && number / PIECE % PIECES)) {
		unseen++;
		return;
	}
	scope_add(scope, packet, &event);
	scope_join_add(join, SCOPE_JOIN_FIRST, packet);
	if (number % 2)
		scope_join_add(join, SCOPE_JOIN_SECOND, packet);
}

/* Trains of each flow, longer of those with a lower number, with their ACKs and a loss now and then. */
static void traffic_look(struct scope *scope, struct scope_join *join, enum look look)
{
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .uncertainty_ns = 1, .line_rate_bits_ps = GBIT },
		.bottleneck_bits_ps = GBIT / 2, .commanded_bits_ps = GBIT / 2,
	};
	struct scope_join_config between = { .uncertainty_ns = { 1, 1 } };
	uint32_t sequence[FLOWS] = { 0 };
	uint64_t at_ns = START_NS;

	unseen = 0;
	scope_init(scope, &config);
	scope_join_init(join, &between);
	for (uint32_t i = 0; i < ROUNDS * FLOWS; i++) {
		uint32_t flow = i % FLOWS;
		struct scope_packet packet;

		for (uint32_t k = 0; k < 8 * (FLOWS - flow); k++) {
			if (i % 10 == 9 && k == 3)
				sequence[flow] -= 2 * PAYLOAD;
			packet = scope_tcp_packet(at_ns, flow, false, sequence[flow],
						  PAYLOAD, 0);
			packet_add(scope, join, look, &packet);
			sequence[flow] += PAYLOAD;
			at_ns += FRAME_NS;
		}
		packet = scope_tcp_packet(at_ns, flow, true, 0, 0,
					  sequence[flow]);
		packet_add(scope, join, look, &packet);
		at_ns += MS + i % 5 * MS / 2;
	}
	scope_finish(scope);
	if (look == LOOK_PIECES)
		scope->left_out_pkts = unseen;
	else
		scope->unseen_pkts = join->place[SCOPE_JOIN_FIRST].unseen_pkts = unseen;
	scope_join_finish(join);
}

/* ---- JSON ---- */

static uint32_t numbers, wrong;

/* Of the key without "_at_least", if that is what there is to compare with. */
static const json_t *twin_of(const json_t *whole, const char *key)
{
	char name[64];
	size_t length = strlen(key), tail = strlen("_at_least");

	snprintf(name, sizeof(name), "%s", key);
	if (length > tail && !strcmp(key + length - tail, "_at_least"))
		name[length - tail] = '\0';
	return json_object_get(whole, name);
}

/* Names, and when something was seen first and last. */
static bool is_compared(const char *key)
{
	static const char *const others[] = {
		"unseen_pkts", "duration_ns", "flow", "first_ns", "last_ns"
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(key, others[i]))
			return false;
	return true;
}

/* The one at the same place; of flows, which are in the order of their bytes, that with the same ports. */
static const json_t *same_of(const json_t *whole, size_t place, const json_t *part)
{
	const json_t *one;
	size_t i;

	if (!json_object_get(part, "source_port"))
		return json_array_get(whole, place);
	json_array_foreach((json_t *)whole, i, one)
		if (json_equal(json_object_get(one, "source_port"),
			       json_object_get(part, "source_port")) &&
		    json_equal(json_object_get(one, "destination_port"),
			       json_object_get(part, "destination_port")))
			return one;
	return NULL;
}

static void at_most(const json_t *part, const json_t *whole, const char *key)
{
	const char *name;
	json_t *value, *one;
	size_t i;

	if (json_is_number(part)) {
		numbers++;
		if (json_is_number(whole) &&
		    json_number_value(part) <= json_number_value(whole))
			return;
		wrong++;
		printf("# %s is %g, of all %g\n", key, json_number_value(part),
		       json_number_value(whole));
	} else if (json_is_object(part)) {
		json_object_foreach((json_t *)part, name, value)
			if (is_compared(name))
				at_most(value, twin_of(whole, name), name);
	} else if (json_is_array(part)) {
		json_array_foreach(part, i, one)
			at_most(one, same_of(whole, i, one), key);
	}
}

static void test_json(const struct scope *whole, const struct scope *part)
{
	json_t *all = scope_json(whole, 8), *seen = scope_json(part, 8);
	const json_t *lane = json_array_get(json_object_get(seen, "directions"), 0);
	const json_t *metrics = json_object_get(lane, "metrics");
	const json_t *flow = json_array_get(json_object_get(seen, "flows"), 0);

	numbers = wrong = 0;
	at_most(seen, all, "");
	tap_ok(numbers > 100 && !wrong, "JSON: each number is a count or a least value");
	tap_ok(json_is_null(json_object_get(metrics, "gap")) &&
	       json_is_null(json_object_get(metrics, "trains")) &&
	       json_is_null(json_object_get(metrics, "burst_excess")) &&
	       json_is_null(json_object_get(metrics, "mean_bits_ps")) &&
	       json_is_null(json_object_get(lane, "bursts")) &&
	       json_is_null(json_object_get(lane, "retransmitted_pkts")) &&
	       json_is_null(json_object_get(lane, "commanded")) &&
	       json_is_null(json_object_get(flow, "gap_p50_ns")) &&
	       json_is_null(json_object_get(seen, "jain")),
	       "JSON: gaps, trains, bursts, losses, fairness are null");
	tap_u64((uint64_t)json_integer_value(json_object_get(seen, "unseen_pkts")),
		part->unseen_pkts, "JSON: how many were not seen is there");
	tap_ok(json_is_number(json_object_get(metrics, "mean_bits_ps_at_least")) &&
	       json_is_number(json_object_get(json_object_get(json_object_get(
			metrics, "windows"), "1ms"), "peak_bits_ps_at_least")),
	       "JSON: what mean and peaks are at least is there");
	tap_ok(!json_object_get(all, "unseen_pkts") &&
	       json_is_number(json_object_get(json_object_get(json_array_get(
			json_object_get(all, "directions"), 0), "metrics"),
			"mean_bits_ps")), "JSON: with all seen it is as it was");
	json_decref(all);
	json_decref(seen);
}

static void test_join(const struct scope_join *whole, const struct scope_join *part)
{
	json_t *all = scope_join_json(whole), *seen = scope_join_json(part);

	numbers = wrong = 0;
	at_most(seen, all, "");
	tap_ok(numbers > 8 && !wrong, "two places: counts are left");
	tap_ok(json_is_number(json_object_get(all, "later_p50_ns")) &&
	       json_is_null(json_object_get(seen, "later_p50_ns")) &&
	       !json_is_number(json_object_get(seen, "retention_bef_125")),
	       "two places: no delay, and nothing of the spacing");
	json_decref(all);
	json_decref(seen);
}

/* ---- figures ---- */

static uint32_t known_figures(const struct scope *scope)
{
	uint32_t known = 0;

	for (size_t i = 0; i < scope_figures_count; i++)
		known += !isnan(scope_figure_value(&scope_figures[i], scope,
						   scope_main_lane(scope)));
	return known;
}

static void test_figures(const struct scope *whole, const struct scope *part)
{
	struct scope_condition condition;
	double value;
	char error[256];

	tap_ok(known_figures(whole) > 30, "figures: many are known of the whole");
	tap_u64(known_figures(part), 0, "figures: with holes none is");
	scope_condition_parse("mean_rate>1", &condition, error, sizeof(error));
	tap_ok(!scope_condition_holds(&condition, part, &value) && isnan(value),
	       "figures: no condition is judged by one");
}

/* ---- for people, and for Prometheus ---- */

/* All that a writer of one scope writes; to be freed. */
static char *text_of(const struct scope *scope, const struct scope_join *join,
		     void (*write)(FILE *, const struct scope *,
				   const struct scope_join *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	write(out, scope, join);
	fclose(out);
	return text;
}

static void text_write(FILE *out, const struct scope *scope,
		       const struct scope_join *join)
{
	out_scope(out, scope);
	out_scope_join(out, join, scope, scope);
}

static void metrics_write(FILE *out, const struct scope *scope,
			  const struct scope_join *join)
{
	struct scope_live_losses losses = { .missed_pkts = scope->unseen_pkts };

	(void)join;
	out_scope_metrics(out, scope, 1, &losses, NULL);
}

static void page_write(FILE *out, const struct scope *scope,
		       const struct scope_join *join)
{
	const struct scope *scopes[] = { scope, scope };
	struct scope_live_losses losses = { .missed_pkts = scope->unseen_pkts };
	struct scope_report report = {
		.scopes = scopes, .count = 2, .top_flows = 8,
		.losses = &losses, .join = join,
	};

	scope_report_print(&report, out);
}

/* Words behind which a figure stands that holes make wrong: of the whole all, with holes none. */
static void test_words(const struct scope *whole, const struct scope *part,
		       const struct scope_join *whole_join,
		       const struct scope_join *part_join,
		       void (*write)(FILE *, const struct scope *,
				     const struct scope_join *),
		       const char *const *words, const char *least,
		       const char *claim)
{
	char *all = text_of(whole, whole_join, write);
	char *seen = text_of(part, part_join, write);
	bool is_right = true;

	for (uint32_t i = 0; words[i]; i++) {
		if (strstr(all, words[i]) && !strstr(seen, words[i]))
			continue;
		printf("# \"%s\": whole %d, with holes %d\n", words[i],
		       strstr(all, words[i]) != NULL,
		       strstr(seen, words[i]) != NULL);
		is_right = false;
	}
	tap_ok(is_right, claim);
	tap_ok(strstr(seen, least) && !strstr(all, least), "and says so instead");
	free(all);
	free(seen);
}

static void test_people(const struct scope *whole, const struct scope *part,
			const struct scope_join *whole_join,
			const struct scope_join *part_join)
{
	static const char *const text[] = {
		"peak of 1 ms over", "burst excess", "buffer without loss",
		"against ", "goodput", "sent again", "round trips", "x CBR",
		"gaps     min", "trains   at", "bursts ", "fairness",
		"longest train", "later than the quickest", "variation of the gaps", NULL
	};
	static const char *const page[] = {
		"The busiest millisecond", "<h2>Peak over mean", "<h2>Gaps and trains",
		"<h2>What a buffer would see", "<h2>Against", "<h2>The largest bursts",
		"Jain&#8217;s index is", "1: as even as can be", "1: perfectly paced",
		"<th>gap, median</th>", "<th>sent again</th>",
		"Beyond the shortest", "times that of the first place", NULL
	};
	static const char *const metrics[] = {
		"sluice_scope_mean_rate", "sluice_scope_gap", "sluice_scope_train",
		"sluice_scope_pmr", "sluice_scope_retransmitted",
		"sluice_scope_jain", NULL
	};

	test_words(whole, part, whole_join, part_join, text_write, text,
		   "packets more were not seen", "text: no figure that holes make wrong");
	test_words(whole, part, whole_join, part_join, page_write, page,
		   "packets more were not seen", "page: no figure that holes make wrong");
	test_words(whole, part, whole_join, part_join, metrics_write, metrics,
		   "sluice_scope_missed_packets 1", "Prometheus: no figure that holes make wrong");
}

/* ---- in pieces ---- */

#define ALIKE		0.01		/* a gap is known to 0.8 % */

/* Of gaps and round trips; those of flows are beside what else is of them. */
static bool is_of_spacing(const char *key)
{
	return !strncmp(key, "gap_", 4) || !strncmp(key, "rtt_", 4) ||
	       !strcmp(key, "bytes_per_ack");
}

static void alike(const json_t *part, const json_t *whole, const char *key,
		  bool is_spacing)
{
	const char *name;
	json_t *value, *one;
	size_t i;

	if (json_is_number(part) && is_spacing) {
		double there = json_number_value(whole);

		numbers++;
		if (fabs(json_number_value(part) - there) <= ALIKE * there)
			return;
		wrong++;
		printf("# %s is %g, of all %g\n", key, json_number_value(part),
		       there);
	} else if (json_is_object(part)) {
		json_object_foreach((json_t *)part, name, value)
			/* but counts, and bounds that say so */
			if (strcmp(name, "gaps") && strcmp(name, "rtt_samples") &&
			    strcmp(name, "rtt_min_ns_at_most"))
				alike(value, json_object_get(whole, name), name,
				      is_of_spacing(name) || !strcmp(key, "gap"));
	} else if (json_is_array(part)) {
		json_array_foreach(part, i, one)
			alike(one, same_of(whole, i, one), key, is_spacing);
	}
}

static void test_pieces(const struct scope *whole, const struct scope *pieces,
			const struct scope_join *join)
{
	static const char *const words[] = {
		"<th>highest 1&#8239;ms</th>", "<th>longest train</th>",
		"<th>sent again</th>", "<th>RTT, least</th>",
		"<th>ACKs in clumps</th>", NULL
	};
	static const char *const not_known[] = {
		"<th>&#215; its mean</th>", "<th>gap, median</th>",
		"<th>timeouts</th>", "<th>RTT, p99</th>",
		"<th>queue that stands</th>", "Of all stretches of",
		">mean</text>", NULL
	};
	json_t *all = scope_json(whole, 8), *seen = scope_json(pieces, 8);
	char *page = text_of(pieces, join, page_write);
	char *text = text_of(pieces, join, text_write);
	bool is_right = true;

	numbers = wrong = 0;
	alike(seen, all, "", false);
	tap_ok(numbers > 2 && !wrong, "pieces: gaps and round trips are those of the whole");
	for (uint32_t i = 0; words[i]; i++)
		is_right &= strstr(page, words[i]) != NULL;
	tap_ok(is_right, "pieces: the page has of flows what is known");
	for (uint32_t i = 0; not_known[i]; i++)
		is_right &= !strstr(page, not_known[i]);
	tap_ok(is_right, "pieces: and nothing that takes the whole span");
	tap_ok(strstr(text, "p99 not known, max not known") &&
	       strstr(text, ", again at least ") && strstr(text, ", least rtt at most "),
	       "pieces: text says what a hole would make longer is not known");
	free(text);
	free(page);
	json_decref(all);
	json_decref(seen);
}

int main(void)
{
	static struct scope whole, part, pieces;
	static struct scope_join whole_join, part_join, pieces_join;

	traffic_look(&whole, &whole_join, LOOK_WHOLE);
	traffic_look(&part, &part_join, LOOK_HOLES);
	traffic_look(&pieces, &pieces_join, LOOK_PIECES);
	tap_ok(part.pkts < whole.pkts && part.pkts + part.unseen_pkts == whole.pkts,
	       "some packets were not seen");
	test_json(&whole, &part);
	test_join(&whole_join, &part_join);
	test_figures(&whole, &part);
	test_people(&whole, &part, &whole_join, &part_join);
	test_pieces(&whole, &pieces, &pieces_join);
	scope_done(&pieces);
	scope_join_done(&pieces_join);
	scope_done(&whole);
	scope_done(&part);
	scope_join_done(&whole_join);
	scope_join_done(&part_join);
	return tap_done();
}
