/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A timing wheel that is exact to the nanosecond and O(1) in its nodes (P10).
 *
 * A node due at e lies, seen from the wheel's time w, on the level of the
 * highest bit in which e and w differ, six bits to a level:
 *
 *	level(e) = floor(log2(e XOR w) / 6)	slot(e) = (e >> 6 level) mod 64
 *
 * so level 0 has slots of 1 ns, level 1 of 64 ns, .. level 10 of 36 years, and
 * eleven levels hold any 64-bit time: no overflow list, no horizon.
 *
 *	level 2  |..|##|..|..|..|		a slot holds a FIFO of nodes and
 *	            \__ 64 slots of 64 ns	the earliest time among them
 *	level 1     |..|..|##|
 *	                  \__ 64 slots of 1 ns
 *	level 0           |..|e|
 *
 * When w enters a slot of level n its nodes move to lower levels. A node moves
 * at most once per level, and log64 of the delay is all that the cost depends
 * on: 100 us ahead is two moves, whether one flow waits or a million. All
 * occupied slots of a level lie behind w and before the next slot of the level
 * above, hence the first occupied slot of the lowest occupied level holds the
 * earliest node, and one bit scan finds it.
 *
 * Sources: Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP
 * 1987, scheme 7; Saeed et al., "Eiffel", NSDI 2019, for the bitmaps; Ahuja et
 * al., "Faster algorithms for the shortest path problem", 1990, for the
 * placement by the highest differing bit (radix heap).
 */
#ifndef SLUICE_CORE_WHEEL_H
#define SLUICE_CORE_WHEEL_H

#include "types.h"

#define PACE_WHEEL_BITS		6
#define PACE_WHEEL_SLOTS	(1U << PACE_WHEEL_BITS)
/* ceil(64 / 6): every 64-bit time has a level. */
#define PACE_WHEEL_LEVELS	11

/**
 * struct pace_wheel_node - something that waits for a time
 * @next: next in the slot's ring
 * @prev: previous in the slot's ring
 * @due_ns: the time it waits for
 * @level: where it lies, so that it can be taken out
 * @slot: likewise
 */
struct pace_wheel_node {
	struct pace_wheel_node *next;
	struct pace_wheel_node *prev;
	u64 due_ns;
	u8 level;
	u8 slot;
};

/**
 * struct pace_wheel_slot - a FIFO of nodes
 * @tail: last node of a ring, NULL when empty
 * @earliest_ns: no node of the slot is due earlier; exact unless the earliest
 *	was taken out
 */
struct pace_wheel_slot {
	struct pace_wheel_node *tail;
	u64 earliest_ns;
};

/**
 * struct pace_wheel - the wheel
 * @now_ns: the wheel's time: every node due before it has been handed out
 * @n_nodes: nodes in it
 * @levels: bit n is set when level n has an occupied slot
 * @occupied: per level, bit n is set when slot n is occupied
 * @slots: the FIFOs
 */
struct pace_wheel {
	u64 now_ns;
	u32 n_nodes;
	u32 levels;
	u64 occupied[PACE_WHEEL_LEVELS];
	struct pace_wheel_slot slots[PACE_WHEEL_LEVELS][PACE_WHEEL_SLOTS];
};

/**
 * pace_wheel_init - an empty wheel
 * @wheel: memory that was set to zero
 * @now_ns: the present
 */
static inline void pace_wheel_init(struct pace_wheel *wheel, u64 now_ns)
{
	wheel->now_ns = now_ns;
}

/**
 * pace_ring_add_tail - append a node to a ring
 * @tail: the ring's tail, NULL when empty
 * @node: the node
 */
static inline void pace_ring_add_tail(struct pace_wheel_node **tail,
				      struct pace_wheel_node *node)
{
	if (*tail) {
		node->prev = *tail;
		node->next = (*tail)->next;
		node->next->prev = node;
		(*tail)->next = node;
	} else {
		node->next = node;
		node->prev = node;
	}
	*tail = node;
}

/**
 * pace_ring_del - take a node out of a ring
 * @tail: the ring's tail
 * @node: a node of that ring
 */
static inline void pace_ring_del(struct pace_wheel_node **tail,
				 struct pace_wheel_node *node)
{
	if (node->next == node) {
		*tail = NULL;
	} else {
		node->prev->next = node->next;
		node->next->prev = node->prev;
		if (*tail == node)
			*tail = node->prev;
	}
	node->next = NULL;
	node->prev = NULL;
}

/**
 * pace_ring_splice_tail - append a whole ring to another
 * @tail: the ring that grows
 * @more: tail of the ring to append, not NULL
 */
