// SPDX-License-Identifier: GPL-2.0
/* sluice lab: run scenarios in virtual machines, list and compare them. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lab/plan.h"
#include "../lab/report.h"
#include "../lab/results.h"
#include "../lab/run.h"
#include "../lab/table.h"
#include "../lib/terminal.h"
#include "../lib/units.h"
#include "../lib/whole.h"
#include "cmd.h"
#include "out.h"

#define EXIT_INTERRUPTED 130	/* as a shell says it */
#define SEEDS_MAX 1000
#define SETS_MAX 32
#define JOBS_DEFAULT 2
#define JOBS_MAX 64

struct lab_arguments {
	const char *scenario;
	const char *policies[LAB_POLICIES_MAX];
	unsigned int policies_count;
	const char *sets[SETS_MAX];
	unsigned int sets_count;
	uint64_t seed, seeds, jobs;
	const char *kernel, *json, *pcap, *report;
	bool is_check, is_buffer_search;
};

static int usage(FILE *out)
{
	fprintf(out,
		"usage: sluice lab run SCENARIO [option...]   run it in virtual time, print a table\n"
		"       sluice lab list                       the scenarios there are\n"
		"       sluice lab compare A.json B.json      what changed between two results\n"
		"\n"
		"SCENARIO is a name in scenarios/ or the path of a file.\n"
		"  --policy P       only this policy of the scenario (repeat for more)\n"
		"  --set KEY=VALUE  change a line of the scenario, e.g. port_buffer_pkts=64 (repeat for more)\n"
		"  --seed N         first seed (1)\n"
		"  --seeds N        number of seeds (1); the table shows means\n"
		"  --kernel V       6.1, 6.12, newest or a directory ($KERNEL, else the newest that is built)\n"
		"  --json FILE      write the results\n"
		"  --pcap DIR       keep the captures\n"
		"  --report FILE    write a page with pictures (HTML)\n"
		"  --jobs N         guests at a time (2)\n"
		"  --smallest-buffer  find the smallest port buffer that loses nothing\n"
		"  --check          exit 3 when an expected number is missed\n");
	return out == stderr ? EXIT_USAGE : EXIT_DONE;
}

static int failed(int code, const char *error)
{
	return out_refuse(code, "lab", "%s", error);
}

/* ---- arguments ---- */

static int number_take(const char *name, const char *text, uint64_t min,
		       uint64_t max, uint64_t *ret, char *error,
		       size_t error_size)
{
	char phrase[LAB_ERROR_BYTES / 2];
	uint64_t number;

	if (sluice_parse_count(text, &number, phrase, sizeof(phrase)))
		return lab_refuse(error, error_size, "--%s: %s", name, phrase);
	if (number < min || number > max)
		return lab_refuse(error, error_size,
				  "--%s: '%s' is out of range; it must be a whole number from %" PRIu64 " to %" PRIu64,
				  name, text, min, max);
	*ret = number;
	return 0;
}

static int list_take(const char *name, const char **list, unsigned int *count,
		     unsigned int max, const char *text, char *error,
		     size_t error_size)
{
	if (*count == max)
		return lab_refuse(error, error_size,
				  "--%s may be given at most %u times", name, max);
	list[(*count)++] = text;
	return 0;
}

