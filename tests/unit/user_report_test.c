// SPDX-License-Identifier: GPL-2.0
/*
 * Table and report on results of made-up runs: every panel is there, nothing
 * of the results reaches the page unescaped, the page stands alone, the table
 * fits 80 columns. With a file name as argument the page is kept there.
 */
#include <ctype.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../user/lab/analyse.h"
#include "../../user/lab/report.h"
#include "../../user/lab/table.h"
#include "user_synthetic.h"
#include "user_page.h"
#include "user_tap.h"

#define START_NS	1700000000000000000ull
#define MS		1000000ull
#define SENDERS		6u
#define SECONDS		10u
#define FRAME_BYTES	1514u

static char dir[] = "/tmp/sluice-report-XXXXXX";

struct model {
	const char *policy;
	uint64_t train;			/* frames per train, at most */
	bool is_paced;			/* trains spread over the round trip */
	uint64_t floor_pkts;		/* window after a loss */
};

/* A sawtooth of windows, one per 10 ms round trip, sent in trains. */
static void send_windows(struct synthetic_run *run, const struct model *model,
			 uint32_t sender, uint64_t *random)
{
	uint64_t window = 10 + synthetic_random(random) % 60;
	uint64_t at_ns = START_NS + synthetic_random(random) % (10 * MS);

	while (at_ns < run->end_ns) {
		uint64_t sent = 0, trains = (window + model->train - 1) / model->train;

		for (uint64_t k = 0; sent < window; k++) {
			uint64_t offset_ns = model->is_paced ?
				k * 10 * MS / trains : k * 40000;

			for (uint64_t i = 0; i < model->train && sent < window; i++, sent++)
				synthetic_send(run, sender, at_ns + offset_ns, FRAME_BYTES, 0);
		}
		window = window > 180 ? model->floor_pkts : window + 1 +
			 synthetic_random(random) % 3;
		at_ns += 10 * MS;
	}
}

static json_t *run_of(const struct model *model, uint64_t seed, uint32_t seconds)
{
	struct synthetic_run run = {
		.senders = SENDERS, .nic_rate_bits_ps = 10000000000ull,
		.port_rate_bits_ps = 1000000000ull, .port_buffer_pkts = 16,
		.start_ns = START_NS, .end_ns = START_NS + seconds * 1000 * MS,
	};
	struct lab_analyse_input in = {
		.senders = SENDERS, .dir = dir, .nic_rate_bits_ps = run.nic_rate_bits_ps,
		.port_rate_bits_ps = run.port_rate_bits_ps, .port_buffer_pkts = 16,
		.frame_overhead_bytes = 24, .start_ns = run.start_ns, .end_ns = run.end_ns,
	};
	uint64_t random = seed;
	char error[256];
	json_t *json;

	for (uint32_t i = 1; i <= SENDERS; i++)
		send_windows(&run, model, i, &random);
	synthetic_write(&run, dir);
	json = json_pack("{s:s,s:I,s:f,s:I,s:I,s:I,s:f,s:f,s:[]}",
			 "policy", model->policy, "seed", (json_int_t)seed,
			 "goodput_bits_ps", (double)(run.count - run.dropped_pkts) * 1448 * 8 / seconds,
			 "sent_segments", (json_int_t)run.count,
			 "retransmitted_segments", (json_int_t)run.dropped_pkts,
			 "port_dropped_pkts", (json_int_t)run.dropped_pkts,
			 "jain", 0.98, "superpacket_segments_mean",
			 (double)model->train, "flows");
	tap_ok(!lab_analyse(&in, json, error, sizeof(error)), model->policy);
	synthetic_done(&run);
	return json;
}

