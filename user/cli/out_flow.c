// SPDX-License-Identifier: GPL-2.0
/* What `sluice flows` prints; see out_flow.h. */
#include "out_flow.h"

#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "../lib/stat.h"
#include "out.h"

#define COLUMNS 80
#define BITS_PER_BYTE 8
#define CELL_SIZE 16

/* Three digits and a unit: what fits into a column. */
struct scale {
	const char *name;
	uint64_t factor;
};

static const struct scale rates[] = {
	{ "tbit", 1000000000000 }, { "gbit", 1000000000 },
	{ "mbit", 1000000 }, { "kbit", 1000 }, { "bit", 1 },
};

static const struct scale times[] = {
	{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
};

static void cell_format(uint64_t value, const struct scale *scale, char *cell)
{
	double number;
	int digits;

	while (scale->factor > 1 && value < scale->factor)
		scale++;
	number = (double)value / (double)scale->factor;
	digits = scale->factor == 1 || number >= 99.95 ? 0 :
		 number >= 9.995 ? 1 : 2;
	snprintf(cell, CELL_SIZE, "%.*f%s", digits, number, scale->name);
}

static void rate_cell(uint64_t bytes_ps, char *cell)
{
	if (!bytes_ps || bytes_ps > UINT64_MAX / BITS_PER_BYTE)
		snprintf(cell, CELL_SIZE, "-");
	else
		cell_format(bytes_ps * BITS_PER_BYTE, rates, cell);
}

static void time_cell(uint64_t ns, char *cell)
{
	if (ns)
		cell_format(ns, times, cell);
	else
		snprintf(cell, CELL_SIZE, "0");
}

void out_flow_header(FILE *out)
{
	fprintf(out, "%10s%9s%9s%7s%7s%7s%7s%7s%7s%7s\n", "rate", "pacing",
		"delivery", "cwnd", "srtt", "resent", "queued", "held", "late",
		"worst");
}

/* The numbers of a flow and of its socket, of which either may be missing. */
static void numbers_print(FILE *out, const struct sluice_flow *flow,
			  const struct sluice_socket *socket)
{
	bool has_tcp = socket && socket->has_tcp;
	char cell[CELL_SIZE];

	rate_cell(flow ? flow->xstats.rate_bytes_ps : 0, cell);
	fprintf(out, "%10s", cell);
	rate_cell(has_tcp ? socket->pacing_rate_bytes_ps :
		  flow ? flow->xstats.asked_bytes_ps : 0, cell);
	fprintf(out, "%9s", cell);
	rate_cell(has_tcp ? socket->delivery_rate_bytes_ps : 0, cell);
	fprintf(out, "%9s", cell);
	if (has_tcp) {
		time_cell((uint64_t)socket->srtt_us * 1000, cell);
		fprintf(out, "%7" PRIu32 "%7s%7" PRIu32, socket->cwnd_pkts,
			cell, socket->retransmitted_pkts);
	} else {
		fprintf(out, "%7s%7s%7s", "-", "-", "-");
	}
	if (flow) {
		fprintf(out, "%7" PRIu32, flow->xstats.queued_pkts);
		time_cell(flow->xstats.hold_ns, cell);
		fprintf(out, "%7s", cell);
		time_cell(sluice_flow_lateness_ns(flow), cell);
		fprintf(out, "%7s", cell);
		time_cell(flow->xstats.lateness_max_ns, cell);
		fprintf(out, "%7s\n", cell);
	} else {
		fprintf(out, "%7s%7s%7s%7s\n", "-", "-", "-", "-");
	}
}

/* Words of one line, or of two when they are too long for one. */
struct line {
	FILE *out;
	size_t column;
};

__attribute__((format(printf, 2, 3)))
static void line_add(struct line *line, const char *format, ...)
{
	char words[128];
	va_list args;
	size_t length;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	length = strlen(words);
	if (line->column && line->column + 1 + length >= COLUMNS) {
		fputs("\n  ", line->out);
		line->column = 2;
	} else if (line->column) {
		fputc(' ', line->out);
		line->column++;
	}
	fputs(words, line->out);
	line->column += length;
}

static void endpoints_add(struct line *line, const struct sluice_socket *socket)
{
	char text[SLUICE_ENDPOINT_SIZE];

	sluice_endpoint_format(socket->family, socket->local,
			       socket->local_port, text);
	line_add(line, "%s %s", socket->protocol == IPPROTO_TCP ? "tcp" : "udp",
		 text);
	sluice_endpoint_format(socket->family, socket->remote,
			       socket->remote_port, text);
	line_add(line, "> %s", text);
	if (*socket->congestion_control)
		line_add(line, "%s", socket->congestion_control);
}

static const char *device_name(int ifindex, char *name)
{
	if (!if_indextoname((unsigned int)ifindex, name))
		snprintf(name, IF_NAMESIZE, "if%d", ifindex);
	return name;
}

void out_flow(FILE *out, const struct sluice_flow *flow)
{
	struct line line = { .out = out };
	char name[IF_NAMESIZE];

	line_add(&line, "%s", device_name(flow->ifindex, name));
	if (flow->socket)
		endpoints_add(&line, flow->socket);
	else if (flow->xstats.socket_cookie)
		line_add(&line, "closed, or of another network namespace: socket %" PRIu64,
			 (uint64_t)flow->xstats.socket_cookie);
	else
		line_add(&line, "forwarded, of a guest, or not connected: hash %" PRIu32,
			 flow->xstats.hash);
	if (flow->xstats.gain_percent && flow->xstats.gain_percent != 100)
		line_add(&line, "gain %" PRIu32 "%%", flow->xstats.gain_percent);
	if (flow->xstats.flags & SLUICE_FLOW_INITIAL_WINDOW)
		line_add(&line, "initial window");
	fputc('\n', out);
	numbers_print(out, flow, flow->socket);
}

void out_socket(FILE *out, const struct sluice_socket *socket)
{
	struct line line = { .out = out };

	endpoints_add(&line, socket);
	if (socket->max_pacing_rate_bytes_ps &&
	    socket->max_pacing_rate_bytes_ps != UINT64_MAX) {
		char cell[CELL_SIZE];

		rate_cell(socket->max_pacing_rate_bytes_ps, cell);
		line_add(&line, "at most %s", cell);
	}
	fputc('\n', out);
	numbers_print(out, NULL, socket);
}

static void rate_set(json_t *object, const char *key, uint64_t bytes_ps)
{
	if (bytes_ps != UINT64_MAX)
		json_object_set_new(object, key,
				    json_integer((json_int_t)bytes_ps));
}

json_t *out_socket_json(const struct sluice_socket *socket)
{
	char local[SLUICE_ENDPOINT_SIZE], remote[SLUICE_ENDPOINT_SIZE];
	json_t *object;

	sluice_address_format(socket->family, socket->local, local);
	sluice_address_format(socket->family, socket->remote, remote);
	object = json_pack("{s:s, s:s, s:i, s:s, s:i, s:I}",
			   "protocol", socket->protocol == IPPROTO_TCP ?
			   "tcp" : "udp",
			   "local_address", local,
			   "local_port", (int)socket->local_port,
			   "remote_address", remote,
			   "remote_port", (int)socket->remote_port,
			   "cookie", (json_int_t)socket->cookie);
	if (!object || !socket->has_tcp)
		return object;
	if (*socket->congestion_control)
		json_object_set_new(object, "congestion_control",
				    out_name_json(socket->congestion_control));
	json_object_set_new(object, "cwnd_pkts",
			    json_integer(socket->cwnd_pkts));
	json_object_set_new(object, "mss_bytes",
			    json_integer(socket->mss_bytes));
	json_object_set_new(object, "srtt_us", json_integer(socket->srtt_us));
	rate_set(object, "pacing_rate_bytes_ps", socket->pacing_rate_bytes_ps);
	rate_set(object, "max_pacing_rate_bytes_ps",
		 socket->max_pacing_rate_bytes_ps);
	rate_set(object, "delivery_rate_bytes_ps",
		 socket->delivery_rate_bytes_ps);
	json_object_set_new(object, "retransmitted_pkts",
			    json_integer(socket->retransmitted_pkts));
	json_object_set_new(object, "unsent_bytes",
			    json_integer(socket->unsent_bytes));
	return object;
}

json_t *out_flow_json(const struct sluice_flow *flow)
{
	const struct sluice_stat *stat = sluice_flow_stat_table;
	char name[IF_NAMESIZE], handle[OUT_HANDLE_SIZE];
	json_t *object;

	out_handle_format(flow->qdisc, handle, sizeof(handle));
	object = json_pack("{s:i, s:o, s:s, s:s, s:b}",
			   "schema_version", OUT_JSON_SCHEMA_VERSION,
			   "dev", out_name_json(device_name(flow->ifindex,
							    name)),
			   "qdisc", handle,
			   "state", sluice_flow_state(flow),
			   "initial_window", !!(flow->xstats.flags &
						SLUICE_FLOW_INITIAL_WINDOW));
	if (!object)
		return NULL;
	for (; stat->key; stat++)
		if (sluice_stat_is_there(stat, flow->xstats_bytes))
			json_object_set_new(object, stat->key,
				json_integer((json_int_t)sluice_stat_value(
						&flow->xstats, stat)));
	if (flow->socket)
		json_object_set_new(object, "socket",
				    out_socket_json(flow->socket));
	return object;
}
