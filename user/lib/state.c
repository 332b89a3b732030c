// SPDX-License-Identifier: GPL-2.0
/* What was there before `sluice on`, on disk; see state.h. */
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* In headers from Linux 5.14 on. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Thousands of qdiscs; a state is some hundred bytes. */
#define STATE_MAX_BYTES (4 << 20)
/* Of a file that is being written. */
#define NEW_PREFIX "new."

/* ---- where we are ---- */

static int netns_cookie_read(uint64_t *ret)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(*ret);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret, &length)) {
		*ret = 0;
		err = errno == ENOPROTOOPT ? 0 : -errno;
	}
	close(fd);
	return err;
}

static int boot_id_read(char *boot_id, size_t boot_id_size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	int err = 0;

	if (!file)
		return -errno;
	if (!fgets(boot_id, (int)boot_id_size, file))
		err = ferror(file) ? -errno : -ENODATA;
	fclose(file);
	boot_id[err ? 0 : strcspn(boot_id, "\n")] = '\0';
	return err;
}

int sluice_store_init(struct sluice_store *store, const char *folder)
{
	struct stat netns;
	int err;

	memset(store, 0, sizeof(*store));
	store->folder = folder;
	store->lock_fd = -1;
	err = boot_id_read(store->boot_id, sizeof(store->boot_id));
	if (err)
		return err;
	if (stat("/proc/thread-self/ns/net", &netns))
		return -errno;
	store->netns_inode = netns.st_ino;
	return netns_cookie_read(&store->netns_cookie);
}

/* Below, with the other files. */
static void stale_remove(const struct sluice_store *store);

int sluice_store_lock(struct sluice_store *store)
{
	char path[PATH_MAX];

	if (!mkdir(store->folder, 0755))
		/* Everybody may look, whatever root's umask is. */
		(void)chmod(store->folder, 0755);
	else if (errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/lock", store->folder);
	/* Who can open it, be it to read, can hold it for good. */
	store->lock_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock_fd < 0)
		return -errno;
	(void)fchmod(store->lock_fd, 0600);
	/* Who handles a signal may want to end, and not to wait any longer. */
	if (flock(store->lock_fd, LOCK_EX))
		return -errno;
	stale_remove(store);
	return 0;
}

void sluice_store_unlock(struct sluice_store *store)
{
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	store->lock_fd = -1;
}

/* For those who may not open the lock the kernel lists who has what. */
static bool is_locked(const char *path)
{
	unsigned int major_number, minor_number;
	struct stat status;
	bool is_found = false;
	uint64_t inode;
	char line[256];
	FILE *file;

	file = stat(path, &status) ? NULL : fopen("/proc/locks", "re");
	if (!file)
		return false;
	/* 1: FLOCK  ADVISORY  WRITE 708 00:1a:733 0 EOF */
	while (!is_found && fgets(line, sizeof(line), file))
		is_found = sscanf(line, "%*s FLOCK %*s %*s %*d %x:%x:%" SCNu64,
				  &major_number, &minor_number, &inode) == 3 &&
			   makedev(major_number, minor_number) ==
				   status.st_dev &&
			   inode == status.st_ino;
	fclose(file);
	return is_found;
}

