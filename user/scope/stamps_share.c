// SPDX-License-Identifier: GPL-2.0
/* The switch for time stamps, for several scopes; see stamps_share.h. */
#include "stamps_share.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of the file that are locked; what stands there does not matter. */
enum share_byte { BYTE_AT_SWITCH, BYTE_NEEDED };

/* A lock of the open file, which a child takes over. */
static int byte_lock(int fd, int command, short type, enum share_byte byte,
		     struct flock *ret)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = byte,
		.l_len = 1,
	};
	int err;

	do
		err = fcntl(fd, command, &lock) ? -errno : 0;
	while (err == -EINTR);
	if (ret)
		*ret = lock;
	return err;
}

static int path_make(struct scope_stamps_share *share, const char *folder,
		     int ifindex)
{
	struct stat netns;

	if (stat("/proc/thread-self/ns/net", &netns))
		return -errno;
	if (snprintf(share->path, sizeof(share->path),
		     "%s/stamps.%" PRIu64 ".%d", folder,
		     (uint64_t)netns.st_ino, ifindex) >=
	    (int)sizeof(share->path))
		return -ENAMETOOLONG;
	return 0;
}

/* 1: the file is open, and ours to look at; 0: it was just removed; or -errno. */
static int file_open(struct scope_stamps_share *share)
{
	struct stat status;
	int err;

	share->fd = open(share->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (share->fd < 0)
		return -errno;
	err = byte_lock(share->fd, F_OFD_SETLKW, F_WRLCK, BYTE_AT_SWITCH, NULL);
	if (!err && fstat(share->fd, &status))
		err = -errno;
	if (!err && status.st_nlink)
		return 1;
	scope_stamps_share_close(share, false);
	return err;
}

int scope_stamps_share_open(struct scope_stamps_share *share,
			    const char *folder, int ifindex)
{
	int ret = path_make(share, folder, ifindex);

	share->fd = -1;
	if (ret)
		return ret;
	if (!mkdir(folder, 0755))
		(void)chmod(folder, 0755);
	do
		ret = file_open(share);
	while (!ret);
	return ret < 0 ? ret : 0;
}

bool scope_stamps_share_is_alone(const struct scope_stamps_share *share)
{
	struct flock lock;

	return share->fd < 0 ||
	       (!byte_lock(share->fd, F_OFD_GETLK, F_WRLCK, BYTE_NEEDED,
			   &lock) && lock.l_type == F_UNLCK);
}

static bool turn_read(const struct scope_stamps_share *share,
		      struct scope_stamps_turn *ret)
{
	return pread(share->fd, ret, sizeof(*ret), 0) == sizeof(*ret);
}

bool scope_stamps_share_find(const struct scope_stamps_share *share,
			     struct scope_stamps_turn *ret)
{
	return !scope_stamps_share_is_alone(share) && turn_read(share, ret);
}

int scope_stamps_share_join(const struct scope_stamps_share *share,
			    const struct scope_stamps_turn *turn)
{
	ssize_t wrote;

	if (turn) {
		wrote = pwrite(share->fd, turn, sizeof(*turn), 0);
		if (wrote != sizeof(*turn))
			return wrote < 0 ? -errno : -ENOSPC;
	}
	return byte_lock(share->fd, F_OFD_SETLK, F_RDLCK, BYTE_NEEDED, NULL);
}

void scope_stamps_share_release(const struct scope_stamps_share *share)
{
	if (share->fd >= 0)
		(void)byte_lock(share->fd, F_OFD_SETLK, F_UNLCK, BYTE_AT_SWITCH,
				NULL);
}

bool scope_stamps_share_leave(const struct scope_stamps_share *share,
			      struct scope_stamps_turn *ret)
{
	return !byte_lock(share->fd, F_OFD_SETLKW, F_WRLCK, BYTE_AT_SWITCH,
			  NULL) &&
	       scope_stamps_share_is_alone(share) && turn_read(share, ret);
}

void scope_stamps_share_close(struct scope_stamps_share *share, bool is_last)
{
	if (share->fd < 0)
		return;
	if (is_last)
		(void)unlink(share->path);
	close(share->fd);
	share->fd = -1;
}
