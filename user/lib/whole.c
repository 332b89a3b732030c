// SPDX-License-Identifier: GPL-2.0
/* Files that are replaced whole; see whole.h. */
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHOLE_MODE	0666

/* As a file that open() made would have: what the umask leaves. */
static int mode_set(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, WHOLE_MODE & ~mask) ? -errno : 0;
}

/* What is no regular file, a pipe or a device, cannot be replaced by one. */
static bool is_replaceable(const char *path)
{
	struct stat info;

	return stat(path, &info) || S_ISREG(info.st_mode);
}

/* A link stays one: what it leads to is replaced. */
static char *place_of(const char *path)
{
	struct stat info;

	return !lstat(path, &info) && S_ISLNK(info.st_mode) ?
	       realpath(path, NULL) : strdup(path);
}

static int beside_open(struct sluice_whole *whole, const char *path)
{
	int fd, err;

	whole->place = place_of(path);
	if (!whole->place)
		return -errno;
	if (asprintf(&whole->beside, "%s.XXXXXX", whole->place) < 0) {
		whole->beside = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(whole->beside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = mode_set(fd);
	whole->out = err ? NULL : fdopen(fd, "w");
	if (whole->out)
		return 0;
	err = err ? err : -errno;
	unlink(whole->beside);
	close(fd);
	return err;
}

int sluice_whole_open(struct sluice_whole *ret, const char *path)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	if (is_replaceable(path)) {
		err = beside_open(ret, path);
	} else {
		ret->out = fopen(path, "we");
		err = ret->out ? 0 : -errno;
	}
	if (err)
		sluice_whole_done(ret);
	return err;
}

int sluice_whole_close(struct sluice_whole *whole, int err)
{
	if (fclose(whole->out) && !err)
		err = -errno;
	if (whole->place && !err && rename(whole->beside, whole->place))
		err = -errno;
	if (whole->place && err)
		unlink(whole->beside);
	sluice_whole_done(whole);
	return err;
}

void sluice_whole_done(struct sluice_whole *whole)
{
	free(whole->place);
	free(whole->beside);
	memset(whole, 0, sizeof(*whole));
}
