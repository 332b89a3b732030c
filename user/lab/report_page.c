// SPDX-License-Identifier: GPL-2.0
/* Head and foot of the page: style, title, the set-up, how it was measured. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

static double setting(const struct report *report, const char *key)
{
	double value = 0;

	lab_number_at(report->settings, key, &value);
	return value;
}

static void setup_words(const struct report *report)
{
	FILE *out = report->out;
	double rtt_ns = setting(report, "rtt_ns");
	double seconds = setting(report, "duration_ns") / 1e9;
	char nic[32], port[32];

	svg_rate_format(report->nic_rate_bits_ps, nic, sizeof(nic));
	svg_rate_format(report->port_rate_bits_ps, port, sizeof(port));
	fputs("<p class=\"setup\">", out);
	if (report->senders > 0)
		fprintf(out, "%.0f sender%s, each with a %s NIC, into one %s port with room for %.0f packets; round trip %.4g&#8239;ms; ",
			report->senders, report->senders > 1 ? "s" : "", nic,
			port, report->buffer_pkts, rtt_ns / 1e6);
	if (seconds > 0)
		fprintf(out, "%.4g&#8239;s of virtual time; ", seconds);
	fprintf(out, "%s; Linux ", lab_string_at(report->settings, "cc", ""));
	html_text(out, lab_string_at(report->results, "kernel.release", "of unknown version"));
	if (report->seeds > 1)
		fprintf(out, "; means of %u seeds &#177; standard deviation",
			report->seeds);
	fputs(".</p>\n", out);
}

/* The point of the page in one or two sentences, from the numbers. */
static void lead(const struct report *report)
{
	const struct lab_summary *worst = NULL, *own = NULL;
	FILE *out = report->out;
	char number[32];

	for (size_t i = 0; i < report->count; i++) {
		const struct lab_summary *one = &report->policies[i];

		if (!strncmp(one->policy, "sluice", 6) && !own)
			own = one;
		else if (strncmp(one->policy, "sluice", 6) &&
			 one->pmr_1ms.count && one->goodput_bits_ps.count &&
			 (!worst || one->goodput_bits_ps.mean <
				    worst->goodput_bits_ps.mean))
			worst = one;
	}
	if (!worst)
		return;
	svg_rate_format(worst->goodput_bits_ps.mean, number, sizeof(number));
	fputs("<p class=\"lead\">With ", out);
	html_text(out, worst->policy);
	fprintf(out, ", a sender&#8217;s busiest millisecond is %.3g times the mean of its second, ",
		worst->pmr_1ms.mean);
	fputs("the port drops ", out);
	html_count(out, worst->dropped_pkts.mean);
	fprintf(out, " packets and %s arrive.", number);
	if (own && own->goodput_bits_ps.count && own->pmr_1ms.count) {
		svg_rate_format(own->goodput_bits_ps.mean, number, sizeof(number));
		fputs(" With ", out);
		html_text(out, own->policy);
		fprintf(out, " it is %.3g times the mean, the port drops ",
			own->pmr_1ms.mean);
		html_count(out, own->dropped_pkts.mean);
		fprintf(out, " and %s arrive.", number);
	}
	fputs("</p>\n", out);
}

void report_head(const struct report *report)
{
	FILE *out = report->out;
	const char *title = lab_string_at(report->results, "scenario.title",
					  lab_string_at(report->results,
							"scenario.name",
							"Results"));

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>", out);
	html_text(out, title);
	fputs("</title>\n<style>\n", out);
	html_style(out);
	fputs("</style>\n</head>\n<body>\n<header>\n<h1>", out);
	html_text(out, title);
	fputs("</h1>\n", out);
	setup_words(report);
	lead(report);
	fputs("</header>\n", out);
}

/* How well the replayed queue agrees with what the port itself let out. */
static void replay_words(FILE *out, const json_t *run)
{
	double compared = 0, unlike = 0, most_ns = 0;

	if (lab_number_at(run, "port_queue.compared_pkts", &compared) &&
	    lab_number_at(run, "port_queue.departures_unlike_the_capture_pkts",
			  &unlike) &&
	    lab_number_at(run, "port_queue.departure_difference_max_ns",
			  &most_ns)) {
		fputs("; ", out);
		html_count(out, compared - fmin(unlike, compared));
		fputs(" of ", out);
		html_count(out, compared);
		fputs(" departures agree with the port&#8217;s own capture to the nanosecond", out);
		if (unlike > 0)
			fprintf(out, ", the rest within %.0f&#8239;ns", most_ns);
	}
	fputs(".", out);
}

void report_foot(const struct report *report)
{
	const json_t *run = report->policies[0].first_run, *line;
	const json_t *texts = NULL;
	FILE *out = report->out;
	double pkts = 0, warmup_ns = 0, step_ns = 1;
	size_t i;

	fputs("<footer>\n", out);
	if (*lab_string_at(report->results, "command", "")) {
		fputs("<p>Made by <code>", out);
		html_text(out, lab_string_at(report->results, "command", ""));
		fputs("</code>; the same command gives the same figures on every machine.</p>\n", out);
	}
	fputs("<p>Kernel ", out);
	html_text(out, lab_string_at(report->results, "kernel.release", "?"));
	fputs(" from ", out);
	html_text(out, lab_string_at(report->results, "kernel.source_version", "?"));
	fputs(", Sluice ", out);
	html_text(out, lab_string_at(report->results, "sluice_version", "?"));
	fputs(".</p>\n", out);
	if (lab_number_at(run, "metrics.pkts", &pkts)) {
		lab_number_at(run, "metrics.about.warmup_ns", &warmup_ns);
		fputs("<p>Frames were captured on ", out);
		html_text(out, lab_string_at(run, "metrics.about.vantage", "the wire"));
		lab_number_at(run, "metrics.about.uncertainty_ns", &step_ns);
		fprintf(out, " and dated at the start of the frame in virtual time, exact to %.0f&#8239;ns (",
			step_ns);
		html_count(out, pkts);
		fputs(" frames in the first run). Rates in the first picture count frame bytes without preamble, FCS and gap, as the lab&#8217;s links do; "
		      "peaks, bursts and trains count them too (layer 1). The port&#8217;s queue is a replay of these frames", out);
		replay_words(out, run);
		if (warmup_ns > 0)
			fprintf(out, " The metrics leave out the first %.3g&#8239;s.",
				warmup_ns / 1e9);
		fputs("</p>\n", out);
	}
	texts = json_object_get(json_object_get(report->results, "scenario"),
				"policies");
	if (json_array_size(texts)) {
		fputs("<p>Policies:", out);
		json_array_foreach(texts, i, line) {
			fputs(i ? "; <code>" : " <code>", out);
			html_text(out, json_string_value(line) ?
				  json_string_value(line) : "");
			fputs("</code>", out);
		}
		fputs(".</p>\n", out);
	}
	fputs("</footer>\n</body>\n</html>\n", out);
}
