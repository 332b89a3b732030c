// SPDX-License-Identifier: GPL-2.0
/* The queue that stands, by round trips (standing.h): in closed form, and by its definition. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/scope/figure.h"
#include "../../user/scope/scope_json.h"
#include "../../user/scope/sums.h"
#include "core_random.h"
#include "user_scope_packet.h"
#include "user_tap.h"

#define SECOND		SLUICE_NS_PER_S
#define START_NS	(1700000000 * SECOND)
#define MS		1000000ull
#define SEGMENT		1000u

static struct scope scope;
static enum scope_direction data_direction;
static uint32_t sequence[8];

static void begin(void)
{
	struct scope_config config = {
		.vantage = { .name = "test", .resolution_ns = 1,
			     .uncertainty_ns = 1 },
	};

	data_direction = SCOPE_ANY;
	memset(sequence, 0, sizeof(sequence));
	scope_init(&scope, &config);
}

static void packet(uint64_t at_ns, unsigned int number, bool is_back,
		   uint32_t payload, uint8_t flags)
{
	struct scope_packet one = scope_tcp_packet(START_NS + at_ns, number,
						   is_back, is_back ? 1 :
						   sequence[number], payload,
						   is_back ? sequence[number] : 2);
	struct scope_flow_event event;

	one.frame.tcp_flags |= flags;
	if (data_direction != SCOPE_ANY)
		one.direction = is_back ? SCOPE_OUT + SCOPE_IN - data_direction :
				data_direction;
	scope_add(&scope, &one, &event);
}

/* A segment, and its ACK rtt_ns later; nothing of others between. Returns when that is. */
static uint64_t trip(uint64_t at_ns, unsigned int number, uint64_t rtt_ns)
{
	packet(at_ns, number, false, SEGMENT, 0);
	sequence[number] += SEGMENT;
	packet(at_ns + rtt_ns, number, true, 0, 0);
	return at_ns + rtt_ns;
}

static double figure(const char *name)
{
	return scope_figure_find(name)->value(&scope, &scope.lane[data_direction]);
}

static struct scope_sums sums(void)
{
	struct scope_sums ret;

	scope_sums_of(&scope, data_direction, &ret);
	return ret;
}

static void is_unknown(const char *why, const char *claim)
{
	struct scope_sums got;
	json_t *json;
	char *text;

	scope_finish(&scope);
	got = sums();
	tap_ok(isnan(figure("standing_queue")) && isnan(figure("standing_queue_max")), claim);
	tap_text(scope_sums_why_no_standing(&got), why, "it says why");
	json = scope_json(&scope, 4);
	text = json_dumps(json, 0);
	tap_ok(strstr(text, why) && !strstr(text, "standing_queue_mean_ns"), "in JSON, too");
	free(text);
	json_decref(json);
	scope_done(&scope);
}

/* 20 ms of way, found before the queue came; then 30 ms of queue for good. */
static void test_constant(void)
{
	uint64_t at_ns;

	begin();
	trip(0, 0, 20 * MS);
	at_ns = SECOND;
	for (int i = 0; i < 41; i++)
		at_ns = trip(at_ns, 0, 50 * MS);
	scope_finish(&scope);
	/* each 100 ms two of them; the first round trip is an interval that is too short */
	tap_u64(sums().standing_intervals, 20, "constant: two round trips of 50 ms an interval");
	tap_real(figure("standing_queue"), 30e6, "constant: 30 ms of queue stand");
	tap_real(figure("standing_queue_max"), 30e6, "constant: and never more");
	scope_done(&scope);
	begin();
	at_ns = 0;
	for (int i = 0; i < 100; i++)
		at_ns = trip(at_ns, 0, 50 * MS);
	scope_finish(&scope);
	tap_real(figure("standing_queue"), 0, "constant: one that stood all the time is not seen");
	scope_done(&scope);
}

