// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into a systemd that root.sh starts in namespaces: a cgroup that is
 * not the topmost makes it believe that it is a container, and containers have
 * no device units. Here it sees what it sees in the topmost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

int access(const char *path, int mode)
{
	static const char hidden[] = "/sys/fs/cgroup/cgroup.";

	if (!strncmp(path, hidden, sizeof(hidden) - 1)) {
		errno = ENOENT;
		return -1;
	}
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}
