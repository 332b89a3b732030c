// SPDX-License-Identifier: GPL-2.0
/* Files that are replaced whole; see whole.h. */
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHOLE_MODE	0666
#define NAMES_MAX	100u	/* that are tried, before they are all somebody's */
#define LINK_SIZE	32u

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

static int beside_open(struct sluice_whole *whole)
{
	int fd, err;

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

/* What a descriptor is called, so that a file without a name can be given one. */
static void link_name(char name[LINK_SIZE], int fd)
{
	snprintf(name, LINK_SIZE, "/proc/self/fd/%d", fd);
}

/* A file that nobody finds. false: not to be had here, or not to be named later. */
static bool nameless_open(struct sluice_whole *whole)
{
	char *copy = strdup(whole->place), name[LINK_SIZE];
	int fd = copy ? open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC,
			     WHOLE_MODE) : -1;

	free(copy);
	if (fd < 0)
		return false;
	link_name(name, fd);
	whole->out = access(name, F_OK) ? NULL : fdopen(fd, "w");
	if (!whole->out)
		close(fd);
	return whole->out;
}

static int whole_open(struct sluice_whole *ret, const char *path, bool is_beside)
{
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	if (!is_replaceable(path)) {
		ret->out = fopen(path, "we");
		return ret->out ? 0 : -errno;
	}
	ret->place = place_of(path);
	if (!ret->place)
		return -errno;
	if (is_beside || !nameless_open(ret))
		err = beside_open(ret);
	if (err)
		sluice_whole_done(ret);
	return err;
}

int sluice_whole_open(struct sluice_whole *ret, const char *path)
{
	return whole_open(ret, path, false);
}

int sluice_whole_open_beside(struct sluice_whole *ret, const char *path)
{
	return whole_open(ret, path, true);
}

/* Give it a name beside its place. */
static int beside_link(struct sluice_whole *whole)
{
	char name[LINK_SIZE];
	int err;

	if (fflush(whole->out))
		return -errno;
	link_name(name, fileno(whole->out));
	for (unsigned int i = 0; i < NAMES_MAX; i++) {
		free(whole->beside);
		if (asprintf(&whole->beside, "%s.%d.%u", whole->place,
			     (int)getpid(), i) < 0) {
			whole->beside = NULL;
			return -ENOMEM;
		}
		if (!linkat(AT_FDCWD, name, AT_FDCWD, whole->beside,
			    AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	err = -errno;
	/* That name is another's. */
	free(whole->beside);
	whole->beside = NULL;
	return err;
}

int sluice_whole_close(struct sluice_whole *whole, int err)
{
	if (whole->place && !whole->beside && !err)
		err = beside_link(whole);
	if (fclose(whole->out) && !err)
		err = -errno;
	if (whole->place && !err && rename(whole->beside, whole->place))
		err = -errno;
	if (whole->beside && err)
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
