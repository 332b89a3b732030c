// SPDX-License-Identifier: GPL-2.0
/* Goodput and what had to be sent again: one bar per policy, spread over seeds. */
#include <math.h>
#include <string.h>

#include "report_parts.h"

#define WIDTH		960
#define ROW		26.0
#define TOP		34.0
#define NAMES		150.0		/* names end here */

struct bars {
	const char *title;
	size_t offset;			/* of the figure in a summary */
	const char *key;		/* of expected numbers */
	double unit;
	int digits;
	double left;
	double right;
	double full;			/* end of the axis; 0: the longest bar */
	const char *full_name;
};

static const struct lab_figure *figure_of(const struct report *report,
					  const struct bars *bars, size_t i)
{
	return (const struct lab_figure *)
		((const char *)&report->policies[i] + bars->offset);
}

/* A tick where an expected number of this policy lies. */
static void expected_marks(const struct report *report, const struct bars *bars,
			   const struct scale *x, size_t i, double y)
{
	const json_t *list = json_object_get(report->results, "expected"), *entry;
	size_t k;

	json_array_foreach(list, k, entry) {
		double value, at;

		if (strcmp(lab_string_at(entry, "policy", ""),
			   report->policies[i].policy) ||
		    strcmp(lab_string_at(entry, "key", ""), bars->key) ||
		    !lab_number_at(entry, "value", &value))
			continue;
		at = scale_at(x, value);
		fputs("<g class=\"goal\"><title>expected ", report->out);
		html_text(report->out, lab_string_at(entry, "op", ""));
		fprintf(report->out, " %.10g</title><path d=\"M%.5g %.5gv%.4gM%.5g %.5gl-3.5-5h7z\"/></g>\n",
			value / bars->unit, at, y - 8, ROW - 10, at, y - 8);
	}
}

static void bar(const struct report *report, const struct bars *bars,
		const struct scale *x, size_t i)
{
	const struct lab_figure *figure = figure_of(report, bars, i);
	double y = TOP + ((double)i + .5) * ROW, end;

	if (!figure->count) {
		svg_text(report->out, "note", bars->right + 62, y + 4.5, "end",
			 "–");
		return;
	}
	end = scale_at(x, figure->mean);
	fprintf(report->out, "<path class=\"bar %s\" d=\"M%.5g %.5gH%.5gv11H%.5gz\"/>\n",
		policy_class(report, i), bars->left, y - 5.5,
		fmax(end, bars->left + .75), bars->left);
	if (figure->count > 1 && figure->deviation > 0)
		svg_line(report->out, "spread", scale_at(x, figure->mean -
			 figure->deviation), y, scale_at(x, figure->mean +
			 figure->deviation), y);
	expected_marks(report, bars, x, i, y);
	/* numbers in a column of their own, ends of the means aligned */
	fprintf(report->out, "<text class=\"value\" x=\"%.5g\" y=\"%.5g\" text-anchor=\"end\">%.*f</text>\n",
		bars->right + 62, y + 4.5, bars->digits,
		figure->mean / bars->unit);
	if (figure->count > 1)
		fprintf(report->out, "<text class=\"note\" x=\"%.5g\" y=\"%.5g\">± %.*f</text>\n",
			bars->right + 68, y + 4.5, bars->digits,
			figure->deviation / bars->unit);
}

static void chart(const struct report *report, const struct bars *bars)
{
	struct scale x = { 0, bars->full, bars->left, bars->right, false };
	double bottom = TOP + (double)report->count * ROW;

	if (x.to <= 0) {
		for (size_t i = 0; i < report->count; i++) {
			const struct lab_figure *figure =
				figure_of(report, bars, i);

			x.to = fmax(x.to, figure->mean + figure->deviation);
		}
		if (x.to <= 0)
			x.to = 1;
	}
	svg_text(report->out, "name", bars->left, 14, "start", bars->title);
	svg_line(report->out, "base", bars->left, TOP - 4, bars->left, bottom);
	if (bars->full > 0) {
		svg_line(report->out, "level", bars->right, TOP - 4, bars->right,
			 bottom);
		svg_text(report->out, "note", bars->right, bottom + 14,
			 "middle", bars->full_name);
	}
	for (size_t i = 0; i < report->count; i++)
		bar(report, bars, &x, i);
}

void report_bars(const struct report *report)
{
	struct bars goodput = {
		"Goodput, Mb/s", offsetof(struct lab_summary, goodput_bits_ps),
		"goodput_bits_ps", 1e6, 0, NAMES + 12, 470,
		report->port_rate_bits_ps, "port",
	};
	struct bars resent = {
		"Retransmitted, % of segments",
		offsetof(struct lab_summary, retransmitted_percent),
		"retransmitted_percent", 1, 3, 630, 830, 0, "",
	};
	char full[48], number[32];

	svg_rate_format(report->port_rate_bits_ps, number, sizeof(number));
	snprintf(full, sizeof(full), "port %s", number);
	goodput.full_name = full;
	fprintf(report->out, "<section>\n<h2>What it comes to</h2>\n<p class=\"how\">"
		"All flows together%s. A triangle marks a number that the scenario expects.</p>\n"
		"<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"Goodput and retransmissions by policy\">\n",
		report->seeds > 1 ? "; mean and standard deviation over the seeds" : "",
		WIDTH, TOP + (double)report->count * ROW + 20);
	for (size_t i = 0; i < report->count; i++) {
		fprintf(report->out, "<text class=\"name %s\" x=\"%g\" y=\"%.4g\" text-anchor=\"end\">",
			policy_class(report, i), NAMES,
			TOP + ((double)i + .5) * ROW + 4.5);
		html_text(report->out, report->policies[i].policy);
		fputs("</text>\n", report->out);
	}
	chart(report, &goodput);
	chart(report, &resent);
	fputs("</svg>\n</section>\n", report->out);
}
