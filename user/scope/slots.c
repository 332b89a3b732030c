// SPDX-License-Identifier: GPL-2.0
/* What passed lately; see slots.h. */
#include "slots.h"

#include <math.h>
#include <string.h>

#define GAP_BINS_A_DECADE	4.0
#define SLOT_MS			(SCOPE_SLOT_NS / 1000000u)
/* Gaps to 100 us: what a receiver sees as one train. */
#define THETA			(SLUICE_THETAS - 1)

/* ---- bins ---- */

uint32_t scope_slot_gap_bin(uint64_t gap_ns)
{
	double bin;

	if ((double)gap_ns < SCOPE_SLOT_GAP_MIN_NS)
		return 0;
	/* the step of a hundred thousandth keeps whole decades in their bin */
	bin = floor(log10((double)gap_ns / SCOPE_SLOT_GAP_MIN_NS) *
		    GAP_BINS_A_DECADE + 1e-5);
	return bin < SCOPE_SLOT_GAPS ? (uint32_t)bin : SCOPE_SLOT_GAPS - 1;
}

uint32_t scope_slot_train_bin(uint64_t pkts)
{
	uint32_t octave = 63 - (uint32_t)__builtin_clzll(pkts | 1);

	return octave < SCOPE_SLOT_TRAINS ? octave : SCOPE_SLOT_TRAINS - 1;
}

/* ---- what comes in ---- */

/* The slot of that number, empty if it is new; NULL: it is no longer kept. */
static struct scope_slot *slot_get(struct scope_slots *slots, uint64_t number)
{
	uint64_t fresh;

	if (number + SCOPE_SLOTS <= slots->newest)
		return NULL;
	for (fresh = slots->newest + 1; fresh <= number; fresh++) {
		if (number - fresh >= SCOPE_SLOTS)
			fresh = number - SCOPE_SLOTS + 1;
		memset(&slots->slot[fresh % SCOPE_SLOTS], 0,
		       sizeof(slots->slot[0]));
	}
	if (number > slots->newest)
		slots->newest = number;
	return &slots->slot[number % SCOPE_SLOTS];
}

static void raise_to(uint64_t *max, uint64_t value)
{
	if (value > *max)
		*max = value;
}

void scope_slots_millisecond(struct scope_slots *slots,
			     const struct sluice_millisecond *one)
{
	struct scope_slot *slot = slot_get(slots, one->number / SLOT_MS);

	if (!slot)
		return;
	slot->bytes += one->bytes;
	slot->pkts += one->pkts;
	raise_to(&slot->max_1ms_bytes, one->bytes);
	raise_to(&slot->max_100us_bytes, one->max_100us_bytes);
	raise_to(&slot->max_10us_bytes, one->max_10us_bytes);
}

void scope_slots_event(struct scope_slots *slots, uint64_t since_ns,
		       const struct scope_flow_event *event)
{
	struct scope_slot *slot;

	if (!event->is_retransmitted && !event->is_timeout &&
	    !event->is_pure_ack)
		return;
	slot = slot_get(slots, since_ns / SCOPE_SLOT_NS);
	if (!slot)
		return;
	slot->retransmitted_pkts += event->is_retransmitted;
	slot->timeouts += event->is_timeout;
	slot->acks += event->is_pure_ack;
	slot->clumped_acks += event->is_clumped;
}

void scope_slots_burst(struct scope_slots *slots, uint64_t since_ns,
		       enum scope_direction direction,
		       const struct sluice_burst *burst,
		       const struct scope_flows *flows)
{
	struct scope_slot *slot = slot_get(slots, since_ns / SCOPE_SLOT_NS);

	if (!slot || burst->bytes <= slot->burst.burst.bytes)
		return;
	slot->burst.burst = *burst;
	slot->burst.flows = scope_flows_shares(flows, direction,
					       burst->start_ns,
					       burst->start_ns +
					       burst->duration_ns,
					       slot->burst.share,
					       SCOPE_BURST_FLOWS,
					       &slot->burst.is_whole);
}

/* What is in the bins now, less what was there before. */
static void gained(uint64_t *to, uint64_t *before, const uint64_t *now,
		   uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		to[i] += now[i] - before[i];
		before[i] = now[i];
	}
}

void scope_slots_meter(struct scope_slots *slots, uint64_t number,
		       struct sluice_meter *meter)
{
	const struct sluice_hist *pkts = &meter->trains.theta[THETA].pkts;
	uint64_t gaps[SCOPE_SLOT_GAPS] = { 0 };
	uint64_t train_pkts[SCOPE_SLOT_TRAINS] = { 0 };
	struct scope_slot *slot = slot_get(slots, number);

