// SPDX-License-Identifier: GPL-2.0
/* How it was measured, and what each figure means, in words. */
#include <inttypes.h>

#include "figure.h"
#include "report_parts.h"
#include "sums.h"

#define PPM_P50		500000u
#define PPM_P99		990000u
#define PPM_P999	999000u
#define PPM_ALL		1000000u

#define NOT_KNOWN_WHERE	". Nobody knows where among the others they were: gaps, trains, bursts, round trips and what is made of them are not known, mean and peaks at least what is said.</dd>\n"

static const char *stamp_words(enum scope_stamp_class stamp)
{
	static const char *const words[] = {
		[SCOPE_STAMP_VIRTUAL] = "in the lab&#8217;s virtual time, which is exact",
		[SCOPE_STAMP_HARDWARE] = "by the network card&#8217;s own clock",
		[SCOPE_STAMP_QDISC] = "by the kernel behind the qdisc, before the driver: what the card does afterwards is not seen",
		[SCOPE_STAMP_TAP] = "by a packet socket, before the driver: what the card does afterwards is not seen",
		[SCOPE_STAMP_STACK] = "by the kernel in front of the qdisc: pacing comes after it and is not seen",
		[SCOPE_STAMP_SOFTIRQ] = "by the kernel when it took the packet from the card, after the interrupt: how close together packets came is seen by the card alone",
		[SCOPE_STAMP_SNIFFED] = "by whatever wrote the capture: the file does not say by which clock, nor how exact it was",
	};

	return words[stamp];
}

static void stamps(const struct panel *panel)
{
	const struct scope_vantage *vantage = &panel->scope->config.vantage;
	FILE *out = panel->out;

	fprintf(out, "<dt>Time stamps</dt><dd>Class &#8220;%s&#8221;: taken %s. ",
		scope_stamp_name(vantage->stamp), stamp_words(vantage->stamp));
	fprintf(out, "Their step is %s", time_text(vantage->resolution_ns).text);
	if (scope_is_coarser(panel->scope))
		fprintf(out, ", although the file says %s: all are multiples of that apart",
			time_text(panel->scope->file_step_ns).text);
	fputs("; ", out);
	fprintf(out, "a stamp may be wrong by %s or more, and gaps below that are censored, not zero.</dd>\n",
		time_text(vantage->uncertainty_ns).text);
	if (vantage->stamp == SCOPE_STAMP_HARDWARE) {
		fputs("<dt>Clock</dt><dd>", out);
		html_text(out, vantage->clock);
		fprintf(out, " of the network card, which was %.9f s ahead of this host&#8217;s (CLOCK_REALTIME) when looking began, and has been set back by as much here.</dd>\n",
			(double)vantage->clock_ahead_ns / 1e9);
	}
	fputs("<dt>Backward stamps</dt><dd>", out);
	if (panel->scope->backward_pkts) {
		html_count(out, (double)panel->scope->backward_pkts);
		fprintf(out, " packets are stamped before the packet before them, by up to %s. They are taken as at the same time: peaks, gaps and trains around them are not to be trusted.</dd>\n",
			time_text((double)panel->scope->backward_max_ns).text);
	} else {
		fputs("None: no packet is stamped before the one before it.</dd>\n", out);
	}
	if (panel->scope->timeless_pkts) {
		fputs("<dt>Without a time</dt><dd>", out);
		html_count(out, (double)panel->scope->timeless_pkts);
		fputs(" packets have none in the file. Where they lie among the others is not known, so they are in no figure.</dd>\n", out);
	}
	if (panel->scope->short_pkts) {
		fputs("<dt>Cut without a word</dt><dd>", out);
		html_count(out, (double)panel->scope->short_pkts);
		fputs(" packets are shorter than their IP header says: the capture does not tell how long they were, so bytes and rates are too low.</dd>\n", out);
	}
	if (panel->scope->interfaces > 1)
		fprintf(out, "<dt>Interfaces</dt><dd>The file has %u, all taken together: <code>--interface NAME</code> takes one.</dd>\n",
			panel->scope->interfaces);
	if (panel->scope->has_other_link)
		fprintf(out, "<dt>Link type</dt><dd>%u%s, no Ethernet: %s.</dd>\n",
			panel->scope->link_type,
			panel->scope->has_several_links ?
			" of some of the interfaces" : "",
			sluice_frame_reads(panel->scope->link_type) ?
			"lengths are those of its frames in the file, with 24 bytes more" :
			"its headers are not read, so none of its packets is of a flow");
	if (panel->scope->left_out_pkts) {
		fputs("<dt>A part</dt><dd>", out);
		html_count(out, (double)panel->scope->left_out_pkts);
		fputs(" packets more than are in the file were received: it is a part (around triggers, or of another file). What takes the whole span is not known.</dd>\n", out);
	}
	if (panel->scope->copies_percent)
		fprintf(out, "<dt>Copies</dt><dd>About %u&#8239;%% of the packets are copies of one shortly before, as of several interfaces or a mirror port. They count twice, and as sent again: peaks and trains are not those of one place. <code>--interface</code> or <code>--filter</code> takes one of them.</dd>\n",
			panel->scope->copies_percent);
	if (vantage->is_coalesced)
		fputs("<dt>Joined on arrival</dt><dd>Received packets were stamped after interrupt moderation or joined (GRO): trains among them may be made by that, not by the sender.</dd>\n", out);
}

