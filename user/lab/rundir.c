// SPDX-License-Identifier: GPL-2.0
/* The directory of one run; see rundir.h. */
#include "rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../lib/units.h"

/* Of the directories that a command makes; the end is drawn by mkdtemp(). */
#define BASE_NAME	"sluice-lab-"
#define BASE_DRAWN	"XXXXXX"
/* In each of them, locked as long as its owner lives. */
#define OWNER_NAME	".owner"
/* A cleaner may take one just when it is made. */
#define BASE_TRIES	4

/* A capture that is cut by less than this is said to be short of space. */
#define FULL_BYTES	(1ull << 20)

/* What precedes a payload in a frame that has at least these. */
#define HEADERS_BYTES	42ull

/* A captured frame: 16 bytes of record and at most 96 of frame. */
#define RECORD_BYTES 112ull
/* The guest's memory that a run really touches. */
#define GUEST_BYTES (400ull << 20)

/* Frames per second of a flow of UDP, of all its senders; 0 of others. */
static uint64_t udp_frames_ps(const struct lab_scenario *scenario,
			      const struct lab_flow *flow)
{
	uint64_t every_ns = flow->every_ns ? flow->every_ns : 1, frames_ps = 0;
	uint64_t nic_ps = scenario->settings.nic_rate_bits_ps / 8 /
			  (flow->size_bytes + HEADERS_BYTES);

	switch (flow->kind) {
	case LAB_FLOW_UDP:
		frames_ps = flow->rate_bits_ps / 8 / flow->size_bytes;
		break;
	case LAB_FLOW_FRAMES:
		frames_ps = (flow->bytes / flow->size_bytes + 1) *
			    (SLUICE_NSEC_PER_SEC / every_ns);
		break;
	case LAB_FLOW_TXTIME:
		frames_ps = SLUICE_NSEC_PER_SEC / every_ns;
		break;
	case LAB_FLOW_GSO:
		frames_ps = flow->segments * (SLUICE_NSEC_PER_SEC / every_ns);
		break;
	case LAB_FLOW_TCP:
	case LAB_FLOW_PROGRAM:
		break;
	}
	return (frames_ps < nic_ps ? frames_ps : nic_ps) *
	       lab_flow_instances(scenario, flow);
}

uint64_t lab_rundir_bytes(const struct lab_scenario *scenario)
{
	const struct lab_settings *settings = &scenario->settings;
	uint64_t nics_bits_ps = settings->senders * settings->nic_rate_bits_ps;
	uint64_t bits_ps = settings->port_rate_bits_ps < nics_bits_ps ?
		settings->port_rate_bits_ps : nics_bits_ps;
	uint64_t ms = settings->duration_ns / 1000000;
	uint64_t frames = bits_ps / 8 / settings->mtu_bytes * ms / 1000;
	unsigned int i;

	/* at the wires and behind the port, and some for what the port drops */
	frames = frames * 5 / 2;
	/* These do not go by what the port takes, and may be short. */
	for (i = 0; i < scenario->flows_count; i++)
		frames += 2 * udp_frames_ps(scenario, &scenario->flows[i]) *
			  ms / 1000;
	return frames * RECORD_BYTES + GUEST_BYTES;
}

bool lab_rundir_is_kept(void)
{
	return getenv("SLUICE_LAB_KEEP");
}

bool lab_rundir_is_full(const char *dir)
{
	struct statvfs space;

	return !statvfs(dir, &space) &&
	       (uint64_t)space.f_bavail * space.f_frsize < FULL_BYTES;
}

/* ---- the directory of a command ---- */

/* One that a dead command has left: it is ours, and nobody holds its lock. */
static void base_remove_if_left(const char *path)
{
	char owner[PATH_MAX];
	struct stat status;
	int fd;

	if (lstat(path, &status) || !S_ISDIR(status.st_mode) ||
	    status.st_uid != geteuid() ||
	    snprintf(owner, sizeof(owner), "%s/" OWNER_NAME, path) >=
		    (int)sizeof(owner))
		return;
	fd = open(owner, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		lab_rundir_remove(path);
	close(fd);
}

static void bases_clean(const char *dir)
{
	DIR *folder = opendir(dir);
	const struct dirent *entry;
	char path[PATH_MAX];

	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, BASE_NAME, strlen(BASE_NAME)) &&
		    strlen(entry->d_name) == strlen(BASE_NAME BASE_DRAWN) &&
		    snprintf(path, sizeof(path), "%s/%s", dir,
			     entry->d_name) < (int)sizeof(path))
			base_remove_if_left(path);
	if (folder)
		closedir(folder);
}

/* Returns the lock of a new directory, -errno, or -ESTALE if it is gone again. */
static int base_make(char *path)
{
	char owner[PATH_MAX + sizeof(OWNER_NAME)];
	struct stat status;
	int fd, err;

	if (!mkdtemp(path))
		return -errno;
	snprintf(owner, sizeof(owner), "%s/" OWNER_NAME, path);
	fd = open(owner, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = -errno;
		lab_rundir_remove(path);
		return err;
	}
	if (flock(fd, LOCK_EX) || fstat(fd, &status) || !status.st_nlink) {
		close(fd);
		return -ESTALE;
	}
	/* Without it nobody removes the directory. */
	if (lab_rundir_is_kept())
		(void)unlink(owner);
	return fd;
}

int lab_rundir_base(char *path, size_t path_size, uint64_t need_bytes,
		    int *ret_lock, char *error, size_t error_size)
{
	const char *dir = getenv("TMPDIR");
	struct statvfs space;
	unsigned int tries;
	int lock = -ESTALE;

	if (!dir || !*dir)
		dir = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	if (snprintf(path, path_size, "%s/" BASE_NAME BASE_DRAWN, dir) >=
	    (int)path_size)
		return lab_refuse(error, error_size,
				  "the path of TMPDIR is too long");
	bases_clean(dir);
	if (statvfs(dir, &space))
		return lab_refuse(error, error_size, "%s cannot be used: %s",
				  dir, strerror(errno));
	if ((uint64_t)space.f_bavail * space.f_frsize < need_bytes)
		return lab_refuse(error, error_size,
				  "%s has %" PRIu64 " MB free and this needs about %" PRIu64 " MB: free some, or set TMPDIR",
				  dir,
				  (uint64_t)space.f_bavail * space.f_frsize / 1000000,
				  need_bytes / 1000000);
	for (tries = 0; lock == -ESTALE && tries < BASE_TRIES; tries++) {
		snprintf(path, path_size, "%s/" BASE_NAME BASE_DRAWN, dir);
		lock = base_make(path);
	}
	if (lock < 0)
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  dir, strerror(-lock));
	*ret_lock = lock;
	return 0;
}

int lab_file_send(const char *from, int out, const char *to, char *error,
		  size_t error_size)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t done = 1;

	if (in < 0)
		return lab_refuse(error, error_size, "%s cannot be read: %s",
				  from, strerror(errno));
	while (done > 0)
		done = sendfile(out, in, NULL, 1 << 30);
	close(in);
	if (done < 0)
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  to, strerror(errno));
	return 0;
}

int lab_file_copy(const char *from, const char *to, char *error,
		  size_t error_size)
{
	struct stat status;
	int out, err;

	if (stat(from, &status))
		return lab_refuse(error, error_size, "%s cannot be read: %s",
				  from, strerror(errno));
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		   status.st_mode & 0777);
	err = out < 0 ? 0 : lab_file_send(from, out, to, error, error_size);
	if (out < 0 || (close(out) && !err))
		return lab_refuse(error, error_size, "%s cannot be written: %s",
				  to, strerror(errno));
	return err;
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
