// SPDX-License-Identifier: GPL-2.0
/* What programs delivered; see delivered.h. */
#include "delivered.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/frame.h"
#include "../lib/pcap.h"
#include "../lib/units.h"
#include "fields.h"

struct delivered {
	bool has_sequence;
	uint32_t last_sequence;		/* of the frame before */
	int64_t position;		/* of that frame, from the first one */
	int64_t end;			/* highest position behind a payload */
	uint64_t bytes;
	uint64_t first_ns, last_ns;	/* payloads of it passed from then to then */
};

struct delivered_all {
	struct sluice_flows *flows;
	struct delivered *each;		/* by number of the flow */
	uint32_t room;
};

static void tcp_count(struct delivered *flow, uint32_t sequence,
		      uint32_t payload_bytes)
{
	if (!flow->has_sequence)
		flow->last_sequence = sequence;
	flow->has_sequence = true;
	flow->position += (int32_t)(sequence - flow->last_sequence);
	flow->last_sequence = sequence;
	if (flow->position + payload_bytes > flow->end)
		flow->end = flow->position + payload_bytes;
	flow->bytes = (uint64_t)flow->end;
}

static struct delivered *flow_of(struct delivered_all *all,
				 const struct sluice_flow_key *key)
{
	int64_t number = sluice_flows_number(all->flows, key);
	struct delivered *more;
	uint32_t room;

	if (number < 0)
		return NULL;
	if (number >= all->room) {
		room = (uint32_t)number * 2 + 64;
		more = realloc(all->each, room * sizeof(*more));
		if (!more)
			return NULL;
		memset(more + all->room, 0, (room - all->room) * sizeof(*more));
		all->each = more;
		all->room = room;
	}
	return &all->each[number];
}

static int record_count(struct delivered_all *all,
			const struct sluice_pcap_record *record)
{
	struct sluice_frame frame;
	struct delivered *flow;

	if (!sluice_frame_parse(record->data, record->captured_bytes,
				SLUICE_LINKTYPE_ETHERNET, &frame) ||
	    !frame.has_ports)
		return 0;
	flow = flow_of(all, &frame.key);
	if (!flow)
		return -ENOMEM;
	if (frame.payload_bytes) {
		flow->first_ns = flow->last_ns ? flow->first_ns :
						 record->time_ns;
		flow->last_ns = record->time_ns;
	}
	if (frame.key.protocol == SLUICE_PROTOCOL_TCP && frame.payload_bytes)
		tcp_count(flow, frame.tcp_sequence, frame.payload_bytes);
	else if (frame.key.protocol == SLUICE_PROTOCOL_UDP)
		flow->bytes += frame.payload_bytes;
	return 0;
}

static int capture_count(struct delivered_all *all, const char *path,
			 char *error, size_t error_size)
{
	struct sluice_pcap_record record;
	struct sluice_pcap *pcap;
	int more, err = 0;

	if (sluice_pcap_open(&pcap, path, error, error_size))
		return -EINVAL;
	while (!err && (more = sluice_pcap_next(pcap, &record)) > 0)
		err = record_count(all, &record);
	if (err)
		lab_refuse(error, error_size, "out of memory");
	else if (more < 0)
		err = lab_refuse(error, error_size, "%s",
				 sluice_pcap_error(pcap));
	sluice_pcap_close(pcap);
	return err;
}

static bool is_entry(const json_t *entry, const struct sluice_flow_key *key)
{
	const char *src = json_string_value(json_object_get(entry,
							    "source_address"));
	const char *dst = json_string_value(json_object_get(entry,
							"destination_address"));
	char key_src[64], key_dst[64];

	if (!src || !dst ||
	    json_integer_value(json_object_get(entry, "source_port")) !=
		    key->source_port ||
	    json_integer_value(json_object_get(entry, "destination_port")) !=
		    key->destination_port)
		return false;
	sluice_flow_address_print(key, true, key_src, sizeof(key_src));
	sluice_flow_address_print(key, false, key_dst, sizeof(key_dst));
	return !strcmp(src, key_src) && !strcmp(dst, key_dst);
}

/*
 * Returns the goodput that was added, 0 if the entry has its own. A program may
 * go on for longer than it was given, and then has had that time.
 */
static uint64_t entry_fill(json_t *entry, const struct delivered_all *all,
			   uint64_t duration_ns)
{
	uint64_t bits_ps, took_ns;
	uint32_t i;

	if (json_object_get(entry, "goodput_bits_ps"))
		return 0;
	for (i = 0; i < sluice_flows_count(all->flows); i++)
		if (is_entry(entry, sluice_flows_key(all->flows, i)))
			break;
	if (i == sluice_flows_count(all->flows))
		return 0;
	took_ns = all->each[i].last_ns - all->each[i].first_ns;
	bits_ps = (uint64_t)((unsigned __int128)all->each[i].bytes * 8 *
			     SLUICE_NSEC_PER_SEC /
			     (took_ns > duration_ns ? took_ns : duration_ns));
	json_object_set_new(entry, "delivered_bytes",
			    json_integer((json_int_t)all->each[i].bytes));
	json_object_set_new(entry, "goodput_bits_ps",
			    json_integer((json_int_t)bits_ps));
	return bits_ps;
}

int lab_delivered_add(json_t *run, const char *port_pcap, uint64_t duration_ns,
		      char *error, size_t error_size)
{
	struct delivered_all all = { .flows = sluice_flows_create() };
	json_t *flows = json_object_get(run, "flows"), *entry;
	uint64_t bits_ps;
	size_t i;
	int err;

	if (!all.flows)
		return lab_refuse(error, error_size, "out of memory");
	err = capture_count(&all, port_pcap, error, error_size);
	if (!err) {
		bits_ps = (uint64_t)json_integer_value(
			json_object_get(run, "goodput_bits_ps"));
		json_array_foreach(flows, i, entry)
			bits_ps += entry_fill(entry, &all, duration_ns);
		json_object_set_new(run, "goodput_bits_ps",
				    json_integer((json_int_t)bits_ps));
	}
	free(all.each);
	sluice_flows_free(all.flows);
	return err;
}
