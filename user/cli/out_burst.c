// SPDX-License-Identifier: GPL-2.0
/* What `sluice burst-test` prints; see out_burst.h. */
#include "out_burst.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/units.h"
#include "../scope/burst_advice.h"
#include "out.h"

#define RATE_SIZE 32
#define COMMAND_SIZE 96
#define PPM_PER_PERCENT 1e4

void out_burst_address(const struct burst_peer *peer, char *text,
		       size_t text_size)
{
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(&peer->address);

	if (!inet_ntop(is_v4 ? AF_INET : AF_INET6,
		       peer->address.s6_addr + (is_v4 ? 12 : 0), text,
		       (socklen_t)text_size))
		*text = '\0';
}

void out_burst_peer(const struct burst_peer *peer, char *text, size_t text_size)
{
	char address[INET6_ADDRSTRLEN];

	out_burst_address(peer, address, sizeof(address));
	snprintf(text, text_size, strchr(address, ':') ? "[%s]:%u" : "%s:%u",
		 address, ntohs(peer->port));
}

__attribute__((format(printf, 3, 4)))
static void line(FILE *out, const char *label, const char *format, ...)
{
	va_list args;

	fprintf(out, "  %-9s ", label);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static const char *rate(uint64_t bits_ps, char text[RATE_SIZE])
{
	if (bits_ps)
		sluice_format_rate_about(bits_ps, text, RATE_SIZE);
	else
		snprintf(text, RATE_SIZE, "-");
	return text;
}

void out_burst_plan(FILE *out, const char *to, const struct burst_test *test)
{
	const struct burst_config *config = &test->config;
	uint64_t packets = burst_packets_most(config);
	char pause[32], span[32];

	sluice_format_time(config->pause_ns, pause, sizeof(pause));
	sluice_format_time(config->span_ns, span, sizeof(span));
	fprintf(out, "%s: bursts of %u to %u packets of %u bytes, %u of each length until one loses\n",
		to, config->min, config->max, test->result.packet_bytes,
		config->repeat);
	line(out, "at most", "%" PRIu64 " bursts, %" PRIu64 " packets, %.4g MB, in %s",
	     burst_probes_most(config), packets,
	     (double)packets * test->result.packet_bytes / 1e6, span);
	line(out, "pause", "%s between two bursts", pause);
	if (test->result.host.ifindex)
		line(out, "by", "%s", test->result.host.device);
}

/* ---- for people ---- */

static uint64_t bytes_of(const struct burst_result *result, uint32_t packets)
{
	return (uint64_t)packets * result->packet_bytes;
}

static const char *subject(const struct burst_result *result)
{
	return result->host.device[0] && !strcmp(result->host.device, "lo") ?
	       "this host" : "the path";
}

static void verdict_print(FILE *out, const struct burst_test *test)
{
	const struct burst_result *result = &test->result;
	const struct burst_search *search = &result->search;
	const char *who = subject(result);

	if (search->lossless)
		fprintf(out, "%s absorbs %s%u packet%s of %u bytes back to back, %" PRIu64 " bytes",
			who, search->lossy && search->is_done ? "" :
			"at least ",
			search->lossless, search->lossless == 1 ? "" : "s",
			result->packet_bytes,
			bytes_of(result, search->lossless));
	else if (search->lossy == 1)
		fprintf(out, "%s loses packets of %u bytes even one by one: try a smaller --size",
			who, result->packet_bytes);
	else if (search->lossy)
		fprintf(out, "%s does not absorb %u packets of %u bytes back to back",
			who, search->lossy, result->packet_bytes);
	else
		fprintf(out, "%s: no burst was measured to its end", who);
	if (search->lossless && search->lossy)
		fprintf(out, ", and loses of %u", search->lossy);
	else if (search->lossless == search->max)
		fputs(", the most that was tried (--max)", out);
	fputc('\n', out);
}

static void end_print(FILE *out, const struct burst_result *result)
{
	uint32_t packets = result->search.packets;

	if (result->end == BURST_END_HERE)
		line(out, "but", "of %u packets this host itself drops, at %s: the path was not asked more",
		     packets, result->host.ifindex ? result->host.device :
						     "the socket");
	else if (result->end == BURST_END_THERE)
		line(out, "but", "of %u packets the receiver's socket loses: raise net.core.rmem_max there, or start it as root",
		     packets);
	if (*result->host.spacer)
		line(out, "note", "%s has the qdisc %s, which may space what it sends",
		     result->host.device, result->host.spacer);
}

static void rates_print(FILE *out, const struct burst_result *result)
{
	const struct burst_probe *best = result->best < 0 ? NULL :
					 &result->probes[result->best];
	char text[RATE_SIZE];
	uint64_t buffer;

	if (best && best->burst_bits_ps)
		line(out, "left", "at %s (%s)",
		     rate(best->burst_bits_ps, text), best->is_stamped ?
		     "stamps of the driver, in software" :
		     "time to hand it to the kernel");
	if (!burst_bottleneck_bits_ps(&result->known)) {
		line(out, "arrived", "as fast as it left, or too few to tell: no bottleneck was seen");
		return;
	}
	line(out, "arrived", "at %s, the bottleneck's rate (stamps of the receiver's kernel: sniffed, coalesced)",
	     rate(burst_bottleneck_bits_ps(&result->known), text));
	buffer = best ? burst_buffer_bytes(best, &result->known) : 0;
	if (buffer)
		line(out, "buffer", "%s%" PRIu64 " bytes, about %" PRIu64 " packets: what had not drained when all had come",
		     result->search.lossy ? "" : "at least ", buffer,
		     buffer / result->packet_bytes);
}

/**
 * struct row - all bursts of one length
 * @packets: in each
 * @bursts: that were sent
 * @lossless: of them, and back to back
 * @lost: the most packets of one
 * @lost_hosts: of these, by the two hosts
 * @first_lost: the earliest
 * @left_bits_ps: the slowest
 * @arrived_bits_ps: the last that is known
 */
struct row {
	uint32_t packets;
	unsigned int bursts;
	unsigned int lossless;
	uint32_t lost;
	uint32_t lost_hosts;
	uint32_t first_lost;
	uint64_t left_bits_ps;
	uint64_t arrived_bits_ps;
};

static void row_add(struct row *row, const struct burst_probe *probe)
{
	if (probe->sent.packets != row->packets)
		return;
	row->bursts++;
	row->lossless += probe->outcome == BURST_LOSSLESS;
	if (probe->lost > row->lost) {
		row->lost = probe->lost;
		row->lost_hosts = probe->lost_here + probe->lost_there;
	}
	if (probe->report.first_lost < row->first_lost)
		row->first_lost = probe->report.first_lost;
	if (!row->left_bits_ps || probe->burst_bits_ps < row->left_bits_ps)
		row->left_bits_ps = probe->burst_bits_ps;
	if (probe->arrival_bits_ps)
		row->arrived_bits_ps = probe->arrival_bits_ps;
}

static void row_print(FILE *out, const struct row *row)
{
	char first[16] = "-", left[RATE_SIZE], arrived[RATE_SIZE];

	if (row->lost)
		snprintf(first, sizeof(first), "%u", row->first_lost);
	fprintf(out, "  %7u %7u %9u %6u %9u %11s %10s %11s\n", row->packets,
		row->bursts, row->lossless, row->lost, row->lost_hosts, first,
		rate(row->left_bits_ps, left),
		rate(row->arrived_bits_ps, arrived));
}

/* The next length above @above; 0: there is none. */
static uint32_t length_next(const struct burst_result *result, uint32_t above)
{
	uint32_t next = 0;
	unsigned int i;

	for (i = 0; i < result->count; i++) {
		uint32_t packets = result->probes[i].sent.packets;

		if (packets > above && (!next || packets < next))
			next = packets;
	}
	return next;
}

static void table_print(FILE *out, const struct burst_result *result)
{
	uint32_t packets = 0;
	unsigned int i;

	if (!result->count)
		return;
	fprintf(out, "\n  %7s %7s %9s %6s %9s %11s %10s %11s\n", "packets",
		"bursts", "lossless", "lost", "by hosts", "first lost",
		"left at", "arrived at");
	while ((packets = length_next(result, packets))) {
		struct row row = { .packets = packets,
				   .first_lost = UINT32_MAX };

		for (i = 0; i < result->count; i++)
			row_add(&row, &result->probes[i]);
		row_print(out, &row);
	}
}

/* ---- what follows ---- */

static void command_format(const struct burst_result *result,
			   const struct burst_advice *advice, char *text,
			   size_t text_size)
{
	char rate_text[RATE_SIZE] = "";

	if (advice->kind == BURST_ADVICE_RATE)
		sluice_format_rate(advice->rate_bits_ps, rate_text, RATE_SIZE);
	snprintf(text, text_size, "sluice on %s%s%s", result->host.device,
		 *rate_text ? " rate " : "", rate_text);
}

static void rate_advice_print(FILE *out, const struct burst_result *result,
			      const struct burst_advice *advice,
			      const char *command)
{
	char spread[32];

	line(out, "advice", "'%s': one percent below the bottleneck, on the wire",
	     command);
	if (advice->train_frames > 1)
		line(out, "", "'%s train %u' fits as well, for less work", command,
		     advice->train_frames);
	sluice_format_number_about((double)advice->spread_ppm / PPM_PER_PERCENT,
				   spread, sizeof(spread));
	line(out, "if", "all that %s sends goes this way (else 'sluice on %s'), in packets of %u bytes",
	     result->host.device, result->host.device, result->packet_bytes);
	line(out, "", "or so, and nobody else needs the path; bursts tell its rate to %s%%",
	     spread);
}

static void advice_print(FILE *out, const struct burst_result *result)
{
	struct burst_advice advice;
	char command[COMMAND_SIZE];

	burst_advise(result, &advice);
	command_format(result, &advice, command, sizeof(command));
	switch (advice.kind) {
	case BURST_ADVICE_NONE:
		break;
	case BURST_ADVICE_LEAVE:
		line(out, "advice", "none: this is more than hosts send at once; pacing would buy nothing");
		line(out, "if", "the path stays as it was now");
		break;
	case BURST_ADVICE_LONGER:
		line(out, "advice", "none yet: nothing was lost, but bursts were short; try a larger --max");
		break;
	case BURST_ADVICE_SPACE:
		line(out, "advice", "'%s': one frame at a time needs the room of one packet",
		     command);
		line(out, "", "for each flow that meets others; with which rate was not seen");
		break;
	case BURST_ADVICE_RATE:
		rate_advice_print(out, result, &advice, command);
		break;
	}
}

static bool is_partial(const struct burst_result *result)
{
	return result->end == BURST_END_TIME ||
	       result->end == BURST_END_STOPPED ||
	       result->end == BURST_END_BROKEN;
}

static uint64_t sum_of(const struct burst_result *result, size_t offset)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < result->count; i++)
		sum += *(const uint32_t *)((const char *)&result->probes[i] +
					   offset);
	return sum;
}