static json_t *results_make(uint32_t seconds)
{
	static const struct model models[] = {
		{ "fq", 44, true, 60 }, { "pfifo_fast", 44, false, 40 },
		{ "fq-segs1", 1, true, 90 }, { "bbr <&\"", 12, true, 100 },
		{ "sluice", 1, true, 110 },
	};
	json_t *runs = json_array();

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		for (uint64_t seed = 1; seed <= 2; seed++)
			json_array_append_new(runs, run_of(&models[i], seed, seconds));
	return json_pack("{s:i,s:{s:s,s:s,s:{s:i,s:I,s:I,s:i,s:i,s:I,s:s},s:[s,s]},"
			 "s:{s:s,s:s},s:s,s:s,s:o,s:[{s:s,s:s,s:s,s:f,s:f,s:s,s:b},"
			 "{s:s,s:s,s:s,s:f,s:f,s:s,s:b}]}", "schema_version", 1,
			 "scenario", "name", "six", "title",
			 "Six senders share a port with a shallow buffer <b>",
			 "settings", "senders", SENDERS, "nic_rate_bits_ps",
			 (json_int_t)10000000000, "port_rate_bits_ps", (json_int_t)1000000000,
			 "port_buffer_pkts", 16, "rtt_ns", 10000000, "duration_ns",
			 (json_int_t)(seconds * 1000 * MS), "cc", "cubic",
			 "policies", "policy fq qdisc \"fq\"", "policy sluice qdisc \"sluice\"",
			 "kernel", "release", "7.3.4", "source_version", "7.3.4-1~bpo13+1",
			 "sluice_version", "0.1", "command", "sluice lab run six --seeds 2",
			 "runs", runs, "expected",
			 "policy", "sluice", "key", "goodput_bits_ps", "op", ">=", "value", 860e6,
			 "measured", 861e6, "reason", "the strongest peer's goodput", "met", 1,
			 "policy", "sluice", "key", "retransmitted_percent", "op", "<=", "value", 0.03,
			 "measured", 0.5, "reason", "a thirtieth of the strongest peer's", "met", 0);
}

static char *write_report(const json_t *results, size_t *ret_size)
{
	char *page = NULL, error[256];
	FILE *file = open_memstream(&page, ret_size);

	tap_ok(!lab_report_write(results, file, error, sizeof(error)), "report is written");
	fclose(file);
	return page;
}

/* The letters stand alone, as printf writes what is not a number. */
static bool has_word(const char *page, const char *word)
{
	for (const char *at = page; (at = strstr(at, word)) != NULL; at++)
		if (!isalpha((unsigned char)at[-1]) &&
		    !isalpha((unsigned char)at[strlen(word)]))
			return true;
	return false;
}

static void test_report(const json_t *results, const char *keep)
{
	static const char *const parts[] = {
		"millisecond by millisecond", "The queue at the port",
		"Burst spectrum", "What it comes to", "Expected and measured",
		"sluice lab run six --seeds 2", "7.3.4-1~bpo13+1",
	};
	size_t size;
	char *page = write_report(results, &size);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		tap_ok(strstr(page, parts[i]) != NULL, parts[i]);
	tap_ok(page_is_balanced(page), "every tag is closed");
	tap_ok(!strstr(page, "<script") && !strstr(page, "http") && !strstr(page, "url("),
	       "the page needs nothing from elsewhere");
	tap_ok(!strstr(page, "bbr <") && strstr(page, "bbr &lt;&amp;&quot;") &&
	       !strstr(page, "buffer <b>"), "names are escaped");
	tap_ok(!has_word(page, "nan") && !has_word(page, "inf"),
	       "no number is missing");
	tap_ok(size < 1000000, "less than 1 MB");
	if (keep) {
		FILE *file = fopen(keep, "we");

		if (!file || fwrite(page, size, 1, file) != 1 || fclose(file))
			abort();
	}
	free(page);
}

static void test_table(const json_t *results)
{
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	bool is_narrow = true, is_plain = true;

	tap_ok(!lab_table_write(results, file, (struct lab_table_style){ 0 }),
	       "table is written");
	fclose(file);
	if (!isatty(1))
		for (const char *c = text; *c; c++)
			is_plain &= *c == '\n' || (*c >= ' ' && *c <= '~');
	tap_text(text, "sluice ", "table: a line for sluice");
	tap_text(text, "NO: 1 of 2", "table: the verdict");
	tap_text(text, "a thirtieth", "table: the reason of a missed number");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		is_narrow &= strlen(line) <= 80 || !strncmp(line, "NO: ", 4);
	tap_ok(is_narrow, "table: at most 80 columns");
	tap_ok(is_plain, "table: plain ASCII where nothing else is known to work");
	free(text);
}

