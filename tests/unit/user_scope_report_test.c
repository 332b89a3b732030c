// SPDX-License-Identifier: GPL-2.0
/*
 * The scope's page on made-up traffic: every panel is there, what a capture
 * brings is escaped, the page needs nothing from elsewhere, its numbers are those
 * of the scope, it is below 1 MB for 10 s at 10 Gb/s and for 10 minutes, and its
 * file is whole or not there. With a file name as argument the page is kept there.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../user/scope/cpu.h"
#include "../../user/scope/report.h"
#include "user_page.h"
#include "user_tap.h"

#define START_NS	1700000000000000000ull
#define MB		1000000u
#define GBIT		1000000000ull
#define FRAME_BYTES	1514u
#define HEADER_BYTES	66u

static uint64_t random_state = 88172645463325252ull;

static uint64_t random_below(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

/* Traffic: trains of several flows at line rate, with pauses between them. */
struct traffic {
	uint64_t seconds;
	uint64_t line_rate_bits_ps;
	uint64_t pause_ns;		/* up to so much after a train */
	uint32_t flows;
	uint32_t train_max;
};

struct sender {
	uint32_t sequence;
	struct scope_packet packet;
};

static void sender_init(struct sender *sender, uint32_t number)
{
	struct sluice_frame *frame = &sender->packet.frame;

	*sender = (struct sender){ .packet = {
		.bytes = FRAME_BYTES, .direction = SCOPE_OUT, .is_ip = true,
	} };
	frame->key = (struct sluice_flow_key){
		.source = { 10, 0, 1, 1 }, .destination = { 10, 0, 0, 1 },
		.source_port = (uint16_t)(10000 + number),
		.destination_port = 443, .protocol = SLUICE_PROTOCOL_TCP,
		.ip_version = 4,
	};
	frame->has_ports = true;
	frame->has_transport = true;
	frame->payload_bytes = FRAME_BYTES - HEADER_BYTES;
	frame->header_bytes = HEADER_BYTES;
	frame->tcp_flags = SLUICE_TCP_ACK;
}

static void traffic_feed(struct scope *scope, const struct traffic *traffic)
{
	struct sender *senders = calloc(traffic->flows, sizeof(*senders));
	uint64_t frame_ns = (FRAME_BYTES + 24) * 8 * GBIT /
			    traffic->line_rate_bits_ps;
	uint64_t at_ns = START_NS;
	uint64_t end_ns = START_NS + traffic->seconds * GBIT;
	bool is_fed = true;

	for (uint32_t i = 0; i < traffic->flows; i++)
		sender_init(&senders[i], i);
	while (at_ns < end_ns) {
		struct sender *sender = &senders[random_below(traffic->flows)];
		uint64_t length = 1 + random_below(traffic->train_max);

		for (; length && at_ns < end_ns; length--) {
			struct scope_flow_event event;

			sender->packet.time_ns = at_ns;
			sender->packet.direction = traffic->flows > 64 &&
				&sender[0] < &senders[150] ? SCOPE_IN : SCOPE_OUT;
			sender->packet.frame.tcp_sequence = sender->sequence;
			sender->sequence += FRAME_BYTES - HEADER_BYTES;
			is_fed &= !scope_add(scope, &sender->packet, &event);
			at_ns += frame_ns + random_below(3);
		}
		at_ns += random_below(traffic->pause_ns + 1);
	}
	tap_ok(is_fed, "traffic is taken in");
	scope_finish(scope);
	free(senders);
}

static uint64_t commanded_bits_ps;	/* of the next scope; 0: none */

static void scope_make(struct scope *scope, const char *name,
		       const struct traffic *traffic, bool has_rates)
{
	struct scope_config config = {
		.vantage = {
			.stamp = SCOPE_STAMP_SNIFFED, .resolution_ns = 1,
			.uncertainty_ns = 1,
			.line_rate_bits_ps = has_rates ?
					     traffic->line_rate_bits_ps : 0,
		},
		.bottleneck_bits_ps = has_rates ? GBIT : 0,
		.commanded_bits_ps = commanded_bits_ps,
	};

	snprintf(config.vantage.name, sizeof(config.vantage.name), "%s", name);
	scope_init(scope, &config);
	traffic_feed(scope, traffic);
}

