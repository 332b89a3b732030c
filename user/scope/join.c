// SPDX-License-Identifier: GPL-2.0
#include "join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scope.h"

#define BUCKET_SLOTS	16u
#define BUCKETS		(SCOPE_JOIN_SLOTS / BUCKET_SLOTS)
#define PRINT_BYTES	8u		/* of the payload, where TCP does not tell */
#define WAIT_NS		10000000000ull	/* what is forgotten after it would not come */
#define BEF_INDEX	2u		/* 1.25, of sluice_meter_multiples_percent */
#define HIST_BITS	7u
#define FRAME_MIN_BYTES	60u
#define PPM		1000000u
#define MULTIPLIER	0x9e3779b97f4a7c15ull
#define WHOLE		0x77686f6c65ull	/* sets prints of whole super-packets apart */

int scope_join_init(struct scope_join *join,
		    const struct scope_join_config *config)
{
	memset(join, 0, sizeof(*join));
	join->config = *config;
	join->slots = calloc(SCOPE_JOIN_SLOTS, sizeof(*join->slots));
	join->ways_ns = malloc(SCOPE_JOIN_WAYS * sizeof(*join->ways_ns));
	for (int i = 0; i < SCOPE_JOIN_SIDES; i++)
		join->place[i].entries = calloc(SCOPE_JOIN_ENTRIES,
						sizeof(*join->place[i].entries));
	return join->slots && join->ways_ns && join->place[0].entries &&
	       join->place[1].entries ? 0 : -1;
}

void scope_join_done(struct scope_join *join)
{
	free(join->slots);
	free(join->ways_ns);
	join->slots = NULL;
	join->ways_ns = NULL;
	for (int i = 0; i < SCOPE_JOIN_SIDES; i++) {
		struct scope_join_place *place = &join->place[i];

		free(place->entries);
		place->entries = NULL;
		if (place->has_meter)
			sluice_meter_done(&place->meter);
		place->has_meter = false;
	}
}

