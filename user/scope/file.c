// SPDX-License-Identifier: GPL-2.0
#include "file.h"

#include <stdio.h>
#include <string.h>

#include "../lib/filter.h"
#include "../lib/frame_plain.h"
#include "../lib/pcap.h"
#include "../lib/wide.h"
#include "copies.h"
#include "stamp_step.h"

#define NO_MEMORY		"no memory for more flows and figures"
#define LEFT_OUT_FEW		100u	/* one of so many */

/* A capture, and the packets of it that come next. */
struct reader {
	const struct scope_file_config *config;
	struct scope *scope;
	struct sluice_pcap *pcap;
	struct sluice_filter *filter;
	const char *label;		/* of the place */
	int64_t interface;		/* the first of which packets are taken; -1: of all */
	uint32_t looked;		/* at this interface last */
	bool is_taken;			/* packets of that one are */
	uint64_t looked_pkts;		/* that the filter took or not */
	uint64_t told_pkts;		/* dropped or timeless ones, when config->unseen was told */
	uint64_t told_frames;		/* of MAC control, when config->mac_control was told */
	struct scope_copies copies;
	struct scope_stamp_step step;	/* that stamps have, whatever the file says */
	struct scope_packet packets[SCOPE_LOOK_UP_MAX];
	uint32_t count;
	uint32_t next;			/* of packets; at the end there is none */
};

/* An interface that was asked for, by its name, or by its number in the file. */
static bool is_named(const struct reader *reader, uint32_t interface)
{
	const char *wanted = reader->config->interface;
	char number[16];

	snprintf(number, sizeof(number), "%u", interface);
	return !strcmp(wanted, number) ||
	       !strcmp(wanted, sluice_pcap_interface(reader->pcap,
						     interface)->name);
}

/* Of the stamps that are taken, as far as the file was read: the coarsest step. */
static uint32_t reader_resolution_ns(const struct reader *reader)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	uint32_t resolution_ns = 1;

	if (!reader->config->interface)
		return info->resolution_ns;
	for (uint32_t i = 0; i < info->interfaces; i++) {
		uint32_t one_ns =
			sluice_pcap_interface(reader->pcap, i)->resolution_ns;

		if (one_ns > resolution_ns && is_named(reader, i))
			resolution_ns = one_ns;
	}
	return resolution_ns;
}

static void vantage_fill(struct scope_vantage *vantage,
			 const struct scope_file_config *config,
			 const char *path, const struct reader *reader)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	uint32_t number = reader->interface > 0 ?
			  (uint32_t)reader->interface : 0;
	const struct sluice_pcap_interface *interface = info->interfaces > number ?
		sluice_pcap_interface(reader->pcap, number) : NULL;

	*vantage = (struct scope_vantage){
		.stamp = SCOPE_STAMP_SNIFFED,
		.resolution_ns = reader_resolution_ns(reader),
		.uncertainty_ns = reader_resolution_ns(reader),
		.line_rate_bits_ps = config->line_rate_bits_ps,
	};
	if (interface && !vantage->line_rate_bits_ps)
		vantage->line_rate_bits_ps = interface->speed_bits_ps;
	snprintf(vantage->name, sizeof(vantage->name), "%s:%s%s%s",
		 reader->label ? reader->label : "wire", path,
		 interface && config->interface && *interface->name ? ":" : "",
		 interface && config->interface ? interface->name : "");
}

/* The interface that was asked for, by its name or number. */
static int interface_choose(struct reader *reader, const char *path,
			    struct scope_file_result *result)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	const char *wanted = reader->config->interface;

	reader->interface = -1;
	reader->looked = UINT32_MAX;
	if (!wanted)
		return 0;
	for (uint32_t i = 0; i < info->interfaces && reader->interface < 0; i++)
		if (is_named(reader, i))
			reader->interface = i;
	if (reader->interface >= 0)
		return 0;
	snprintf(result->error, sizeof(result->error),
		 "%s: there is no interface '%s' in front of its first packet: it has %u there, numbered from 0",
		 path, wanted, info->interfaces);
	return -1;
}

