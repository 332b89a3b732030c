// SPDX-License-Identifier: GPL-2.0
/* The directory of one run; see rundir.h. */
#define _XOPEN_SOURCE 700
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../lib/units.h"

/* A captured frame: 16 bytes of record and at most 96 of frame. */
#define RECORD_BYTES 112ull
/* The guest's memory that a run really touches. */
#define GUEST_BYTES (400ull << 20)

uint64_t lab_rundir_bytes(const struct lab_scenario *scenario)
{
	const struct lab_settings *settings = &scenario->settings;
	uint64_t nics_bits_ps = settings->senders * settings->nic_rate_bits_ps;
	uint64_t bits_ps = settings->port_rate_bits_ps < nics_bits_ps ?
		settings->port_rate_bits_ps : nics_bits_ps;
	uint64_t ms = settings->duration_ns / 1000000;
	uint64_t frames = bits_ps / 8 / settings->mtu_bytes * ms / 1000;

	/* at the wires and behind the port, and some for what the port drops */
	return frames * 5 / 2 * RECORD_BYTES + GUEST_BYTES;
}

int lab_rundir_base(char *path, size_t path_size, uint64_t need_bytes,
		    char *error, size_t error_size)
{
	const char *dir = getenv("TMPDIR");
	struct statvfs space;

	if (!dir || !*dir)
		dir = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	snprintf(path, path_size, "%s/sluice-lab-XXXXXX", dir);
	if (statvfs(dir, &space))
		return lab_refuse(error, error_size, "%s cannot be used: %s",
				  dir, strerror(errno));
	if ((uint64_t)space.f_bavail * space.f_frsize < need_bytes)
		return lab_refuse(error, error_size,
				  "%s has %" PRIu64 " MB free and this needs about %" PRIu64 " MB: free some, or set TMPDIR",
				  dir,
				  (uint64_t)space.f_bavail * space.f_frsize / 1000000,
				  need_bytes / 1000000);
	if (!mkdtemp(path))
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  dir, strerror(errno));
	return 0;
}

int lab_file_copy(const char *from, const char *to, char *error,
		  size_t error_size)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	struct stat status;
	ssize_t done = 1;

	if (in < 0 || fstat(in, &status)) {
		if (in >= 0)
			close(in);
		return lab_refuse(error, error_size, "%s cannot be read: %s",
				  from, strerror(errno));
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		   status.st_mode & 0777);
	while (out >= 0 && done > 0)
		done = sendfile(out, in, NULL, 1 << 30);
	close(in);
	if (out < 0 || close(out) || done < 0)
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  to, strerror(errno));
	return 0;
}

static int part_copy(const char *from_dir, const char *name, const char *dir,
		     const char *to_dir, char *error, size_t error_size)
{
	char from[2 * PATH_MAX], to[2 * PATH_MAX];

	snprintf(from, sizeof(from), "%s/%s", from_dir, name);
	snprintf(to, sizeof(to), "%s/%s/%s", dir, to_dir, name);
	return lab_file_copy(from, to, error, error_size);
}

static int dirs_make(const char *dir, char *error, size_t error_size)
{
	static const char *const names[] = { "", "/bin", "/modules", "/out" };
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, names[i]);
		if (mkdir(path, 0755))
			return lab_refuse(error, error_size,
					  "%s cannot be made: %s", path,
					  strerror(errno));
	}
	return 0;
}

int lab_rundir_make(const char *dir, const char *root,
		    const struct lab_kernel *kernel,
		    const struct lab_plan *plan, char *error, size_t error_size)
{
	char lab[PATH_MAX + 16], build[PATH_MAX + 16];
	int err;

	snprintf(lab, sizeof(lab), "%s/build/lab", root);
	snprintf(build, sizeof(build), "%s/build", root);
	err = dirs_make(dir, error, error_size);
	if (!err)
		err = part_copy(lab, "lab-traffic", dir, "bin", error,
				error_size);
	if (!err)
		err = part_copy(lab, "lab-capture", dir, "bin", error,
				error_size);
	if (!err && lab_policy_is_sluice(plan->policy)) {
		err = part_copy(build, "sluice", dir, "bin", error, error_size);
		if (!err)
			err = part_copy(kernel->modules, "sch_sluice.ko", dir,
					"modules", error, error_size);
	}
	return err ? err : lab_plan_write(plan, dir, error, error_size);
}

static int entry_remove(const char *path, const struct stat *status, int type,
			struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

void lab_rundir_remove(const char *dir)
{
	nftw(dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
