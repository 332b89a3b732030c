// SPDX-License-Identifier: GPL-2.0
/* Head and foot of the page: style, title, the set-up, how it was measured. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

static const char style[] =
":root{color-scheme:light dark;--paper:#fffef9;--ink:#1d1c1a;--soft:#67635a;--hair:#e6e2d8;--base:#a8a294;--bad:#b3261e;--good:#3f6b3a;"
"--p0:#c8321f;--p1:#2f6db3;--p2:#12876a;--p3:#8a5a9e;--p4:#a97400;--p5:#3d98ad;--p6:#7b5236;--p7:#74716a;--p8:#e0793f;--p9:#8f1d3f}\n"
"@media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e9e6df;--soft:#a09b90;--hair:#2b2e33;--base:#6d6a63;--bad:#ff8a7a;--good:#8fc489;"
"--p0:#ff6f59;--p1:#74aef0;--p2:#4fc3a1;--p3:#c596d8;--p4:#e0b04a;--p5:#6fcbe0;--p6:#c79a78;--p7:#a5a29a;--p8:#ffa877;--p9:#e8718f}}\n"
"*{box-sizing:border-box}\n"
"body{margin:0 auto;padding:2.2rem 1.4rem 3rem;max-width:62rem;background:var(--paper);color:var(--ink);"
"font:17px/1.5 'Palatino Linotype',Palatino,'Book Antiqua','URW Palladio L','TeX Gyre Pagella',Georgia,serif;font-variant-numeric:lining-nums}\n"
"h1{font-size:1.75rem;line-height:1.2;font-weight:normal;margin:0 0 .3rem}\n"
"h2{font-size:1.2rem;font-weight:normal;font-style:italic;margin:2.4rem 0 .2rem}\n"
"p{margin:.3rem 0 .6rem;max-width:46rem}\n"
".lead{font-size:1.08rem;margin-top:.9rem}\n"
".how,.setup,footer,figcaption{color:var(--soft);font-size:.88rem;line-height:1.42}\n"
".setup{margin:0}\n"
"svg{display:block;width:100%;height:auto;overflow:visible}\n"
"svg text{font-family:inherit;fill:var(--ink)}\n"
"svg .tick{font-size:11px;fill:var(--soft)}\nsvg .note{font-size:12.5px;fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}\n"
"svg .name{font-size:15px}\nsvg .value{font-size:13px}\n"
".hair{stroke:var(--hair);stroke-width:1;fill:none}\n.base{stroke:var(--base);stroke-width:1;fill:none}\n"
".level{stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3;fill:none}\n"
".dot{stroke-width:3.2;stroke-linecap:round;fill:none;stroke-opacity:.75}\n"
".mean{stroke:var(--ink);stroke-width:1.9;fill:none}\n"
".curve{stroke-width:1.5;fill:none;stroke-linejoin:round}\npath.curve[transform]{stroke-width:11}\n"
".area{stroke:none;fill-opacity:.22}\n.bar{stroke:none;fill-opacity:.8}\n"
".spread{stroke:var(--ink);stroke-width:1.2;fill:none}\n"
".goal{stroke:var(--ink);stroke-width:1;fill:var(--ink)}\n.mark{fill:var(--ink)}\n"
".row{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem 1.4rem}\n"
"figure{margin:0;display:flex;flex-direction:column;justify-content:space-between}\nfigcaption{min-height:3.9rem}\n"
"figcaption b{color:var(--ink);font-weight:normal;font-style:italic}\n"
".legend{display:flex;flex-wrap:wrap;gap:.1rem 1.3rem}\n.key{white-space:nowrap;font-size:.95rem}\n.key svg{display:inline-block;width:22px;margin-right:.4rem;vertical-align:middle}\n"
".wide{overflow-x:auto}\ntable{border-collapse:collapse;font-size:.86rem;line-height:1.3;margin:.6rem 0 .4rem;min-width:100%}\n"
"th{font-weight:normal}\nthead th{vertical-align:bottom;text-align:right;color:var(--soft);border-bottom:1px solid var(--base);padding:.2rem .45rem}\n"
"thead small{display:block}\ntbody th{text-align:left;white-space:nowrap;padding:.32rem .9rem .32rem 0;vertical-align:top;font-size:.98rem}\n"
"td{text-align:right;padding:.32rem .45rem;vertical-align:top;white-space:nowrap;font-variant-numeric:lining-nums tabular-nums}\n"
"td.left,th.left{text-align:left!important;white-space:normal}\ntd small{color:var(--soft)}\n"
"td span{display:block;font-size:.78rem}\n.met{color:var(--good)}\n.missed{color:var(--bad)}\n"
"code{font:.84em ui-monospace,'DejaVu Sans Mono',Menlo,monospace}\n"
"dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.2rem;margin:.6rem 0}\ndt{font-size:1rem}\ndd{margin:0;max-width:44rem}\n"
"footer{margin-top:2.6rem;border-top:1px solid var(--hair);padding-top:.8rem}\nfooter p{max-width:none}\n"
"@media screen and (max-width:40rem){dl{grid-template-columns:1fr}dd{margin:0 0 .5rem}section{overflow-x:auto}section>svg{min-width:44rem}figure{max-width:24rem}td.left{min-width:12rem}}\n"
"@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#555;--hair:#ddd}body{font-size:10.5pt;max-width:none;padding:0}"
".row{grid-template-columns:repeat(3,1fr)}section,figure,tr{break-inside:avoid}.wide{overflow:visible}h2{margin-top:1.4rem}table{font-size:.72rem}}\n";

static void colours(FILE *out)
{
	for (int i = 0; i < 10; i++)
		fprintf(out, ".dot.p%d,.curve.p%d{stroke:var(--p%d)}.area.p%d,.bar.p%d,text.p%d{fill:var(--p%d)}dt.p%d,th.p%d{color:var(--p%d)}\n",
			i, i, i, i, i, i, i, i, i, i);
}

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

	lab_rate_print(report->nic_rate_bits_ps, nic, sizeof(nic));
	lab_rate_print(report->port_rate_bits_ps, port, sizeof(port));
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
	lab_rate_print(worst->goodput_bits_ps.mean, number, sizeof(number));
	fputs("<p class=\"lead\">With ", out);
	html_text(out, worst->policy);
	fprintf(out, ", a sender&#8217;s busiest millisecond is %.3g times the mean of its second, ",
		worst->pmr_1ms.mean);
	fputs("the port drops ", out);
	html_count(out, worst->dropped_pkts.mean);
	fprintf(out, " packets and %s arrive.", number);
	if (own && own->goodput_bits_ps.count && own->pmr_1ms.count) {
		lab_rate_print(own->goodput_bits_ps.mean, number, sizeof(number));
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
	fputs(style, out);
	colours(out);
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
