// SPDX-License-Identifier: GPL-2.0
/* sluice scope: the bursts of a device, or of a capture. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/sandbox.h"
#include "../lib/units.h"
#include "../scope/figure.h"
#include "../scope/file.h"
#include "../scope/scope_json.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"
#include "out_scope.h"

#define USAGE "it takes DEV or FILE [FILE] [--line-rate RATE] [--bottleneck RATE] [--rate RATE] [--filter EXPRESSION] [--interface NAME] [--fail-if CONDITION]... [--top N] [--json] [--prometheus]"
#define CONDITIONS_MAX	16u
#define TOP_INITIAL	32u

struct scope_arguments {
	const char *target[SCOPE_FILES_MAX];
	unsigned int targets;
	uint64_t line_rate_bits_ps;
	uint64_t bottleneck_bits_ps;
	uint64_t commanded_bits_ps;
	const char *filter;
	const char *interface;
	uint64_t top_flows;
	bool is_json;
	bool is_prometheus;
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
	if (sluice_parse_rate(word, ret, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "scope", "%s: %s", name, error);
	if (!*ret)
		return out_refuse(EXIT_USAGE, "scope",
				  "%s: '%s' is no rate of anything", name, word);
	return EXIT_DONE;
}

static int text_read(const char *name, const char *word, const char *what,
		     const char **ret)
{
	if (!word)
		return out_refuse(EXIT_USAGE, "scope", "%s needs %s behind it",
				  name, what);
	*ret = word;
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

static int arguments_parse(int argc, char **argv, struct scope_arguments *ret)
{
	int code = EXIT_DONE;

	ret->top_flows = TOP_INITIAL;
	/* Behind the last word argv has a NULL. */
	for (int i = 1; !code && i < argc; i++) {
		const char *word = argv[i];

		if (!strcmp(word, "--json"))
			ret->is_json = true;
		else if (!strcmp(word, "--prometheus"))
			ret->is_prometheus = true;
		else if (!strcmp(word, "--line-rate"))
			code = rate_read(word, argv[++i],
					 &ret->line_rate_bits_ps);
		else if (!strcmp(word, "--bottleneck"))
			code = rate_read(word, argv[++i],
					 &ret->bottleneck_bits_ps);
		else if (!strcmp(word, "--rate"))
			code = rate_read(word, argv[++i],
					 &ret->commanded_bits_ps);
		else if (!strcmp(word, "--filter"))
			code = text_read(word, argv[++i], "an expression",
					 &ret->filter);
		else if (!strcmp(word, "--interface"))
			code = text_read(word, argv[++i], "a name or number",
					 &ret->interface);
		else if (!strcmp(word, "--fail-if"))
			code = condition_read(ret, argv[++i]);
		else if (!strcmp(word, top_flag.name))
			code = flag_count(&top_flag, argv[++i],
					  &ret->top_flows);
		else if (word[0] == '-' && word[1])
			code = out_refuse(EXIT_USAGE, "scope",
					  "there is no option '%s': " USAGE,
					  word);
		else if (ret->targets == SCOPE_FILES_MAX)
			code = out_refuse(EXIT_USAGE, "scope",
					  "'%s' is one too many: " USAGE, word);
		else
			ret->target[ret->targets++] = word;
	}
	if (!code && !ret->targets)
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