void out_burst(FILE *out, const char *to, const struct burst_test *test)
{
	const struct burst_result *result = &test->result;
	char took[32];

	fprintf(out, "%s: %s", to, is_partial(result) ? "partial: " : "");
	verdict_print(out, test);
	end_print(out, result);
	sluice_format_time_about(result->elapsed_ns, took, sizeof(took));
	line(out, "sent", "%u bursts, %" PRIu64 " packets, in %s%s",
	     result->count, result->packets, took, result->segments > 1 ?
	     "; in bundles (UDP GSO)" : "; one by one");
	line(out, "came", "%" PRIu64 " packets after a later one, %" PRIu64 " twice",
	     sum_of(result, offsetof(struct burst_probe, report.reordered)),
	     sum_of(result, offsetof(struct burst_probe, report.duplicates)));
	rates_print(out, result);
	advice_print(out, result);
	table_print(out, result);
}

/* ---- for programs ---- */

static const char *const outcome_names[BURST_OUTCOMES] = {
	"lossless", "lost", "lost_here", "lost_there", "stretched",
};

static const char *const end_names[] = {
	"found", "lost_here", "lost_there", "time", "stopped", "broken",
};

static json_t *runs_json(const struct burst_report *report)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < report->runs && i < BURST_RUNS_TOLD; i++)
		json_array_append_new(array, json_pack("[I, I]",
				(json_int_t)report->told[i].first,
				(json_int_t)report->told[i].packets));
	return array;
}

