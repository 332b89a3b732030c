// SPDX-License-Identifier: GPL-2.0
/*
 * The words of each command, one or two lines each; sluice(8) has all of it. A test
 * asks for every flag that a usage has.
 */
#include "help.h"

#include <string.h>

#include "../scope/figure.h"

#define COLUMNS 80u

struct word {
	const char *name;	/* with its value: "--for TIME" */
	const char *text;
};

#define JSON_ARRAY { "--json", "an array of objects, units in the keys" }
#define TAKEOVER \
	{ "--takeover", "also where another program sets the qdisc, or what " \
			"is there cannot be put back" }

static const struct word on_words[] = {
	{ "DEV", "a bond, bridge or VLAN stands for what is below it" },
	{ "--no-module", "by the kernel's own fq, which keeps less: with maxrate, "
		"train, limit, flow_limit, horizon, ce_threshold" },
	{ "--dry-run", "print the changes as tc commands, change nothing" },
	TAKEOVER,
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word off_words[] = {
	{ "DEV", "as it was told to 'sluice on'; no other is touched" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word apply_words[] = {
	{ "FILE", "only the devices of these files, named DEV.conf "
		"(all of /etc/sluice)" },
	{ "--follow", "stay where rates are shares of links, or ports may come: "
		"apply again when they do, try again what was refused" },
	{ "--dry-run", "print the changes as tc commands, change nothing" },
	TAKEOVER,
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word status_words[] = {
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word show_words[] = {
	{ "DEV", "this device alone, or the members of this bond" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word flows_words[] = {
	{ "DEV", "of this device alone" },
	{ "--top N", "no more than N flows (20; with --json all)" },
	{ "--sort BY", "which come first (rate): by rate, packets queued, "
		"how long the first is held, how late frames were" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word metrics_words[] = {
	{ "--textfile FILE", "replace FILE, which ends with .prom, at once, for "
		"node_exporter" },
	{ "--listen PORT", "answer GET /metrics until SIGTERM comes, at "
		"127.0.0.1 unless an address stands in front" },
	{ "--device-include REGEX", "only devices whose name it matches (POSIX, "
				    "extended; anywhere unless ^ and $ say)" },
	{ "--device-exclude REGEX", "only the others" },
	{ NULL, NULL },
};

static const struct word verify_words[] = {
	{ "--for TIME", "measure for so long (5s; 100ms to 3600s)" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word burst_test_words[] = {
	{ "HOST", "where 'sluice burst-test --listen' runs (this host "
		"itself, at 127.0.0.1), port 9978 unless given" },
	{ "--min N", "packets of the shortest burst (1)" },
	{ "--max N", "and of the longest (4096; at most 65536)" },
	{ "--size BYTES", "of a packet as IP counts them (what the path takes; "
		"80 to 65000)" },
	{ "--repeat N", "bursts of a length (3; 1 to 100)" },
	{ "--pause TIME", "between two bursts, for queues to drain "
		"(50ms; 1ms to 10s)" },
	{ "--for TIME", "end after that, with what was measured "
		"(60s, listening 600s; 100ms to 3600s)" },
	{ "--at-least N", "exit code 3 if bursts of N are not absorbed" },
	{ "--dry-run", "say how much would be sent at most, send nothing" },
	{ "--listen PORT", "receive the bursts of others, at 127.0.0.1 unless "
		"an address stands in front" },
	{ "--allow PREFIX", "who may send beside this host, up to 13 times" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word monitor_words[] = {
	{ "DEV", "this device alone" },
	{ "--interval TIME", "between lines (1s; 100ms to 3600s)" },
	{ "--count N", "end after N intervals" },
	{ "--json", "an object a line, units in the keys" },
	{ NULL, NULL },
};

static const struct word doctor_words[] = {
	{ "DEV", "these alone (hardware that is up, and what is paced)" },
	{ "--verbose", "say in full what is well, too" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word scope_words[] = {
	{ "DEV", "both directions, behind the qdisc; as PLACE:DEV "
		"stack (in front of the qdisc), qdisc (behind it), "
		"wire (received), tap (both, without BPF)" },
	{ "FILE", "a capture: pcap, pcapng, compressed or not, - for "
		"standard input; two places are joined by packet" },
	{ "--for TIME", "look for so long (until told to stop)" },
	{ "--interval TIME", "between lines (1s; 250ms to 60s)" },
	{ "--record FILE", "write packets to a pcapng file" },
	{ "--ring SIZE", "memory for them (64MiB; 1MiB to 16GiB)" },
	{ "--trigger WHAT", "record only around burst:RATE, burst:BYTES, loss "
		"or rto; may be repeated" },
	{ "--around TIME", "how long in front of a trigger and behind it (1s)" },
	{ "--tap", "through a packet socket, though there may be BPF" },
	{ "--stamps hardware", "stamps of the NIC; wire:DEV alone" },
	{ "--switch-stamps-on", "let the NIC stamp all meanwhile, for them" },
	{ "--expand", "count a super-packet as the frames it stands for" },
	{ "--departures", "compare with when packets were meant to leave" },
	{ "--cpu", "what each processor does, by the millisecond" },
	{ "--counters", "only sums of each tick of the kernel, to run always" },
	{ "--line-rate RATE", "of the medium, where it is not known" },
	{ "--bottleneck RATE", "the smallest buffer without loss there" },
	{ "--rate RATE", "how far from this rate, how early, how late" },
	{ "--filter EXPRESSION", "only these packets, as pcap-filter(7) says" },
	{ "--interface NAME", "one of a pcapng file that has several" },
	{ "--fail-if CONDITION", "exit code 3 if a figure of those below does that, "
		"as pmr_1ms>1.2; may be repeated" },
	{ "--top N", "so many flows in JSON and page (32)" },
	{ "--report FILE", "write a page with pictures (HTML)" },
	{ "--json", "an object; of a device one a line, figures last" },
	{ "--prometheus", "the figures below in Prometheus' text format" },
	{ NULL, NULL },
};

static const struct word compare_words[] = {
	{ "BEFORE", "results of 'sluice scope --json', one after another" },
	{ "AFTER", "and those to hold against them" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct {
	const char *command;
	const struct word *words;
} helps[] = {
	{ "on", on_words },
	{ "off", off_words },
	{ "apply", apply_words },
	{ "status", status_words },
	{ "show", show_words },
	{ "flows", flows_words },
	{ "metrics", metrics_words },
	{ "verify", verify_words },
	{ "burst-test", burst_test_words },
	{ "monitor", monitor_words },
	{ "doctor", doctor_words },
	{ "scope", scope_words },
	{ "compare", compare_words },
};

/* Up to the next blank that is in no pair of brackets: "[--for TIME]" stays whole. */
static size_t piece_length(const char *text)
{
	size_t length = 0;
	int depth = 0;

	for (; text[length] && (text[length] != ' ' || depth > 0); length++)
		depth += (text[length] == '[') - (text[length] == ']');
	return length;
}

void help_wrap(FILE *out, const char *text, size_t column, size_t indent)
{
	while (*text) {
		size_t length = piece_length(text);

		if (column + 1 + length >= COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)length, text);
		column += length;
		text += length + (text[length] == ' ');
	}
	fputc('\n', out);
}

static void words_print(FILE *out, const struct word *word)
{
	fputc('\n', out);
	for (; word->name; word++) {
		fprintf(out, "  %-22s", word->name);
		help_wrap(out, word->text, 24, 25);
	}
}

static void figures_print(FILE *out, const struct scope_figure *figures,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "  %-20s %-7s", figures[i].name, figures[i].unit);
		help_wrap(out, figures[i].help, 30, 31);
	}
}

void help_words_print(FILE *out, const char *command)
{
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++)
		if (!strcmp(helps[i].command, command))
			words_print(out, helps[i].words);
	if (strcmp(command, "scope"))
		return;
	fputs("\nfigures, and their units:\n", out);
	figures_print(out, scope_figures, scope_figures_count);
	figures_print(out, scope_cpu_figures, scope_cpu_figures_count);
}
