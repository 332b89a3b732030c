// SPDX-License-Identifier: GPL-2.0
/*
 * preload.so: lets one call of a command go wrong, for `fault undo`, which
 * loads it before the command's libraries. What changes the kernel or a file is
 * counted, and answers of the kernel; at number SLUICE_TEST_AT
 *
 *   SLUICE_TEST_MODE=kill   the process is killed before the call
 *   SLUICE_TEST_MODE=fail   the call fails; an answer is lost
 *   SLUICE_TEST_MODE=nth    (nothing is counted) an allocation of the kernel
 *                           fails, see /proc/self/fail-nth
 *
 * and a byte goes to the descriptor SLUICE_TEST_FD.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
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
	if (nth_fd < 0 ||
	    pwrite(nth_fd, at, strlen(at), 0) != (ssize_t)strlen(at))
		abort();
}

__attribute__((destructor))
static void end(void)
{
	char text[16] = "";

	if (nth_fd < 0 || pread(nth_fd, text, sizeof(text) - 1, 0) < 1)
		return;
	(void)!NEXT(pwrite)(nth_fd, "0", 1, 0);
	if (!atoi(text))
		say();
}

/* Is it this call's turn? Does not return when that is the end. */
static bool is_hit(int error)
{
	if (!hit_at || !strcmp(mode, "nth") || ++calls != hit_at)
		return false;
	say();
	if (!strcmp(mode, "kill")) {
		kill(getpid(), SIGKILL);
		pause();
	}
	errno = error;
	return true;
}

ssize_t sendto(int fd, const void *data, size_t bytes, int flags,
	       const struct sockaddr *to, socklen_t to_bytes)
{
	return is_hit(ENOBUFS) ? -1 :
	       NEXT(sendto)(fd, data, bytes, flags, to, to_bytes);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t got = NEXT(recvmsg)(fd, message, flags);

	return is_hit(ENOBUFS) ? -1 : got;
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	return is_hit(ENOSPC) ? -1 : NEXT(write)(fd, data, bytes);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
	return is_hit(EIO) ? -1 : NEXT(pwrite)(fd, data, bytes, offset);
}

int fsync(int fd)
{
	return is_hit(EIO) ? -1 : NEXT(fsync)(fd);
}

int rename(const char *from, const char *to)
{
	return is_hit(ENOSPC) ? -1 : NEXT(rename)(from, to);
}

int unlink(const char *path)
{
	return is_hit(EROFS) ? -1 : NEXT(unlink)(path);
}

int mkdir(const char *path, mode_t file_mode)
{
	return is_hit(EROFS) ? -1 : NEXT(mkdir)(path, file_mode);
}

int flock(int fd, int operation)
{
	return is_hit(ENOLCK) ? -1 : NEXT(flock)(fd, operation);
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
	return NEXT(open)(path, flags, file_mode);
}
