// SPDX-License-Identifier: GPL-2.0
/* The words of `sluice scope`; see scope_arguments.h. */
#include "scope_arguments.h"

#include <string.h>
#include <sys/stat.h>

#include "../lib/units.h"
#include "cmd.h"
#include "flag.h"
#include "out.h"

#define TOP_INITIAL	32u
#define INTERVAL_INITIAL_NS	UINT64_C(1000000000)

static const struct flag top_flag = { "scope", "--top", 1, 1000000 };
static const struct flag for_flag = {
	"scope", "--for", UINT64_C(100000000), UINT64_C(86400000000000),
};
static const struct flag interval_flag = {
	"scope", "--interval", UINT64_C(250000000), UINT64_C(60000000000),
};
static const struct flag around_flag = {
	"scope", "--around", 0, UINT64_C(3600000000000),
};

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

static int ring_read(const char *word, uint64_t *ret)
{
	char error[256];

	if (!word)
		return out_refuse(EXIT_USAGE, "scope",
				  "--ring needs a size behind it, as 64MB");
	if (sluice_parse_size(word, ret, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "scope", "--ring: %s", error);
	if (*ret < SCOPE_RECORD_RING_MIN || *ret > SCOPE_RECORD_RING_MAX)
		return out_refuse(EXIT_USAGE, "scope",
				  "--ring: '%s' is out of range: it must be 1MiB to 16GiB",
				  word);
	return EXIT_DONE;
}

static int trigger_read(const char *word, struct scope_trigger *ret)
{
	char error[256];

	if (!word)
		return out_refuse(EXIT_USAGE, "scope",
				  "--trigger needs burst:RATE, burst:BYTES, loss or rto behind it");
	if (scope_trigger_parse(word, ret, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "scope", "--trigger: %s", error);
	return EXIT_DONE;
}

/* Returns whether it is a word of a recording; then *index is at its value. */
static bool record_word(char **argv, int *index, struct scope_arguments *ret,
			int *code)
{
	const char *word = argv[*index];

	if (!strcmp(word, "--record"))
		*code = text_read(word, argv[++*index], "a file", &ret->record);
	else if (!strcmp(word, "--ring"))
		*code = ring_read(argv[++*index], &ret->ring_bytes);
	else if (!strcmp(word, "--trigger"))
		*code = trigger_read(argv[++*index], &ret->trigger);
	else if (!strcmp(word, around_flag.name))
		*code = flag_time(&around_flag, argv[++*index],
				  &ret->around_ns);
	else
		return false;
	if (strcmp(word, "--record"))
		ret->record_word = word;
	return true;
}

static int stamps_read(const char *word, struct scope_arguments *ret)
{
	if (!word || strcmp(word, "hardware"))
		return out_refuse(EXIT_USAGE, "scope",
				  "--stamps: '%s' is no kind of stamps that can be asked for: 'hardware' is, those of the NIC",
				  word ? word : "");
	ret->wants_hardware_stamps = true;
	return EXIT_DONE;
}

static int condition_read(struct scope_arguments *arguments, const char *word)
{
	char error[256];

	if (!word)
		return out_refuse(EXIT_USAGE, "scope",
				  "--fail-if needs a condition behind it, as 'pmr_1ms>1.2'");
	if (arguments->conditions == SCOPE_CONDITIONS_MAX)
		return out_refuse(EXIT_USAGE, "scope",
				  "at most %u --fail-if are possible",
				  SCOPE_CONDITIONS_MAX);
	if (scope_condition_parse(word,
				  &arguments->condition[arguments->conditions],
				  error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "scope", "--fail-if: %s", error);
	arguments->condition_text[arguments->conditions++] = word;
	return EXIT_DONE;
}

/* Returns whether it is a word that has no value. */
static bool plain_word(const char *word, struct scope_arguments *ret)
{
	bool *is_given = !strcmp(word, "--json") ? &ret->is_json :
			 !strcmp(word, "--prometheus") ? &ret->is_prometheus :
			 !strcmp(word, "--tap") ? &ret->is_tap :
			 !strcmp(word, "--switch-stamps-on") ?
			 &ret->may_switch_stamps_on :
			 !strcmp(word, "--expand") ? &ret->is_expanded :
			 !strcmp(word, "--departures") ?
			 &ret->wants_departures :
			 !strcmp(word, "--cpu") ? &ret->wants_cpu :
			 !strcmp(word, "--counters") ? &ret->wants_counters :
			 NULL;

	if (is_given)
		*is_given = true;
	return is_given;
}

/* Words that would say nothing here. */
static int words_check(const struct scope_arguments *arguments)
{
	const char *word = arguments->for_ns ? for_flag.name :
			   arguments->interval_ns ? interval_flag.name :
			   arguments->is_tap ? "--tap" :
			   arguments->wants_hardware_stamps ? "--stamps" :
			   arguments->is_expanded ? "--expand" : NULL;

	if (word && !arguments->is_live)
		return out_refuse(EXIT_USAGE, "scope",
				  "%s is for a device: a capture is read whole, as it is",
				  word);
	if (arguments->may_switch_stamps_on && !arguments->wants_hardware_stamps)
		return out_refuse(EXIT_USAGE, "scope",
				  "--switch-stamps-on is about those of the NIC: it needs --stamps hardware");
	if (arguments->record_word && !arguments->record)
		return out_refuse(EXIT_USAGE, "scope",
				  "%s is about a recording: it needs --record FILE",
				  arguments->record_word);
	if (arguments->is_json && arguments->is_prometheus)
		return out_refuse(EXIT_USAGE, "scope",
				  "--json and --prometheus are two forms of the same: take one of them");
	return EXIT_DONE;
}

/* The NIC's stamps are of what it receives, and of a clock that is its own. */
static int stamps_check(const struct scope_arguments *arguments)
{
	const struct scope_target *target = arguments->target;

	if (!arguments->wants_hardware_stamps || !arguments->is_live)
		return EXIT_DONE;
	if (arguments->targets > 1)
		return out_refuse(EXIT_USAGE, "scope",
				  "--stamps hardware is for one device, as each NIC has a clock of its own: record each place with --record, and compare the files");
	if (target->place != SCOPE_TARGET_WIRE)
		return out_refuse(EXIT_USAGE, "scope",
				  "--stamps hardware is about what is received, as a NIC tells its stamp of what it sends to the sender alone: look at wire:%s",
				  target->name);
	if (arguments->wants_departures)
		return out_refuse(EXIT_USAGE, "scope",
				  "--departures is about what is sent, and --stamps hardware about what is received: take one of them");
	if (arguments->wants_cpu)
		return out_refuse(EXIT_USAGE, "scope",
				  "--cpu is on the axis of this host's clock, and --stamps hardware on that of the NIC's: take one of them");
	return EXIT_DONE;
}

/* Counters know no packet of its own, and are taken at one place. */
static int counters_check(const struct scope_arguments *arguments)
{
	const struct scope_target *target = arguments->target;
	const char *word = arguments->record ? "--record" :
			   arguments->is_tap ? "--tap" :
			   arguments->wants_hardware_stamps ? "--stamps" :
			   arguments->is_expanded ? "--expand" :
			   arguments->wants_departures ? "--departures" :
			   arguments->wants_cpu ? "--cpu" :
			   arguments->line_rate_bits_ps ? "--line-rate" :
			   arguments->bottleneck_bits_ps ? "--bottleneck" :
			   arguments->commanded_bits_ps ? "--rate" :
			   arguments->conditions ? "--fail-if" :
			   arguments->report_path ? "--report" :
			   arguments->is_prometheus ? "--prometheus" : NULL;

	if (!arguments->wants_counters)
		return EXIT_DONE;
	if (!arguments->is_live || arguments->targets > 1)
		return out_refuse(EXIT_USAGE, "scope", arguments->targets > 1 ?
				  "--counters is for one device, and these are two places" :
				  "--counters is for a device: of a capture each packet is known");
	if (word)
		return out_refuse(EXIT_USAGE, "scope",
				  "%s is about packets, of which --counters knows the sums of ticks alone: take one of them",
				  word);
	if (target->place == SCOPE_TARGET_QDISC ||
	    target->place == SCOPE_TARGET_TAP)
		return out_refuse(EXIT_USAGE, "scope",
				  "--counters are taken in front of the qdisc and behind GRO, and not at %s: take stack:%s (what it is given to send), wire:%s (what it receives) or %s (both)",
				  target->label, target->name, target->name,
				  target->name);
	return EXIT_DONE;
}

/* What devices, captures and two of them cannot have. */
static int targets_check(const struct scope_arguments *arguments)
{
	const struct scope_target *target = arguments->target;
	bool is_pair = arguments->targets > 1;

	for (unsigned int i = 0; is_pair && i < arguments->targets; i++)
		if (target[i].is_device && target[i].place == SCOPE_TARGET_BARE)
			return out_refuse(EXIT_USAGE, "scope",
					  "'%s' is a device: of two places it must be said which packets, qdisc:%s (what it sends), wire:%s (what it receives), stack:%s or tap:%s",
					  target[i].name, target[i].name,
					  target[i].name, target[i].name,
					  target[i].name);
	if (stamps_check(arguments) || counters_check(arguments))
		return EXIT_USAGE;
	if (arguments->record && (!arguments->is_live || is_pair))
		return out_refuse(EXIT_USAGE, "scope", is_pair ?
				  "--record is for one device: '%s' is not alone" :
				  "--record is for a device, and '%s' is none: 'ip link' lists them",
				  target[is_pair].name);
	if (arguments->wants_departures && !arguments->is_live)
		return out_refuse(EXIT_USAGE, "scope",
				  "--departures is for a device: a capture does not say when packets were meant to leave, --rate finds what came too early");
	if (arguments->wants_cpu && (!arguments->is_live || is_pair))
		return out_refuse(EXIT_USAGE, "scope", is_pair ?
				  "--cpu is for one device, and these are two places: look at one of them with it" :
				  "--cpu is for a device: a capture does not say what the processors did");
	if (arguments->is_live && (!is_pair || (target[0].is_device &&
						target[1].is_device)) &&
	    (arguments->filter || arguments->interface))
		return out_refuse(EXIT_USAGE, "scope",
				  "%s is for captures: record the device and read the file with it",
				  arguments->filter ? "--filter" : "--interface");
	return EXIT_DONE;
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat first, second;

	return !strcmp(one, other) ||
	       (!stat(one, &first) && !stat(other, &second) &&
		S_ISREG(first.st_mode) && first.st_dev == second.st_dev &&
		first.st_ino == second.st_ino);
}

/* A page replaces what was there before: not the packets that it is of. */
static int report_check(const struct scope_arguments *arguments)
{
	const char *report = arguments->report_path;

	for (unsigned int i = 0; report && i < arguments->targets; i++)
		if (!arguments->target[i].is_device &&
		    is_same_file(report, arguments->target[i].name))
			return out_refuse(EXIT_USAGE, "scope",
					  "--report: '%s' is the capture itself, which the page would replace: name another file",
					  report);
	if (report && arguments->record &&
	    is_same_file(report, arguments->record))
		return out_refuse(EXIT_USAGE, "scope",
				  "--record and --report name the same file: '%s'",
				  report);
	return EXIT_DONE;
}

int scope_arguments_parse(int argc, char **argv, struct scope_arguments *ret)
{
	const char *targets[SCOPE_FILES_MAX];
	int code = EXIT_DONE;

	ret->top_flows = TOP_INITIAL;
	ret->ring_bytes = SCOPE_RECORD_RING_BYTES;
	ret->around_ns = SCOPE_RECORD_AROUND_NS;
	/* Behind the last word argv has a NULL. */
	for (int i = 1; !code && i < argc; i++) {
		const char *word = argv[i];

		if (plain_word(word, ret))
			continue;
		if (!strcmp(word, "--stamps"))
			code = stamps_read(argv[++i], ret);
		else if (!strcmp(word, for_flag.name))
			code = flag_time(&for_flag, argv[++i], &ret->for_ns);
		else if (!strcmp(word, interval_flag.name))
			code = flag_time(&interval_flag, argv[++i],
					 &ret->interval_ns);
		else if (record_word(argv, &i, ret, &code))
			continue;
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
		else if (!strcmp(word, "--report"))
			code = text_read(word, argv[++i], "a file", &ret->report_path);
		else if (!strcmp(word, "--fail-if"))
			code = condition_read(ret, argv[++i]);
		else if (!strcmp(word, top_flag.name))
			code = flag_count(&top_flag, argv[++i],
					  &ret->top_flows);
		else if (word[0] == '-' && word[1])
			code = out_refuse(EXIT_USAGE, "scope",
					  "there is no option '%s': 'sluice scope --help' lists them",
					  word);
		else if (ret->targets == SCOPE_FILES_MAX)
			code = out_refuse(EXIT_USAGE, "scope",
					  "'%s' is one too many: it takes one device or capture, or two of them",
					  word);
		else
			targets[ret->targets++] = word;
	}
	if (!code && !ret->targets)
		code = out_refuse(EXIT_USAGE, "scope",
				  "what to look at? it takes a device or a capture, or two of them: 'sluice scope --help' lists all options");
	for (unsigned int i = 0; !code && i < ret->targets; i++) {
		code = scope_target_parse(targets[i], &ret->target[i]);
		ret->is_live |= ret->target[i].is_device;
	}
	if (!code)
		code = targets_check(ret);
	if (!code)
		code = words_check(ret);
	if (!code)
		code = report_check(ret);
	if (!ret->interval_ns)
		ret->interval_ns = INTERVAL_INITIAL_NS;
	return code;
}