static char *page_of(const struct scope *const *scopes, uint32_t count,
		     const char *const *notes, size_t *ret_size)
{
	struct scope_report report = {
		.scopes = scopes, .notes = notes, .count = count,
		.top_flows = 1000,
	};
	char *page = NULL;
	FILE *out = open_memstream(&page, ret_size);

	tap_ok(!scope_report_print(&report, out), "the page is written");
	fclose(out);
	return page;
}

/* ---- what a page must be ---- */

/* The letters stand alone, as printf writes what is not a number; only in the page's own part. */
static bool has_word(const char *page, const char *word)
{
	const char *end = strstr(page, "<footer>");

	for (const char *at = strstr(page, "<body>"); (at = strstr(at, word)) != NULL && at < end; at++)
		if (!isalpha((unsigned char)at[-1]) &&
		    !isalpha((unsigned char)at[strlen(word)])) {
			printf("# %.70s\n", at - 50);
			return true;
		}
	return false;
}

/* Addresses of other places: only uPlot's own, in the comment that names it. */
static bool is_alone(const char *page)
{
	static const char *const ways[] = {
		"http://", "https://", "url(", "@import", "src=", "srcset", "//cdn",
		"<iframe", "<img", "fetch(", "XMLHttpRequest", "import(", "WebSocket",
		"sendBeacon",
	};
	static const char known[] = "/*! https://github.com/leeoniya/uPlot (v1.6.32) */";

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		for (const char *at = page; (at = strstr(at, ways[i])) != NULL; at++)
			if (strncmp(at - 4, known, sizeof(known) - 1)) {
				printf("# %.60s\n", at);
				return false;
			}
	return true;
}

/* As tap_text, for pages, which are long. */
static void page_text(const char *page, const char *part, const char *claim)
{
	tap_ok(strstr(page, part) != NULL, claim);
}

static void check_page(const char *page, size_t size, const char *what)
{
	char claim[96];

	snprintf(claim, sizeof(claim), "%s: every tag is closed", what);
	tap_ok(page_is_balanced(page), claim);
	snprintf(claim, sizeof(claim), "%s: it needs nothing from elsewhere", what);
	tap_ok(is_alone(page), claim);
	/* Tables fill their place, and this one has a margin beside it. */
	snprintf(claim, sizeof(claim), "%s: values under the pointer make it no wider than its window", what);
	tap_ok(strstr(page, ".plot .u-legend{min-width:0;") != NULL, claim);
	snprintf(claim, sizeof(claim), "%s: no number is missing", what);
	tap_ok(!has_word(page, "nan") && !has_word(page, "inf"), claim);
	snprintf(claim, sizeof(claim), "%s: below 1 MB", what);
	tap_ok(size < MB, claim);
	printf("# %s: %zu bytes\n", what, size);
}

/* ---- the numbers behind the picture ---- */

