// SPDX-License-Identifier: GPL-2.0
/* The text of two places: what became of the packets between them; see out_scope.h. */
#include <inttypes.h>
#include <math.h>

#include "../scope/words.h"
#include "out_scope.h"

#define PPM_P50		500000u
#define PPM_P99		990000u
#define PPM_P999	999000u
#define PPM_ALL		1000000u

/* Where 0 is a figure, too: that of gaps that are all alike. */
static struct scope_text figure_of(double value)
{
	struct scope_text ret = { "not known" };

	if (!isnan(value))
		snprintf(ret.text, sizeof(ret.text),
			 value < 99.5 ? "%.3g" : "%.0f", value);
	return ret;
}

static void retention_print(FILE *out, const char *name,
			    const struct scope_join *join,
			    enum scope_join_figure figure)
{
	double ratio = scope_join_retention(join, figure);

	fprintf(out, "  %-28s ", name);
	if (isnan(scope_join_value(join, SCOPE_JOIN_FIRST, figure)))
		fputs("not known\n", out);
	else
		fprintf(out, "%s there, %s here: %s of it (1: spacing is kept)\n",
			figure_of(scope_join_value(join, SCOPE_JOIN_FIRST,
						   figure)).text,
			figure_of(scope_join_value(join, SCOPE_JOIN_SECOND,
						   figure)).text,
			figure_of(ratio).text);
}

/* What is not in the figures, and why. */
static void join_remark(FILE *out, const struct scope_join *join)
{
	uint64_t untold = join->place[SCOPE_JOIN_FIRST].untold_pkts +
			  join->place[SCOPE_JOIN_SECOND].untold_pkts;
	uint64_t long_pkts = join->place[SCOPE_JOIN_FIRST].long_pkts +
			     join->place[SCOPE_JOIN_SECOND].long_pkts;

	if (join->forgotten_pkts)
		fprintf(out, "! %" PRIu64 " packets had to be forgotten before they could come\n",
			join->forgotten_pkts);
	if (join->copied_pkts)
		fprintf(out, "! %" PRIu64 " packets were sent more than once: which copy came is not known, and how long it took\n",
			join->copied_pkts);
	if (join->ways > scope_join_ways_kept(join))
		fprintf(out, "! of %" PRIu64 " delays %" PRIu64 " are kept, drawn at random: quantiles are of those, least and highest of all\n",
			join->ways, scope_join_ways_kept(join));
	if (untold)
		fprintf(out, "! %" PRIu64 " packets inside of bundles of UDP cannot be told apart, and count as not found\n",
			untold);
	if (join->inside_pkts)
		fprintf(out, "! %" PRIu64 " packets came inside of super-packets: how long each took is not seen\n",
			join->inside_pkts);
	if (long_pkts)
		fprintf(out, "! %" PRIu64 " packets are longer than frames and were not found: super-packets of which the capture does not tell the frames, or jumbo frames\n",
			long_pkts);
	if (join->mixed_pkts && !join->config.expands_supers)
		fputs("! super-packets of one place were frames at the other: --expand compares frames\n", out);
	else if (join->place[0].supers || join->place[1].supers)
		fprintf(out, "super-packets are %s\n",
			join->config.expands_supers ?
			"shown as frames with one stamp (stack, expanded)" :
			"compared as they are");
	if (join->has_no_memory)
		fputs("! there was no memory to compare the spacing\n", out);
}

static struct scope_text later_of(const struct scope_join *join,
				  uint32_t share_ppm)
{
	return told_of(scope_join_later_ns(join, share_ppm),
		       scope_join_least_ns(join));
}

void out_scope_join(FILE *out, const struct scope_join *join,
		    const struct scope *first, const struct scope *second)
{
	fprintf(out, "\nfrom %s\n  to %s:\n", first->config.vantage.name,
		second->config.vantage.name);
	fprintf(out, "  %" PRIu64 " of %" PRIu64 " packets came here, %" PRIu64 " packets here were not seen there\n",
		join->both_pkts, join->place[SCOPE_JOIN_FIRST].pkts,
		join->place[SCOPE_JOIN_SECOND].pkts - join->both_pkts);
	join_remark(out, join);
	if (!join->both_pkts)
		return;
	if (!scope_join_is_whole(join)) {
		fputs("  how long they took, and what became of their spacing: not known, for not all was seen\n", out);
		return;
	}
	if (join->ways)
		fprintf(out, "  later than the quickest      median %s, p99 %s, p99.9 %s, at most %s (PDV; the clocks' offset cancels)\n",
			later_of(join, PPM_P50).text,
			later_of(join, PPM_P99).text,
			later_of(join, PPM_P999).text,
			later_of(join, PPM_ALL).text);
	retention_print(out, "burst excess at 1.25 x mean", join,
			SCOPE_JOIN_BEF);
	retention_print(out, "variation of the gaps", join, SCOPE_JOIN_COV);
}
