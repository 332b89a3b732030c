// SPDX-License-Identifier: GPL-2.0
/*
 * preload.so: lets one call of a command go wrong, for `fault undo`, which
 * loads it before the command's libraries. Its calls of the kernel and for files
 * are counted; at number SLUICE_TEST_AT
 *
 *   SLUICE_TEST_MODE=kill   the process is killed before the call
 *   SLUICE_TEST_MODE=int    Ctrl-C is pressed before the call
 *   SLUICE_TEST_MODE=fail   the call fails; an answer is lost
 *   SLUICE_TEST_MODE=nth    the allocations of the kernel in all these calls
 *                           are counted instead, and that one fails
 *
 * and a byte goes to the descriptor SLUICE_TEST_FD.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static unsigned long calls, hit_at;
static const char *mode = "";
static int said_fd = -1, nth_fd = -1;

static void say(void)
{
	(void)!NEXT(write)(said_fd, "!", 1);
}

__attribute__((constructor))
static void begin(void)
{
	const char *at = getenv("SLUICE_TEST_AT");
	const char *fd = getenv("SLUICE_TEST_FD");

	if (!at || !fd || !getenv("SLUICE_TEST_MODE"))
		return;
	mode = getenv("SLUICE_TEST_MODE");
	hit_at = strtoul(at, NULL, 10);
	said_fd = atoi(fd);
	if (strcmp(mode, "nth"))
		return;
	nth_fd = NEXT(open)("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		abort();
}

/* Is it this call's turn? Does not return when that is the end. */
static bool is_hit(int error)
{
	if (!hit_at || nth_fd >= 0 || ++calls != hit_at)
		return false;
	say();
	if (!strcmp(mode, "kill")) {
		kill(getpid(), SIGKILL);
		pause();
	}
	if (!strcmp(mode, "int")) {
		kill(getpid(), SIGINT);
		return false;
	}
	errno = error;
	return true;
}

/* Allocations count from here to nth_end(); hit_at is how many may succeed. */
static void nth_begin(void)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%lu", hit_at);

	if (nth_fd >= 0 && hit_at)
		(void)!NEXT(pwrite)(nth_fd, text, (size_t)length, 0);
}

static void nth_end(void)
{
	int error = errno;
	char text[16] = "";

	if (nth_fd < 0 || !hit_at)
		return;
	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 1)
		abort();
	(void)!NEXT(pwrite)(nth_fd, "0", 1, 0);
	hit_at = strtoul(text, NULL, 10);
	if (!hit_at)
		say();
	errno = error;
}

/* The call itself, between the two. */
#define MEASURED(type, call) ({			\
	type result_;				\
						\
	nth_begin();				\
	result_ = (call);			\
	nth_end();				\
	result_;				\
})

ssize_t sendto(int fd, const void *data, size_t bytes, int flags,
	       const struct sockaddr *to, socklen_t to_bytes)
{
	return is_hit(ENOBUFS) ? -1 :
	       MEASURED(ssize_t, NEXT(sendto)(fd, data, bytes, flags, to,
					      to_bytes));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t got = MEASURED(ssize_t, NEXT(recvmsg)(fd, message, flags));

	return is_hit(ENOBUFS) ? -1 : got;
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	return is_hit(ENOSPC) ? -1 : MEASURED(ssize_t, NEXT(write)(fd, data, bytes));
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
	return is_hit(EIO) ? -1 : MEASURED(ssize_t, NEXT(pwrite)(fd, data, bytes, offset));
}

int fsync(int fd)
{
	return is_hit(EIO) ? -1 : MEASURED(int, NEXT(fsync)(fd));
}

int rename(const char *from, const char *to)
{
	return is_hit(ENOSPC) ? -1 : MEASURED(int, NEXT(rename)(from, to));
}

int unlink(const char *path)
{
	return is_hit(EROFS) ? -1 : MEASURED(int, NEXT(unlink)(path));
}

int mkdir(const char *path, mode_t file_mode)
{
	return is_hit(EROFS) ? -1 : MEASURED(int, NEXT(mkdir)(path, file_mode));
}

int flock(int fd, int operation)
{
	return is_hit(ENOLCK) ? -1 : MEASURED(int, NEXT(flock)(fd, operation));
}

int open(const char *path, int flags, ...)
{
	mode_t file_mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		file_mode = va_arg(args, mode_t);
		va_end(args);
	}
	if ((flags & O_ACCMODE) != O_RDONLY && is_hit(EROFS))
		return -1;
	return MEASURED(int, NEXT(open)(path, flags, file_mode));
}

FILE *fopen(const char *path, const char *how)
{
	return is_hit(ENFILE) ? NULL : MEASURED(FILE *, NEXT(fopen)(path, how));
}