static const struct option options_table[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "set", required_argument, NULL, 's' },
	{ "seed", required_argument, NULL, 'n' },
	{ "seeds", required_argument, NULL, 'N' },
	{ "kernel", required_argument, NULL, 'k' },
	{ "json", required_argument, NULL, 'j' },
	{ "pcap", required_argument, NULL, 'c' },
	{ "report", required_argument, NULL, 'r' },
	{ "jobs", required_argument, NULL, 'J' },
	{ "check", no_argument, NULL, 'x' },
	{ "smallest-buffer", no_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int option_take(struct lab_arguments *arguments, int option, char *error,
		       size_t error_size)
{
	switch (option) {
	case 'p':
		return list_take("policy", arguments->policies,
				 &arguments->policies_count, LAB_POLICIES_MAX,
				 optarg, error, error_size);
	case 's':
		return list_take("set", arguments->sets, &arguments->sets_count,
				 SETS_MAX, optarg, error, error_size);
	case 'n':
		return number_take("seed", optarg, 0, UINT32_MAX,
				   &arguments->seed, error, error_size);
	case 'N':
		return number_take("seeds", optarg, 1, SEEDS_MAX,
				   &arguments->seeds, error, error_size);
	case 'J':
		return number_take("jobs", optarg, 1, JOBS_MAX,
				   &arguments->jobs, error, error_size);
	case 'k':
		arguments->kernel = optarg;
		return 0;
	case 'j':
		arguments->json = optarg;
		return 0;
	case 'c':
		arguments->pcap = optarg;
		return 0;
	case 'r':
		arguments->report = optarg;
		return 0;
	case 'x':
		arguments->is_check = true;
		return 0;
	case 'b':
		arguments->is_buffer_search = true;
		return 0;
	}
	return -EINVAL;
}

/* Returns -1 when the arguments are good, else the exit code. */
static int arguments_take(int argc, char **argv,
			  struct lab_arguments *arguments)
{
	char error[LAB_ERROR_BYTES];
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options_table, NULL)) != -1) {
		if (option == 'h')
			return usage(stdout);
		if (option == '?' || option == ':') {
			lab_refuse(error, sizeof(error), option == ':' ?
				   "%s needs a value behind it" :
				   "there is no option '%s'; `sluice lab --help` lists them",
				   argv[optind - 1]);
			return failed(EXIT_USAGE, error);
		}
		if (strchr("jcr", option) && !*optarg)
			return failed(EXIT_USAGE, "'' is no file to write to");
		if (option_take(arguments, option, error, sizeof(error)))
			return failed(EXIT_USAGE, error);
	}
	if (arguments->is_buffer_search && arguments->pcap)
		return failed(EXIT_USAGE,
			      "--pcap and --smallest-buffer exclude each other");
	if (optind + 1 != argc)
		return failed(EXIT_USAGE, optind == argc ?
			      "run needs the name of a scenario; `sluice lab list` shows them" :
			      "run takes exactly one scenario");
	arguments->scenario = argv[optind];
	return -1;
}

/* ---- run ---- */

/* -EINVAL: what is asked for, or what the file says, is wrong. */
static int scenario_open(const struct lab_arguments *arguments,
			 const char *root, struct lab_scenario **ret,
			 char *error, size_t error_size)
{
	char path[PATH_MAX];
	unsigned int i;
	int err;

	if (lab_scenario_path(root, arguments->scenario, path, sizeof(path)))
		return lab_refuse(error, error_size,
				  "there is no scenario '%s'; `sluice lab list` shows them",
				  arguments->scenario);
	err = lab_scenario_load(path, ret, error, error_size);
	if (err)
		return err;
	for (i = 0; !err && i < arguments->sets_count; i++)
		err = lab_scenario_set(*ret, arguments->sets[i], error,
				       error_size);
	if (!err)
		err = lab_scenario_check(*ret, error, error_size);
	if (err)
		lab_scenario_free(*ret);
	return err;
}

/* What is to be run: every chosen policy with every seed. */
struct lab_work {
	const struct lab_scenario *scenario;
	struct lab_run_item *items;
	unsigned int count;
};

static bool is_policy_chosen(const struct lab_arguments *arguments,
			     const char *name)
{
	unsigned int i;

	for (i = 0; i < arguments->policies_count; i++)
		if (!strcmp(arguments->policies[i], name))
			return true;
	return !arguments->policies_count;
}

static int work_make(const struct lab_arguments *arguments,
		     struct lab_work *work, char *error, size_t error_size)
{
	const struct lab_scenario *scenario = work->scenario;
	unsigned int i;
	uint64_t s;

