// SPDX-License-Identifier: GPL-2.0
/* The processors of this host while a device is looked at; see cpu_live.h. */
#include "cpu_live.h"

#include <errno.h>
#include <stdlib.h>

#include "../lib/now.h"
#include "../lib/refuse.h"
#include "cpu_reader.h"

/**
 * struct scope_cpu_live - a run
 * @source: what fills the rings
 * @reader: how far they are read
 * @cpu: figures at the end
 * @slots: those meanwhile
 * @has_begun: there was a packet
 */
struct scope_cpu_live {
	struct scope_cpu_source *source;
	struct scope_cpu_reader reader;
	struct scope_cpu cpu;
	struct scope_cpu_slots slots;
	bool has_begun;
};

int scope_cpu_live_open(struct scope_cpu_live **ret, char *error,
			size_t error_size)
{
	struct scope_cpu_live *live = calloc(1, sizeof(*live));
	struct scope_cpu_reader *reader;
	int err;

	if (!live)
		return sluice_refuse(-ENOMEM, error, error_size,
				     "there is no memory");
	err = scope_cpu_source_open(&live->source, error, error_size);
	if (err) {
		scope_cpu_live_close(live);
		return err;
	}
	reader = &live->reader;
	reader->rings = scope_cpu_source_rings(live->source);
	reader->cpus = scope_cpu_source_cpus(live->source, &reader->id);
	reader->row = calloc(reader->cpus, sizeof(*reader->row));
	if (!reader->row ||
	    scope_cpu_init(&live->cpu, reader->cpus, reader->id) ||
	    scope_cpu_slots_init(&live->slots, reader->cpus, reader->id)) {
		scope_cpu_live_close(live);
		return sluice_refuse(-ENOMEM, error, error_size,
				     "there is no memory");
	}
	*ret = live;
	return 0;
}

void scope_cpu_live_close(struct scope_cpu_live *live)
{
	if (!live)
		return;
	scope_cpu_done(&live->cpu);
	scope_cpu_slots_done(&live->slots);
	free(live->reader.row);
	scope_cpu_source_close(live->source);
	free(live);
}

static void row_receive(void *context, uint64_t number,
			const struct scope_cpu_ms *row)
{
	struct scope_cpu_live *live = context;

	scope_cpu_add(&live->cpu, number, row);
	scope_cpu_slots_add(&live->slots, number, row);
}

void scope_cpu_live_look(struct scope_cpu_live *live, uint64_t start_ns)
{
	uint64_t now_ns = sluice_now_ns(CLOCK_MONOTONIC);

	if (!live || (!live->has_begun && !start_ns))
		return;
	if (!live->has_begun)
		scope_cpu_reader_start(&live->reader, start_ns, now_ns);
	live->has_begun = true;
	scope_cpu_reader_read(&live->reader, now_ns, row_receive, live);
}

void scope_cpu_live_fill(const struct scope_cpu_live *live, uint64_t end,
			 uint64_t count, struct scope_cpu_view *ret)
{
	if (!live)
		return;
	scope_cpu_slots_fill(&live->slots, end, count, ret);
	ret->missed_ms = live->cpu.missed_ms;
}

const struct scope_cpu *scope_cpu_live_finish(struct scope_cpu_live *live)
{
	scope_cpu_live_look(live, 0);
	if (!live || !live->cpu.ms)
		return NULL;
	scope_cpu_finish(&live->cpu);
	return &live->cpu;
}