static int result_json(const struct scope_arguments *arguments,
		       const struct scope_file_result *result)
{
	json_t *object = json_object(), *vantages = json_array();

	json_object_set_new(object, "schema_version",
			    json_integer(OUT_JSON_SCHEMA_VERSION));
	for (unsigned int i = 0; i < arguments->targets; i++)
		json_array_append_new(vantages, scope_json(&result->scope[i],
				(uint32_t)arguments->top_flows));
	json_object_set_new(object, "vantages", vantages);
	if (arguments->targets > 1)
		json_object_set_new(object, "between",
				    scope_join_json(&result->join,
						    &result->scope[0],
						    &result->scope[1]));
	json_dumpf(object, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(object);
	return EXIT_DONE;
}

static int result_print(const struct scope_arguments *arguments,
			const struct scope_file_result *result)
{
	if (arguments->is_json)
		return result_json(arguments, result);
	if (arguments->is_prometheus) {
		out_scope_metrics(stdout, result->scope, arguments->targets);
		return EXIT_DONE;
	}
	for (unsigned int i = 0; i < arguments->targets; i++) {
		if (i)
			putchar('\n');
		out_scope(stdout, &result->scope[i]);
	}
	for (unsigned int i = 0; i < arguments->targets; i++)
		if (result->interfaces[i] > 1 && !arguments->interface)
			printf("! %s has %u interfaces, all taken together: --interface NAME takes one\n",
			       result->scope[i].config.vantage.name,
			       result->interfaces[i]);
	if (result->unstamped_pkts)
		printf("! %llu packets have no time in the file: taken at that of the one before\n",
		       (unsigned long long)result->unstamped_pkts);
	if (arguments->targets > 1)
		out_scope_join(stdout, &result->join, &result->scope[0],
			       &result->scope[1]);
	return EXIT_DONE;
}

/* "wire:FILE" says that it is a file, whatever it is called. */
static const char *path_of(const char *target)
{
	return strncmp(target, "wire:", 5) ? target : target + 5;
}

/*
 * Captures are bytes of strangers: what needs privileges is done before the
 * first of them is read, and then they are gone.
 */
static int files_open(struct scope_file_config *config)
{
	char error[256];

	for (unsigned int i = 0; i < config->files; i++) {
		bool is_stdin = !strcmp(config->path[i], "-");

		config->fd[i] = is_stdin ? STDIN_FILENO :
				open(config->path[i], O_RDONLY | O_CLOEXEC);
		if (config->fd[i] < 0)
			return out_refuse(EXIT_FAILED, "scope",
					  "%s: cannot be opened: %s",
					  config->path[i], strerror(errno));
		if (is_stdin)
			config->path[i] = "standard input";
	}
	if (sluice_sandbox_enter(SLUICE_SANDBOX_FILE, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	return EXIT_DONE;
}

static int files_look(const struct scope_arguments *arguments)
{
	struct scope_file_config config = {
		.files = arguments->targets,
		.line_rate_bits_ps = arguments->line_rate_bits_ps,
		.filter = arguments->filter,
		.interface = arguments->interface,
		.scope.bottleneck_bits_ps = arguments->bottleneck_bits_ps,
		.scope.commanded_bits_ps = arguments->commanded_bits_ps,
		.is_stopped = &is_stopped,
	};
	static struct scope_file_result result;
	int code;

	for (unsigned int i = 0; i < arguments->targets; i++)
		config.path[i] = path_of(arguments->target[i]);
	code = files_open(&config);
	if (code)
		return code;
	if (scope_files_read(&config, &result) < 0) {
		code = out_refuse(EXIT_FAILED, "scope", "%s", result.error);
	} else {
		code = result_print(arguments, &result);
		/* of two places the second is what counts: there it arrives */
		if (!code)
			code = conditions_check(arguments,
				&result.scope[arguments->targets - 1]);
		if (result.was_stopped)
			code = out_refuse(EXIT_FAILED, "scope",
					  "stopped: the figures are of the packets up to there");
		else if (result.is_cut)
			code = out_refuse(EXIT_FAILED, "scope", "%s",
					  result.error);
	}
	scope_files_done(&result);
	return code;
}

int cmd_scope(int argc, char **argv)
{
	struct scope_arguments arguments = { .targets = 0 };
	struct sigaction action = { .sa_handler = stop };
	int code = arguments_parse(argc, argv, &arguments);

	if (code)
		return code;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return files_look(&arguments);
}
