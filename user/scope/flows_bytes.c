// SPDX-License-Identifier: GPL-2.0
/* A scope's flows by the bytes they sent: those with most, and how even all are. */
#include "scope.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
	uint64_t bytes;
	uint32_t number;
};

static int ranked_compare(const void *a, const void *b)
{
	const struct ranked *one = a, *other = b;

	return one->bytes < other->bytes ? 1 : one->bytes > other->bytes ? -1 :
	       one->number < other->number ? -1 : 1;
}

/* A heap with the last one first, where the one at `at` may be out of its place. */
static void ranked_sink(struct ranked *heap, uint32_t count, uint32_t at)
{
	struct ranked one = heap[at];

	for (uint32_t below; (below = 2 * at + 1) < count; at = below) {
		if (below + 1 < count &&
		    ranked_compare(&heap[below + 1], &heap[below]) > 0)
			below++;
		if (ranked_compare(&one, &heap[below]) >= 0)
			break;
		heap[at] = heap[below];
	}
	heap[at] = one;
}

int scope_top_flows(const struct scope *scope, uint32_t *ret_numbers,
		    uint32_t count)
{
	uint32_t flows = scope->flows ? scope_flows_count(scope->flows) : 0;
	struct ranked *top, one;

	if (count > flows)
		count = flows;
	top = malloc((count + 1) * sizeof(*top));
	if (!top)
		return -1;
	for (uint32_t i = 0; count && i < flows; i++) {
		one = (struct ranked){
			scope_flow_at(scope->flows, i)->bytes, i
		};
		if (i < count) {
			/* from the end on: what is below is a heap already */
			top[count - 1 - i] = one;
			ranked_sink(top, count, count - 1 - i);
		} else if (ranked_compare(&one, top) < 0) {
			top[0] = one;
			ranked_sink(top, count, 0);
		}
	}
	qsort(top, count, sizeof(*top), ranked_compare);
	for (uint32_t i = 0; i < count; i++)
		ret_numbers[i] = top[i].number;
	free(top);
	return (int)count;
}

double scope_jain(const struct scope *scope)
{
	uint32_t flows = scope->flows ? scope_flows_count(scope->flows) : 0;
	double n = 0, sum = 0, squares = 0;

	for (uint32_t i = 0; i < flows; i++) {
		const struct scope_flow *flow = scope_flow_at(scope->flows, i);
		bool is_tcp = scope_flow_key(scope->flows, i)->protocol ==
			      SLUICE_PROTOCOL_TCP;
		double bytes = (double)flow->bytes;

		/* ACKs of somebody else's data are no claim on the path */
		if (!flow->pkts || (is_tcp && !flow->tcp.payload_bytes &&
				    !flow->untold_pkts))
			continue;
		n++;
		sum += bytes;
		squares += bytes * bytes;
	}
	return squares > 0 ? sum * sum / (n * squares) : NAN;
}