	if (!slot)
		return;
	sluice_trains_sync(&meter->trains);
	for (uint32_t i = 0; i <= meter->gap.last; i++)
		if (meter->gap.buckets[i].count)
			gaps[scope_slot_gap_bin(sluice_hist_low(&meter->gap,
								i))] +=
				meter->gap.buckets[i].count;
	for (uint32_t i = 0; i <= pkts->last; i++)
		if (pkts->buckets[i].count)
			train_pkts[scope_slot_train_bin(sluice_hist_low(pkts,
									i))] +=
				pkts->buckets[i].sum;
	gained(slot->gaps, slots->gaps, gaps, SCOPE_SLOT_GAPS);
	gained(slot->train_pkts, slots->train_pkts, train_pkts,
	       SCOPE_SLOT_TRAINS);
}

/* Of both lanes that share the slots; without times all came since the turn before. */
static void mac_control_gained(struct scope_slots *slots, uint64_t number,
			       const struct scope_mac_control *one,
			       const struct scope_mac_control *other)
{
	struct scope_mac_control now = {
		.frames = one->frames + other->frames,
		.wire_bytes = one->wire_bytes + other->wire_bytes,
	};
	struct scope_slot *slot = now.frames ? slot_get(slots, number) : NULL;

	if (!slot)
		return;
	slot->mac_control.frames += now.frames - slots->mac_control.frames;
	slot->mac_control.wire_bytes += now.wire_bytes -
					slots->mac_control.wire_bytes;
	slots->mac_control = now;
}

uint64_t scope_slots_turn(struct scope_slots *slots, struct scope *scope,
			  uint64_t end, uint64_t now_ns)
{
	static const struct scope_mac_control none;

	if (scope->flows && now_ns > scope->start_ns + SCOPE_SLOT_LAG_NS)
		end = (now_ns - SCOPE_SLOT_LAG_NS - scope->start_ns) /
		      SCOPE_SLOT_NS;
	for (unsigned int i = 0; i < SCOPE_DIRECTIONS; i++) {
		struct scope_lane *lane = &scope->lane[i];

		if (!lane->is_used)
			continue;
		sluice_meter_advance(&lane->meter, scope->start_ns +
				     end * SCOPE_SLOT_NS);
		scope_slots_meter(&slots[i == SCOPE_IN], end ? end - 1 : 0,
				  &lane->meter);
	}
	mac_control_gained(&slots[0], end ? end - 1 : 0,
			   &scope->lane[SCOPE_ANY].mac_control,
			   &scope->lane[SCOPE_OUT].mac_control);
	mac_control_gained(&slots[1], end ? end - 1 : 0,
			   &scope->lane[SCOPE_IN].mac_control, &none);
	return end;
}

/* ---- what goes out ---- */

static void slot_add(struct scope_slot *to, const struct scope_slot *from)
{
	to->bytes += from->bytes;
	to->pkts += from->pkts;
	raise_to(&to->max_1ms_bytes, from->max_1ms_bytes);
	raise_to(&to->max_100us_bytes, from->max_100us_bytes);
	raise_to(&to->max_10us_bytes, from->max_10us_bytes);
	to->retransmitted_pkts += from->retransmitted_pkts;
	to->timeouts += from->timeouts;
	to->acks += from->acks;
	to->clumped_acks += from->clumped_acks;
	to->mac_control.frames += from->mac_control.frames;
	to->mac_control.wire_bytes += from->mac_control.wire_bytes;
	for (uint32_t i = 0; i < SCOPE_SLOT_GAPS; i++)
		to->gaps[i] += from->gaps[i];
	for (uint32_t i = 0; i < SCOPE_SLOT_TRAINS; i++)
		to->train_pkts[i] += from->train_pkts[i];
	if (from->burst.burst.bytes > to->burst.burst.bytes)
		to->burst = from->burst;
}

void scope_slots_sum(const struct scope_slots *slots, uint64_t end,
		     uint64_t count, struct scope_slot *ret)
{
	uint64_t from = end > count ? end - count : 0;

	memset(ret, 0, sizeof(*ret));
	if (from + SCOPE_SLOTS <= slots->newest)
		from = slots->newest - SCOPE_SLOTS + 1;
	for (; from < end && from <= slots->newest; from++)
		slot_add(ret, &slots->slot[from % SCOPE_SLOTS]);
}