static void supers(const struct panel *panel)
{
	uint64_t pkts = 0, frames = 0;
	FILE *out = panel->out;

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		pkts += panel->scope->lane[i].super_pkts;
		frames += panel->scope->lane[i].super_frames;
	}
	fputs("<dt>Super-packets</dt><dd>", out);
	if (scope_long_bytes(panel->scope)) {
		fputs("Not known: frames of up to ", out);
		html_count(out, scope_long_bytes(panel->scope));
		fputs(" bytes were seen, which may be jumbo frames, or super-packets of the host that wrote the capture. What the wire does with those is not seen here.</dd>\n", out);
		return;
	}
	if (!panel->scope->config.vantage.has_supers && !pkts) {
		fputs("None are expected here: every packet is taken as a frame of the wire.</dd>\n", out);
		return;
	}
	html_count(out, (double)pkts);
	fputs(", which stand for ", out);
	html_count(out, (double)frames);
	fputs(panel->scope->config.expands_supers ?
	      " frames. Each is shown as its frames, all with its one stamp (stack, expanded): the gaps inside are not measured.</dd>\n" :
	      " frames. Each counts as one packet of all its bytes: what the wire does with them is not seen here.</dd>\n",
	      out);
}

/* Of a capture, as far as it says. */
static void lost_of_file(const struct panel *panel)
{
	uint64_t pkts = panel->scope->unseen_pkts - panel->scope->timeless_pkts;
	FILE *out = panel->out;

	if (!pkts) {
		fputs(panel->scope->has_unseen_count ?
		      "None, as the capture says.</dd>\n" :
		      "Not known here: the capture does not say what it missed. A frame that is missing makes a gap longer and a train shorter.</dd>\n", out);
		return;
	}
	html_count(out, (double)pkts);
	fputs(" packets were dropped, as the capture says" NOT_KNOWN_WHERE, out);
}

static void lost(const struct panel *panel)
{
	const struct scope_live_losses *losses = panel->losses;
	FILE *out = panel->out;

	fputs("<dt>Lost records</dt><dd>", out);
	if (!losses || panel->scope->file_step_ns) {
		lost_of_file(panel);
		return;
	}
	html_count(out, (double)losses->missed_pkts);
	fputs(" packets were missed", out);
	if (losses->unshown_pkts) {
		fputs("; ", out);
		html_count(out, (double)losses->unshown_pkts);
		fputs(" super-packets cannot be shown by this kernel to a packet socket", out);
	}
	if (losses->unstamped_pkts) {
		fputs("; ", out);
		html_count(out, (double)losses->unstamped_pkts);
		fputs(" packets were not stamped by the card and are in no figure", out);
	}
	fputs(scope_is_whole(panel->scope) ? ".</dd>\n" :
	      NOT_KNOWN_WHERE, out);
}

/* By direction where there are several; nothing where there is none. */
static void mac_control(const struct panel *panel)
{
	const struct scope_lane *lane = panel->scope->lane;
	FILE *out = panel->out;
	bool has_one = false;

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		if (!lane[i].mac_control.frames)
			continue;
		fputs(has_one ? "; " : "<dt>MAC control</dt><dd>", out);
		has_one = true;
		if (i != SCOPE_ANY)
			fprintf(out, "%s: ", scope_direction_name(i));
		html_count(out, (double)lane[i].mac_control.frames);
		fputs(" frames, ", out);
		html_count(out, (double)lane[i].mac_control.wire_bytes);
		fputs(" bytes on the wire", out);
	}
	if (has_one)
		fputs(". PAUSE frames, those of priority flow control, and frames that fill the gaps of a paced flow: they take time of this line, and the next bridge discards them. They are in no other figure: what is called idle here may have been filled with them.</dd>\n", out);
}

