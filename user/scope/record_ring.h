/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ring of blocks of a pcapng file, the newest of which are kept, and marks of
 * what is to be written. One thread adds and marks, another one writes; a lock
 * around both is the caller's.
 *
 * Places are offsets that count on, from the first byte that was ever added:
 *
 *   tail <= marks[0].begin .. marks[0].end <= … <= head, head - tail <= size
 *
 * What is marked and not yet written is not overwritten.
 */
#ifndef SLUICE_SCOPE_RECORD_RING_H
#define SLUICE_SCOPE_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCOPE_RING_MARKS	64u

struct scope_ring_mark {
	uint64_t begin;			/* moves on as it is written */
	uint64_t end;
};

struct scope_ring {
	uint8_t *data;
	uint64_t size;			/* a multiple of 4 */
	uint64_t tail;
	uint64_t head;
	struct scope_ring_mark mark[SCOPE_RING_MARKS];	/* in order */
	uint32_t marks;
	uint64_t marked_end;		/* of the last mark that there was */
	bool is_open;			/* the last mark goes on with what is added */
};

/* Returns 0 or -1 (no memory); done accepts one that init refused. */
int scope_ring_init(struct scope_ring *ring, uint64_t size);
void scope_ring_done(struct scope_ring *ring);

/* false: there is no room, because what is there still has to be written. */
bool scope_ring_add(struct scope_ring *ring, const uint8_t *block,
		    uint32_t bytes);

/*
 * Mark packets from from_ns on, the newest of them if these are more than max_bytes, and
 * what is added until _close. Returns how many packets and *ret_bytes that marks
 * which are there; they are not marked twice.
 */
uint64_t scope_ring_mark(struct scope_ring *ring, uint64_t from_ns,
			 uint64_t max_bytes, uint64_t *ret_bytes);
void scope_ring_close(struct scope_ring *ring);

/* What to write next, in one piece of memory; 0: nothing. Then say how much was. */
size_t scope_ring_next(const struct scope_ring *ring, const uint8_t **ret);
void scope_ring_written(struct scope_ring *ring, size_t bytes);

#endif
