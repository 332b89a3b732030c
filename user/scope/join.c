// SPDX-License-Identifier: GPL-2.0
#include "join.h"

#include <stdlib.h>
#include <string.h>

#define PROBES_MAX	64u
#define PRINT_BYTES	16u		/* of the payload */
#define PPM		1000000u
#define MULTIPLIER	0x9e3779b97f4a7c15ull

int scope_join_init(struct scope_join *join)
{
	*join = (struct scope_join){
		.slots = calloc(SCOPE_JOIN_SLOTS, sizeof(*join->slots)),
		.ways_ns = malloc(SCOPE_JOIN_WAYS * sizeof(*join->ways_ns)),
	};
	return join->slots && join->ways_ns ? 0 : -1;
}

void scope_join_done(struct scope_join *join)
{
	free(join->slots);
	free(join->ways_ns);
	join->slots = NULL;
	join->ways_ns = NULL;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * MULTIPLIER;
	return hash ^ hash >> 31;
}

/* Never 0 for a packet that can be known again, 0 for others. */
static uint64_t print_of(const struct scope_packet *packet)
{
	const struct sluice_frame *frame = &packet->frame;
	uint64_t words[sizeof(frame->key) / 8], hash = 1;
	uint64_t payload[PRINT_BYTES / 8] = { 0 };

	if (!packet->is_ip || !frame->has_transport)
		return 0;
	memcpy(words, &frame->key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = mix(hash, words[i]);
	hash = mix(hash, (uint64_t)frame->tcp_sequence << 32 | frame->tcp_ack);
	hash = mix(hash, (uint64_t)frame->payload_bytes << 8 | frame->tcp_flags);
	/* TCP's numbers tell; without them whatever both places captured */
	if (packet->frame.key.protocol != SLUICE_PROTOCOL_TCP &&
	    frame->payload && frame->payload_captured_bytes >= PRINT_BYTES) {
		memcpy(payload, frame->payload, PRINT_BYTES);
		hash = mix(mix(hash, payload[0]), payload[1]);
	}
	return hash ? hash : 1;
}

void scope_join_first(struct scope_join *join, const struct scope_packet *packet)
{
	uint64_t print = print_of(packet);
	struct scope_join_slot *oldest = NULL;

	if (!print)
		return;
	join->first_pkts++;
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		struct scope_join_slot *slot =
			&join->slots[(print + i) % SCOPE_JOIN_SLOTS];

		if (!slot->print) {
			*slot = (struct scope_join_slot){ print, packet->time_ns };
			join->waiting++;
			return;
		}
		if (!oldest || slot->time_ns < oldest->time_ns)
			oldest = slot;
	}
	join->forgotten_pkts++;
	*oldest = (struct scope_join_slot){ print, packet->time_ns };
}

/* The oldest packet with that print. */
static struct scope_join_slot *slot_find(struct scope_join *join, uint64_t print)
{
	struct scope_join_slot *found = NULL;

	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		struct scope_join_slot *slot =
			&join->slots[(print + i) % SCOPE_JOIN_SLOTS];

		if (slot->print == print &&
		    (!found || slot->time_ns < found->time_ns))
			found = slot;
	}
	return found;
}

void scope_join_second(struct scope_join *join,
		       const struct scope_packet *packet)
{
	uint64_t print = print_of(packet);
	struct scope_join_slot *slot;
	int64_t way_ns;
	uint64_t at;

	if (!print)
		return;
	join->second_pkts++;
	slot = slot_find(join, print);
	if (!slot)
		return;
	way_ns = (int64_t)(packet->time_ns - slot->time_ns);
	slot->print = 0;
	join->waiting--;
	at = join->both_pkts++;
	/* each of n is in the sample with the same chance (Vitter's R) */
	if (at >= SCOPE_JOIN_WAYS) {
		join->sample_state = mix(join->sample_state, at);
		at = (uint64_t)((unsigned __int128)join->sample_state *
				join->both_pkts >> 64);
	}
	if (at < SCOPE_JOIN_WAYS)
		join->ways_ns[at] = way_ns;
}

static int way_compare(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

static uint64_t ways_kept(const struct scope_join *join)
{
	return join->both_pkts < SCOPE_JOIN_WAYS ? join->both_pkts :
						   SCOPE_JOIN_WAYS;
}

void scope_join_finish(struct scope_join *join)
{
	qsort(join->ways_ns, ways_kept(join), sizeof(*join->ways_ns),
	      way_compare);
}

uint64_t scope_join_later_ns(const struct scope_join *join, uint32_t share_ppm)
{
	uint64_t kept = ways_kept(join);
	uint64_t rank = (kept * share_ppm + PPM - 1) / PPM;

	if (!kept)
		return 0;
	return (uint64_t)(join->ways_ns[rank ? rank - 1 : 0] -
			  join->ways_ns[0]);
}
