// SPDX-License-Identifier: GPL-2.0
/* The lock of the records of `sluice on` (state.h), and who may hold it. */
#include "../../user/lib/state.h"
#include "user_tap.h"

#include <errno.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Somebody without privilege; root is who runs the tests, or nobody is. */
#define NOBODY 65534

static char folder[] = "/tmp/sluice-state.XXXXXX";

static char *lock_path(void)
{
	static char path[sizeof(folder) + 8];

	snprintf(path, sizeof(path), "%s/lock", folder);
	return path;
}

/* Does @look, run by nobody in a process of its own, say yes? */
static bool nobody_says(bool (*look)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!getuid() && (setgid(NOBODY) || setuid(NOBODY)))
			_exit(2);
		_exit(look() ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool can_hold(void)
{
	int fd = open(lock_path(), O_RDONLY);

	return fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB);
}

static bool sees_busy(void)
{
	struct sluice_store store;

	return !sluice_store_init(&store, folder) &&
	       sluice_store_is_busy(&store);
}

static bool sees_idle(void)
{
	struct sluice_store store;

	return !sluice_store_init(&store, folder) &&
	       !sluice_store_is_busy(&store);
}

int main(void)
{
	struct sluice_state state;
	struct sluice_store store;
	unsigned int count = 0;
	struct stat status;
	int fd, *list;

	if (!mkdtemp(folder) || chmod(folder, 0755))
		return 1;
	/* as an older version has left it */
	fd = open(lock_path(), O_WRONLY | O_CREAT, 0644);
	close(fd);
	if (!tap_ok(!sluice_store_init(&store, folder) &&
		    !sluice_store_lock(&store), "the store can be locked"))
		return tap_done();
	tap_ok(!stat(lock_path(), &status) &&
	       (status.st_mode & 0777) == 0600, "the lock is its owner's alone");
	tap_ok(sees_busy(), "busy: another of the same user sees it");
	tap_ok(nobody_says(sees_busy), "busy: who may not open the lock sees it");
	sluice_store_unlock(&store);
	tap_ok(sees_idle(), "idle: another of the same user sees it");
	tap_ok(nobody_says(sees_idle), "idle: who may not open the lock sees it");
	tap_ok(getuid() || !nobody_says(can_hold),
	       "who has no privilege cannot make 'sluice off' wait");
	unlink(lock_path());
	rmdir(folder);

	/* A file lies where the folder should be. */
	close(open(folder, O_WRONLY | O_CREAT, 0644));
	tap_ok(sluice_state_load(&store, 1, &state) == -ENOENT &&
	       !sluice_state_list(&store, &list, &count) && !count,
	       "no folder: no record of any device");
	tap_ok(sluice_store_lock(&store) == -ENOTDIR,
	       "no folder: it is what cannot be locked");
	unlink(folder);
	return tap_done();
}
