// SPDX-License-Identifier: GPL-2.0
/* What the files say; see apply.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/fq.h"
#include "apply.h"
#include "cmd.h"
#include "out.h"

int apply_conf_refuse(int err, const char *error)
{
	return out_refuse(err == -EINVAL ? EXIT_USAGE : EXIT_FAILED, "apply",
			  "%s", error);
}

void apply_run_done(struct apply_run *run)
{
	free(run->files);
	free(run->requests);
}

int apply_read(const struct apply_arguments *arguments, struct apply_run *ret)
{
	const unsigned int count = arguments->paths_count;
	char error[SLUICE_CONF_ERROR_SIZE];
	unsigned int i;
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->files = calloc(count, sizeof(*ret->files));
	ret->requests = calloc(count, sizeof(*ret->requests));
	if (!ret->files || !ret->requests)
		return out_refuse(EXIT_FAILED, "apply", "out of memory");
	for (i = 0; i < count; i++) {
		struct apply_file *file = &ret->files[i];

		err = sluice_conf_load(arguments->paths[i], &file->conf, error,
				       sizeof(error));
		if (err)
			return apply_conf_refuse(err, error);
		snprintf(file->command, sizeof(file->command), "apply %s",
			 file->conf.path);
		ret->requests[i] = (struct pace_request){
			.command = file->command, .device = file->conf.device,
			.kind = file->conf.is_no_module ? SLUICE_FQ_KIND :
							  SLUICE_KIND,
			.options = file->conf.options,
		};
	}
	ret->count = count;
	return EXIT_DONE;
}