/* ---- fingerprints ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * MULTIPLIER;
	return hash ^ hash >> 31;
}

static bool is_tcp(const struct scope_packet *packet)
{
	return packet->frame.key.protocol == SLUICE_PROTOCOL_TCP;
}

/* Of the flow; what the frames of a packet share. */
static uint64_t print_begin(const struct scope_packet *packet)
{
	const struct sluice_frame *frame = &packet->frame;
	uint64_t words[sizeof(frame->key) / 8], hash = 1, mark = packet->mark;

	memcpy(words, &frame->key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = mix(hash, words[i]);
	/* Flags that a cut leaves in one of the frames alone are not asked. */
	if (is_tcp(packet))
		return mix(hash, (uint64_t)frame->tcp_ack << 8 |
			   (frame->tcp_flags & (SLUICE_TCP_SYN | SLUICE_TCP_RST)));
	if (frame->payload && frame->payload_captured_bytes >= PRINT_BYTES)
		memcpy(&mark, frame->payload, PRINT_BYTES);
	return mix(hash, mark);
}

/* Of frame number @at of a packet of @frames. Never 0. */
static uint64_t print_of(const struct scope_packet *packet, uint64_t begin,
			 uint32_t at, uint32_t frames)
{
	uint32_t before = at * packet->segment_bytes;
	uint32_t payload = packet->frame.payload_bytes - before;
	uint64_t hash;

	if (at + 1 < frames)
		payload = packet->segment_bytes;
	hash = mix(begin, payload);
	if (is_tcp(packet))
		hash = mix(hash, packet->frame.tcp_sequence + before);
	return hash ? hash : 1;
}

/* ---- what is measured: in the order of each place ---- */

static int meter_begin(const struct scope_join *join, enum scope_join_side side,
		       struct scope_join_place *place, uint64_t time_ns)
{
	struct sluice_meter_config config = {
		.start_ns = time_ns,
		.overhead_bytes = SCOPE_OVERHEAD_BYTES,
		.min_frame_bytes = FRAME_MIN_BYTES,
		.uncertainty_ns = join->config.uncertainty_ns[side],
		.hist_bits = HIST_BITS,
	};

	place->has_meter = true;
	return sluice_meter_init(&place->meter, &config);
}

static void entry_measure(struct scope_join *join, enum scope_join_side side,
			  const struct scope_join_entry *entry)
{
	struct scope_join_place *place = &join->place[side];
	uint32_t frames = entry->matched;

	place->long_pkts += !frames && entry->frames == 1 &&
			    entry->bytes > SCOPE_FRAME_MAX_BYTES;
	if (!frames || join->has_no_memory)
		return;
	if (!place->has_meter &&
	    meter_begin(join, side, place, entry->time_ns) < 0) {
		join->has_no_memory = true;
		return;
	}
	if (!join->config.expands_supers) {
		if (entry->has_first)
			sluice_meter_add(&place->meter, entry->time_ns,
					 entry->bytes);
		return;
	}
	for (; frames > 1; frames--)
		sluice_meter_add(&place->meter, entry->time_ns,
				 entry->frame_bytes);
	sluice_meter_add(&place->meter, entry->time_ns,
			 entry->matched == entry->frames ? entry->rest_bytes :
							   entry->frame_bytes);
}

static struct scope_join_entry *entry_at(struct scope_join_place *place,
					 uint64_t number)
{
	return &place->entries[number % SCOPE_JOIN_ENTRIES];
}

/* What has all been found, up to the first that has not. */
static void entries_measure(struct scope_join *join, enum scope_join_side side)
{
	struct scope_join_place *place = &join->place[side];

	while (place->tail != place->head) {
		struct scope_join_entry *entry = entry_at(place, place->tail);

		if (entry->matched < entry->frames)
			break;
		entry_measure(join, side, entry);
		place->tail++;
	}
}

static void forgotten_count(struct scope_join *join, enum scope_join_side side,
			    uint64_t time_ns, uint32_t frames)
{
	struct scope_join_place *place = &join->place[side];
	const struct scope_join_entry *newest = entry_at(place, place->head - 1);

	if (newest->time_ns < time_ns + WAIT_NS)
		join->forgotten_pkts += frames;
}

/* ---- frames that wait for the other place ---- */

/* How many packets of its place came since; the packet is no longer kept: UINT32_MAX. */
static uint32_t slot_age(const struct scope_join *join,
			 const struct scope_join_slot *slot)
{
	const struct scope_join_place *place = &join->place[slot->side];
	uint32_t age = (uint32_t)place->head - slot->number;

	return age > place->head - place->tail ? UINT32_MAX : age;
}

static struct scope_join_slot *bucket_of(struct scope_join *join, uint64_t print)
{
	return &join->slots[print % BUCKETS * BUCKET_SLOTS];
}

/* The oldest frame of a place with that print. */
static struct scope_join_slot *slot_find(struct scope_join *join, uint64_t print,
					 enum scope_join_side side)
{
	struct scope_join_slot *slot = bucket_of(join, print), *found = NULL;
	uint32_t oldest = 0;

	for (uint32_t i = 0; i < BUCKET_SLOTS; i++, slot++) {
		uint32_t age;

		if (slot->print != print || slot->side != side)
			continue;
		age = slot_age(join, slot);
		if (age == UINT32_MAX || age < oldest)
			continue;
		oldest = age;
		found = slot;
	}
	return found;
}

/* In the place of one that is free, else of the oldest. */
static void slot_put(struct scope_join *join, const struct scope_join_slot *new)
{
	struct scope_join_slot *slot = bucket_of(join, new->print);
	struct scope_join_slot *to = slot;
	uint32_t oldest = 0;

	for (uint32_t i = 0; i < BUCKET_SLOTS; i++, slot++) {
		uint32_t age = slot->print ? slot_age(join, slot) : UINT32_MAX;

		if (age > oldest) {
			oldest = age;
			to = slot;
		}
	}
	if (oldest != UINT32_MAX)
		forgotten_count(join, to->side,
				entry_at(&join->place[to->side],
					 to->number)->time_ns, 1);
	*to = *new;
}

static void lately_add(struct scope_join_lately *lately, int64_t way_ns)
{
	if (!lately->ways++)
		*lately = (struct scope_join_lately){
			.ways = 1, .base_ns = way_ns, .min_ns = way_ns,
			.max_ns = way_ns,
		};
	/* clocks may lie farther apart than a double tells ns */
	lately->sum_over_base_ns += (double)(int64_t)((uint64_t)way_ns -
						(uint64_t)lately->base_ns);
	if (way_ns < lately->min_ns)
		lately->min_ns = way_ns;
	if (way_ns > lately->max_ns)
		lately->max_ns = way_ns;
}

static void way_keep(struct scope_join *join, int64_t way_ns)
{
	uint64_t at = join->ways++;

	lately_add(&join->lately, way_ns);
	if (!at || way_ns < join->way_min_ns)
		join->way_min_ns = way_ns;
	if (!at || way_ns > join->way_max_ns)
		join->way_max_ns = way_ns;
	/* each of n is in the sample with the same chance (Vitter's R) */
	if (at >= SCOPE_JOIN_WAYS) {
		join->sample_state = mix(join->sample_state, at);
		at = (uint64_t)((unsigned __int128)join->sample_state *
				join->ways >> 64);
	}
	if (at < SCOPE_JOIN_WAYS)
		join->ways_ns[at] = way_ns;
}

static void frame_match(struct scope_join *join, enum scope_join_side side,
			struct scope_join_entry *entry, uint32_t at,
			struct scope_join_slot *slot,
			struct scope_join_entry *other)
{
	uint64_t way_ns = side == SCOPE_JOIN_SECOND ?
			  entry->time_ns - other->time_ns :
			  other->time_ns - entry->time_ns;

	join->both_pkts++;
	entry->matched++;
	other->matched++;
	entry->has_first |= !at;
	other->has_first |= !slot->frame;
	if (!at && entry->frames != other->frames)
		join->mixed_pkts++;
	if ((at || slot->frame) && !join->config.expands_supers)
		join->inside_pkts++;
	else if (slot->is_copy)
		join->copied_pkts++;
	else
		way_keep(join, (int64_t)way_ns);
	if (slot->number == slot->last)
		slot->print = 0;
	else
		slot->number = other->next;
}

/* A bundle that is whole at both places: what is said of its first frame holds for all. */
static void bundle_match(struct scope_join *join, struct scope_join_entry *entry,
			 struct scope_join_entry *other)
{
	uint16_t more = entry->frames - 1;

	if (entry->frames != other->frames)
		return;
	join->both_pkts += more;
	if (!join->config.expands_supers)
		join->inside_pkts += more;
	entry->matched += more;
	other->matched += more;
	for (int i = 0; i < SCOPE_JOIN_SIDES; i++)
		join->place[i].untold_pkts -= more;
}

static void frame_add(struct scope_join *join, enum scope_join_side side,
		      const struct scope_packet *packet,
		      struct scope_join_entry *entry, uint32_t at,
		      uint64_t print)
{
	struct scope_join_slot *slot = slot_find(join, print, !side);
	struct scope_join_slot new = {
		.print = print, .side = (uint8_t)side, .frame = (uint16_t)at,
		.number = (uint32_t)(join->place[side].head - 1),
		.last = (uint32_t)(join->place[side].head - 1),
	};

	if (slot) {
		struct scope_join_entry *other =
			entry_at(&join->place[slot->side], slot->number);

		frame_match(join, side, entry, at, slot, other);
		if (!is_tcp(packet))
			bundle_match(join, entry, other);
		return;
	}
	slot = slot_find(join, print, side);
	/* Without TCP's numbers packets may look alike that are not the same. */
	if (slot && !is_tcp(packet)) {
		entry_at(&join->place[side], slot->last)->next = new.number;
		slot->last = new.number;
		return;
	}
	if (slot)
		slot->is_copy = true;
	new.is_copy = slot;
	slot_put(join, &new);
}

/* ---- super-packets that a capture has as long packets ---- */

/* Under which a super-packet waits as a whole, beside its frames. */
static uint64_t print_of_whole(const struct scope_packet *packet, uint64_t begin)
{
	return mix(print_of(packet, begin, 0, 1), WHOLE) | 1;
}

static void whole_put(struct scope_join *join, enum scope_join_side side,
		      const struct scope_packet *packet, uint64_t begin)
{
	uint32_t number = (uint32_t)(join->place[side].head - 1);

	slot_put(join, &(struct scope_join_slot){
		.print = print_of_whole(packet, begin), .side = (uint8_t)side,
		.number = number, .last = number,
	});
}

/* The payload of each frame, if the packet waits at the other place as a super-packet; else 0. */
static uint16_t segment_of_whole(struct scope_join *join,
				 enum scope_join_side side,
				 const struct scope_packet *packet, uint64_t begin)
{
	const struct scope_join_entry *entry;
	const struct scope_join_slot *slot;

	if (!join->place[!side].supers)
		return 0;
	slot = slot_find(join, print_of_whole(packet, begin), !side);
	if (!slot)
		return 0;
	entry = entry_at(&join->place[!side], slot->number);
	/* all frames but the last have it, and the last has the rest */
	return (uint16_t)((packet->frame.payload_bytes + entry->frame_bytes -
			   entry->rest_bytes) / entry->frames);
}

/* The super-packet waits at the other place as a long packet: that becomes its frames. */
static void long_expand(struct scope_join *join, enum scope_join_side side,
			const struct scope_packet *packet, uint64_t begin,
			uint32_t frames)
{
	struct scope_join_slot *slot = slot_find(join, print_of(packet, begin, 0, 1),
						 !side);
	struct scope_join_slot new = { .side = !side };
	struct scope_join_entry *entry;
	uint32_t bytes;

	if (!slot || slot->is_copy)
		return;
	entry = entry_at(&join->place[!side], slot->number);
	bytes = entry->bytes;
	new.number = new.last = slot->number;
	slot->print = 0;
	entry->bytes += scope_packet_wire_bytes(packet) -
			SCOPE_OVERHEAD_BYTES - packet->bytes;
	entry->frame_bytes = (uint16_t)(bytes - packet->frame.payload_bytes +
					packet->segment_bytes);
	entry->rest_bytes = (uint16_t)(bytes - (frames - 1) *
				       packet->segment_bytes);
	entry->frames = (uint16_t)frames;
	join->place[!side].pkts += frames - 1;
	join->place[!side].supers++;
	for (uint32_t i = 0; i < frames; i++) {
		new.print = print_of(packet, begin, i, frames);
		new.frame = (uint16_t)i;
		slot_put(join, &new);
	}
}

static struct scope_join_entry *entry_push(struct scope_join *join,
					   enum scope_join_side side,
					   const struct scope_packet *packet,
					   uint32_t frames)
{
	struct scope_join_place *place = &join->place[side];
	struct scope_join_entry *entry;
	uint32_t frame_bytes = packet->bytes, rest_bytes = frame_bytes;

	if (place->head - place->tail == SCOPE_JOIN_ENTRIES) {
		entry = entry_at(place, place->tail);
		forgotten_count(join, side, entry->time_ns,
				entry->frames - entry->matched);
		entry_measure(join, side, entry);
		place->tail++;
	}
	if (frames > 1) {
		frame_bytes = packet->bytes - packet->frame.payload_bytes +
			      packet->segment_bytes;
		rest_bytes = packet->bytes - (frames - 1) * packet->segment_bytes;
	}
	entry = entry_at(place, place->head++);
	*entry = (struct scope_join_entry){
		.time_ns = packet->time_ns,
		.bytes = scope_packet_wire_bytes(packet) - SCOPE_OVERHEAD_BYTES,
		.frame_bytes = (uint16_t)frame_bytes,
		.rest_bytes = (uint16_t)rest_bytes,
		.frames = (uint16_t)frames,
	};
	return entry;
}

static void packet_add(struct scope_join *join, enum scope_join_side side,
		       const struct scope_packet *packet, uint64_t begin)
{
	struct scope_join_place *place = &join->place[side];
	uint32_t frames = scope_packet_frames(packet), told = frames;
	struct scope_join_entry *entry;

	place->pkts += frames;
	place->supers += frames > 1;
	if (frames > 1 && !is_tcp(packet)) {
		place->untold_pkts += frames - 1;
		told = 1;
	}
	entry = entry_push(join, side, packet, frames);
	if (told > 1)
		long_expand(join, side, packet, begin, frames);
	for (uint32_t i = 0; i < told; i++)
		frame_add(join, side, packet, entry, i,
			  print_of(packet, begin, i, frames));
	if (told > 1 && !entry->matched)
		whole_put(join, side, packet, begin);
}

void scope_join_add(struct scope_join *join, enum scope_join_side side,
		    const struct scope_packet *packet)
{
	uint16_t segment_bytes = 0;
	uint64_t begin;

	if (!packet->is_ip || !packet->frame.has_transport)
		return;
	begin = print_begin(packet);
	if (!packet->segment_bytes && is_tcp(packet))
		segment_bytes = segment_of_whole(join, side, packet, begin);
	if (segment_bytes) {
		struct scope_packet super = *packet;

		super.segment_bytes = segment_bytes;
		packet_add(join, side, &super, begin);
	} else {
		packet_add(join, side, packet, begin);
	}
	entries_measure(join, SCOPE_JOIN_FIRST);
	entries_measure(join, SCOPE_JOIN_SECOND);
}

void scope_join_lately_take(struct scope_join *join,
			    struct scope_join_lately *ret)
{
	*ret = join->lately;
	join->lately = (struct scope_join_lately){ 0 };
}

/* ---- the end ---- */

static int way_compare(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

uint64_t scope_join_ways_kept(const struct scope_join *join)
{
	return join->ways < SCOPE_JOIN_WAYS ? join->ways : SCOPE_JOIN_WAYS;
}

void scope_join_finish(struct scope_join *join)
{
	for (int i = 0; i < SCOPE_JOIN_SIDES; i++) {
		struct scope_join_place *place = &join->place[i];

		for (; place->tail != place->head; place->tail++)
			entry_measure(join, i, entry_at(place, place->tail));
		if (place->has_meter)
			sluice_meter_finish(&place->meter);
	}
	qsort(join->ways_ns, scope_join_ways_kept(join), sizeof(*join->ways_ns),
	      way_compare);
}

uint64_t scope_join_later_ns(const struct scope_join *join, uint32_t share_ppm)
{
	uint64_t kept = scope_join_ways_kept(join);
	uint64_t rank = (kept * share_ppm + PPM - 1) / PPM;
	int64_t way_ns = join->way_max_ns;

	if (!kept)
		return 0;
	if (rank < kept)
		way_ns = join->ways_ns[rank ? rank - 1 : 0];
	/* stamps of a hostile file may lie farther apart than 63 bits */
	return (uint64_t)way_ns - (uint64_t)join->way_min_ns;
}

double scope_join_value(const struct scope_join *join, enum scope_join_side side,
			enum scope_join_figure figure)
{
	const struct scope_join_place *place = &join->place[side];

	if (!place->has_meter || join->has_no_memory ||
	    !scope_join_is_whole(join) ||
	    join->place[SCOPE_JOIN_FIRST].left_out_pkts ||
	    join->place[SCOPE_JOIN_SECOND].left_out_pkts ||
	    (join->mixed_pkts && !join->config.expands_supers))
		return NAN;
	if (figure == SCOPE_JOIN_COV)
		return sluice_meter_gap_cov(&place->meter);
	/* what is mostly made by the step of stamps is no spacing */
	return sluice_excess_is_told(&place->meter.excess[BEF_INDEX]) ?
	       place->meter.excess[BEF_INDEX].max : NAN;
}

void scope_join_coarsen(struct scope_join *join, enum scope_join_side side,
			uint32_t uncertainty_ns)
{
	join->config.uncertainty_ns[side] = uncertainty_ns;
	if (join->place[side].has_meter)
		sluice_meter_coarsen(&join->place[side].meter, uncertainty_ns);
}

uint32_t scope_join_least_ns(const struct scope_join *join)
{
	const uint32_t *uncertainty_ns = join->config.uncertainty_ns;

	return uncertainty_ns[0] > uncertainty_ns[1] ? uncertainty_ns[0] :
						       uncertainty_ns[1];
}

double scope_join_retention(const struct scope_join *join,
			    enum scope_join_figure figure)
{
	double ratio = scope_join_value(join, SCOPE_JOIN_SECOND, figure) /
		       scope_join_value(join, SCOPE_JOIN_FIRST, figure);

	return isfinite(ratio) ? ratio : NAN;
}
