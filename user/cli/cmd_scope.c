// SPDX-License-Identifier: GPL-2.0
/* sluice scope: the bursts of a device, or of a capture. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../lib/filter.h"
#include "../lib/json_set.h"
#include "../lib/pcap.h"
#include "../lib/sandbox.h"
#include "../lib/text.h"
#include "../scope/scope_json.h"
#include "cmd.h"
#include "out.h"
#include "out_scope.h"
#include "scope_arguments.h"

#define STOPPED	"stopped: the figures are of the packets up to there"

static volatile bool is_stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	is_stopped = true;
}

/* Of two places both are looked at: what is between them takes both. */
static uint64_t unseen_pkts(const struct scope *scope)
{
	const struct scope_join *join = scope->join;

	return join ? join->place[SCOPE_JOIN_FIRST].unseen_pkts +
		      join->place[SCOPE_JOIN_SECOND].unseen_pkts :
		      scope->unseen_pkts;
}

/* Exit code 3 if a condition holds, and which; figures unknown here refuse. */
static int conditions_check(const struct scope_arguments *arguments,
			    const struct scope *scope,
			    const struct scope_live_losses *losses)
{
	uint64_t unseen = unseen_pkts(scope);
	int code = EXIT_DONE;

	for (unsigned int i = 0; i < arguments->conditions; i++) {
		double value;
		bool holds = scope_condition_holds(&arguments->condition[i],
						   scope, &value);

		if (isnan(value) && unseen &&
		    !scope_figure_is_of_host(arguments->condition[i].figure))
			return out_refuse(EXIT_FAILED, "scope",
					  "--fail-if '%s': %" PRIu64 " packets were not seen, so it is not known%s",
					  arguments->condition_text[i], unseen,
					  losses && losses->missed_pkts ?
					  ": run it while the processors have more time for it" :
					  "");
		if (isnan(value) && scope->left_out_pkts &&
		    arguments->condition[i].figure->is_of_span)
			return out_refuse(EXIT_FAILED, "scope",
					  "--fail-if '%s': the file is a part, without %" PRIu64 " packets that its interfaces received, so it is not known",
					  arguments->condition_text[i],
					  scope->left_out_pkts);
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

/* What was not seen of devices, together: what captures say stands beside their figures. */
static void losses_json(const struct scope_live_losses *losses, json_t *object)
{
	if (!losses)
		return;
	set_int(object, "missed_pkts", losses->missed_pkts);
	set_int(object, "unshown_pkts", losses->unshown_pkts);
	set_int(object, "unstamped_pkts", losses->unstamped_pkts);
}

/* What is missing in the file is in the figures all the same. */
static void recorded_json(const struct scope_record_state *recorded,
			  json_t *object)
{
	json_t *recording;

	if (!recorded)
		return;
	recording = json_object();
	set_int(recording, "recorded_pkts", recorded->pkts);
	set_int(recording, "unrecorded_pkts", recorded->unrecorded_pkts);
	set_int(recording, "file_bytes", recorded->bytes);
	set_int(recording, "triggers", recorded->triggers);
	json_object_set_new(recording, "is_full",
			    json_boolean(recorded->is_full));
	json_object_set_new(recording, "is_whole",
			    json_boolean(!recorded->err));
	json_object_set_new(object, "recording", recording);
}

static void result_json(const struct scope_arguments *arguments,
			const struct scope_outcome *outcome)
{
	json_t *object = json_object(), *vantages = json_array();

	json_object_set_new(object, "schema_version",
			    json_integer(OUT_JSON_SCHEMA_VERSION));
	for (unsigned int i = 0; i < outcome->count; i++)
		json_array_append_new(vantages, scope_json(&outcome->scopes[i],
				(uint32_t)arguments->top_flows));
	json_object_set_new(object, "vantages", vantages);
	if (outcome->count > 1)
		json_object_set_new(object, "between",
				    scope_join_json(outcome->join));
	losses_json(outcome->losses, object);
	recorded_json(outcome->recorded, object);
	if (outcome->note)
		json_object_set_new(object, "ended_early",
				    json_string(outcome->note));
	json_dumpf(object, stdout, arguments->is_live ? JSON_COMPACT :
							JSON_INDENT(1));
	putchar('\n');
	json_decref(object);
}

static int report_write(const struct scope_arguments *arguments,
			const struct scope_outcome *outcome)
{
	const struct scope *scopes[SCOPE_FILES_MAX];
	const char *notes[SCOPE_FILES_MAX];
	struct scope_report report = {
		.scopes = scopes, .notes = notes, .losses = outcome->losses,
		.join = outcome->join, .count = outcome->count,
		.top_flows = (uint32_t)arguments->top_flows,
	};
	char error[512];

	if (!arguments->report)
		return EXIT_DONE;
	for (unsigned int i = 0; i < outcome->count; i++) {
		scopes[i] = &outcome->scopes[i];
		notes[i] = outcome->note;
	}
	if (scope_report_write(arguments->report, &report, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	return EXIT_DONE;
}

int scope_result(const struct scope_arguments *arguments,
		 const struct scope_outcome *found)
{
	struct scope_outcome clean = *found;
	const struct scope_outcome *outcome = &clean;
	const struct scope *scopes = outcome->scopes;
	const struct scope_join *join = outcome->join;
	unsigned int count = outcome->count;
	char note[512];
	int code;

	/* it may have the name of a file in it */
	if (found->note) {
		snprintf(note, sizeof(note), "%s", found->note);
		sluice_text_clean(note);
		clean.note = note;
	}
	if (arguments->is_json)
		result_json(arguments, outcome);
	else if (arguments->is_prometheus)
		out_scope_metrics(stdout, scopes, count, outcome->losses,
				  outcome->recorded);
	for (unsigned int i = 0; i < count && scope_is_for_people(arguments);
	     i++) {
		if (i)
			putchar('\n');
		out_scope(stdout, &scopes[i]);
	}
	if (count > 1 && scope_is_for_people(arguments))
		out_scope_join(stdout, join, &scopes[0], &scopes[1]);
	code = report_write(arguments, outcome);
	/* of two places the second is what counts: there it arrives */
	return code ? code : conditions_check(arguments, &scopes[count - 1],
				       outcome->losses);
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
		sluice_pcap_prepare(config->fd[i]);
	}
	if (config->filter && sluice_filter_load(error, sizeof(error)))
		return out_refuse(EXIT_UNSUPPORTED, "scope", "%s", error);
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
	int code, err;

	for (unsigned int i = 0; i < arguments->targets; i++) {
		config.path[i] = arguments->target[i].name;
		config.label[i] = arguments->target[i].label;
	}
	code = files_open(&config);
	if (code)
		return code;
	err = scope_files_read(&config, &result);
	if (err && is_stopped) {
		code = out_refuse(EXIT_FAILED, "scope",
				  "stopped before there was a packet");
	} else if (err) {
		code = out_refuse(err == -EOPNOTSUPP ? EXIT_UNSUPPORTED :
						       EXIT_FAILED, "scope",
				  "%s", result.error);
	} else {
		struct scope_outcome outcome = {
			.scopes = result.scope, .count = arguments->targets,
			.join = &result.join,
			.note = result.was_stopped ? STOPPED :
				result.is_cut ? result.error : NULL,
		};

		code = scope_result(arguments, &outcome);
		if (result.was_stopped)
			code = out_refuse(EXIT_FAILED, "scope", STOPPED);
		else if (result.is_cut)
			code = out_refuse(EXIT_FAILED, "scope", "%s",
					  result.error);
	}
	scope_files_done(&result);
	return code;
}

/* A terminal that goes ends it like Ctrl-C, unless somebody (nohup) has said that it must not. */
static void signals_set(void)
{
	struct sigaction action = { .sa_handler = stop }, before;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

int cmd_scope(int argc, char **argv)
{
	struct scope_arguments arguments = { .targets = 0 };
	struct scope_report_file report = { .out = NULL };
	char error[512];
	int code = scope_arguments_parse(argc, argv, &arguments);

	if (code)
		return code;
	signals_set();
	if (arguments.report_path) {
		if (scope_report_open(&report, arguments.report_path, error,
				      sizeof(error)))
			return out_refuse(EXIT_FAILED, "scope", "%s", error);
		arguments.report = &report;
	}
	code = !arguments.is_live ? files_look(&arguments) :
	       arguments.wants_counters ?
			scope_counters_look(&arguments, &is_stopped) :
	       arguments.targets > 1 ? scope_pair_look(&arguments, &is_stopped) :
				       scope_device_look(&arguments, &is_stopped);
	scope_report_drop(&report);
	return code;
}
