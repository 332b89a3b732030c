// SPDX-License-Identifier: GPL-2.0
/* From the rings of processors to rows of milliseconds; see cpu_reader.h. */
#include "cpu_reader.h"

#include <string.h>

/* Until those that are written over while they are read. */
#define MARGIN_MS	24u
/* Then the next look does it: whoever writes was interrupted, or the machine below has other work. */
#define TRIES		100u
#define UNREAD_MS	2u

void scope_cpu_reader_start(struct scope_cpu_reader *reader, uint64_t start_ns,
			    uint64_t now_ns)
{
	uint64_t since_ns = now_ns > start_ns ? now_ns - start_ns : 0;

	for (uint32_t i = 0; i < reader->cpus; i++)
		__atomic_store_n(&reader->rings[reader->id[i]].phase_ns,
				 (uint32_t)(start_ns % CPU_RING_MS_NS),
				 __ATOMIC_RELAXED);
	reader->start_ns = start_ns;
	reader->next_ns = start_ns + CPU_RING_MS_NS *
			  (since_ns / CPU_RING_MS_NS + 1 + UNREAD_MS);
}

/* What it has done since its last event goes on: as much of it as is in this millisecond. */
static void under_way_add(uint64_t state, uint64_t start_ns,
			  struct scope_cpu_ms *ret)
{
	uint64_t since_ns = state >> CPU_STATE_BITS;
	uint64_t end_ns = start_ns + CPU_RING_MS_NS;
	uint32_t ns;

	if (since_ns >= end_ns || !(state & CPU_DOES))
		return;
	ns = (uint32_t)(end_ns - (since_ns > start_ns ? since_ns : start_ns));
	ret->ns[SCOPE_CPU_BUSY] += ns;
	if (state & CPU_IRQ)
		ret->ns[SCOPE_CPU_IRQ] += ns;
	else if (state & CPU_SOFTIRQ)
		ret->ns[SCOPE_CPU_SOFTIRQ] += ns;
}

/*
 * Switched to a task that may be the idle one, whose address is not known before a
 * processor has been idle: the next event tells what it does meanwhile.
 */
static bool is_untold(const struct cpu_ring *ring, uint64_t state,
		      uint64_t start_ns)
{
	return state && !(state & CPU_DOES) &&
	       !__atomic_load_n(&ring->idle_task, __ATOMIC_RELAXED) &&
	       state >> CPU_STATE_BITS < start_ns + CPU_RING_MS_NS;
}

enum found { FOUND, FOUND_LOST, FOUND_CHANGING };

static enum found ms_try(const struct cpu_ring *ring, uint64_t start_ns,
			 struct scope_cpu_ms *ret)
{
	uint64_t writing = __atomic_load_n(&ring->is_writing, __ATOMIC_ACQUIRE);
	uint64_t state = __atomic_load_n(&ring->state, __ATOMIC_ACQUIRE);
	struct cpu_ms ms = ring->ms[CPU_RING_AT(start_ns)];
	uint64_t lost_ns = ring->lost_ns;
	bool untold = is_untold(ring, state, start_ns);

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	writing |= __atomic_load_n(&ring->is_writing, __ATOMIC_ACQUIRE);
	if (writing || untold ||
	    state != __atomic_load_n(&ring->state, __ATOMIC_RELAXED))
		return FOUND_CHANGING;
	if (start_ns < lost_ns || ms.start_ns > start_ns)
		return FOUND_LOST;
	memset(ret, 0, sizeof(*ret));
	if (ms.start_ns == start_ns) {
		ret->ns[SCOPE_CPU_BUSY] = ms.busy_ns;
		ret->ns[SCOPE_CPU_SOFTIRQ] = ms.softirq_ns;
		ret->ns[SCOPE_CPU_IRQ] = ms.irq_ns;
	}
	under_way_add(state, start_ns, ret);
	/* A clock that stepped back by some ns may have made it longer. */
	for (uint32_t k = 0; k < SCOPE_CPU_KINDS; k++)
		if (ret->ns[k] > CPU_RING_MS_NS)
			ret->ns[k] = CPU_RING_MS_NS;
	return FOUND;
}

/* The same millisecond of all processors. */
static enum found row_read(struct scope_cpu_reader *reader)
{
	for (uint32_t i = 0; i < reader->cpus; i++) {
		const struct cpu_ring *ring = &reader->rings[reader->id[i]];
		enum found found = FOUND_CHANGING;

		for (uint32_t k = 0; k < TRIES && found == FOUND_CHANGING; k++)
			found = ms_try(ring, reader->next_ns, &reader->row[i]);
		if (found != FOUND)
			return found;
	}
	return FOUND;
}

void scope_cpu_reader_read(struct scope_cpu_reader *reader, uint64_t now_ns,
			   void (*receive)(void *context, uint64_t number,
					   const struct scope_cpu_ms *row),
			   void *context)
{
	const uint64_t kept_ns = (uint64_t)(CPU_RING_MS - MARGIN_MS) *
				 CPU_RING_MS_NS;

	if (now_ns > reader->next_ns + kept_ns)
		reader->next_ns += (now_ns - kept_ns - reader->next_ns) /
				   CPU_RING_MS_NS * CPU_RING_MS_NS +
				   CPU_RING_MS_NS;
	for (; reader->next_ns + CPU_RING_MS_NS + SCOPE_CPU_LAG_NS <= now_ns;
	     reader->next_ns += CPU_RING_MS_NS) {
		enum found found = row_read(reader);

		if (found == FOUND_CHANGING)
			return;
		if (found == FOUND)
			receive(context, (reader->next_ns - reader->start_ns) /
				CPU_RING_MS_NS, reader->row);
	}
}