/*
 * How many packets are in no figure, as far as the file was read: those without a time,
 * and those that it says are missing, of the interfaces that are taken, whatever a
 * filter takes of their packets, for nobody knows what these were.
 * Statistics of one that leave it open stand beside those of another one of the
 * section: where a system counts for both together, as for our own recordings, what
 * that one has may be its.
 */
static uint64_t reader_unseen(const struct reader *reader, bool *ret_is_counted)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	uint64_t unseen_pkts = 0, others_pkts = 0;
	bool is_open = false;

	*ret_is_counted = info->interfaces > 0;
	for (uint32_t i = 0; i < info->interfaces; i++) {
		const struct sluice_pcap_interface *one =
			sluice_pcap_interface(reader->pcap, i);

		if (one->section_first == i) {
			unseen_pkts += is_open ? others_pkts : 0;
			others_pkts = 0;
			is_open = false;
		}
		if (reader->config->interface && !is_named(reader, i)) {
			others_pkts += one->has_dropped_count ?
				       one->dropped_pkts : 0;
			continue;
		}
		unseen_pkts += one->dropped_pkts;
		is_open |= one->has_statistics && !one->has_dropped_count;
		*ret_is_counted &= one->has_dropped_count;
	}
	return unseen_pkts + (is_open ? others_pkts : 0) +
	       reader->scope->timeless_pkts;
}

/*
 * How many packets the interfaces that are taken received and the file has not: it may be
 * what was around triggers, or a part of another one. Of each that is stopped a few had
 * not been delivered.
 */
static uint64_t reader_left_out(const struct reader *reader)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	uint64_t pkts = reader->filter ? reader->looked_pkts :
			reader->scope->pkts + reader->scope->timeless_pkts +
			scope_mac_control_frames(reader->scope);
	uint64_t received_pkts = 0;

	for (uint32_t i = 0; i < info->interfaces; i++) {
		const struct sluice_pcap_interface *one =
			sluice_pcap_interface(reader->pcap, i);

		if (!reader->config->interface || is_named(reader, i))
			received_pkts += one->received_pkts;
	}
	return received_pkts > pkts &&
	       received_pkts - pkts > pkts / LEFT_OUT_FEW ?
	       received_pkts - pkts : 0;
}

/* Whoever shows figures meanwhile is told. */
static void unseen_tell(struct reader *reader)
{
	uint64_t pkts = sluice_pcap_info(reader->pcap)->dropped_pkts +
			reader->scope->timeless_pkts;
	bool is_counted;

	if (!reader->config->unseen || pkts == reader->told_pkts)
		return;
	reader->told_pkts = pkts;
	reader->config->unseen(reader_unseen(reader, &is_counted),
			       reader->config->data);
}

/* And of MAC control, which is not received as packets are. */
static void mac_control_tell(struct reader *reader)
{
	struct scope_mac_control sums[SCOPE_DIRECTIONS];
	uint64_t frames;

	if (!reader->config->mac_control)
		return;
	frames = scope_mac_control_frames(reader->scope);
	if (frames == reader->told_frames)
		return;
	reader->told_frames = frames;
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		sums[i] = reader->scope->lane[i].mac_control;
	reader->config->mac_control(sums, reader->config->data);
}

static bool is_wanted(struct reader *reader,
		      const struct sluice_pcap_record *record,
		      struct scope_file_result *result)
{
	int is_match;

	/* each section of a file names its interfaces anew */
	if (reader->config->interface && record->interface != reader->looked) {
		reader->looked = record->interface;
		reader->is_taken = is_named(reader, record->interface);
	}
	if (reader->config->interface && !reader->is_taken)
		return false;
	if (!reader->filter)
		return true;
	reader->looked_pkts++;
	is_match = sluice_filter_match(reader->filter, record, result->error,
				       sizeof(result->error));
	if (is_match < 0)
		result->is_cut = true;
	return is_match > 0;
}

/* All but what its bytes say. */
static inline void packet_begin(struct scope_packet *packet,
				const struct sluice_pcap_record *record)
{
	static const uint8_t direction_of[] = {
		[SLUICE_PCAP_ANY] = SCOPE_ANY, [SLUICE_PCAP_OUT] = SCOPE_OUT,
		[SLUICE_PCAP_IN] = SCOPE_IN,
	};

	packet->time_ns = record->time_ns;
	packet->bytes = record->frame_bytes;
	packet->is_special = 0;
	packet->has_flow = false;
	packet->is_next = false;
	packet->mark = 0;
	packet->departure_ns = 0;
	packet->direction = direction_of[record->direction];
}

