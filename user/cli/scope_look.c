// SPDX-License-Identifier: GPL-2.0
/* What looks at devices have in common; see scope_look.h. */
#include "scope_look.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "../lib/sandbox.h"
#include "cmd.h"
#include "out.h"

#define ERROR_SIZE	320

int scope_look_open(struct scope_live **ret,
		    const struct scope_live_config *config)
{
	char error[ERROR_SIZE];
	int err = scope_live_open(ret, config, error, sizeof(error));

	if (!err)
		return EXIT_DONE;
	return out_refuse(err == -EPERM || err == -EOPNOTSUPP ?
			  EXIT_UNSUPPORTED : EXIT_FAILED, "scope", "%s", error);
}

int scope_look_restrict(void)
{
	char error[ERROR_SIZE];

	/* The time zone is read from a file, and that is not possible later. */
	tzset();
	if (sluice_sandbox_enter(SLUICE_SANDBOX_LIVE, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "scope", "%s", error);
	return EXIT_DONE;
}

void scope_look_clock(char *text)
{
	time_t seconds = time(NULL);
	struct tm local;

	strftime(text, SCOPE_CLOCK_SIZE, "%H:%M:%S",
		 localtime_r(&seconds, &local));
}

void scope_losses_print(const struct scope_live_losses *losses)
{
	if (losses->missed_pkts)
		printf("! %" PRIu64 " packets were missed: the scope did not keep up\n",
		       losses->missed_pkts);
	if (losses->unshown_pkts)
		printf("! %" PRIu64 " super-packets cannot be shown by this kernel to a packet socket\n",
		       losses->unshown_pkts);
	if (losses->unstamped_pkts)
		printf("! %" PRIu64 " packets were not stamped by the NIC\n",
		       losses->unstamped_pkts);
}
