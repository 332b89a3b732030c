// SPDX-License-Identifier: GPL-2.0
/*
 * A program of libpcap depends on where the link header ends, so there is one
 * for each link type that has been met; a file has few.
 */
#include "filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "pcap_library.h"
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

/*
 * libpcap brings eight libraries along where it can watch D-Bus, and each command
 * would wait for them: it is loaded when there is a filter.
 */
static struct {
	__typeof__(pcap_open_dead) *open_dead;
	__typeof__(pcap_compile) *compile;
	__typeof__(pcap_geterr) *geterr;
	__typeof__(pcap_freecode) *freecode;
	__typeof__(pcap_close) *close;
	__typeof__(pcap_offline_filter) *offline_filter;
} libpcap;

int sluice_filter_load(char *error, size_t error_size)
{
	/* of Debian, and of libpcap itself */
	static const char *const files[] = { "libpcap.so.0.8", "libpcap.so.1" };
	const struct pcap_function functions[] = {
		{ "pcap_open_dead", (void **)&libpcap.open_dead },
		{ "pcap_compile", (void **)&libpcap.compile },
		{ "pcap_geterr", (void **)&libpcap.geterr },
		{ "pcap_freecode", (void **)&libpcap.freecode },
		{ "pcap_close", (void **)&libpcap.close },
		{ "pcap_offline_filter", (void **)&libpcap.offline_filter },
	};
	char why[256];

	if (libpcap.offline_filter)
		return 0;
	if (pcap_library_load(files, sizeof(files) / sizeof(files[0]),
			      functions, sizeof(functions) / sizeof(functions[0]),
			      why, sizeof(why)))
		return sluice_refuse(-1, error, error_size, "a filter needs libpcap, which cannot be loaded (%s); on Debian the package is libpcap0.8",
				     why);
	return 0;
}

/* Files and libpcap's own interface have different numbers for raw IP. */
static int dlt_of(uint32_t link_type)
{
	return link_type == SLUICE_LINKTYPE_RAW ? DLT_RAW : (int)link_type;
}

static struct program *program_add(struct sluice_filter *filter,
				   struct program *program, uint32_t link_type,
				   char *error, size_t error_size)
{
	program->handle = libpcap.open_dead(dlt_of(link_type),
					 SLUICE_PCAP_CAPTURED_MAX_BYTES);
	if (!program->handle) {
		sluice_refuse(-1, error, error_size, "no memory for the filter");
		return NULL;
	}
	if (libpcap.compile(program->handle, &program->code, filter->expression, 1,
			 PCAP_NETMASK_UNKNOWN) < 0) {
		sluice_refuse(-1, error, error_size, "filter \"%s\" cannot be used on link type %u: %s",
			      filter->expression, link_type,
			      libpcap.geterr(program->handle));
		libpcap.close(program->handle);
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
	struct sluice_filter *filter;

	if (sluice_filter_load(error, error_size))
		return -1;
	filter = calloc(1, sizeof(*filter));
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
		libpcap.freecode(&filter->programs[i].code);
		libpcap.close(filter->programs[i].handle);
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
	return libpcap.offline_filter(&program->code, &header, record->data) != 0;
}
