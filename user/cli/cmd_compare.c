// SPDX-License-Identifier: GPL-2.0
/* sluice compare: what pacing bought, from results of the scope before and after. */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "compare.h"
#include "out.h"

#define USAGE "it takes BEFORE AFTER [--json]"

struct compare_arguments {
	const char *paths[2];
	unsigned int count;
	bool is_json;
};

static int arguments_parse(int argc, char **argv,
			   struct compare_arguments *ret)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			ret->is_json = true;
		else if (argv[i][0] == '-')
			return out_refuse(EXIT_USAGE, "compare",
					  "there is no option '%s': " USAGE,
					  argv[i]);
		else if (!argv[i][0])
			return out_refuse(EXIT_USAGE, "compare",
					  "'' is no file: " USAGE);
		else if (ret->count == 2)
			return out_refuse(EXIT_USAGE, "compare",
					  "'%s' is one file too many: " USAGE,
					  argv[i]);
		else
			ret->paths[ret->count++] = argv[i];
	}
	if (ret->count < 2)
		return out_refuse(EXIT_USAGE, "compare",
				  "which results? " USAGE ", files of 'sluice scope --json', one result after another");
	return EXIT_DONE;
}

static int side_read(const char *path, struct compare_side *ret)
{
	char error[COMPARE_ERROR_SIZE];
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return out_refuse(EXIT_FAILED, "compare",
				  "%s cannot be read: %s", path,
				  strerror(errno));
	err = compare_read(file, path, ret, error);
	fclose(file);
	return err ? out_refuse(EXIT_FAILED, "compare", "%s", error) :
		     EXIT_DONE;
}

int cmd_compare(int argc, char **argv)
{
	struct compare_arguments arguments = { .count = 0 };
	struct compare compare;
	json_t *array;
	int code;

	code = arguments_parse(argc, argv, &arguments);
	if (!code)
		code = side_read(arguments.paths[0], &compare.before);
	if (!code)
		code = side_read(arguments.paths[1], &compare.after);
	if (code)
		return code;
	if (arguments.is_json) {
		array = json_array();
		code = out_json("compare", array,
				json_array_append_new(array,
						compare_json(&compare)));
	} else {
		compare_print(stdout, &compare);
	}
	if (!code && !out_is_complete(stdout))
		code = out_refuse(EXIT_FAILED, "compare",
				  "cannot write the output: is the disk full?");
	if (code)
		return code;
	return compare_judge(&compare) == COMPARE_BETTER ? EXIT_DONE :
							   EXIT_CHECK_FAILED;
}