/* IP says more bytes than the frame has: whoever captured it cut it and did not say so. */
static inline bool is_short(const struct scope_packet *packet)
{
	const struct sluice_frame *frame = &packet->frame;

	return frame->has_transport && (uint64_t)frame->header_bytes +
				       frame->payload_bytes > packet->bytes;
}

/* What is no IP packet: whether it is of MAC control, and counted by that. */
static __attribute__((noinline))
bool mac_control_take(struct scope *scope, const struct scope_packet *packet,
		      const struct sluice_pcap_record *record)
{
	if (!sluice_frame_is_mac_control(record->data, record->captured_bytes,
					 record->link_type))
		return false;
	scope_mac_control_add(scope, packet->direction, packet->bytes);
	return true;
}

/*
 * Those that are wanted, each by parse. No function: those in line must be compiled
 * for the same machine.
 */
#define PACKETS_FILL(reader, records, n, result, parse, is_same) do {	\
	bool is_any = (reader)->interface < 0 && !(reader)->filter;	\
	struct scope *scope = (reader)->scope;				\
	struct scope_packet *packet = (reader)->packets, *first = NULL;	\
	uint64_t timeless_pkts = 0, short_pkts = 0;			\
									\
	for (uint32_t i = 0; i < (n); i++) {				\
		const struct sluice_pcap_record *one = &(records)[i];	\
									\
		if (!is_any && !is_wanted(reader, one, result))		\
			continue;					\
		/* Where it would lie among the others is not known. */	\
		if (!one->has_time) {					\
			timeless_pkts++;				\
			continue;					\
		}							\
		scope_copies_add(&(reader)->copies, one);		\
		packet_begin(packet, one);				\
		packet->is_ip = parse(one->data, one->captured_bytes,	\
				      one->link_type, &packet->frame);	\
		short_pkts += packet->is_ip && is_short(packet);	\
		if (packet > (reader)->packets && packet->is_ip &&	\
		    packet[-1].is_ip &&					\
		    is_same(&packet->frame.key, &packet[-1].frame.key))	\
			packet->is_next = true;				\
		else {							\
			if (!packet->is_ip &&				\
			    mac_control_take(scope, packet, one))	\
				continue;				\
			scope_look_up_begin(scope, packet, first);	\
			first = packet;					\
		}							\
		packet++;						\
	}								\
	scope->timeless_pkts += timeless_pkts;				\
	scope->short_pkts += short_pkts;				\
	(reader)->count = (uint32_t)(packet - (reader)->packets);	\
	for (uint32_t i = 0; (reader)->step.step_ns != 1 &&		\
			     i < (reader)->count; i++)			\
		scope_stamp_step_add(&(reader)->step,			\
				     (reader)->packets[i].time_ns);	\
} while (0)

static void packets_fill(struct reader *reader,
			 const struct sluice_pcap_record *records,
			 uint32_t count, struct scope_file_result *result)
{
	PACKETS_FILL(reader, records, count, result, frame_parse,
		     sluice_flow_key_is);
}

#ifdef SLUICE_HAS_WIDE
SLUICE_WIDE static void packets_fill_wide(struct reader *reader,
					  const struct sluice_pcap_record *records,
					  uint32_t count,
					  struct scope_file_result *result)
{
	PACKETS_FILL(reader, records, count, result, frame_parse_wide,
		     frame_key_is_wide);
}
#else
#define packets_fill_wide	packets_fill
#endif

/* The step of stamps, as far as it is known: that of the file, or a coarser one. */
static void reader_coarsen(struct reader *reader,
			   struct scope_file_result *result)
{
	struct scope *scope = reader->scope;
	uint32_t file_ns = reader_resolution_ns(reader);
	uint32_t step_ns = scope_stamp_step_ns(&reader->step, file_ns,
					       !reader->count);

	if (file_ns > scope->file_step_ns)
		scope->file_step_ns = file_ns;
	if (step_ns > scope->config.vantage.resolution_ns)
		scope_coarsen(scope, step_ns);
	scope_join_coarsen(&result->join, scope == result->scope ?
			   SCOPE_JOIN_FIRST : SCOPE_JOIN_SECOND,
			   scope->config.vantage.uncertainty_ns);
}