static void completeness(const struct panel *panel)
{
	uint64_t unknown = panel->scope->flows ?
			   scope_flows_unknown_pkts(panel->scope->flows) : 0;
	uint64_t not_ip = 0, untold = 0;
	FILE *out = panel->out;

	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++) {
		struct scope_sums sums;

		scope_sums_of(panel->scope, i, &sums);
		untold += sums.untold_pkts;
		not_ip += panel->scope->lane[i].not_ip_pkts;
	}
	lost(panel);
	mac_control(panel);
	fputs("<dt>Where it ended</dt><dd>", out);
	if (panel->note)
		html_text(out, panel->note);
	else
		fputs("Where its packets did: nothing was cut", out);
	fputs(".</dd>\n<dt>Left out</dt><dd>", out);
	html_count(out, (double)not_ip);
	fputs(" packets are not IP: they count in rates, gaps and trains, in no flow", out);
	if (unknown) {
		fputs("; ", out);
		html_count(out, (double)unknown);
		fputs(" packets are of more flows than are kept: they count in no flow, nor in what was sent again", out);
	}
	if (untold) {
		fputs("; ", out);
		html_count(out, (double)untold);
		fputs(" packets of TCP came without a whole header, or without a length: what of them was sent again is not known", out);
	}
	fputs(".</dd>\n", out);
}

void page_measured(const struct panel *panel)
{
	const struct scope_vantage *vantage = &panel->scope->config.vantage;
	FILE *out = panel->out;

	fputs("<section>\n<h2>How it was measured</h2>\n<dl class=\"words\">\n<dt>Vantage</dt><dd><code>", out);
	html_text(out, vantage->name);
	fputs("</code></dd>\n", out);
	stamps(panel);
	fprintf(out, "<dt>Bytes</dt><dd>At layer 1: the frame and %u more for preamble, FCS and gap; a frame shorter than 60 counts as 60.</dd>\n",
		SCOPE_OVERHEAD_BYTES);
	fputs("<dt>Line rate</dt><dd>", out);
	if (vantage->line_rate_bits_ps)
		fprintf(out, "%s. A gap of up to 1.1 times a frame&#8217;s time on the wire is none: the frames are one train.</dd>\n",
			rate_text((double)vantage->line_rate_bits_ps).text);
	else
		fputs("Not known: nothing can be called back to back, so there are no trains at line rate and no bursts. <code>--line-rate 10gbit</code> says it.</dd>\n", out);
	supers(panel);
	completeness(panel);
	fputs("</dl>\n</section>\n", out);
}

/* ---- two places ---- */

static void ratio_row(FILE *out, const char *name, double ratio)
{
	fprintf(out, "<dt>%s</dt><dd>", name);
	if (!isnan(ratio))
		fprintf(out, "%.3g times that of the first place.</dd>\n", ratio);
	else
		fputs("Not known here: one of the two is not.</dd>\n", out);
}

/* Delay variation (RFC 5481). */
static void way_words(FILE *out, const struct scope_join *join)
{
	static const struct { uint32_t ppm; const char *words; } shares[] = {
		{ PPM_P50, "Beyond the shortest: half of them up to " },
		{ PPM_P99, ", 99 % up to " },
		{ PPM_P999, ", 99.9 % up to " },
		{ PPM_ALL, ", all up to " },
	};

	if (!scope_join_is_whole(join)) {
		fputs("Not known here: packets were not seen.</dd>\n", out);
		return;
	}
	if (!join->ways) {
		fputs("Not known here: of no packet is it clear which one came.</dd>\n", out);
		return;
	}
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		fprintf(out, "%s%s", shares[i].words, told_text((double)
			scope_join_later_ns(join, shares[i].ppm),
			scope_join_least_ns(join)).text);
	fputs(". That is PDV (RFC 5481): the offset between the clocks of the two places cancels; one clock that runs faster than the other does not.</dd>\n", out);
}

