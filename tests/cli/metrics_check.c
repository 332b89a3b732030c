// SPDX-License-Identifier: GPL-2.0
/*
 * metrics-check: is standard input good in Prometheus' text format 0.0.4, and
 * are its names as its guide wants them? Prints the first fault. Strict: what
 * the format leaves open is refused unless `sluice metrics` does it.
 *
 *	# HELP and # TYPE once, in this order, before the metric's samples
 *	samples of a metric stand together, none with the labels of another
 *	counters end in _total, nothing else does; base units only
 *	histograms: le grows, counts do not fall, +Inf is there and is the _count
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_MAX	256
#define SAMPLES_MAX	16384
#define LINE_MAX_BYTES	1024

static char metrics[METRICS_MAX][128];
static unsigned int n_metrics;
static char *seen[SAMPLES_MAX];
static unsigned int n_seen;
static unsigned int line_number;

/* The metric whose samples come now. */
static char name[128], type[16];
static bool has_type;
static unsigned int n_samples;

/* The histogram that is being read. */
static char hist_labels[LINE_MAX_BYTES];
static double hist_le, hist_count;
static bool is_in_hist, has_inf;

__attribute__((noreturn, format(printf, 1, 2)))
static void refuse(const char *format, ...)
{
	va_list args;

	printf("line %u: ", line_number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && !strcmp(text + length - end_length, end);
}

static void name_check(const char *text)
{
	static const char *const units[] = {
		"_ns", "_us", "_ms", "_milliseconds", "_nanoseconds", "_bits",
		"_percent", "_pkts", "_ps", "_hist", "_bits_per_second",
	};
	size_t i;

	if (strncmp(text, "sluice_", 7))
		refuse("%s lacks the prefix sluice_", text);
	for (i = 0; text[i]; i++)
		if (!islower((unsigned char)text[i]) &&
		    !isdigit((unsigned char)text[i]) && text[i] != '_')
			refuse("%s has a letter that is not allowed", text);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ends_with(text, units[i]) || (strstr(text, units[i]) &&
		    strstr(text, units[i])[strlen(units[i])] == '_'))
			refuse("%s has a unit that is no base unit", text);
}

static void metric_end(void)
{
	if (is_in_hist)
		refuse("a histogram of %s has no _count", name);
	if (*name && (!has_type || !n_samples))
		refuse("%s has no TYPE or no sample", name);
}

static void help_take(char *text)
{
	char *help = strchr(text, ' ');
	unsigned int i;

	metric_end();
	if (!help || !help[1] || strchr(help, '\\'))
		refuse("HELP without a sentence");
	*help = '\0';
	if (help[strlen(help + 1)] != '.')
		refuse("the HELP of %s is no sentence", text);
	name_check(text);
	for (i = 0; i < n_metrics; i++)
		if (!strcmp(metrics[i], text))
			refuse("%s comes twice", text);
	if (n_metrics == METRICS_MAX || strlen(text) >= sizeof(name))
		refuse("too many metrics, or too long a name");
	strcpy(metrics[n_metrics++], text);
	strcpy(name, text);
	has_type = false;
	n_samples = 0;
}

static void type_take(const char *text)
{
	size_t length = strlen(name);

	if (has_type || strncmp(text, name, length) || text[length] != ' ')
		refuse("TYPE stands where it should not: %s", text);
	text += length + 1;
	if (strcmp(text, "counter") && strcmp(text, "gauge") &&
	    strcmp(text, "histogram"))
		refuse("%s is no type", text);
	if (ends_with(name, "_total") != !strcmp(text, "counter"))
		refuse("%s is a %s", name, text);
	strcpy(type, text);
	has_type = true;
}