	for (i = 0; i < arguments->policies_count; i++)
		if (!lab_policy_find(scenario, arguments->policies[i]))
			return lab_refuse(error, error_size,
					  "--policy: scenario %s has no policy '%s'",
					  scenario->name,
					  arguments->policies[i]);
	work->items = calloc(scenario->policies_count * arguments->seeds,
			     sizeof(*work->items));
	if (!work->items)
		return lab_refuse(error, error_size, "out of memory");
	for (i = 0; i < scenario->policies_count; i++)
		for (s = 0; s < arguments->seeds; s++)
			if (is_policy_chosen(arguments,
					     scenario->policies[i].name))
				work->items[work->count++] =
					(struct lab_run_item){
						scenario, &scenario->policies[i],
						arguments->seed + s };
	return 0;
}

static int program_check(const char *command, char *error, size_t error_size)
{
	char word[128] = "";

	if (sscanf(command, "%127s", word) != 1 || lab_program_exists(word))
		return 0;
	return lab_refuse(error, error_size,
			  "the program '%s' of a flow is not installed: install it and run again",
			  word);
}

static int programs_check(const struct lab_scenario *scenario, char *error,
			  size_t error_size)
{
	unsigned int i;
	int err = 0;

	if (!lab_program_exists("tc") || !lab_program_exists("bridge"))
		return lab_refuse(error, error_size,
				  "the commands ip, tc and bridge are needed: install iproute2");
	for (i = 0; !err && i < scenario->flows_count; i++) {
		err = program_check(scenario->flows[i].program, error,
				    error_size);
		if (!err)
			err = program_check(scenario->flows[i].peer, error,
					    error_size);
	}
	return err;
}

/* How to make the same results again, without where they were put. */
static void command_print(const struct lab_arguments *arguments,
			  const char *scenario, char *text, size_t text_size)
{
	FILE *out = fmemopen(text, text_size, "w");
	unsigned int i;

	if (!out)
		return;
	fprintf(out, "sluice lab run %s", scenario);
	for (i = 0; i < arguments->policies_count; i++)
		fprintf(out, " --policy %s", arguments->policies[i]);
	for (i = 0; i < arguments->sets_count; i++)
		fprintf(out, strchr(arguments->sets[i], ' ') ?
			" --set '%s'" : " --set %s", arguments->sets[i]);
	if (arguments->seed != 1)
		fprintf(out, " --seed %" PRIu64, arguments->seed);
	if (arguments->seeds != 1)
		fprintf(out, " --seeds %" PRIu64, arguments->seeds);
	if (arguments->is_buffer_search)
		fprintf(out, " --smallest-buffer");
	fclose(out);
}

/*
 * Can that file be written, as far as can be known before? Hours of work are
 * not to end with a folder that is not there. Nothing is made or changed.
 */
static int output_check(const char *path, char *error, size_t error_size)
{
	char folder[PATH_MAX];
	struct stat status;

	if (!path)
		return 0;
	snprintf(folder, sizeof(folder), "%s", path);
	if (!stat(path, &status)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : 0;
		if (!errno && !access(path, W_OK))
			return 0;
	} else if (errno == ENOENT && *path && path[strlen(path) - 1] != '/' &&
		   !access(dirname(folder), W_OK | X_OK)) {
		return 0;
	}
	return lab_refuse(error, error_size, "%s cannot be written: %s", path,
			  strerror(errno));
}

static int outputs_check(const struct lab_arguments *arguments, char *error,
			 size_t error_size)
{
	int err = output_check(arguments->json, error, error_size);

	return err ? err : output_check(arguments->report, error, error_size);
}

