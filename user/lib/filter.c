// SPDX-License-Identifier: GPL-2.0
/*
 * A program of libpcap depends on where the link header ends, so there is one
 * for each link type that has been met; a file has few.
 */
#include "filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "refuse.h"

#define PROGRAMS_MAX	16

struct program {
	uint32_t link_type;
	pcap_t *handle;			/* NULL: a free place */
	struct bpf_program code;
};

struct sluice_filter {
	char *expression;
	struct program *last;		/* most files have one link type */
	struct program programs[PROGRAMS_MAX];
};

/* Files and libpcap's own interface have different numbers for raw IP. */
static int dlt_of(uint32_t link_type)
{
	return link_type == SLUICE_LINKTYPE_RAW ? DLT_RAW : (int)link_type;
}

static struct program *program_add(struct sluice_filter *filter,
				   struct program *program, uint32_t link_type,
				   char *error, size_t error_size)
{
	program->handle = pcap_open_dead(dlt_of(link_type),
					 SLUICE_PCAP_CAPTURED_MAX_BYTES);
	if (!program->handle) {
		sluice_refuse(-1, error, error_size, "no memory for the filter");
		return NULL;
	}
	if (pcap_compile(program->handle, &program->code, filter->expression, 1,
			 PCAP_NETMASK_UNKNOWN) < 0) {
		sluice_refuse(-1, error, error_size, "filter \"%s\" cannot be used on link type %u: %s",
			      filter->expression, link_type,
			      pcap_geterr(program->handle));
		pcap_close(program->handle);
		program->handle = NULL;
		return NULL;
	}
	program->link_type = link_type;
	return program;
}

/* The program for this link type, made on first sight. */
static struct program *program_get(struct sluice_filter *filter,
				   uint32_t link_type, char *error,
				   size_t error_size)
{
	if (filter->last && filter->last->link_type == link_type)
		return filter->last;
	for (int i = 0; i < PROGRAMS_MAX; i++) {
		struct program *program = &filter->programs[i];

		if (!program->handle)
			program = program_add(filter, program, link_type, error,
					      error_size);
		else if (program->link_type != link_type)
			continue;
		if (program)
			filter->last = program;
		return program;
	}
	sluice_refuse(-1, error, error_size, "filter \"%s\" is on a file with more than %d link types",
		      filter->expression, PROGRAMS_MAX);
	return NULL;
}

int sluice_filter_create(struct sluice_filter **ret_filter,
			 const char *expression, uint32_t link_type,
			 char *error, size_t error_size)
{
	struct sluice_filter *filter = calloc(1, sizeof(*filter));

	if (filter)
		filter->expression = strdup(expression);
	if (!filter || !filter->expression) {
		sluice_filter_free(filter);
		return sluice_refuse(-1, error, error_size,
				     "no memory for the filter");
	}
	if (!program_get(filter, link_type, error, error_size)) {
		sluice_filter_free(filter);
		return -1;
	}
	*ret_filter = filter;
	return 0;
}

void sluice_filter_free(struct sluice_filter *filter)
{
	if (!filter)
		return;
	for (int i = 0; i < PROGRAMS_MAX && filter->programs[i].handle; i++) {
		pcap_freecode(&filter->programs[i].code);
		pcap_close(filter->programs[i].handle);
	}
	free(filter->expression);
	free(filter);
}

int sluice_filter_match(struct sluice_filter *filter,
			const struct sluice_pcap_record *record, char *error,
			size_t error_size)
{
	struct program *program = program_get(filter, record->link_type, error,
					      error_size);
	struct pcap_pkthdr header = {
		.caplen = record->captured_bytes,
		.len = record->frame_bytes,
	};

	if (!program)
		return -1;
	return pcap_offline_filter(&program->code, &header, record->data) != 0;
}