static inline void pace_ring_splice_tail(struct pace_wheel_node **tail,
					 struct pace_wheel_node *more)
{
	if (*tail) {
		struct pace_wheel_node *first = (*tail)->next;
		struct pace_wheel_node *more_first = more->next;

		(*tail)->next = more_first;
		more_first->prev = *tail;
		more->next = first;
		first->prev = more;
	}
	*tail = more;
}

/**
 * pace_wheel_add - let a node wait
 * @wheel: the wheel
 * @node: a node that waits nowhere, @node->due_ns set; a time before the
 *	wheel's counts as the wheel's
 */
static inline void pace_wheel_add(struct pace_wheel *wheel,
				  struct pace_wheel_node *node)
{
	u64 due_ns = pace_later_of(node->due_ns, wheel->now_ns);
	u64 differ = due_ns ^ wheel->now_ns;
	u32 level = differ ? (u32)(pace_fls64(differ) - 1) / PACE_WHEEL_BITS : 0;
	u32 index = (due_ns >> (level * PACE_WHEEL_BITS)) &
		    (PACE_WHEEL_SLOTS - 1);
	struct pace_wheel_slot *slot = &wheel->slots[level][index];

	if (!slot->tail || pace_before(due_ns, slot->earliest_ns))
		slot->earliest_ns = due_ns;
	node->level = (u8)level;
	node->slot = (u8)index;
	pace_ring_add_tail(&slot->tail, node);
	wheel->occupied[level] |= 1ULL << index;
	wheel->levels |= 1U << level;
	wheel->n_nodes++;
}

/* A slot has become empty: its bit, and perhaps its level's, goes. */
static inline void pace_wheel_vacate(struct pace_wheel *wheel, u32 level,
				     u32 index)
{
	wheel->occupied[level] &= ~(1ULL << index);
	if (!wheel->occupied[level])
		wheel->levels &= ~(1U << level);
}

/**
 * pace_wheel_del - a node need not wait any longer
 * @wheel: the wheel
 * @node: a node that waits in it
 */
static inline void pace_wheel_del(struct pace_wheel *wheel,
				  struct pace_wheel_node *node)
{
	struct pace_wheel_slot *slot = &wheel->slots[node->level][node->slot];

	pace_ring_del(&slot->tail, node);
	wheel->n_nodes--;
	if (!slot->tail)
		pace_wheel_vacate(wheel, node->level, node->slot);
}

/**
 * pace_wheel_next_ns - when the earliest node is due
 * @wheel: the wheel
 * @ret_ns: the time; never later than the earliest node, and exact unless the
 *	earliest of its slot was taken out
 *
 * Return: false when nothing waits; @ret_ns is untouched then.
 */
static inline bool pace_wheel_next_ns(const struct pace_wheel *wheel,
				      u64 *ret_ns)
{
	u32 level;

	if (!wheel->levels)
		return false;
	level = (u32)pace_ffs64(wheel->levels);
	*ret_ns = wheel->slots[level][pace_ffs64(wheel->occupied[level])]
			.earliest_ns;
	return true;
}

/**
 * pace_wheel_advance - hand out all nodes that are due
 * @wheel: the wheel
 * @now_ns: the present; earlier than the wheel's time changes nothing
 * @due_tail: ring to which due nodes are appended in the order of their times,
 *	and in the order of their arrival where the times are equal
 *
 * Return: how many nodes were handed out.
 */
static inline u32 pace_wheel_advance(struct pace_wheel *wheel, u64 now_ns,
				     struct pace_wheel_node **due_tail)
{
	u32 before = wheel->n_nodes;

	if (pace_before(now_ns, wheel->now_ns))
		return 0;

	while (wheel->levels) {
		u32 level = (u32)pace_ffs64(wheel->levels);
		u32 index = (u32)pace_ffs64(wheel->occupied[level]);
		u32 shift = level * PACE_WHEEL_BITS;
		struct pace_wheel_slot *slot = &wheel->slots[level][index];
		struct pace_wheel_node *tail = slot->tail;
		u64 start_ns;

		/* The bits above this level are the wheel's own. */
		start_ns = (wheel->now_ns >> shift) & ~(u64)(PACE_WHEEL_SLOTS - 1);
		start_ns = (start_ns | index) << shift;
		if (pace_before(now_ns, start_ns))
			break;

		slot->tail = NULL;
		pace_wheel_vacate(wheel, level, index);
		wheel->now_ns = start_ns;
		if (!level) {
			struct pace_wheel_node *node = tail;

			do {
				node = node->next;
				wheel->n_nodes--;
			} while (node != tail);
			pace_ring_splice_tail(due_tail, tail);
			continue;
		}
		while (tail) {
			struct pace_wheel_node *node = tail->next;

			pace_ring_del(&tail, node);
			wheel->n_nodes--;
			pace_wheel_add(wheel, node);
		}
	}
	wheel->now_ns = now_ns;
	return before - wheel->n_nodes;
}

#endif
