// SPDX-License-Identifier: GPL-2.0
/* sluice scope: the bursts of a device, or of a capture. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/units.h"
#include "../scope/figure.h"
#include "../scope/file.h"
#include "../scope/report.h"
#include "../scope/scope_json.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"
#include "out_scope.h"

#define USAGE "it takes DEV or FILE [--line-rate RATE] [--bottleneck RATE] [--fail-if CONDITION]... [--top N] [--report FILE] [--json]"
#define CONDITIONS_MAX	16u
#define TOP_INITIAL	32u

struct scope_arguments {
	const char *target;
	uint64_t line_rate_bits_ps;
	uint64_t bottleneck_bits_ps;
	uint64_t top_flows;
	bool is_json;
	const char *report;		/* a file; NULL: none */
	const char *condition_text[CONDITIONS_MAX];
	struct scope_condition condition[CONDITIONS_MAX];
	unsigned int conditions;
};

static const struct flag top_flag = { "scope", "--top", 1, 1000000 };

static volatile bool is_stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = true;
}

static int rate_read(const char *name, const char *word, uint64_t *ret)
{
	char error[256];

	if (!word)
		return out_refuse(EXIT_USAGE, "scope",
				  "%s needs a rate behind it", name);
	if (sluice_parse_rate(word, ret, error, sizeof(error)) || !*ret)
		return out_refuse(EXIT_USAGE, "scope", "%s: %s", name,
				  *ret ? error : "0 is no rate");
	return EXIT_DONE;
}

static int condition_read(struct scope_arguments *arguments, const char *word)
{
	char error[256];

	if (!word)
		return out_refuse(EXIT_USAGE, "scope",
				  "--fail-if needs a condition behind it, as 'pmr_1ms>1.2'");
	if (arguments->conditions == CONDITIONS_MAX)
		return out_refuse(EXIT_USAGE, "scope",
				  "at most %u --fail-if are possible",
				  CONDITIONS_MAX);
	if (scope_condition_parse(word,
				  &arguments->condition[arguments->conditions],
				  error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "scope", "--fail-if: %s", error);
	arguments->condition_text[arguments->conditions++] = word;
	return EXIT_DONE;
}

static int report_read(struct scope_arguments *arguments, const char *word)
{
	if (!word)
		return out_refuse(EXIT_USAGE, "scope",
				  "--report needs a file behind it, as bursts.html");
	arguments->report = word;
	return EXIT_DONE;
}

static int arguments_parse(int argc, char **argv, struct scope_arguments *ret)
{
	int code = EXIT_DONE;

	ret->top_flows = TOP_INITIAL;
	/* Behind the last word argv has a NULL. */
	for (int i = 1; !code && i < argc; i++) {
		const char *word = argv[i];

		if (!strcmp(word, "--json"))
			ret->is_json = true;
		else if (!strcmp(word, "--line-rate"))
			code = rate_read(word, argv[++i],
					 &ret->line_rate_bits_ps);
		else if (!strcmp(word, "--bottleneck"))
			code = rate_read(word, argv[++i],
					 &ret->bottleneck_bits_ps);
		else if (!strcmp(word, "--fail-if"))
			code = condition_read(ret, argv[++i]);
		else if (!strcmp(word, "--report"))
			code = report_read(ret, argv[++i]);
		else if (!strcmp(word, top_flag.name))
			code = flag_count(&top_flag, argv[++i],
					  &ret->top_flows);
		else if (word[0] == '-' && word[1])
			code = out_refuse(EXIT_USAGE, "scope",
					  "there is no option '%s': " USAGE,
					  word);
		else if (ret->target)
			code = out_refuse(EXIT_USAGE, "scope",
					  "'%s' is one too many: " USAGE, word);
		else
			ret->target = word;
	}
	if (!code && !ret->target)
		code = out_refuse(EXIT_USAGE, "scope", "what to look at: " USAGE);
	return code;
}

/* Exit code 3 if a condition holds, and which; figures unknown here refuse. */
static int conditions_check(const struct scope_arguments *arguments,
			    const struct scope *scope)
{
	int code = EXIT_DONE;

	for (unsigned int i = 0; i < arguments->conditions; i++) {
		double value;
		bool holds = scope_condition_holds(&arguments->condition[i],
						   scope, &value);

		if (isnan(value))
			return out_refuse(EXIT_FAILED, "scope",
					  "--fail-if '%s': %s cannot be known here (man sluice says what it needs)",
					  arguments->condition_text[i],
					  arguments->condition[i].figure->name);
		if (holds)
			code = out_refuse(EXIT_CHECK_FAILED, "scope",
					  "'%s' holds: it is %.6g",
					  arguments->condition_text[i], value);
	}
	return code;
}

static int result_print(const struct scope_arguments *arguments,
			const struct scope *scope)
{
	json_t *object, *vantages;

	if (!arguments->is_json) {
		out_scope(stdout, scope);
		return EXIT_DONE;
	}
	object = json_object();
	vantages = json_array();
	json_object_set_new(object, "schema_version",
			    json_integer(OUT_JSON_SCHEMA_VERSION));
	json_array_append_new(vantages, scope_json(scope, (uint32_t)
						   arguments->top_flows));
	json_object_set_new(object, "vantages", vantages);
	json_dumpf(object, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(object);
	return EXIT_DONE;
}

/* note: why the packets ended early, or NULL. */
static int report_write(const struct scope_arguments *arguments,
			const struct scope *scope, const char *note)
{
	struct scope_report report = {
		.scopes = &scope,
		.notes = &note,
		.count = 1,
		.top_flows = (uint32_t)arguments->top_flows,
	};
	char error[512];

	if (!arguments->report)
		return EXIT_DONE;
	if (scope_report_write(&report, arguments->report, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	return EXIT_DONE;
}

static int file_look(const struct scope_arguments *arguments)
{
	struct scope_file_config config = {
		.path = arguments->target,
		.line_rate_bits_ps = arguments->line_rate_bits_ps,
		.scope.bottleneck_bits_ps = arguments->bottleneck_bits_ps,
		.is_stopped = &is_stopped,
	};
	struct scope_file_result result;
	const char *note = NULL;
	struct scope scope;
	int code;

	if (scope_file_read(&config, &scope, &result) < 0)
		return out_refuse(EXIT_FAILED, "scope", "%s", result.error);
	if (result.was_stopped)
		note = "stopped: the figures are of the packets up to there";
	else if (result.is_cut)
		note = result.error;
	code = result_print(arguments, &scope);
	if (!code)
		code = report_write(arguments, &scope, note);
	if (!code)
		code = conditions_check(arguments, &scope);
	scope_done(&scope);
	return note ? out_refuse(EXIT_FAILED, "scope", "%s", note) : code;
}

int cmd_scope(int argc, char **argv)
{
	struct scope_arguments arguments = { .target = NULL };
	struct sigaction action = { .sa_handler = stop };
	int code = arguments_parse(argc, argv, &arguments);

	if (code)
		return code;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return file_look(&arguments);
}
