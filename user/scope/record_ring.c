// SPDX-License-Identifier: GPL-2.0
/* A ring of blocks; see record_ring.h. */
#include "record_ring.h"

#include <stdlib.h>
#include <string.h>

#include "pcapng_write.h"

#define HEAD_BYTES	20u	/* of a packet block: its length and time */

int scope_ring_init(struct scope_ring *ring, uint64_t size)
{
	memset(ring, 0, sizeof(*ring));
	ring->size = size / 4 * 4;
	ring->data = malloc(ring->size);
	return ring->data ? 0 : -1;
}

void scope_ring_done(struct scope_ring *ring)
{
	free(ring->data);
	ring->data = NULL;
}

static void bytes_in(struct scope_ring *ring, const uint8_t *from, size_t bytes)
{
	size_t at = ring->head % ring->size;
	size_t first = ring->size - at < bytes ? ring->size - at : bytes;

	memcpy(ring->data + at, from, first);
	memcpy(ring->data, from + first, bytes - first);
	ring->head += bytes;
}

/* The head of the block at a place, which may lie across the end. */
static void head_read(const struct scope_ring *ring, uint64_t place,
		      uint8_t *ret)
{
	size_t at = place % ring->size;
	size_t first = ring->size - at < HEAD_BYTES ? ring->size - at :
						      HEAD_BYTES;

	memcpy(ret, ring->data + at, first);
	memcpy(ret + first, ring->data, HEAD_BYTES - first);
}

bool scope_ring_add(struct scope_ring *ring, const uint8_t *block,
		    uint32_t bytes)
{
	uint8_t head[HEAD_BYTES];

	while (ring->head + bytes - ring->tail > ring->size) {
		if (ring->tail == ring->head ||
		    (ring->marks && ring->tail >= ring->mark[0].begin))
			return false;
		head_read(ring, ring->tail, head);
		/* a block of which a part is written may go only as a whole */
		if (ring->marks && ring->tail + scope_pcapng_block_bytes(head) >
				   ring->mark[0].begin)
			return false;
		ring->tail += scope_pcapng_block_bytes(head);
	}
	bytes_in(ring, block, bytes);
	if (ring->is_open) {
		ring->mark[ring->marks - 1].end = ring->head;
		ring->marked_end = ring->head;
	}
	return true;
}

uint64_t scope_ring_mark(struct scope_ring *ring, uint64_t from_ns,
			 uint64_t max_bytes, uint64_t *ret_bytes)
{
	uint64_t place = ring->tail > ring->marked_end ? ring->tail :
							 ring->marked_end;
	uint64_t pkts = 0, begin = ring->head;
	uint8_t head[HEAD_BYTES];

	*ret_bytes = 0;
	if (ring->is_open)
		return 0;
	while (place < ring->head) {
		head_read(ring, place, head);
		if (!pkts && scope_pcapng_packet_time(head) >= from_ns &&
		    ring->head - place <= max_bytes)
			begin = place;
		pkts += begin != ring->head;
		place += scope_pcapng_block_bytes(head);
	}
	*ret_bytes = ring->head - begin;
	ring->is_open = true;
	ring->marked_end = ring->head;
	/* too many apart: then what lies between two is written as well */
	if (ring->marks == SCOPE_RING_MARKS ||
	    (ring->marks && ring->mark[ring->marks - 1].end == begin)) {
		ring->mark[ring->marks - 1].end = ring->head;
		return pkts;
	}
	ring->mark[ring->marks++] = (struct scope_ring_mark){
		begin, ring->head,
	};
	return pkts;
}

/* A mark that all of is written goes, unless it grows. */
static void marks_trim(struct scope_ring *ring)
{
	while (ring->marks && ring->mark[0].begin == ring->mark[0].end &&
	       !(ring->is_open && ring->marks == 1)) {
		ring->marks--;
		memmove(&ring->mark[0], &ring->mark[1],
			ring->marks * sizeof(ring->mark[0]));
	}
}

void scope_ring_close(struct scope_ring *ring)
{
	ring->is_open = false;
	marks_trim(ring);
}

size_t scope_ring_next(const struct scope_ring *ring, const uint8_t **ret)
{
	const struct scope_ring_mark *mark = &ring->mark[0];
	size_t at, bytes;

	if (!ring->marks || mark->begin == mark->end)
		return 0;
	at = mark->begin % ring->size;
	bytes = mark->end - mark->begin;
	*ret = ring->data + at;
	return ring->size - at < bytes ? ring->size - at : bytes;
}

void scope_ring_written(struct scope_ring *ring, size_t bytes)
{
	ring->mark[0].begin += bytes;
	marks_trim(ring);
}