/*
 * Of the interfaces that are taken, as far as the file was read: a link type that is no
 * Ethernet, one whose headers are not read before others.
 */
static void link_take(struct reader *reader)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	struct scope *scope = reader->scope;
	uint32_t first = SLUICE_LINKTYPE_NONE;

	scope->has_other_link = false;
	for (uint32_t i = 0; i < info->interfaces; i++) {
		uint32_t link_type = sluice_pcap_interface(reader->pcap, i)->link_type;

		if (reader->config->interface && !is_named(reader, i))
			continue;
		if (first == SLUICE_LINKTYPE_NONE)
			first = link_type;
		scope->has_several_links |= link_type != first;
		if (link_type == SLUICE_LINKTYPE_ETHERNET ||
		    (scope->has_other_link && sluice_frame_reads(link_type)))
			continue;
		scope->has_other_link = true;
		scope->link_type = link_type;
	}
}

static bool is_stopped(const struct scope_file_config *config)
{
	return config->is_stopped && *config->is_stopped;
}

/* Take in the next packets. Without any, the file is at its end, good or bad. */
static void reader_fill(struct reader *reader, struct scope_file_result *result)
{
	const struct sluice_pcap_info *info = sluice_pcap_info(reader->pcap);
	struct sluice_pcap_record records[SCOPE_LOOK_UP_MAX];
	int count;

	reader->next = 0;
	reader->count = 0;
	while (!reader->count && !result->is_cut && !result->was_stopped) {
		count = sluice_pcap_next_batch(reader->pcap, records,
					       SCOPE_LOOK_UP_MAX);
		result->was_stopped = is_stopped(reader->config);
		/* What is stopped may be so in the middle of a record. */
		if (count == 0 || (count < 0 && result->was_stopped))
			break;
		if (count < 0) {
			result->is_cut = true;
			snprintf(result->error, sizeof(result->error), "%s",
				 sluice_pcap_error(reader->pcap));
			break;
		}
		if (sluice_is_wide())
			packets_fill_wide(reader, records, (uint32_t)count,
					  result);
		else
			packets_fill(reader, records, (uint32_t)count, result);
	}
	if (info->interfaces != reader->scope->interfaces || !reader->count ||
	    reader->step.step_ns > reader->scope->config.vantage.resolution_ns) {
		reader->scope->interfaces = info->interfaces;
		link_take(reader);
		reader_coarsen(reader, result);
	}
	unseen_tell(reader);
	mac_control_tell(reader);
	/* Nobody adds them any more, so their flows are none. */
	if (result->was_stopped)
		reader->count = 0;
	scope_look_up(reader->scope, reader->packets, reader->count);
}

/* The reader whose packet is the older one; NULL at the end of all. */
static struct reader *reader_choose(struct reader *readers, unsigned int count)
{
	struct reader *chosen = NULL;

	for (unsigned int i = 0; i < count; i++)
		if (readers[i].next < readers[i].count &&
		    (!chosen || readers[i].packets[readers[i].next].time_ns <
				chosen->packets[chosen->next].time_ns))
			chosen = &readers[i];
	return chosen;
}

/* The next packet of several files, in the order of time, or for who asked for each. */
static int packet_next(const struct scope_file_config *config,
		       struct reader *readers, struct reader *reader,
		       struct scope_file_result *result)
{
	const struct scope_packet *packet = &reader->packets[reader->next++];
	struct scope_flow_event event;

	if (config->receive)
		config->receive(packet, reader->next == reader->count,
				config->data);
	else if (scope_add(reader->scope, packet, &event) < 0)
		return -1;
	if (config->files > 1)
		scope_join_add(&result->join, reader == readers ?
			       SCOPE_JOIN_FIRST : SCOPE_JOIN_SECOND, packet);
	return 0;
}

static void packets_read(const struct scope_file_config *config,
			 struct reader *readers,
			 struct scope_file_result *result)
{
	struct reader *reader;