static void rate_add(json_t *object, const char *key, uint64_t value)
{
	if (value)
		json_object_set_new(object, key,
				    json_integer((json_int_t)value));
}

static json_t *probe_json(const struct burst_probe *probe)
{
	const struct burst_report *report = &probe->report;
	json_t *object;

	object = json_pack("{s:I, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:b}",
			   "sent_pkts", (json_int_t)probe->sent.packets,
			   "outcome", outcome_names[probe->outcome],
			   "is_counted", probe->is_counted,
			   "received_pkts", (json_int_t)report->received,
			   "lost_pkts", (json_int_t)probe->lost,
			   "lost_here_pkts", (json_int_t)probe->lost_here,
			   "lost_there_pkts", (json_int_t)probe->lost_there,
			   "reordered_pkts", (json_int_t)report->reordered,
			   "duplicate_pkts", (json_int_t)report->duplicates,
			   "lost_runs", runs_json(report),
			   "lost_runs_count", (json_int_t)report->runs,
			   "bundles", (json_int_t)probe->sent.bundles,
			   "call_ns", (json_int_t)probe->sent.call_ns,
			   "is_stamped", probe->is_stamped);
	if (!object)
		return NULL;
	if (probe->lost)
		json_object_set_new(object, "first_lost_index",
				    json_integer(report->first_lost));
	rate_add(object, "left_bits_ps", probe->burst_bits_ps);
	rate_add(object, "arrived_bits_ps", probe->arrival_bits_ps);
	return object;
}

