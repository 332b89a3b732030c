// SPDX-License-Identifier: GPL-2.0
/* sluice: the table of its commands. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/version.h"
#include "cmd.h"
#include "help.h"
#include "out.h"

/**
 * struct command - a command of `sluice`
 * @name: first word
 * @run: what it does
 * @usage: the words behind its name
 * @summary: what it is for, in one line
 * @has_options: its help lists the options of the qdisc
 * @has_array: --json is an array of its own, also where it fails
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *summary;
	bool has_options;
	bool has_array;
};

static const struct command commands[] = {
	{ "on", cmd_on, "DEV... [OPTION VALUE]... [--no-module] [--dry-run] [--takeover] [--json]",
	  "pace devices, or change how", true, true },
	{ "off", cmd_off, "DEV... [--json]",
	  "put back what was there before", false, true },
	{ "apply", cmd_apply, "[FILE]... [--follow] [--dry-run] [--takeover] [--json]",
	  "pace as /etc/sluice/DEV.conf say", true, true },
	{ "status", cmd_status, "[--json]",
	  "which devices are paced; also without a command", false, true },
	{ "show", cmd_show, "[DEV] [--json]",
	  "what is set and what was done", false, true },
	{ "flows", cmd_flows,
	  "[DEV] [--json] [--top N] [--sort rate|queued|held|late]",
	  "each flow, with what TCP knows of it", false, true },
	{ "metrics", cmd_metrics,
	  "[--textfile FILE] [--listen [ADDRESS:]PORT] [--device-include REGEX] [--device-exclude REGEX]",
	  "what show says, for Prometheus", false, false },
	{ "verify", cmd_verify, "DEV [--for TIME] [--json]",
	  "measure whether pacing is kept, and say so", false, true },
	{ "burst-test", cmd_burst_test,
	  "[HOST[:PORT]] [--min N] [--max N] [--size BYTES] [--repeat N] [--pause TIME] [--for TIME] [--at-least N] [--dry-run] [--json] | --listen [ADDRESS:]PORT [--allow PREFIX]...",
	  "how many packets a path absorbs back to back", false, true },
	{ "monitor", cmd_monitor,
	  "[DEV] [--interval TIME] [--count N] [--json]",
	  "what happens, one line after another", false, false },
	{ "doctor", cmd_doctor, "[DEV]... [--json] [--verbose]",
	  "what defeats pacing on this host, and how to mend it", false, true },
	{ "scope", cmd_scope,
	  "[PLACE:]DEV|FILE [PLACE:DEV|FILE] [--for TIME] [--interval TIME] [--record FILE] [--ring SIZE] [--trigger WHAT]... [--around TIME] [--tap] [--stamps hardware] [--switch-stamps-on] [--expand] [--departures] [--cpu] [--counters] [--line-rate RATE] [--bottleneck RATE] [--rate RATE] [--filter EXPRESSION] [--interface NAME] [--fail-if CONDITION]... [--top N] [--report FILE] [--json] [--prometheus]",
	  "see the bursts of a device or a capture", false, false },
	{ "compare", cmd_compare, "BEFORE AFTER [--json]",
	  "what pacing bought, from results of the scope", false, true },
	{ "lab", cmd_lab, "list | run ... | compare A B",
	  "scenarios in virtual time", false, false },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

#define INDENT 10u

static void help_print(FILE *out)
{
	unsigned int i;

	fputs("Sluice makes traffic leave an Ethernet port evenly.\n\n"
	      "usage: sluice COMMAND ...\n\n", out);
	for (i = 0; i < N_COMMANDS; i++) {
		size_t column = (size_t)fprintf(out, "  %-7s",
						commands[i].name);

		help_wrap(out, commands[i].usage, column, INDENT);
		fprintf(out, "%*s%s\n", (int)INDENT, "", commands[i].summary);
	}
	fputs("\n'sluice COMMAND --help' says more, sluice(8) all of it.\n"
	      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not supported here\n"
	      "(kernel, module or privilege), or a check failed.\n", out);
}

static void command_help_print(FILE *out, const struct command *command)
{
	size_t column = (size_t)fprintf(out, "usage: sluice %s", command->name);

	help_wrap(out, command->usage, column, INDENT);
	fprintf(out, "\n%s\n", command->summary);
	help_words_print(out, command->name);
	if (command->has_options) {
		fputs("\noptions (range and default):\n",
		      out);
		out_option_help(out);
	}
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static const struct command *command_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static bool has_word(int argc, char **argv, const char *word)
{
	int i;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

/* Wrong usage has no answer; everything else that --json asked for parses. */
static int words_run(const struct command *command, int argc, char **argv)
{
	int code = command->run(argc, argv);

	if (code && code != EXIT_USAGE && command->has_array &&
	    has_word(argc, argv, "--json"))
		out_json_end();
	return code;
}

static int command_run(int argc, char **argv)
{
	char *help[] = { argv[0], argc > 2 ? argv[2] : NULL, "--help", NULL };
	const struct command *command;
	int i;

	if (argc < 2)
		return cmd_status(argc, argv);
	if (argc > 2 && !strcmp(argv[1], "help")) {
		argc = 3;
		argv = help;
	}
	if (is_help(argv[1]) || !strcmp(argv[1], "help")) {
		help_print(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("sluice " SLUICE_VERSION);
		return EXIT_DONE;
	}
	command = command_find(argv[1]);
	if (!command)
		return out_refuse(EXIT_USAGE, NULL,
				  "there is no command '%s': 'sluice --help' lists them",
				  argv[1]);
	/* Who asks for it behind other words wants it as well. */
	for (i = 2; i < argc; i++)
		if (is_help(argv[i]))
			break;
	/* The lab has commands of its own, and help for each. */
	if (i == argc || command->run == cmd_lab)
		return words_run(command, argc - 1, argv + 1);
	command_help_print(stdout, command);
	return EXIT_DONE;
}

/*
 * Where a descriptor of the three is closed, what is opened next would take its
 * place, and what is said would go there: to a socket of the kernel or into a
 * file. This one refuses to be written.
 */
static void descriptors_fill(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	int code;

	descriptors_fill();
	setlocale(LC_CTYPE, "");
	code = command_run(argc, argv);
	if (!out_is_complete(stdout) && code == EXIT_DONE) {
		fputs("sluice: cannot write the output: is the disk full?\n",
		      stderr);
		return EXIT_FAILED;
	}
	return code;
}