void page_between(FILE *out, const struct scope_report *report)
{
	const struct scope_join *join = report->join;
	uint64_t long_pkts = join->place[SCOPE_JOIN_FIRST].long_pkts +
			     join->place[SCOPE_JOIN_SECOND].long_pkts;

	fputs("<section>\n<h2>Between the two places</h2>\n<dl class=\"words\">\n<dt>Packets</dt><dd>", out);
	html_count(out, (double)join->place[SCOPE_JOIN_FIRST].pkts);
	fputs(" at the first place, ", out);
	html_count(out, (double)join->place[SCOPE_JOIN_SECOND].pkts);
	fputs(" at the second; ", out);
	html_count(out, (double)join->both_pkts);
	fputs(" were found at both.", out);
	if (long_pkts) {
		fputs(" Not found, because the capture does not tell their frames, were ", out);
		html_count(out, (double)long_pkts);
		fputs(" that are longer than frames.", out);
	}
	fputs("</dd>\n<dt>Time on the way</dt><dd>", out);
	way_words(out, join);
	ratio_row(out, "Burst excess",
		  scope_join_retention(join, SCOPE_JOIN_BEF));
	ratio_row(out, "Gap variation",
		  scope_join_retention(join, SCOPE_JOIN_COV));
	fputs("</dl>\n<p class=\"how\">1: the spacing arrives as it left; above 1 it is lost on the way, below 1 a queue made it more even.</p>\n</section>\n", out);
}

static const struct { const char *name, *meaning; } meanings[] = {
	{ "Peak to mean", "Most bytes in any window of a length, wherever it begins, over the mean of its second. Of the highest second." },
	{ "Perfect", "The same for a constant rate: a window holds whole frames, so in short ones it is above 1." },
	{ "Burst excess", "Largest backlog, in frames of the largest size, of a queue that is drained at so many times the mean of its second. 1: no frame ever met another." },
	{ "Departures late", "How much later frames left than they were meant to; 99 % were not later than that." },
	{ "Too early", "How much before its time by the rate that was to be kept a frame came at most (GCRA, CDVT). What came late may not have been ready." },
	{ "B0", "Smallest buffer that would have taken this trace without loss at the named bottleneck. Open loop: senders would have reacted to a real one." },
	{ "Goodput", "TCP payload without what was sent again, over the whole span." },
	{ "Train", "Frames that follow one another with gaps of at most so much. Shares are of frames: half of them in trains of ten means that half of all frames had such company." },
	{ "Gap variation", "Standard deviation over mean of the gaps. 0: all alike; 1: at random." },
	{ "Burst spectrum", "Burst excess over the whole trace, for every rate: read it as buffer against bottleneck." },
	{ "Envelope", "Most bytes in any stretch of time: what a network calculus calls the arrival curve." },
	{ "Dispersion, IDC", "Variance over mean of the number of frames in windows side by side. 1 for a Poisson process, n for batches of n, near 0 for paced frames." },
	{ "Burst", "An unbroken run of windows of 10 µs, each above half of the line rate." },
	{ "Processors", "Busy is a processor that runs a task, a softirq or the handler of an interrupt, by the host&#8217;s own clock; of a virtual machine also while others have it. Milliseconds begin where those of the packets do. Peak to mean is of such aligned milliseconds, over the mean of their second; of one processor only where that is 1&#8239;% or more." },
	{ "Sent again", "Segments of TCP that carry what was seen before; a timeout is one after 200 ms of silence." },
	{ "In a row", "Most packets sent again one behind the other in sequence: a loss period of RFC 3357, as far as a sender shows it." },
	{ "Wander", "Phase is how late a frame is against an ideal stream at the rate that was to be kept, which never pauses. A slow rate makes MTIE grow with tau and leaves TDEV; noise of timers shows in both." },
	{ "Jain", "Jain's index of the flows that had data before and behind a window of 100 ms: 1 when all have the same, 1/n when one of n has it all." },
	{ "Queue that stands", "The least round trip of an interval of 100 ms, and of two round trips at least, less the least of all of the flow; on average. A queue that passes is empty once in each interval; one that stood all the time is not seen, and neither is one in front of this place. Not known where the data is received." },
	{ "RTT", "From a segment to the first ACK that covers it, here; of segments sent once only." },
};

void page_meanings(FILE *out)
{
	fputs("<section>\n<h2>What the figures mean</h2>\n<dl class=\"words\">\n", out);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		fprintf(out, "<dt>%s</dt><dd>%s</dd>\n", meanings[i].name,
			meanings[i].meaning);
	fputs("</dl>\n</section>\n", out);
}
