// SPDX-License-Identifier: GPL-2.0
/*
 * Datagrams that somebody sends to the receiver of a burst test, and reports that
 * somebody sends to its sender; the same ones in every run. ASan watches the
 * ends. No answer may be longer than what it answers, or go to a stranger, and
 * whatever is taken must make sense.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "../../user/scope/burst_judge.h"
#include "../../user/scope/burst_receiver.h"
#include "../unit/core_random.h"
#include "../unit/user_tap.h"

#define SEED		0xb5
#define ROUNDS		400000
#define REPORTS		200000
#define STRANGER	3

static struct burst_receiver receiver;

/**
 * struct sample - somebody who sends
 * @peer: his address
 * @cookie: what he was given
 * @nonce: his
 * @probe: of his last START
 */
struct sample {
	struct burst_peer peer;
	uint64_t cookie;
	uint64_t nonce;
	uint32_t probe;
};

/* Exactly @bytes on the heap, some of them changed. */
static uint8_t *bytes_mutate(const uint8_t *from, size_t bytes, u64 *state)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	u64 i, n = random_below(state, 3) ? 0 : random_below(state, 6);

	if (!copy)
		abort();
	memcpy(copy, from, bytes);
	for (i = 0; i < n && bytes; i++)
		copy[random_below(state, bytes)] = (uint8_t)random_next(state);
	return copy;
}

static struct burst_header header_any(struct sample *sample, u64 *state)
{
	static const enum burst_type often[] = {
		BURST_HELLO, BURST_START, BURST_BURST, BURST_BURST,
		BURST_BURST, BURST_BURST, BURST_ASK, BURST_ASK,
	};
	struct burst_header header = {
		.type = random_below(state, 8) ?
			often[random_below(state, 8)] :
			BURST_HELLO + random_below(state, BURST_END),
		.cookie = sample->cookie, .nonce = sample->nonce,
		.probe = sample->probe + (uint32_t)!random_below(state, 3),
		.packets = (uint32_t)random_below(state, 40),
	};

	if (!random_below(state, 30))
		header.packets = (uint32_t)random_below(state,
						2 * BURST_PACKETS_CEILING);
	return header;
}

/* One datagram of somebody; false: its answer breaks a promise. */
static bool take_any(struct sample *sample, bool is_stranger, uint64_t now_ns,
		     u64 *state, u64 *answers)
{
	struct burst_header header = header_any(sample, state), got;
	uint8_t message[BURST_HEADER_BYTES], answer[BURST_REPORT_BYTES];
	size_t captured = BURST_HEADER_BYTES, bytes, length;
	struct burst_datagram datagram;
	struct burst_report report;
	uint8_t *copy;

	burst_header_put(message, &header);
	bytes = burst_type_bytes(header.type);
	if (!random_below(state, 10))
		bytes = random_below(state, 500);
	if (captured > bytes)
		captured = bytes;
	copy = bytes_mutate(message, captured, state);
	datagram = (struct burst_datagram){
		.from = sample->peer, .data = copy,
		.captured_bytes = captured, .bytes = bytes,
		.stamp_ns = random_below(state, 9) ? now_ns :
						     random_next(state),
		.overflowed = (uint32_t)random_below(state, 1000),
	};
	length = burst_receiver_take(&receiver, &datagram, now_ns, answer);
	free(copy);
	if (!length)
		return true;
	++*answers;
	if (is_stranger || length > bytes ||
	    !burst_header_get(answer, length, length, &got))
		return false;
	if (got.type == BURST_WELCOME && got.nonce == sample->nonce)
		sample->cookie = got.cookie;
	if (got.type == BURST_STARTED && got.probe - sample->probe < 2)
		sample->probe = got.probe;
	return got.type != BURST_REPORT ||
	       (burst_report_get(answer, &report) &&
		report.packets <= BURST_PACKETS_CEILING);
}

static void fuzz_receiver(void)
{
	struct sample samples[STRANGER + 1] = { { .nonce = 0 } };
	u64 state = SEED, i, answers = 0, reports = 0, now_ns = 1;
	char error[128];
	bool is_met = true;

	if (burst_prefix_parse("192.0.2.0/24", receiver.allowed, error,
			       sizeof(error)))
		abort();
	receiver.n_allowed = 1;
	for (i = 0; i <= STRANGER; i++) {
		samples[i].peer = (struct burst_peer){
			.address = receiver.allowed[0].address,
			.port = htons(1000),
		};
		samples[i].peer.address.s6_addr[15] = (uint8_t)i;
		samples[i].nonce = random_next(&state);
	}
	samples[STRANGER].peer.address.s6_addr[14] = 3;
	for (i = 0; is_met && i < ROUNDS; i++) {
		u64 who = random_below(&state, 8) ? 0 :
			  random_below(&state, STRANGER + 1);

		is_met = take_any(&samples[who], who == STRANGER, now_ns,
				  &state, &answers);
		now_ns += random_below(&state, 1000000);
		if (!random_below(&state, 10000))
			now_ns += BURST_IDLE_NS;
		reports += receiver.ended.is_open;
		receiver.ended.is_open = false;
	}
	tap_ok(is_met && answers > ROUNDS / 20 && answers < ROUNDS &&
	       reports > 10 && receiver.refused_datagrams > ROUNDS / 100,
	       "fuzz: any datagram at the receiver");
	printf("# %llu answers, %llu sessions\n", answers, reports);
}

/* A burst of which something is missing, as its receiver reports it. */
static void report_make(uint8_t *message, u64 *state)
{
	static struct burst_arrivals arrivals;
	uint32_t packets = 1 + (uint32_t)random_below(state, 200), i;
	struct burst_report report;

	burst_arrivals_begin(&arrivals, packets);
	for (i = 0; i < packets; i++)
		if (random_below(state, 3))
			burst_arrivals_add(&arrivals, i, 100 * i);
	burst_arrivals_report(&arrivals, 0, &report);
	memset(message, 0, BURST_REPORT_BYTES);
	burst_report_put(message, &report);
}

static void fuzz_report(void)
{
	uint8_t message[BURST_REPORT_BYTES], again[BURST_REPORT_BYTES];
	struct burst_known known = { .arrivals = 0 };
	u64 state = SEED, i, taken = 0;
	bool is_met = true;

	for (i = 0; is_met && i < REPORTS; i++) {
		struct burst_probe probe = {
			.sent = { .packet_bytes = 1500, .bundles = 2,
				  .call_ns = random_next(&state) >> 30,
				  .dropped = random_below(&state, 3) },
		};
		struct burst_report twice;
		uint8_t *copy;

		report_make(message, &state);
		copy = bytes_mutate(message, sizeof(message), &state);
		if (burst_report_get(copy, &probe.report)) {
			taken++;
			probe.sent.packets = probe.report.packets;
			burst_judge(&probe, &known);
			is_met = probe.lost_here + probe.lost_there <=
				 probe.lost &&
				 probe.lost <= probe.sent.packets &&
				 burst_buffer_bytes(&probe, &known) <=
				 (uint64_t)probe.sent.packets * 1500;
			burst_report_put(copy, &probe.report);
			memcpy(again, copy, sizeof(again));
			is_met = is_met && burst_report_get(copy, &twice);
			burst_report_put(again, &twice);
			is_met = is_met && !memcmp(again, copy, sizeof(again));
		}
		free(copy);
	}
	tap_ok(is_met && taken > REPORTS / 2 && taken < REPORTS,
	       "fuzz: any report at the sender");
	printf("# %llu taken\n", taken);
}

int main(void)
{
	fuzz_receiver();
	fuzz_report();
	return tap_done();
}
