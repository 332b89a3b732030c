/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A timing wheel that is exact to the nanosecond and O(1) in its nodes (P10).
 *
 * A node due at e lies, seen from the time w of the last node handed out, on the
 * level to which the highest bit belongs in which e and w differ. Times are cut
 * into digits of six bits, but for one wide digit of 6 to 18:
 *
 *	bits	63 ..    (W = wide bits)   18+W-1 .. 18  17..12  11..6  5..0
 *	level	10, 9, ..		        3	    2	   1	 0
 *
 * so level 0 has slots of 1 ns, level 1 of 64 ns, and the levels hold any 64-bit
 * time: no overflow list, no horizon.
 *
 *	level 2  |..|##|..|..|..|		a slot holds a FIFO of nodes and
 *	            \__ 64 slots of 64 ns	the earliest time among them
 *	level 1     |..|..|##|
 *	                  \__ 64 slots of 1 ns
 *	level 0           |..|e|
 *
 * All occupied slots of a level lie behind w and before the next slot of the
 * level above, hence the first occupied slot of the lowest occupied level holds
 * the earliest node, and bit scans find it. Nothing moves before that node is
 * due. Then w becomes its time, it is handed out, and the others of its slot find
 * their places anew, which lie on lower levels since they now share more bits
 * with w. So a node moves at most once per level, a node that is alone in its
 * slot never, and log64 of the delay is all that the cost depends on (P10).
 *
 * That holds for the mean; a single call pays for all nodes of the slot that it
 * opens. With slots as long as the delay that would be all that wait. The wide
 * level is there to prevent it: its slots of 262 us cover the next 2^(18+W) ns,
 * 17 s with W = 16, so a call finds no more nodes than leave within 262 us.
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
/* Three digits of six bits, the wide one, and at most seven more. */
#define PACE_WHEEL_LEVELS	11
#define PACE_WHEEL_WIDE		3
#define PACE_WHEEL_WIDE_SHIFT	(PACE_WHEEL_WIDE * PACE_WHEEL_BITS)
/* Three words of 64 bits find one of 2^18 slots. */
#define PACE_WHEEL_WIDE_BITS_MIN	PACE_WHEEL_BITS
#define PACE_WHEEL_WIDE_BITS_MAX	(3 * PACE_WHEEL_BITS)

/**
 * struct pace_wheel_node - something that waits for a time
 * @next: next in the slot's ring
 * @prev: previous in the slot's ring
 * @due_ns: the time it waits for
 * @slot: where it lies, so that it can be taken out
 * @level: likewise
 */
