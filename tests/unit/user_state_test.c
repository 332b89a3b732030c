// SPDX-License-Identifier: GPL-2.0
/* The records of `sluice on` (state.h): their lock, who may hold it, and those of namespaces that have gone. */
#include "../../user/lib/state.h"
#include "user_tap.h"

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

/* ---- records of namespaces that have gone ---- */

static bool has_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return !access(path, F_OK);
}

/* One of device 7, as a command in a namespace of these numbers leaves it. */
static void record_put(const struct sluice_store *store, uint64_t inode,
		       uint64_t cookie, const char *prefix, char *ret_name,
		       size_t name_size)
{
	struct sluice_state state = {
		.ifindex = 7, .phase = SLUICE_PHASE_ON, .kind = SLUICE_KIND,
	};
	struct sluice_store there = *store;
	char path[128], *text;
	FILE *file;

	there.netns_inode = inode;
	there.netns_cookie = cookie;
	snprintf(ret_name, name_size, "%s%" PRIu64 ".7.state", prefix, inode);
	snprintf(path, sizeof(path), "%s/%s", folder, ret_name);
	text = sluice_state_format(&there, &state);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	free(text);
}

static void file_remove(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static void test_gone(void)
{
	char name[64], other[64], half[64];
	struct sluice_state state;
	struct sluice_store store;

	sluice_store_init(&store, folder);
	record_put(&store, store.netns_inode, store.netns_cookie + 1, "", name,
		   sizeof(name));
	record_put(&store, store.netns_inode + 1, store.netns_cookie + 1, "",
		   other, sizeof(other));
	record_put(&store, store.netns_inode + 1, store.netns_cookie + 1,
		   "new.", half, sizeof(half));
	tap_ok(has_file(name) && sluice_state_load(&store, 7, &state) == -ENOENT,
	       "gone: a record of a namespace that had our number does not count");
	sluice_store_lock(&store);
	tap_ok(!has_file(name), "gone: and who changes something removes it");
	tap_ok(!has_file(half), "gone: with what was half written");
	tap_ok(has_file(other), "gone: one with another number may be of a namespace that lives: it stays");
	sluice_store_unlock(&store);
	record_put(&store, store.netns_inode, store.netns_cookie, "", name,
		   sizeof(name));
	sluice_store_lock(&store);
	tap_ok(has_file(name) && !sluice_state_load(&store, 7, &state),
	       "gone: our own stays, and counts");
	sluice_state_done(&state);
	sluice_store_unlock(&store);
	file_remove(name);
	file_remove(other);
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
	test_gone();
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