/* Each 100 ms the queue grows from nothing to 4.5 ms and drains. */
static void test_drains(void)
{
	begin();
	for (uint64_t i = 0; i < 1000; i++)
		trip(i * 10 * MS, 0, MS + (i % 10) * MS / 2);
	scope_finish(&scope);
	tap_real(figure("standing_queue"), 0, "drains: empty once in each interval, nothing stands");
	tap_real(figure("standing_queue_max"), 0, "drains: in none of them");
	tap_ok(sums().standing_intervals >= 90, "drains: of which there are enough");
	tap_real(figure("rtt_inflation"), 3.25, "drains: though round trips are 3.25 times the least");
	scope_done(&scope);
	/* in the second second it does not: ten intervals of 1 ms at least, ten of 3 ms */
	begin();
	for (uint64_t i = 0; i <= 200; i++)
		trip(i * 10 * MS, 0, (i < 100 ? 1 : 3) * MS + (i % 10) * MS / 2);
	scope_finish(&scope);
	tap_u64(sums().standing_intervals, 20, "drains: two seconds are twenty intervals");
	tap_real(figure("standing_queue"), 1e6, "drains: 2 ms that stand for half of the time are 1 ms on average");
	tap_real(figure("standing_queue_max"), 2e6, "drains: and 2 ms at most");
	scope_done(&scope);
}

/* A round trip of 300 ms: an interval has two of them, and so 600 ms. */
static void test_long(void)
{
	uint64_t at_ns = 0;

	begin();
	for (int i = 0; i < 21; i++)
		at_ns = trip(at_ns, 0, i < 2 ? 300 * MS : i % 2 ? 400 * MS : 350 * MS);
	scope_finish(&scope);
	tap_u64(sums().standing_intervals, 10, "long: two round trips an interval");
	tap_real(figure("standing_queue"), 45e6, "long: nine times 50 ms stand, and once nothing");
	scope_done(&scope);
}

/* A pause ends an interval: what came before and what comes behind it are not one. */
static void test_pause(void)
{
	begin();
	trip(0, 0, MS);
	/* 81 ms of a queue, then nothing for a second, and again */
	for (uint64_t k = 1; k < 6; k++)
		for (uint64_t i = 0; i < 10; i++)
			trip(k * SECOND + i * 9 * MS, 0, 8 * MS);
	is_unknown("no flow had two round trips", "pause: stretches below 100 ms are not joined over pauses");
	begin();
	trip(0, 0, MS);
	for (uint64_t k = 1; k < 6; k++)
		for (uint64_t i = 0; i < 11; i++)
			trip(k * SECOND + i * 10 * MS, 0, 8 * MS);
	scope_finish(&scope);
	/* the eleventh ends an interval and begins one that is too short */
	tap_u64(sums().standing_intervals, 5, "pause: stretches of 100 ms count, one each");
	tap_real(figure("standing_queue"), 7e6, "pause: with what stood in them");
	scope_done(&scope);
}

static void test_unknown(void)
{
	uint64_t at_ns = 0;

	begin();
	for (uint64_t i = 0; i < 100; i++) {
		packet(i * 10 * MS, 0, false, SEGMENT, 0);
		sequence[0] += SEGMENT;
	}
	is_unknown("no data was seen together with its ACK", "unknown: without ACKs");
	begin();
	data_direction = SCOPE_IN;
	for (int i = 0; i < 100; i++)
		at_ns = trip(at_ns, 0, 10 * MS);
	is_unknown("the data is received here", "unknown: data that comes");
	/* of a capture that tells no direction its handshake does: 50 ms to the client, 20 us to us */
	begin();
	packet(0, 0, false, 0, SLUICE_TCP_SYN);
	sequence[0] = 1;
	packet(20000, 0, true, 0, SLUICE_TCP_SYN);
	packet(50 * MS, 0, false, 0, 0);
	at_ns = 51 * MS;
	for (int i = 0; i < 100; i++)
		at_ns = trip(at_ns, 0, 20000) + 9 * MS;
	is_unknown("the data is received here", "unknown: a capture taken at the receiver");
	/* the same from the other end */
	begin();
	packet(0, 0, false, 0, SLUICE_TCP_SYN);
	sequence[0] = 1;
	packet(50 * MS, 0, true, 0, SLUICE_TCP_SYN);
	packet(50 * MS + 20000, 0, false, 0, 0);
	at_ns = SECOND;
	for (int i = 0; i < 10; i++)
		at_ns = trip(at_ns, 0, 60 * MS);
	scope_finish(&scope);
	tap_real(figure("standing_queue"), 10e6, "known: a capture taken at the sender; the handshake met no queue");
	scope_done(&scope);
}

