// SPDX-License-Identifier: GPL-2.0
/* A capture whose reading is stopped: what is said is of the packets up to there. */
#include <stdlib.h>
#include <unistd.h>

#include "../../user/scope/file.h"
#include "user_tap.h"

#define PKTS		1000u
#define FRAME_BYTES	60u

static volatile bool is_stopped;

static void put32(FILE *file, uint32_t value)
{
	fwrite(&value, sizeof(value), 1, file);
}

/* Frames of UDP, 1 ms apart, each of a flow of its own. */
static int capture_make(void)
{
	uint8_t frame[FRAME_BYTES] = {
		[12] = 0x08, [14] = 0x45, [17] = FRAME_BYTES - 14, [22] = 64,
		[23] = 17, [26] = 10, [30] = 10, [37] = 9,
		[39] = FRAME_BYTES - 34,
	};
	FILE *file = tmpfile();

	if (!file)
		abort();
	put32(file, 0xa1b23c4d);
	put32(file, 4 << 16 | 2);
	put32(file, 0);
	put32(file, 0);
	put32(file, 65535);
	put32(file, 1);
	for (uint32_t i = 0; i < PKTS; i++) {
		put32(file, 1700000000 + i / 1000);
		put32(file, i % 1000 * 1000000);
		put32(file, FRAME_BYTES);
		put32(file, FRAME_BYTES);
		frame[34] = (uint8_t)(i >> 8);
		frame[35] = (uint8_t)i;
		fwrite(frame, sizeof(frame), 1, file);
	}
	rewind(file);
	return dup(fileno(file));
}

static void stop(void *context, enum scope_direction direction,
		 const struct sluice_millisecond *one)
{
	(void)context;
	(void)direction;
	is_stopped = one->number >= 100;
}

static void read_until(uint64_t *pkts, uint32_t *flows, bool *was_stopped,
		       bool has_stop)
{
	struct scope_file_config config = {
		.path = { "capture" }, .fd = { capture_make() }, .files = 1,
		.scope.millisecond = has_stop ? stop : NULL,
		.is_stopped = &is_stopped,
	};
	static struct scope_file_result result;

	is_stopped = false;
	if (scope_files_read(&config, &result))
		abort();
	*pkts = result.scope[0].lane[SCOPE_ANY].meter.pkts;
	*flows = scope_flows_count(result.scope[0].flows);
	*was_stopped = result.was_stopped;
	scope_files_done(&result);
}

int main(void)
{
	uint64_t pkts;
	uint32_t flows;
	bool was_stopped;

	read_until(&pkts, &flows, &was_stopped, false);
	tap_ok(!was_stopped && pkts == PKTS && flows == PKTS,
	       "read whole: all packets, each of its flow");
	read_until(&pkts, &flows, &was_stopped, true);
	tap_ok(was_stopped && pkts >= 100 && pkts < PKTS,
	       "stopped: packets up to there");
	tap_u64(flows, pkts, "stopped: flows are of these packets and no others");
	return tap_done();
}
