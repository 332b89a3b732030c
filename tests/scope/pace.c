// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into a server: what it accepts is paced at PACE_BYTES_PS, by the option
 * that an application sets for itself (SO_MAX_PACING_RATE).
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/socket.h>

static void socket_pace(int fd)
{
	const char *text = getenv("PACE_BYTES_PS");
	unsigned int bytes_ps = text ? (unsigned int)strtoul(text, NULL, 10) : 0;

	if (fd >= 0 && bytes_ps)
		(void)setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_ps,
				 sizeof(bytes_ps));
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