/* ---- the definition, the slow way ---- */

struct sample {
	uint64_t end_ns;
	uint64_t rtt_ns;
};

/*
 * Round trips from first on that one interval has: up to the next pause, and of
 * those the first that make up 100 ms and two. *ret_counts: it is long enough.
 */
static int interval_of(const struct sample *sample, int first, int samples,
		       bool *ret_counts)
{
	int behind = first + 1;

	while (behind < samples &&
	       sample[behind].end_ns - sample[behind].rtt_ns <=
	       sample[behind - 1].end_ns + 100 * MS)
		behind++;
	for (int i = first + 2; i < behind; i++)
		if (sample[i].end_ns >= sample[first].end_ns + 100 * MS) {
			*ret_counts = true;
			return i - first;
		}
	*ret_counts = behind - first > 1 &&
		      sample[behind - 1].end_ns >=
		      sample[first].end_ns + 100 * MS;
	return behind - first;
}

static void definition(const struct sample *sample, int samples,
		       double *ret_sum, double *ret_max, uint64_t *ret_count)
{
	uint64_t base_ns = UINT64_MAX;
	bool counts;
	int in_it;

	for (int i = 0; i < samples; i++)
		base_ns = sample[i].rtt_ns < base_ns ? sample[i].rtt_ns : base_ns;
	for (int i = 0; i < samples; i += in_it) {
		uint64_t least_ns = UINT64_MAX;

		in_it = interval_of(sample, i, samples, &counts);
		for (int k = i; k < i + in_it; k++)
			least_ns = sample[k].rtt_ns < least_ns ?
				   sample[k].rtt_ns : least_ns;
		if (!counts)
			continue;
		*ret_sum += (double)(least_ns - base_ns);
		*ret_max = fmax(*ret_max, (double)(least_ns - base_ns));
		(*ret_count)++;
	}
}

/* Flows one behind the other in time, with queues that wander, and pauses. */
static void test_definition(void)
{
	enum { FLOWS = 6, SAMPLES = 3000 };
	static struct sample sample[SAMPLES];
	u64 state = 5;
	uint64_t at_ns = 0, count = 0;
	double sum = 0, max = 0;

	begin();
	for (unsigned int flow = 0; flow < FLOWS; flow++) {
		uint64_t queue_ns = 20 * MS;

		for (int i = 0; i < SAMPLES; i++) {
			uint64_t rtt_ns = (1 + flow * 30) * MS + queue_ns;

			/* up or down by 2 ms at most, and what passes by on top */
			queue_ns += random_below(&state, 4 * MS);
			queue_ns = queue_ns < 2 * MS ? 0 : queue_ns - 2 * MS;
			rtt_ns += random_bits(&state, 24);
			at_ns += random_below(&state, i % 20 ? 5 * MS :
					      300 * MS);
			at_ns = trip(at_ns, flow, rtt_ns);
			sample[i] = (struct sample){ at_ns, rtt_ns };
		}
		definition(sample, SAMPLES, &sum, &max, &count);
	}
	scope_finish(&scope);
	tap_ok(count > 1000, "random: enough intervals to tell");
	tap_u64(sums().standing_intervals, count, "random: intervals by the definition");
	tap_ok(fabs(figure("standing_queue") * (double)count - sum) < 1e-9 * sum, "random: their queue on average");
	tap_real(figure("standing_queue_max"), max, "random: and at most");
	scope_done(&scope);
}

int main(void)
{
	test_constant();
	test_drains();
	test_long();
	test_pause();
	test_unknown();
	test_definition();
	return tap_done();
}