static json_t *probes_json(const struct burst_result *result)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < result->count; i++)
		json_array_append_new(array, probe_json(&result->probes[i]));
	return array;
}

static void advice_json(json_t *object, const struct burst_result *result)
{
	static const char *const names[] = {
		[BURST_ADVICE_NONE] = "none",
		[BURST_ADVICE_LEAVE] = "leave",
		[BURST_ADVICE_LONGER] = "longer",
		[BURST_ADVICE_SPACE] = "space",
		[BURST_ADVICE_RATE] = "rate",
	};
	struct burst_advice advice;
	char command[COMMAND_SIZE];

	burst_advise(result, &advice);
	json_object_set_new(object, "advice", json_string(names[advice.kind]));
	if (advice.kind < BURST_ADVICE_SPACE)
		return;
	command_format(result, &advice, command, sizeof(command));
	json_object_set_new(object, "advised_command", out_name_json(command));
	if (advice.kind < BURST_ADVICE_RATE)
		return;
	rate_add(object, "advised_rate_bits_ps", advice.rate_bits_ps);
	rate_add(object, "advised_train_frames", advice.train_frames);
	json_object_set_new(object, "rate_spread_ppm",
			    json_integer((json_int_t)advice.spread_ppm));
}

int out_burst_json(const char *to, const struct burst_test *test)
{
	const struct burst_result *result = &test->result;
	const struct burst_search *search = &result->search;
	const struct burst_probe *best = result->best < 0 ? NULL :
					 &result->probes[result->best];
	json_t *array = json_array();
	json_t *object;

	object = json_pack("{s:i, s:o, s:o, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s}",
			   "schema_version", OUT_JSON_SCHEMA_VERSION,
			   "to", out_name_json(to),
			   "dev", out_name_json(result->host.device),
			   "end", end_names[result->end],
			   "is_partial", is_partial(result),
			   "packet_bytes", (json_int_t)result->packet_bytes,
			   "lossless_pkts", (json_int_t)search->lossless,
			   "lossless_bytes",
			   (json_int_t)bytes_of(result, search->lossless),
			   "max_pkts", (json_int_t)search->max,
			   "sent_pkts", (json_int_t)result->packets,
			   "elapsed_ns", (json_int_t)result->elapsed_ns,
			   "has_bundles", result->segments > 1,
			   "arrival_stamp", "sniffed, coalesced");
	if (object) {
		rate_add(object, "lossy_pkts", search->lossy);
		rate_add(object, "lossy_bytes",
			 bytes_of(result, search->lossy));
		rate_add(object, "left_bits_ps",
			 best ? best->burst_bits_ps : 0);
		rate_add(object, "arrived_bits_ps",
			 burst_bottleneck_bits_ps(&result->known));
		rate_add(object, "buffer_bytes", best ?
			 burst_buffer_bytes(best, &result->known) : 0);
		if (*result->host.spacer)
			json_object_set_new(object, "spacing_qdisc",
					    json_string(result->host.spacer));
		advice_json(object, result);
		json_object_set_new(object, "bursts", probes_json(result));
	}
	return out_json("burst-test", array,
			json_array_append_new(array, object));
}