	while ((reader = reader_choose(readers, config->files))) {
		int error;

		if (config->files > 1 || config->receive) {
			error = packet_next(config, readers, reader, result);
		} else {
			error = scope_add_all(reader->scope, reader->packets,
					      reader->count);
			reader->next = reader->count;
		}
		if (error < 0) {
			snprintf(result->error, sizeof(result->error),
				 NO_MEMORY);
			result->is_cut = true;
			return;
		}
		if (reader->next < reader->count)
			continue;
		reader_fill(reader, result);
		if (result->was_stopped)
			return;
	}
}

static int reader_open(struct reader *reader, int fd, const char *path,
		       struct scope_file_result *result)
{
	int err = sluice_pcap_open_fd_until(&reader->pcap, fd, path,
					    reader->config->is_stopped,
					    result->error,
					    sizeof(result->error));
	uint32_t link_type;

	if (!err)
		err = interface_choose(reader, path, result);
	if (err || !reader->config->filter)
		return err;
	link_type = reader->interface < 0 ?
		    sluice_pcap_info(reader->pcap)->link_type :
		    sluice_pcap_interface(reader->pcap, (uint32_t)
					  reader->interface)->link_type;
	return sluice_filter_create(&reader->filter, reader->config->filter,
				    link_type, result->error,
				    sizeof(result->error));
}

static int join_open(struct scope_file_result *result)
{
	struct scope_join_config config = {
		.uncertainty_ns = {
			result->scope[0].config.vantage.uncertainty_ns,
			result->scope[1].config.vantage.uncertainty_ns,
		},
	};

	return scope_join_init(&result->join, &config);
}

static int readers_open(const struct scope_file_config *config,
			struct reader *readers,
			struct scope_file_result *result)
{
	struct scope_config scope = config->scope;
	int err;

	for (unsigned int i = 0; i < config->files; i++) {
		readers[i].config = config;
		readers[i].scope = &result->scope[i];
		readers[i].label = config->label[i];
		err = reader_open(&readers[i], config->fd[i], config->path[i],
				  result);
		if (err < 0)
			return err;
		vantage_fill(&scope.vantage, config, config->path[i],
			     &readers[i]);
		if (config->opened)
			config->opened(&scope.vantage, config->data);
		scope_init(&result->scope[i], &scope);
		reader_fill(&readers[i], result);
	}
	if (config->files > 1 && join_open(result) < 0) {
		snprintf(result->error, sizeof(result->error), NO_MEMORY);
		return -1;
	}
	return 0;
}

/* Accepts one that was not opened. */
static void reader_finish(struct reader *reader, struct scope_file_result *result)
{
	struct scope *scope = reader->scope;
	struct scope_join_place *place;

	if (!scope)
		return;
	scope_finish(scope);
	scope->copies_percent = scope_copies_percent(&reader->copies);
	if (reader->config->interface)
		scope->interfaces = 1;
	if (reader->pcap)
		scope->unseen_pkts = reader_unseen(reader,
						   &scope->has_unseen_count);
	/* What stands behind is not known. */
	if (result->is_cut || result->was_stopped)
		scope->has_unseen_count = false;
	else if (reader->pcap)
		scope->left_out_pkts = reader_left_out(reader);
	place = &result->join.place[scope == result->scope ? SCOPE_JOIN_FIRST :
							     SCOPE_JOIN_SECOND];
	place->unseen_pkts = scope->unseen_pkts;
	place->left_out_pkts = scope->left_out_pkts;
	sluice_pcap_close(reader->pcap);
	sluice_filter_free(reader->filter);
}

int scope_files_read(const struct scope_file_config *config,
		     struct scope_file_result *result)
{
	static struct reader readers[SCOPE_FILES_MAX];
	int ret;

	memset(readers, 0, sizeof(readers));
	memset(result, 0, sizeof(*result));
	ret = readers_open(config, readers, result);
	if (!ret)
		packets_read(config, readers, result);
	for (unsigned int i = 0; i < config->files; i++)
		reader_finish(&readers[i], result);
	if (!ret && config->files > 1) {
		scope_join_finish(&result->join);
		result->scope[1].join = &result->join;
	}
	return ret;
}

void scope_files_done(struct scope_file_result *result)
{
	for (unsigned int i = 0; i < SCOPE_FILES_MAX; i++)
		scope_done(&result->scope[i]);
	scope_join_done(&result->join);
}