/* Read {a="b",...}; @rest gets what is behind it, @le the value of le. */
static void labels_read(char *text, char **rest, char *le)
{
	char *label = text + 1;

	*le = '\0';
	for (;;) {
		char *equals = strchr(label, '='), *value, *to;

		if (!equals || equals == label || equals[1] != '"')
			refuse("a label without a value: %s", label);
		for (to = label; to < equals; to++)
			if (!isalnum((unsigned char)*to) && *to != '_')
				refuse("a label's name is wrong: %s", label);
		value = equals + 2;
		for (to = value; *to != '"'; to++) {
			if (!*to)
				refuse("a value has no end: %s", value);
			if (*to == '\\' && !strchr("\\\"n", *++to))
				refuse("a wrong escape: %s", value);
		}
		if (!strncmp(label, "le=", 3))
			sprintf(le, "%.*s", (int)(to - value) < 31 ?
				(int)(to - value) : 31, value);
		if (to[1] == '}') {
			*rest = to + 2;
			return;
		}
		if (to[1] != ',')
			refuse("labels are not parted by commas: %s", to);
		label = to + 2;
	}
}

static double number_read(const char *text)
{
	double number;
	char *end;

	/* an error has a sign, nothing else may */
	if (!isdigit((unsigned char)*text) &&
	    !(strstr(name, "_error_") && *text == '-' &&
	      isdigit((unsigned char)text[1])))
		refuse("'%s' is no number, or negative", text);
	number = strtod(text, &end);
	if (*end || !isfinite(number))
		refuse("'%s' is no number", text);
	return number;
}

static void once_check(const char *series)
{
	unsigned int i;

	for (i = 0; i < n_seen; i++)
		if (!strcmp(seen[i], series))
			refuse("comes twice: %s", series);
	if (n_seen == SAMPLES_MAX)
		refuse("too many samples");
	seen[n_seen++] = strdup(series);
}

static void bucket_take(const char *labels, const char *le_text, double count)
{
	double le = strcmp(le_text, "+Inf") ? number_read(le_text) : INFINITY;

	if (!is_in_hist) {
		is_in_hist = true;
		has_inf = false;
		strcpy(hist_labels, labels);
	} else if (strcmp(hist_labels, labels)) {
		refuse("two histograms are mixed");
	} else if (has_inf || le <= hist_le || count < hist_count) {
		refuse("buckets do not grow: le=%s", le_text);
	}
	has_inf = isinf(le);
	hist_le = le;
	hist_count = count;
}

/* Without le: it comes last. */
static void labels_plain(const char *labels, const char *rest, char *ret)
{
	const char *le = strstr(labels, ",le=\"");

	if (le)
		snprintf(ret, LINE_MAX_BYTES, "%.*s}", (int)(le - labels),
			 labels);
	else
		snprintf(ret, LINE_MAX_BYTES, "%.*s", (int)(rest - labels),
			 labels);
}

static void sample_take(char *line)
{
	char plain[LINE_MAX_BYTES] = "", le[32] = "", *rest, *brace, *labels;
	size_t length = strlen(name);
	double value;

	if (!has_type || strncmp(line, name, length))
		refuse("stands with another metric: %s", line);
	brace = strpbrk(line, "{ ");
	if (!brace)
		refuse("no value: %s", line);
	labels = brace;
	rest = brace;
	if (*brace == '{')
		labels_read(brace, &rest, le);
	if (*rest != ' ')
		refuse("no blank before the value: %s", line);
	value = number_read(rest + 1);
	labels_plain(labels, rest, plain);
	*rest = '\0';
	once_check(line);
	n_samples++;
	if (strcmp(type, "histogram")) {
		if (brace != line + length || *le)
			refuse("%s has a name or a label of a histogram", line);
		return;
	}
	if (!strncmp(line + length, "_bucket{", 8) && *le) {
		bucket_take(plain, le, value);
	} else if (!strncmp(line + length, "_count{", 7)) {
		if (!is_in_hist || !has_inf || strcmp(hist_labels, plain) ||
		    value != hist_count)
			refuse("_count is not that of +Inf: %s", line);
		is_in_hist = false;
	} else {
		refuse("no part of a histogram: %s", line);
	}
}

int main(void)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), stdin)) {
		char *end = strchr(line, '\n');

		line_number++;
		if (!end)
			refuse("too long, or without an end");
		*end = '\0';
		if (!strncmp(line, "# HELP ", 7))
			help_take(line + 7);
		else if (!strncmp(line, "# TYPE ", 7))
			type_take(line + 7);
		else if (*line && *line != '#')
			sample_take(line);
		else
			refuse("neither sample nor comment of a known kind");
	}
	metric_end();
	if (!n_metrics)
		refuse("nothing came");
	return 0;
}
