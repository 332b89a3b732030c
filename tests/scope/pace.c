// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into a server: what it accepts is paced at PACE_BYTES_PS, by the option
 * that an application sets for itself (SO_MAX_PACING_RATE).
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>

static unsigned int pace_bytes_ps;

/* At the start: nginx empties its environment. */
__attribute__((constructor)) static void pace_read(void)
{
	const char *text = getenv("PACE_BYTES_PS");

	pace_bytes_ps = text ? (unsigned int)strtoul(text, NULL, 10) : 0;
}

static void socket_pace(int fd)
{
	if (fd >= 0 && pace_bytes_ps)
		(void)setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE,
				 &pace_bytes_ps, sizeof(pace_bytes_ps));
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	static int (*next)(int, struct sockaddr *, socklen_t *, int);
	int accepted;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "accept4");
	accepted = next(fd, address, size, flags);
	socket_pace(accepted);
	return accepted;
}

int accept(int fd, struct sockaddr *address, socklen_t *size)
{
	return accept4(fd, address, size, 0);
}
