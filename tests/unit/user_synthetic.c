// SPDX-License-Identifier: GPL-2.0
#include "user_synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/lib/udp_stamp.h"

#define NS_PER_S	1000000000ull
#define SNAP_BYTES	96u
#define IP_BYTES	20u
#define L2_BYTES	14u
#define SENDERS_MAX	64u

uint64_t synthetic_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint64_t wire_ns(uint32_t bytes, uint64_t rate_bits_ps)
{
	return bytes * NS_PER_S / (rate_bits_ps / 8);
}

void synthetic_send(struct synthetic_run *run, uint32_t sender,
		    uint64_t start_ns, uint32_t frame_bytes,
		    uint64_t departure_ns)
{
	static uint64_t free_ns[SENDERS_MAX];
	uint64_t end_ns;

	if (!run->count)
		memset(free_ns, 0, sizeof(free_ns));
	if (start_ns < free_ns[sender])
		start_ns = free_ns[sender];
	end_ns = start_ns + wire_ns(frame_bytes, run->nic_rate_bits_ps);
	free_ns[sender] = end_ns;
	if (run->count == run->room) {
		run->room = run->room ? run->room * 2 : 4096;
		run->frames = realloc(run->frames,
				      run->room * sizeof(*run->frames));
	}
	run->frames[run->count++] = (struct synthetic_frame){
		.end_ns = end_ns, .departure_ns = departure_ns,
		.frame_bytes = frame_bytes, .sender = sender,
	};
}

static FILE *pcap_create(const char *dir, const char *name)
{
	const uint32_t header[6] = { 0xa1b23c4d, 4 << 16 | 2, 0, 0, SNAP_BYTES, 1 };
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	if (!file || fwrite(header, sizeof(header), 1, file) != 1)
		abort();
	return file;
}

static void pcap_write(FILE *file, uint64_t time_ns,
		       const struct synthetic_frame *frame)
{
	uint32_t captured = frame->frame_bytes < SNAP_BYTES ?
			    frame->frame_bytes : SNAP_BYTES;
	uint32_t header[4] = { (uint32_t)(time_ns / NS_PER_S),
			       (uint32_t)(time_ns % NS_PER_S), captured,
			       frame->frame_bytes };
	uint8_t data[SNAP_BYTES] = { [12] = 8, [14] = 0x45 };
	struct sluice_udp_stamp stamp = {
		.departure_real_ns = frame->departure_ns,
	};

	sluice_be_put(data + 16, frame->frame_bytes - L2_BYTES, 2);
	data[23] = frame->departure_ns ? 17 : 6;
	sluice_be_put(data + 26, 0x0a000100 + frame->sender, 4);
	sluice_be_put(data + 30, 0x0a000001, 4);
	sluice_be_put(data + 34, 10000 + frame->sender, 2);
	sluice_be_put(data + 36, 5000 + frame->sender, 2);
	if (frame->departure_ns)
		sluice_udp_stamp_put(data + L2_BYTES + IP_BYTES + 8, &stamp);
	else
		data[46] = 5 << 4;
	if (fwrite(header, sizeof(header), 1, file) != 1 ||
	    fwrite(data, captured, 1, file) != 1)
		abort();
}

static int by_end(const void *a, const void *b)
{
	const struct synthetic_frame *one = a, *other = b;

	if (one->end_ns != other->end_ns)
		return one->end_ns < other->end_ns ? -1 : 1;
	return (int)one->sender - (int)other->sender;
}

/* Add length x time of [from, to) to the area, within the span. */
static void weigh(struct synthetic_run *run, uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns < run->start_ns)
		from_ns = run->start_ns;
	if (to_ns > run->end_ns)
		to_ns = run->end_ns;
	if (from_ns < to_ns)
		run->queue_area_pkt_ns += (double)(to_ns - from_ns);
}

/* Each frame's stay is weighed by itself; the sum is the area. */
static void port_write(struct synthetic_run *run, const char *dir)
{
	uint64_t *leaves = malloc((run->count + 1) * sizeof(*leaves));
	FILE *file = pcap_create(dir, "port.pcap");
	uint32_t sent = 0, queued = 0;

	if (!leaves)
		abort();
	for (uint32_t i = 0; i < run->count; i++) {
		const struct synthetic_frame *frame = &run->frames[i];
		uint64_t start_ns = frame->end_ns;

		while (sent < queued && leaves[sent] <= frame->end_ns)
			sent++;
		if (queued - sent >= run->port_buffer_pkts) {
			run->dropped_pkts++;
			continue;
		}
		if (queued && leaves[queued - 1] > start_ns)
			start_ns = leaves[queued - 1];
		leaves[queued] = start_ns + wire_ns(frame->frame_bytes,
						    run->port_rate_bits_ps);
		weigh(run, frame->end_ns, leaves[queued]);
		pcap_write(file, leaves[queued], frame);
		queued++;
		if (queued - sent > run->queue_max_pkts)
			run->queue_max_pkts = queued - sent;
	}
	free(leaves);
	fclose(file);
}

void synthetic_write(struct synthetic_run *run, const char *dir)
{
	FILE *wires[SENDERS_MAX];
	char name[32];

	qsort(run->frames, run->count, sizeof(*run->frames), by_end);
	for (uint32_t i = 1; i <= run->senders; i++) {
		snprintf(name, sizeof(name), "wire-%u.pcap", i);
		wires[i] = pcap_create(dir, name);
	}
	for (uint32_t i = 0; i < run->count; i++)
		pcap_write(wires[run->frames[i].sender], run->frames[i].end_ns,
			   &run->frames[i]);
	for (uint32_t i = 1; i <= run->senders; i++)
		fclose(wires[i]);
	port_write(run, dir);
}

void synthetic_done(struct synthetic_run *run)
{
	free(run->frames);
	run->frames = NULL;
}