bool sluice_store_is_busy(const struct sluice_store *store)
{
	char path[PATH_MAX];
	bool is_busy;
	int fd;

	snprintf(path, sizeof(path), "%s/lock", store->folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES && is_locked(path);
	is_busy = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return is_busy;
}

/* ---- files ---- */

static void path_format(const struct sluice_store *store, int ifindex,
			const char *prefix, char *path, size_t path_size)
{
	snprintf(path, path_size, "%s/%s%" PRIu64 ".%d.state", store->folder,
		 prefix, store->netns_inode, ifindex);
}

void sluice_state_done(struct sluice_state *state)
{
	sluice_tree_done(&state->tree);
	sluice_bounds_done(&state->bounds);
}

bool sluice_state_is_in_force(const struct sluice_state *state,
			      const struct sluice_tree *live)
{
	const struct sluice_node *was = sluice_tree_root(&state->tree);
	const struct sluice_node *is = sluice_tree_root(live);

	if (!is || strcmp(is->kind, "mq"))
		return is && sluice_node_is_put(is, state->kind, &state->tree);
	return (state->mq_handle && is->handle == state->mq_handle) ||
	       (was && sluice_tree_is_mq(&state->tree) &&
		is->handle == was->handle &&
		sluice_tree_has_put(live, state->kind, &state->tree));
}

/*
 * `on` changes either nothing or something that is in force. `off` passes
 * through the kernel's default and the old root with not all of its leaves.
 */
bool sluice_state_is_half_way(const struct sluice_state *state,
			      const struct sluice_tree *live)
{
	const struct sluice_node *was = sluice_tree_root(&state->tree);
	const struct sluice_node *is = sluice_tree_root(live);

	if (state->phase == SLUICE_PHASE_ON)
		return false;
	if (sluice_tree_is_equal(&state->tree, live))
		return true;
	return state->phase == SLUICE_PHASE_RESTORING &&
	       (sluice_tree_is_default(live) ||
		(was && is && was->handle == is->handle &&
		 !strcmp(was->kind, is->kind)));
}

/* Nor is there one where something else than the folder is. */
static int no_record(int error)
{
	return error == ENOTDIR ? -ENOENT : -error;
}

/* Of whatever device. As sluice_state_parse(), or what opening or reading it came to. */
static int state_read(const struct sluice_store *store, const char *path,
		      struct sluice_state *ret)
{
	FILE *file = fopen(path, "re");
	size_t length;
	char *text;
	int err;

	if (!file)
		return no_record(errno);
	text = malloc(STATE_MAX_BYTES);
	if (!text) {
		fclose(file);
		return -ENOMEM;
	}
	length = fread(text, 1, STATE_MAX_BYTES - 1, file);
	text[length] = '\0';
	err = ferror(file) ? -EIO : 0;
	fclose(file);
	if (!err)
		err = sluice_state_parse(store, text, ret);
	free(text);
	return err;
}

int sluice_state_load(const struct sluice_store *store, int ifindex,
		      struct sluice_state *ret)
{
	char path[PATH_MAX];
	int err;

	path_format(store, ifindex, "", path, sizeof(path));
	err = state_read(store, path, ret);
	if (!err && ret->ifindex != ifindex) {
		sluice_state_done(ret);
		err = -EINVAL;
	}
	/* What cannot be read is worth no more than what is not there. */
	return err == -EINVAL ? -ENOENT : err;
}

void sluice_state_shares(const struct sluice_store *store, int ifindex,
			 const struct sluice_options *in_force,
			 struct sluice_shares *ret)
{
	struct sluice_state state;

	memset(ret, 0, sizeof(*ret));
	if (sluice_state_load(store, ifindex, &state))
		return;
	*ret = state.shares;
	sluice_state_done(&state);
	sluice_shares_confirm(ret, in_force);
}

/* A name that was renamed is lasting only when its folder is on disk. */
static int folder_sync(const struct sluice_store *store)
{
	int fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

static int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t left = strlen(text);
	int err = 0;

	if (fd < 0)
		return -errno;
	(void)fchmod(fd, 0644);
	while (!err && left) {
		ssize_t written = write(fd, text, left);

		if (written < 0 && errno != EINTR)
			err = -errno;
		if (written > 0) {
			text += written;
			left -= (size_t)written;
		}
	}
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int sluice_state_save(const struct sluice_store *store,
		      const struct sluice_state *state)
{
	char *text = sluice_state_format(store, state);
	char path[PATH_MAX], temporary[PATH_MAX];
	int err;

	if (!text)
		return -ENOMEM;
	path_format(store, state->ifindex, "", path, sizeof(path));
	path_format(store, state->ifindex, NEW_PREFIX, temporary,
		    sizeof(temporary));
	err = file_write(temporary, text);
	free(text);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err ? err : folder_sync(store);
}

int sluice_state_mark(const struct sluice_store *store, int ifindex,
		      enum sluice_phase phase)
{
	const char letter = (char)phase;
	char path[PATH_MAX];
	int fd, err = 0;

	path_format(store, ifindex, "", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pwrite(fd, &letter, 1, 0) != 1 || fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

int sluice_state_remove(const struct sluice_store *store, int ifindex)
{
	char path[PATH_MAX];

	/* What a command that was killed may have left. */
	path_format(store, ifindex, NEW_PREFIX, path, sizeof(path));
	(void)unlink(path);
	path_format(store, ifindex, "", path, sizeof(path));
	if (unlink(path))
		return errno == ENOENT ? 0 : -errno;
	return folder_sync(store);
}

/* Numbers in the name of a state. */
static bool name_parse(const char *name, uint64_t *ret_inode, int *ret_ifindex)
{
	int end = 0;

	return sscanf(name, "%" SCNu64 ".%d.state%n", ret_inode, ret_ifindex,
		      &end) == 2 && end && !name[end];
}

int sluice_state_list(const struct sluice_store *store, int **ret,
		      unsigned int *ret_count)
{
	DIR *folder = opendir(store->folder);
	unsigned int count = 0;
	struct dirent *entry;
	int *list = NULL;

	*ret = NULL;
	*ret_count = 0;
	if (!folder)
		return no_record(errno) == -ENOENT ? 0 : -errno;
	while ((entry = readdir(folder))) {
		uint64_t inode;
		int ifindex, *grown;

		if (!name_parse(entry->d_name, &inode, &ifindex) ||
		    inode != store->netns_inode)
			continue;
		grown = reallocarray(list, count + 1, sizeof(*list));
		if (!grown) {
			closedir(folder);
			free(list);
			return -ENOMEM;
		}
		list = grown;
		list[count++] = ifindex;
	}
	closedir(folder);
	*ret = list;
	*ret_count = count;
	return 0;
}

/* What a command that was killed has left half written. */
static bool is_leftover(const char *name)
{
	size_t prefix = strlen(NEW_PREFIX);
	uint64_t inode;
	int ifindex;

	return !strncmp(name, NEW_PREFIX, prefix) &&
	       name_parse(name + prefix, &inode, &ifindex);
}

/*
 * A state with our number that is not ours is of a namespace that has gone, because
 * the kernel gives no number to two. Of others nobody can tell: one that has no name
 * and no process may live by a socket. Nobody else writes while the lock is held.
 */
static bool is_stale(const struct sluice_store *store, const char *name)
{
	struct sluice_state state;
	char path[PATH_MAX];
	uint64_t inode;
	int ifindex, err;

	if (!name_parse(name, &inode, &ifindex) || inode != store->netns_inode)
		return false;
	path_format(store, ifindex, "", path, sizeof(path));
	err = state_read(store, path, &state);
	if (!err)
		sluice_state_done(&state);
	return err == -ENOENT;
}

static void stale_remove(const struct sluice_store *store)
{
	DIR *folder = opendir(store->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (is_leftover(entry->d_name) ||
		    is_stale(store, entry->d_name))
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
}
