// SPDX-License-Identifier: GPL-2.0
/* sluice on: pace devices, or change how they are paced. */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/fq.h"
#include "cmd.h"
#include "out.h"
#include "pace.h"

#define WORDS_MAX (2 * (TCA_SLUICE_MAX + 1))

/**
 * struct on_arguments - what the words say
 * @mode: the flags
 * @devices: the first word, and those behind it that name a device
 * @devices_count: how many
 * @is_no_module: by the kernel's fq
 * @options: the rest
 */
struct on_arguments {
	struct pace_mode mode;
	const char **devices;
	unsigned int devices_count;
	bool is_no_module;
	struct sluice_options options;
};

/* No flag, device or option, but perhaps an option as others write it. */
static int word_refuse(const char *word)
{
	char error[512];

	if (sluice_option_meant(word)) {
		(void)sluice_option_refuse(word, error, sizeof(error));
		return out_refuse(EXIT_USAGE, "on", "%s", error);
	}
	if (*word == '-')
		return out_refuse(EXIT_USAGE, "on",
				  "there is no option '%s': 'sluice on --help' lists them",
				  word);
	return out_refuse(EXIT_USAGE, "on",
			  "'%s' is neither a device here nor an option: 'ip link' lists the devices, 'sluice on --help' the options",
			  word);
}

/* Take the flags and devices out of the words; what is left are options. */
static int arguments_parse(int argc, char **argv, struct on_arguments *ret)
{
	char *words[WORDS_MAX];
	unsigned int n_words = 0;
	char error[512];
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--dry-run"))
			ret->mode.is_dry_run = true;
		else if (!strcmp(argv[i], "--takeover"))
			ret->mode.is_takeover = true;
		else if (!strcmp(argv[i], "--no-module"))
			ret->is_no_module = true;
		else if (!strcmp(argv[i], "--json"))
			ret->mode.is_json = true;
		else if (argv[i][0] == '-' && n_words % 2 == 0)
			return word_refuse(argv[i]);
		else if (!ret->devices_count ||
			 (!n_words && !sluice_option_find(argv[i]) &&
			  if_nametoindex(argv[i])))
			ret->devices[ret->devices_count++] = argv[i];
		else if (!n_words && !sluice_option_find(argv[i]))
			return word_refuse(argv[i]);
		else if (n_words == WORDS_MAX)
			return out_refuse(EXIT_USAGE, "on",
					  "'%s' is one word too many: say every option once",
					  argv[i]);
		else
			words[n_words++] = argv[i];
	}
	if (!ret->devices_count)
		return out_refuse(EXIT_USAGE, "on",
				  "on which device? 'sluice on DEV... [OPTION VALUE]...', and 'ip link' lists the devices");
	if (sluice_options_parse(n_words, words, &ret->options, error,
				 sizeof(error)))
		return out_refuse(EXIT_USAGE, "on", "%s", error);
	if (ret->is_no_module &&
	    sluice_fq_check(&ret->options, error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "on", "--no-module: %s", error);
	return EXIT_DONE;
}

int cmd_on(int argc, char **argv)
{
	struct on_arguments arguments = { .mode = { .command = "on" } };
	struct pace_request *requests;
	unsigned int i;
	int code;

	arguments.devices = calloc((size_t)argc, sizeof(*arguments.devices));
	requests = calloc((size_t)argc, sizeof(*requests));
	if (!arguments.devices || !requests)
		code = out_refuse(EXIT_FAILED, "on", "out of memory");
	else
		code = arguments_parse(argc, argv, &arguments);
	if (!code) {
		for (i = 0; i < arguments.devices_count; i++) {
			requests[i].command = "on";
			requests[i].device = arguments.devices[i];
			requests[i].kind = arguments.is_no_module ?
					   SLUICE_FQ_KIND : SLUICE_KIND;
			requests[i].options = arguments.options;
		}
		code = pace_devices(&arguments.mode, requests,
				    arguments.devices_count);
	}
	free(arguments.devices);
	free(requests);
	return code;
}
