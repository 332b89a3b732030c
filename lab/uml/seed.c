// SPDX-License-Identifier: GPL-2.0
/*
 * seed.so: preloaded into the User-Mode Linux process, it answers getrandom() from the seed of the run.
 *
 * The kernel fills its random pool from the host through this one call; with the answer fixed, every random number of
 * the guest is a function of SLUICE_LAB_SEED. The bytes are SplitMix64 (Steele, Lea, Flood 2014) over the seed and the
 * count of words handed out: two seeds that differ in one bit share no byte but by chance.
 *
 * The first call comes when the kernel has its memory and runs nothing yet. From then on the process may write and delete files
 * of the host below its working folder alone (Landlock, where the host has it, which knows nothing of modes and owners): a guest
 * that mounts the host's files once more by itself, and not read-only, must harm nothing either.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* In headers from Linux 6.2 on. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif

/* All that changes a file or a folder, as far as this version of Landlock knows it. */
static uint64_t changes_of(long version)
{
	uint64_t changes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		LANDLOCK_ACCESS_FS_MAKE_SYM;

	if (version >= 2)
		changes |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		changes |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return changes;
}

static void host_lock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr rules = { .handled_access_fs = changes_of(version) };
	struct landlock_path_beneath_attr folder = { .allowed_access = rules.handled_access_fs };
	int fd;

	if (version < 1)
		return;
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	folder.parent_fd = open(".", O_PATH | O_CLOEXEC);
	/* What is there and does not work is no reason to go on without. */
	if (fd < 0 || folder.parent_fd < 0 || syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &folder, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, fd, 0))
		abort();
	close(folder.parent_fd);
	close(fd);
}

ssize_t getrandom(void *buf, size_t len, unsigned int flags);

static uint64_t seed_word(void)
{
	static uint64_t state;
	static int is_set;
	uint64_t z;

	if (!is_set) {
		const char *text = getenv("SLUICE_LAB_SEED");

		state = text ? strtoull(text, NULL, 10) * 0xd1342543de82ef95ull : 0;
		is_set = 1;
		host_lock();
	}
	z = state += 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	unsigned char *out = buf;
	size_t done = 0;

	(void)flags;
	while (done < len) {
		uint64_t word = seed_word();
		size_t n = len - done < sizeof(word) ? len - done : sizeof(word);

		memcpy(out + done, &word, n);
		done += n;
	}
	return (ssize_t)len;
}