static int report_save(const json_t *results, const char *path, char *error,
		       size_t error_size)
{
	struct sluice_whole whole;
	int err = sluice_whole_open(&whole, path), failed = 0;

	if (!err) {
		failed = lab_report_write(results, whole.out, error, error_size);
		err = sluice_whole_close(&whole, failed ? -EIO : 0);
	}
	if (err && !failed)
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  path, strerror(-err));
	return failed;
}

static int results_write(const struct lab_arguments *arguments,
			 const json_t *results)
{
	char error[LAB_ERROR_BYTES];
	int code = EXIT_DONE;

	/* What can be kept of the work is kept, whatever cannot. */
	if (lab_table_write(results, stdout, lab_table_style_of(stdout)) ||
	    fflush(stdout))
		code = failed(EXIT_FAILED, "the table cannot be written");
	if (arguments->json &&
	    lab_results_save(results, arguments->json, error, sizeof(error)))
		code = failed(EXIT_FAILED, error);
	if (arguments->report &&
	    report_save(results, arguments->report, error, sizeof(error)))
		code = failed(EXIT_FAILED, error);
	if (!code && arguments->is_check && !lab_results_all_met(results))
		code = failed(EXIT_CHECK_FAILED,
			      "an expected number was missed: below the table stands which");
	return code;
}

/* "smallest buffer without loss: fq none, sluice 21 packets" */
static void buffers_print(const json_t *runs)
{
	const json_t *run;
	size_t i;

	printf("\nsmallest port buffer that loses nothing, up to %d packets:\n",
	       LAB_BUFFER_MAX_PKTS);
	json_array_foreach(runs, i, run) {
		const json_t *pkts = json_object_get(
			json_object_get(run, "metrics"), "b0_closed_loop_pkts");

		printf("%-14s seed %-4" JSON_INTEGER_FORMAT " ",
		       json_string_value(json_object_get(run, "policy")),
		       json_integer_value(json_object_get(run, "seed")));
		if (json_is_integer(pkts))
			printf("%6" JSON_INTEGER_FORMAT "\n",
			       json_integer_value(pkts));
		else
			printf("%6s\n", "none");
	}
}

static int work_run(const struct lab_arguments *arguments,
		    const struct lab_run_options *options,
		    const struct lab_work *work)
{
	char error[LAB_ERROR_BYTES] = "", command[2048] = "";
	json_t *runs, *results;
	int code;

	runs = (arguments->is_buffer_search ? lab_buffer_search : lab_run_items)
		(options, work->items, work->count, error, sizeof(error));
	if (!runs)
		return failed(lab_run_was_interrupted() ? EXIT_INTERRUPTED :
							  EXIT_FAILED, error);
	command_print(arguments, work->scenario->name, command, sizeof(command));
	results = lab_results_make(work->scenario, options->kernel, command,
				   runs);
	if (!results)
		return failed(EXIT_FAILED, "the results cannot be put together");
	code = results_write(arguments, results);
	if (arguments->is_buffer_search)
		buffers_print(runs);
	json_decref(results);
	return code;
}

static bool has_sluice(const struct lab_work *work)
{
	unsigned int i;

	for (i = 0; i < work->count; i++)
		if (lab_policy_is_sluice(work->items[i].policy))
			return true;
	return false;
}

/* What the host must have, before the first guest starts. */
static int host_check(const char *root, const struct lab_arguments *arguments,
		      const struct lab_work *work, struct lab_kernel *kernel,
		      char *error, size_t error_size)
{
	int err = programs_check(work->scenario, error, error_size);

	if (!err)
		err = lab_kernel_find(root, arguments->kernel, kernel, error,
				      error_size);
	if (!err && has_sluice(work))
		err = lab_kernel_modules_check(root, kernel, error, error_size);
	return err;
}