struct pace_wheel_node {
	struct pace_wheel_node *next;
	struct pace_wheel_node *prev;
	u64 due_ns;
	u32 slot;
	u8 level;
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
 * struct pace_wheel_level - the slots of one digit
 * @slots: the FIFOs
 * @occupied: bit n is set when slot n is occupied; on the wide level, when one
 *	of the 4096 slots of group n is
 * @mask: its last slot
 * @shift: the digit's lowest bit in a time
 */
struct pace_wheel_level {
	struct pace_wheel_slot *slots;
	u64 occupied;
	u32 mask;
	u8 shift;
};

/**
 * struct pace_wheel - the wheel
 * @now_ns: the latest time it was advanced to: every node due by then has been
 *	handed out
 * @base_ns: when the last node was due, see above; not later than any node
 * @next_ns: no node is due earlier; exact unless the earliest of its slot was
 *	taken out
 * @n_nodes: nodes in it
 * @solo: the one that came into an empty wheel; it gets a place in a slot when
 *	another one comes, since one node alone needs no order
 * @levels: bit n is set when level n has an occupied slot
 * @level_of_bit: to which digit a bit of a time belongs
 * @level: the levels
 * @wide_words: of the wide level, 64 slots each: which are occupied
 * @wide_groups: 64 of these words each: which are not 0
 */
struct pace_wheel {
	u64 now_ns;
	u64 base_ns;
	u64 next_ns;
	struct pace_wheel_node *solo;
	u32 n_nodes;
	u32 levels;
	u8 level_of_bit[64];
	struct pace_wheel_level level[PACE_WHEEL_LEVELS];
	u64 *wide_words;
	u64 *wide_groups;
};

#define PACE_WHEEL_NARROW_SLOTS	((PACE_WHEEL_LEVELS - 1) * PACE_WHEEL_SLOTS)

/* How many words of 64 bits stand for so many things. */
static inline u32 pace_wheel_words(u32 count)
{
	return (count + 63) / 64;
}

/**
 * pace_wheel_memory_bytes - what the slots of a wheel take
 * @wide_bits: PACE_WHEEL_WIDE_BITS_MIN to _MAX; the wide level reaches
 *	2^(18 + @wide_bits) ns
 *
 * Return: bytes, 11 KB to 4.2 MB.
 */
static inline size_t pace_wheel_memory_bytes(u32 wide_bits)
{
	u32 words = pace_wheel_words(1U << wide_bits);

	return (PACE_WHEEL_NARROW_SLOTS + ((size_t)1 << wide_bits)) *
	       sizeof(struct pace_wheel_slot) +
	       (words + pace_wheel_words(words)) * sizeof(u64);
}

/**
 * pace_wheel_init - an empty wheel
 * @wheel: what to fill
 * @memory: pace_wheel_memory_bytes(@wide_bits) of zeros, which it needs as long
 *	as it is used
 * @wide_bits: see there
 * @now_ns: the present
 */
static inline void pace_wheel_init(struct pace_wheel *wheel, void *memory,
				   u32 wide_bits, u64 now_ns)
{
	struct pace_wheel_slot *slots = (struct pace_wheel_slot *)memory;
	u32 level, bit = 0;

	wheel->now_ns = now_ns;
	wheel->base_ns = now_ns;
	wheel->next_ns = now_ns;
	wheel->solo = NULL;
	wheel->n_nodes = 0;
	wheel->levels = 0;
	for (level = 0; level < PACE_WHEEL_LEVELS; level++) {
		struct pace_wheel_level *l = wheel->level + level;
		u32 bits = level == PACE_WHEEL_WIDE ? wide_bits :
						      PACE_WHEEL_BITS;

		l->slots = slots;
		l->occupied = 0;
		l->mask = (1U << bits) - 1;
		l->shift = (u8)(bit & 63);
		slots += l->mask + 1;
		for (; bits && bit < 64; bits--)
			*(wheel->level_of_bit + bit++) = (u8)level;
	}
	wheel->wide_words = (u64 *)slots;
	wheel->wide_groups = wheel->wide_words +
			     pace_wheel_words(1U << wide_bits);
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

/*
 * Levels and slots are bit numbers of non-zero words, so no index needs a check.
 * Kernels that check array indices and shifts are not made to do so here, where
 * every packet comes along: hence pointers for arrays, and masks, which cost
 * nothing, for shifts.
 */
static inline u64 pace_wheel_bit(u32 index)
{
	return 1ULL << (index & 63);
}

/* A slot gets its first node. */
static inline void pace_wheel_occupy(struct pace_wheel *wheel, u32 level,
				     u32 index)
{
	wheel->levels |= 1U << (level & 31);
	if (level == PACE_WHEEL_WIDE) {
		*(wheel->wide_words + index / 64) |= pace_wheel_bit(index);
		index /= 64;
		*(wheel->wide_groups + index / 64) |= pace_wheel_bit(index);
		index /= 64;
	}
	(wheel->level + level)->occupied |= pace_wheel_bit(index);
}

/* A slot has become empty: its bit, and perhaps its level's, goes. */
static inline void pace_wheel_vacate(struct pace_wheel *wheel, u32 level,
				     u32 index)
{
	u64 *occupied = &(wheel->level + level)->occupied;

	if (level == PACE_WHEEL_WIDE) {
		u64 *words = wheel->wide_words + index / 64;

		*words &= ~pace_wheel_bit(index);
		if (*words)
			return;
		index /= 64;
		words = wheel->wide_groups + index / 64;
		*words &= ~pace_wheel_bit(index);
		if (*words)
			return;
		index /= 64;
	}
	*occupied &= ~pace_wheel_bit(index);
	if (!*occupied)
		wheel->levels &= ~(1U << (level & 31));
}

/* The first slot, the one with the earliest node, of a wheel that has nodes. */
static inline struct pace_wheel_slot *
pace_wheel_first_slot(struct pace_wheel *wheel, u32 *ret_level, u32 *ret_index)
{
	u32 level = (u32)pace_ffs64(wheel->levels);
	struct pace_wheel_level *l = wheel->level + level;
	u32 index = (u32)pace_ffs64(l->occupied);

	if (level == PACE_WHEEL_WIDE) {
		index = index * 64 +
			(u32)pace_ffs64(*(wheel->wide_groups + index));
		index = index * 64 +
			(u32)pace_ffs64(*(wheel->wide_words + index));
	}
	*ret_level = level;
	*ret_index = index;
	return l->slots + index;
}

/* A node finds its place; no node of the wheel is due before the base. */
static inline void pace_wheel_place(struct pace_wheel *wheel,
				    struct pace_wheel_node *node, u64 due_ns)
{
	/* The lowest bit counts as different: it is on level 0 either way. */
	u64 differ = (due_ns ^ wheel->base_ns) | 1;
	u32 level = *(wheel->level_of_bit + (pace_fls64(differ) - 1));
	struct pace_wheel_level *l = wheel->level + level;
	u32 index = (u32)(due_ns >> (l->shift & 63)) & l->mask;
	struct pace_wheel_slot *slot = l->slots + index;

	node->level = (u8)level;
	node->slot = index;
	if (!slot->tail) {
		slot->earliest_ns = due_ns;
		pace_wheel_occupy(wheel, level, index);
	} else if (pace_before(due_ns, slot->earliest_ns)) {
		slot->earliest_ns = due_ns;
	}
	pace_ring_add_tail(&slot->tail, node);
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

	if (!wheel->n_nodes++) {
		wheel->solo = node;
		wheel->next_ns = due_ns;
		return;
	}
	if (wheel->solo) {
		wheel->base_ns = wheel->now_ns;
		pace_wheel_place(wheel, wheel->solo, wheel->next_ns);
		wheel->solo = NULL;
	}
	if (pace_before(due_ns, wheel->next_ns))
		wheel->next_ns = due_ns;
	pace_wheel_place(wheel, node, due_ns);
}

/**
 * pace_wheel_del - a node need not wait any longer
 * @wheel: the wheel
 * @node: a node that waits in it
 */
static inline void pace_wheel_del(struct pace_wheel *wheel,
				  struct pace_wheel_node *node)
{
	struct pace_wheel_slot *slot;
	u32 level, index;

	wheel->n_nodes--;
	if (wheel->solo) {
		wheel->solo = NULL;
		return;
	}
	slot = (wheel->level + node->level)->slots + node->slot;
	pace_ring_del(&slot->tail, node);
	if (!slot->tail)
		pace_wheel_vacate(wheel, node->level, node->slot);
	if (wheel->levels)
		wheel->next_ns = pace_wheel_first_slot(wheel, &level, &index)
					->earliest_ns;
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
	if (!wheel->n_nodes)
		return false;
	*ret_ns = wheel->next_ns;
	return true;
}

/*
 * Empty the first slot if its earliest node is due: that one and its equals are
 * handed out, the others go to lower levels. All of them do when the earliest
 * was taken out by pace_wheel_del().
 */
static inline u32 pace_wheel_open(struct pace_wheel *wheel, u64 now_ns,
				  struct pace_wheel_node **due_tail)
{
	struct pace_wheel_node *node, *next, *tail;
	struct pace_wheel_slot *slot;
	u32 level, index, n_due = 0;
	u64 base_ns;

	slot = pace_wheel_first_slot(wheel, &level, &index);
	base_ns = slot->earliest_ns;
	wheel->next_ns = base_ns;
	if (pace_before(now_ns, base_ns))
		return 0;

	tail = slot->tail;
	next = tail->next;
	slot->tail = NULL;
	pace_wheel_vacate(wheel, level, index);
	wheel->base_ns = base_ns;
	do {
		node = next;
		next = node->next;
		if (pace_before(base_ns, node->due_ns)) {
			pace_wheel_place(wheel, node, node->due_ns);
		} else {
			pace_ring_add_tail(due_tail, node);
			n_due++;
		}
	} while (node != tail);
	wheel->n_nodes -= n_due;
	if (wheel->levels)
		wheel->next_ns = pace_wheel_first_slot(wheel, &level, &index)
					->earliest_ns;
	return n_due;
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
	u32 n_due = 0;

	if (pace_before(now_ns, wheel->now_ns))
		return 0;
	if (wheel->solo && !pace_before(now_ns, wheel->next_ns)) {
		pace_ring_add_tail(due_tail, wheel->solo);
		wheel->solo = NULL;
		wheel->n_nodes = 0;
		n_due = 1;
	}
	while (wheel->levels && !pace_before(now_ns, wheel->next_ns))
		n_due += pace_wheel_open(wheel, now_ns, due_tail);
	wheel->now_ns = now_ns;
	return n_due;
}

/**
 * pace_wheel_move - let all nodes wait in another wheel
 * @to: an empty wheel with the time of @from
 * @from: the wheel that they wait in; empty on return
 *
 * The order of nodes that are due at the same time stays.
 */
static inline void pace_wheel_move(struct pace_wheel *to,
				   struct pace_wheel *from)
{
	struct pace_wheel_node *node, *next, *tail;
	struct pace_wheel_slot *slot;
	u32 level, index;

	if (from->solo)
		pace_wheel_add(to, from->solo);
	from->solo = NULL;
	while (from->levels) {
		slot = pace_wheel_first_slot(from, &level, &index);
		tail = slot->tail;
		slot->tail = NULL;
		pace_wheel_vacate(from, level, index);
		next = tail->next;
		do {
			node = next;
			next = node->next;
			pace_wheel_add(to, node);
		} while (node != tail);
	}
	from->n_nodes = 0;
}

#endif