/* A scenario expects a number that runs do not have: mistyped, more likely than missed. */
static void test_unknown_number(const json_t *results)
{
	json_t *copy = json_deep_copy(results);
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	json_array_append_new(json_object_get(copy, "expected"),
			      json_pack("{s:s, s:s, s:s, s:f, s:n, s:s, s:b}",
					"policy", "sluice", "key", "godput", "op",
					">=", "value", 1.0, "measured", "reason",
					"any", "met", 0));
	tap_ok(!lab_table_write(copy, file, (struct lab_table_style){ 0 }),
	       "table with an unknown number is written");
	fclose(file);
	tap_text(text, "NO: sluice: godput is no number of these runs, expected >= 1: any",
		 "table: a key that no run has is said");
	free(text);
	json_decref(copy);
}

/* Results with almost nothing in them: panels are left out, nothing breaks. */
static void test_sparse(void)
{
	json_t *results = json_pack("{s:[{s:s},{s:s,s:{s:{s:[],s:[]}}}]}", "runs",
				    "policy", "one", "policy", "two", "series",
				    "queue", "max_pkts", "mean_milli_pkts");
	json_t *none = json_pack("{s:[]}", "runs");
	char error[256] = "";
	size_t size;
	char *page = write_report(results, &size);
	FILE *null = fopen("/dev/null", "we"), *full = fopen("/dev/full", "we");

	tap_ok(page_is_balanced(page), "sparse results: every tag is closed");
	tap_ok(!lab_table_write(results, null, (struct lab_table_style){ true, true }),
	       "sparse results: table");
	tap_ok(lab_report_write(none, null, error, sizeof(error)) < 0 && *error,
	       "no runs: a sentence");
	tap_ok(lab_table_write(none, null, (struct lab_table_style){ 0 }) < 0,
	       "no runs: no table");
	tap_ok(lab_report_write(results, full, error, sizeof(error)) < 0 &&
	       strstr(error, "disk"), "a full disk: a sentence");
	fclose(null);
	fclose(full);
	free(page);
	json_decref(results);
	json_decref(none);
}

/* A large buffer that no policy fills: the strips' top is four times the longest queue of all policies, not of the first. */
static void test_large_buffer(void)
{
	json_t *results = json_pack("{s:{s:{s:i}},s:[{s:s},{s:s,s:{s:{s:[i],s:[i]}}},{s:s,s:{s:{s:[i],s:[i]}}}]}",
				    "scenario", "settings", "port_buffer_pkts", 4096, "runs",
				    "policy", "none",
				    "policy", "short", "series", "queue", "max_pkts", 60,
				    "mean_milli_pkts", 60000,
				    "policy", "long", "series", "queue", "max_pkts", 300,
				    "mean_milli_pkts", 300000);
	size_t size;
	char *page = write_report(results, &size);

	/* an area begins at the base, 620 tenths of a pixel below the top */
	tap_ok(strstr(page, "M0 620v-155h") != NULL, "large buffer: 300 of 1200 packets are a quarter of a strip");
	tap_ok(strstr(page, "M0 620v-31h") != NULL, "large buffer: and 60 a twentieth");
	free(page);
	json_decref(results);
}

/* What has colours: a terminal that understands them. */
static void test_terminal(void)
{
	static const struct {
		const char *term;
		bool has_colour;
	} terminals[] = {
		{ "xterm", true }, { "dumb", false }, { "", false },
	};
	int pty = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *out = pty < 0 || grantpt(pty) || unlockpt(pty) ? NULL :
		    fopen(ptsname(pty), "w");
	unsigned int i;

	unsetenv("NO_COLOR");
	for (i = 0; out && i < sizeof(terminals) / sizeof(terminals[0]); i++) {
		char claim[64];

		setenv("TERM", terminals[i].term, 1);
		snprintf(claim, sizeof(claim), "table: colours on TERM=%s: %s",
			 terminals[i].term,
			 terminals[i].has_colour ? "yes" : "no");
		tap_ok(lab_table_style_of(out).has_colour ==
		       terminals[i].has_colour, claim);
	}
	if (out)
		fclose(out);
	close(pty);
}

int main(int argc, char **argv)
{
	json_t *results;
	char command[64];

	if (!mkdtemp(dir))
		return 1;
	results = results_make(argc > 1 ? SECONDS : 1);
	test_report(results, argc > 1 ? argv[1] : NULL);
	test_table(results);
	test_unknown_number(results);
	if (argc > 1)
		lab_table_write(results, stderr, lab_table_style_of(stderr));
	test_sparse();
	test_large_buffer();
	test_terminal();
	json_decref(results);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		return 1;
	return tap_done();
}