static int digit_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Reads the array as the script does, and apart from how it was written. */
static bool series_next(const char **text, unsigned int *ret_held, uint32_t *bits,
			int64_t *value)
{
	uint64_t zigzag = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		while (*ret_held < 8) {
			int digit = digit_of(**text);

			if (digit < 0)
				return false;
			(*text)++;
			*bits = *bits << 6 | (uint32_t)digit;
			*ret_held += 6;
		}
		byte = (uint8_t)(*bits >> (*ret_held - 8));
		*ret_held -= 8;
		zigzag |= (uint64_t)(byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	*value += zigzag & 1 ? -(int64_t)(zigzag / 2) - 1 : (int64_t)(zigzag / 2);
	return true;
}

static void check_series(const char *page, const struct scope_series *series)
{
	const char *text = strstr(page, "\"bytes\":\"");
	const char *peaks = strstr(page, "\"us10\":\"");
	unsigned int held = 0, peaks_held = 0;
	uint32_t bits = 0, peaks_bits = 0;
	int64_t value = 0, peak = 0;
	bool is_same = text && peaks;

	text += strlen("\"bytes\":\"");
	peaks += strlen("\"us10\":\"");
	for (uint32_t i = 0; is_same && i < series->bins; i++)
		is_same = series_next(&text, &held, &bits, &value) &&
			  series_next(&peaks, &peaks_held, &peaks_bits, &peak) &&
			  (uint64_t)value == series->bin[i].bytes &&
			  (uint64_t)peak == series->bin[i].max_10us_bytes;
	tap_ok(is_same && (*text == '"' || *text == '='),
	       "the numbers in the page are those of the scope, all of them");
}

/* ---- tests ---- */

static void test_full(const char *keep)
{
	static const struct traffic traffic = { 10, 10 * GBIT, 2000, 64, 44 };
	static const char *const parts[] = {
		"Peak to mean, 1&#8239;ms", "Excess at 1.25", "Departures late",
		"Buffer without loss", "Goodput", "Millisecond by millisecond",
		"Peak over mean", "Gaps.", "Trains.", "Bursts by size and gap",
		"Burst spectrum", "Envelope", "Dispersion", "The largest bursts",
		"10.0.1.1:10063 &#8594; 10.0.0.1:443", "How it was measured",
		"What the figures mean", "Permission is hereby granted",
		"nothing here says when frames were meant to leave",
	};
	struct scope scope;
	const struct scope *one = &scope;
	size_t size;
	char *page;

	scope_make(&scope, "wire:full.pcap", &traffic, true);
	tap_ok(scope.lane[SCOPE_OUT].series.bins == 10000 &&
	       sluice_meter_mean_bits_ps(&scope.lane[SCOPE_OUT].meter) > 9.5e9,
	       "10 s at 10 Gb/s: 10000 milliseconds");
	page = page_of(&one, 1, NULL, &size);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		tap_ok(strstr(page, parts[i]) != NULL, parts[i]);
	check_page(page, size, "10 s at 10 Gb/s");
	check_series(page, &scope.lane[SCOPE_OUT].series);
	if (keep) {
		FILE *file = fopen(keep, "we");

		if (!file || fwrite(page, size, 1, file) != 1 || fclose(file))
			abort();
	}
	free(page);
	scope_done(&scope);
}

/* Four processors, of which no millisecond is like another; the first ones are not known. */
static void cpu_make(struct scope_cpu *cpu, uint64_t ms)
{
	static const uint32_t id[] = { 0, 1, 2, 3 };

	if (scope_cpu_init(cpu, 4, id))
		abort();
	for (uint64_t i = 7; i < ms; i++) {
		struct scope_cpu_ms row[4];

		for (uint32_t k = 0; k < 4; k++)
			for (uint32_t kind = 0; kind < SCOPE_CPU_KINDS; kind++)
				row[k].ns[kind] = (uint32_t)
					random_below(1000001 >> 4 * kind);
		scope_cpu_add(cpu, i, row);
	}
	scope_cpu_finish(cpu);
}

static void check_cpu(const char *page, const struct scope_cpu *cpu)
{
	const char *text = strstr(page, "\"busy\":\"");
	unsigned int held = 0;
	uint32_t bits = 0;
	int64_t value = 0;
	bool is_same = text;

	text += strlen("\"busy\":\"");
	for (uint32_t i = 0; is_same && i < 10000; i++)
		is_same = series_next(&text, &held, &bits, &value) &&
			  value == (!cpu->bin[i].ms ? 0 :
				    cpu->bin[i].max_ns[SCOPE_CPU_BUSY] / 1000 + 1);
	tap_ok(is_same && (*text == '"' || *text == '='),
	       "processors: the numbers in the page, up to the last packet's");
}

/* Two directions in which no millisecond is like another, 300 flows: the longest page. */
static void test_noisy(void)
{
	static const struct traffic traffic = { 10, 10 * GBIT, 2000000, 300, 300 };
	struct scope scope;
	const struct scope *both[] = { &scope, &scope };
	struct scope_cpu cpu;
	size_t size;
	char *page;

	commanded_bits_ps = 7 * GBIT;
	scope_make(&scope, "wire:noisy.pcap", &traffic, true);
	commanded_bits_ps = 0;
	page = page_of(both, 1, NULL, &size);
	page_text(page, "<h2>Against 7", "a rate that was to be kept: it is named");
	page_text(page, "MTIE in 10.2 ms", "a rate that was to be kept: each tau can be read");
	page_text(page, "early by", "a rate that was to be kept: departures have a picture");
	check_page(page, size, "two directions full of noise");
	free(page);
	scope.config.wants_cpu = true;
	snprintf(scope.config.why_no_cpu, sizeof(scope.config.why_no_cpu),
		 "no <tracepoint>");
	page = page_of(both, 1, NULL, &size);
	page_text(page, "Not known here: no &lt;tracepoint&gt;.", "processors: not known, and why");
	free(page);
	cpu_make(&cpu, 10500);
	scope.cpu = &cpu;
	page = page_of(both, 1, NULL, &size);
	check_page(page, size, "two directions and processors full of noise");
	page_text(page, "Of the time of all 4 processors", "processors: in words");
	tap_ok(!strstr(strstr(page, "data-kind=\"cpu\"") + 1, "data-kind=\"cpu\""),
	       "processors: once, though there are two directions");
	check_cpu(page, &cpu);
	free(page);
	scope_cpu_done(&cpu);
	scope.config.wants_cpu = false;
	scope.cpu = NULL;
	page = page_of(both, 2, NULL, &size);
	check_page(page, size, "the same at two places");
	free(page);
	scope_done(&scope);
}

/* Bins fold; two vantages share the room for them. */
static void test_long(void)
{
	static const struct traffic traffic = { 600, GBIT, 9000000, 64, 8 };
	struct scope scope;
	const struct scope *both[] = { &scope, &scope };
	const char *notes[] = { NULL, "b.pcap ends in the middle of record 7" };
	size_t size;
	char *page;

	scope_make(&scope, "wire:long.pcap", &traffic, true);
	tap_ok(scope.lane[SCOPE_OUT].series.bin_ns == 64000000,
	       "10 minutes: bins of 64 ms");
	page = page_of(both, 1, NULL, &size);
	check_page(page, size, "10 minutes");
	check_series(page, &scope.lane[SCOPE_OUT].series);
	page_text(page, "busiest window within 64 ms", "10 minutes: it says what a dot is");
	free(page);
	page = page_of(both, 2, notes, &size);
	check_page(page, size, "two vantages");
	page_text(page, "id=\"series-1\"", "two vantages: two series");
	page_text(page, "middle of record 7. The figures", "two vantages: the note of one");
	free(page);
	scope_done(&scope);
}

static void test_hostile(void)
{
	static const struct traffic traffic = { 1, GBIT, 1000000, 3, 8 };
	static const char *const name =
		"wire:</title><script>alert(1)</script>&\"'\x01\x1b[31m\x7f\xff.pcap";
	const char *note = "\"</p><img onerror=x>\"\x02 is cut.";
	struct scope scope;
	const struct scope *one = &scope;
	bool is_plain = true;
	size_t size;
	char *page;

	scope_make(&scope, name, &traffic, false);
	page = page_of(&one, 1, &note, &size);
	check_page(page, size, "hostile names");
	tap_ok(!strstr(page, "<script>alert") && !strstr(page, "<img") &&
	       strstr(page, "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;"),
	       "hostile names are escaped");
	for (size_t i = 0; i < size; i++)
		is_plain &= (unsigned char)page[i] >= ' ' ? page[i] != 0x7f :
			    page[i] == '\n' || page[i] == '\t';
	tap_ok(is_plain, "no control character is in the page");
	page_text(page, "the line rate is not known", "without a line rate: bursts are not known, and why");
	page_text(page, "no bottleneck was named", "without a bottleneck: B0 is not known, and why");
	free(page);
	scope_done(&scope);
}

/* The checked page of a scope that sees no more; it ends here, too. */
static char *last_page_of(struct scope *scope, const char *what)
{
	const struct scope *one = scope;
	size_t size;
	char *page;

	scope_finish(scope);
	page = page_of(&one, 1, NULL, &size);
	check_page(page, size, what);
	scope_done(scope);
	return page;
}

/* One packet, and none: nothing to draw, and the page says so. */
static void test_sparse(void)
{
	struct scope_config config = { .vantage.name = "wire:none" };
	struct sender sender;
	struct scope_flow_event event;
	struct scope scope;
	char *page;

	scope_init(&scope, &config);
	page = last_page_of(&scope, "no packet");
	page_text(page, "No packet was seen", "no packet: it says so");
	free(page);

	scope_init(&scope, &config);
	sender_init(&sender, 0);
	sender.packet.time_ns = START_NS;
	tap_ok(!scope_add(&scope, &sender.packet, &event), "one packet");
	page = last_page_of(&scope, "one packet");
	page_text(page, "it takes two frames", "one packet: there is no gap");
	free(page);
}

/* A capture's process may say anything of its clock. */
static void test_clock(void)
{
	struct scope_config config = {
		.vantage = {
			.name = "wire:eth0", .stamp = SCOPE_STAMP_HARDWARE,
			.clock = "ptp<i>\x1b&", .uncertainty_ns = 100,
			.clock_ahead_ns = -1500000000,
		},
	};
	struct scope scope;
	char *page;

	scope_init(&scope, &config);
	page = last_page_of(&scope, "stamps of the card");
	page_text(page, "<dt>Clock</dt><dd>ptp&lt;i&gt;", "stamps of the card: by which clock, escaped");
	page_text(page, "which was -1.500000000 s ahead", "stamps of the card: and where that stood");
	free(page);
}

static unsigned int files_in(const char *dir)
{
	DIR *open = opendir(dir);
	unsigned int count = 0;

	while (open && readdir(open))
		count++;
	if (open)
		closedir(open);
	return count - 2;
}

static bool holds(const char *path, const char *text)
{
	char start[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, start, sizeof(start) - 1);

	if (fd >= 0)
		close(fd);
	return got > 0 && !strncmp(start, text, strlen(text));
}

/* Opened and written, as the command does it. */
static int page_write(const char *path, const struct scope_report *report,
		      char *error, size_t error_size)
{
	struct scope_report_file file;

	if (scope_report_open(&file, path, error, error_size))
		return -1;
	return scope_report_write(&file, report, error, error_size);
}

/* A file that may not grow stands for a disk that is full. */
static void test_file(void)
{
	struct scope_config config = { .vantage.name = "wire:none" };
	struct rlimit limit, small;
	struct scope scope;
	const struct scope *one = &scope;
	struct scope_report report = { .scopes = &one, .count = 1 };
	struct scope_report_file file;
	pid_t child;
	char dir[] = "/tmp/sluice-page-XXXXXX", path[64], error[512] = "";
	struct stat info;
	mode_t mask = umask(022);
	FILE *old;

	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/page.html", dir);
	scope_init(&scope, &config);
	scope_finish(&scope);
	old = fopen(path, "we");
	if (!old || fputs("old", old) < 0 || fclose(old))
		abort();

	getrlimit(RLIMIT_FSIZE, &limit);
	small = (struct rlimit){ 20000, limit.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	tap_ok(page_write(path, &report, error, sizeof(error)) < 0 &&
	       strstr(error, path), "a file that cannot grow: a sentence that names it");
	setrlimit(RLIMIT_FSIZE, &limit);
	tap_ok(holds(path, "old") && files_in(dir) == 1,
	       "a file that cannot grow: the old page stays, and nothing beside it");

	tap_ok(!page_write(path, &report, error, sizeof(error)) &&
	       holds(path, "<!DOCTYPE html>") && files_in(dir) == 1,
	       "the new page in place of the old one, and nothing beside it");
	tap_ok(!stat(path, &info) && (info.st_mode & 0777) == 0644,
	       "the page may be read by all, as the umask says");
	tap_ok(!scope_report_open(&file, path, error, sizeof(error)) &&
	       files_in(dir) == 2, "a page that is under way lies beside its place");
	scope_report_drop(&file);
	tap_ok(files_in(dir) == 1, "and goes where it is not wanted");
	scope_report_drop(&file);
	child = fork();
	if (!child) {
		scope_report_open(&file, path, error, sizeof(error));
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	for (int i = 0; i < 500 && files_in(dir) > 1; i++)
		usleep(10000);
	tap_ok(files_in(dir) == 1, "or where its writer was killed");
	tap_ok(page_write("/dev/full", &report, error, sizeof(error)) < 0 &&
	       strstr(error, "No space"), "/dev/full: a sentence");
	tap_ok(page_write("/no/such/folder/page.html", &report, error, sizeof(error)) < 0 &&
	       strstr(error, "/no/such/folder/page.html cannot be written"), "no such folder: a sentence");
	tap_ok(page_write(dir, &report, error, sizeof(error)) < 0 && *error,
	       "a folder: a sentence");
	umask(mask);
	unlink(path);
	rmdir(dir);
	scope_done(&scope);
}

int main(int argc, char **argv)
{
	test_full(argc > 1 ? argv[1] : NULL);
	test_noisy();
	test_long();
	test_hostile();
	test_sparse();
	test_clock();
	test_file();
	return tap_done();
}
