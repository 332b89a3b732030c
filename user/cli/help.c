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
	{ "--takeover", "even if another program sets the qdisc, or if what " \
			"is there cannot be put back" }

static const struct word on_words[] = {
	{ "DEV", "a device; a bond, bridge or VLAN stands for those below it" },
	{ "--no-module", "pace by the kernel's fq, which keeps less; options: "
		"rate, overhead, maxrate, train, limit, flow_limit, horizon, "
		"ce_threshold" },
	{ "--dry-run", "print the changes as tc commands, change nothing" },
	TAKEOVER,
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word off_words[] = {
	{ "DEV", "the name that 'sluice on' was given" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word apply_words[] = {
	{ "FILE", "only the devices of these files, named DEV.conf "
		"(default: all of /etc/sluice)" },
	{ "--follow", "keep running where rates are shares of links or ports "
		"may come: apply again when they do, and retry" },
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
	{ "DEV", "only this device, or the members of this bond" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word flows_words[] = {
	{ "DEV", "only flows of this device" },
	{ "--top N", "no more than N flows (20; with --json all)" },
	{ "--sort BY", "largest first (rate): by rate, packets queued, how "
		"long the first is held, how late frames were" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word metrics_words[] = {
	{ "--textfile FILE", "write FILE, whose name ends with .prom, for "
		"node_exporter; it is replaced atomically" },
	{ "--listen PORT", "answer GET /metrics until SIGTERM, at 127.0.0.1 "
		"unless an address is given" },
	{ "--device-include REGEX", "only devices whose name matches (POSIX extended, "
				    "anywhere in the name unless ^ or $)" },
	{ "--device-exclude REGEX", "only devices whose name does not match" },
	{ NULL, NULL },
};

static const struct word verify_words[] = {
	{ "--for TIME", "measure for this time (5s; 100ms to 3600s)" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word burst_test_words[] = {
	{ "HOST", "where 'sluice burst-test --listen' runs (default: "
		"this host itself), at port 9978 unless given" },
	{ "--min N", "packets in the shortest burst (1)" },
	{ "--max N", "packets in the longest burst (4096; at most 65536)" },
	{ "--size BYTES", "size of a packet as IP counts it (what the path "
		"takes whole; 80 to 65000)" },
	{ "--repeat N", "bursts of each length (3; 1 to 100)" },
	{ "--pause TIME", "time between two bursts, for queues to drain "
		"(50ms; 1ms to 10s)" },
	{ "--for TIME", "end after this time (60s, with --listen 600s; 100ms "
		"to 3600s)" },
	{ "--at-least N", "exit code 3 if bursts of N packets are not absorbed" },
	{ "--dry-run", "say how much would be sent at most, send nothing" },
	{ "--listen PORT", "receive the bursts of others, at 127.0.0.1 unless "
		"an address is given" },
	{ "--allow PREFIX", "who may send besides this host; up to 13 times" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word monitor_words[] = {
	{ "DEV", "only this device" },
	{ "--interval TIME", "time between lines (1s; 100ms to 3600s)" },
	{ "--count N", "end after N intervals" },
	{ "--json", "an object per line, units in the keys" },
	{ NULL, NULL },
};

static const struct word doctor_words[] = {
	{ "DEV", "only these devices (default: hardware that is up, "
		"and what is paced)" },
	{ "--verbose", "also say in full what is well" },
	JSON_ARRAY,
	{ NULL, NULL },
};

static const struct word scope_words[] = {
	{ "DEV", "a device, both directions, behind the qdisc; PLACE is "
		"stack (in front of the qdisc), qdisc (behind it), "
		"wire (received) or tap (both, without BPF)" },
	{ "FILE", "a capture: pcap, pcapng, compressed or not, - for "
		"standard input; two places are joined packet by packet" },
	{ "--for TIME", "look for this time (default: until a signal)" },
	{ "--interval TIME", "time between lines (1s; 250ms to 60s)" },
	{ "--record FILE", "write packets to a pcapng file" },
	{ "--ring SIZE", "memory for packets to record (64MiB; 1MiB to 16GiB)" },
	{ "--trigger WHAT", "record only around burst:RATE, burst:BYTES, loss "
		"or rto; may be repeated" },
	{ "--around TIME", "time to record before and after a trigger (1s)" },
	{ "--tap", "use a packet socket even if there is BPF" },
	{ "--stamps hardware", "use the NIC's stamps; only with wire:DEV" },
	{ "--switch-stamps-on", "let the NIC stamp all packets meanwhile, if it does not" },
	{ "--expand", "count a super-packet as the frames that it stands for" },
	{ "--departures", "compare with the times at which packets were meant to leave" },
	{ "--cpu", "what each processor does in each millisecond" },
	{ "--counters", "only sums of each kernel tick: cheap enough to run always" },
	{ "--line-rate RATE", "line rate of the medium, if it is not known" },
	{ "--bottleneck RATE", "the smallest buffer without loss at this rate" },
	{ "--rate RATE", "how far from this rate, how early and how late" },
	{ "--filter EXPRESSION", "only these packets, as pcap-filter(7) says" },
	{ "--interface NAME", "one interface of a pcapng file that has several" },
	{ "--fail-if CONDITION", "exit code 3 if this holds, such as pmr_1ms>1.2, for a "
		"figure of those below; may be repeated" },
	{ "--top N", "number of flows in JSON and page (32)" },
	{ "--report FILE", "write a page with pictures (HTML)" },
	{ "--json", "an object; of a device an object per line, figures last" },
	{ "--prometheus", "the figures below in Prometheus' text format" },
	{ NULL, NULL },
};

static const struct word compare_words[] = {
	{ "BEFORE", "results of 'sluice scope --json', one after another" },
	{ "AFTER", "results to compare with them" },
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