static int lab_run(int argc, char **argv)
{
	struct lab_arguments arguments = { .seed = 1, .seeds = 1,
					   .jobs = JOBS_DEFAULT };
	struct lab_kernel kernel;
	struct lab_run_options options = { .kernel = &kernel };
	char error[LAB_ERROR_BYTES], root[PATH_MAX];
	struct lab_scenario *scenario;
	struct lab_work work = { 0 };
	int code, err;

	code = arguments_take(argc, argv, &arguments);
	if (code >= 0)
		return code;
	if (lab_root_find(root, sizeof(root), error, sizeof(error)))
		return failed(EXIT_UNSUPPORTED, error);
	err = scenario_open(&arguments, root, &scenario, error, sizeof(error));
	if (err)
		return failed(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, error);
	/* the buffer that is looked for has no expected numbers */
	if (arguments.is_buffer_search)
		scenario->expects_count = 0;
	work.scenario = scenario;
	options.root = root;
	options.jobs = (unsigned int)arguments.jobs;
	options.pcap_dir = arguments.pcap;
	options.is_progress_shown = sluice_terminal_obeys(STDERR_FILENO);
	if (work_make(&arguments, &work, error, sizeof(error)))
		code = failed(EXIT_USAGE, error);
	else if (outputs_check(&arguments, error, sizeof(error)))
		code = failed(EXIT_FAILED, error);
	else if (host_check(root, &arguments, &work, &kernel, error,
			    sizeof(error)))
		code = failed(EXIT_UNSUPPORTED, error);
	else
		code = work_run(&arguments, &options, &work);
	free(work.items);
	lab_scenario_free(scenario);
	return code;
}

/* ---- list, compare ---- */

static int is_scenario_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, ".scenario");
}

static int lab_list(int argc, char **argv)
{
	char error[LAB_ERROR_BYTES], root[PATH_MAX], path[2 * PATH_MAX];
	struct dirent **entries;
	int count, i, code = EXIT_DONE;

	(void)argv;
	if (argc != 1)
		return failed(EXIT_USAGE, "list takes no arguments");
	if (lab_root_find(root, sizeof(root), error, sizeof(error)))
		return failed(EXIT_UNSUPPORTED, error);
	snprintf(path, sizeof(path), "%s/scenarios", root);
	count = scandir(path, &entries, is_scenario_file, alphasort);
	if (count < 0)
		return failed(EXIT_FAILED, "the folder scenarios cannot be read");
	for (i = 0; i < count; i++) {
		struct lab_scenario *scenario;

		snprintf(path, sizeof(path), "%s/scenarios/%s", root,
			 entries[i]->d_name);
		free(entries[i]);
		if (lab_scenario_load(path, &scenario, error, sizeof(error))) {
			code = failed(EXIT_FAILED, error);
			continue;
		}
		printf("%-12s %s\n", scenario->name, scenario->title);
		lab_scenario_free(scenario);
	}
	free(entries);
	return code;
}

static int lab_compare(int argc, char **argv)
{
	char error[LAB_ERROR_BYTES];
	json_t *a, *b = NULL;
	int code = EXIT_FAILED;

	if (argc != 3)
		return failed(EXIT_USAGE, "compare takes two files with results");
	a = lab_results_load(argv[1], error, sizeof(error));
	if (a)
		b = lab_results_load(argv[2], error, sizeof(error));
	if (!b)
		failed(EXIT_FAILED, error);
	else if (lab_compare_write(a, b, stdout) == -ENOENT)
		failed(EXIT_FAILED, "the two files have no policy in common: there is nothing to compare");
	else
		code = EXIT_DONE;
	json_decref(a);
	json_decref(b);
	return code;
}

int cmd_lab(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
		return usage(stdout);
	if (!strcmp(argv[1], "run"))
		return lab_run(argc - 1, argv + 1);
	if (!strcmp(argv[1], "list"))
		return lab_list(argc - 1, argv + 1);
	if (!strcmp(argv[1], "compare"))
		return lab_compare(argc - 1, argv + 1);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "-h"))
		return usage(stdout);
	return out_refuse(EXIT_USAGE, "lab",
			  "unknown command '%s'; use run, list or compare",
			  argv[1]);
}
