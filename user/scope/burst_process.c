// SPDX-License-Identifier: GPL-2.0
/* What a burst test needs of its process; see burst_process.h. */
#include "burst_process.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../lib/units.h"

#define NOBODY 65534u

uint64_t burst_mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SLUICE_NSEC_PER_SEC +
	       (uint64_t)now.tv_nsec;
}

int burst_privileges_drop(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = 0 },
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	/* In a user namespace of its own there may be nobody else to become. */
	if (!geteuid() && !setgroups(0, NULL) &&
	    !setresgid(NOBODY, NOBODY, NOBODY))
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}
