// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of the bench's machine: carries out /plan and powers off.
 *
 *	load FILE [PARAMETERS]	load a module
 *	unload NAME
 *	kind QDISC		what net.core.default_qdisc shall be
 *	sleep SECONDS
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load(char *words)
{
	char *parameters = strchr(words, ' ');
	int fd, ret;

	if (parameters)
		*parameters++ = '\0';
	fd = open(words, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = (int)syscall(SYS_finit_module, fd, parameters ? parameters : "", 0);
	close(fd);
	return ret;
}

static int set_kind(const char *kind)
{
	int fd = open("/proc/sys/net/core/default_qdisc", O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, kind, strlen(kind));
	close(fd);
	return done < 0 ? -1 : 0;
}

static int carry_out(const char *verb, char *words)
{
	if (!strcmp(verb, "load"))
		return load(words);
	if (!strcmp(verb, "unload"))
		return (int)syscall(SYS_delete_module, words, 0);
	if (!strcmp(verb, "kind"))
		return set_kind(words);
	if (!strcmp(verb, "sleep"))
		return (int)sleep((unsigned int)atoi(words));
	errno = EINVAL;
	return -1;
}

int main(void)
{
	char line[512];
	FILE *plan;

	if (mount("proc", "/proc", "proc", 0, NULL))
		perror("init: /proc");
	plan = fopen("/plan", "re");
	while (plan && fgets(line, sizeof(line), plan)) {
		char *words;

		line[strcspn(line, "\n")] = '\0';
		words = strchr(line, ' ');
		if (!words)
			continue;
		*words++ = '\0';
		if (carry_out(line, words))
			printf("init: %s %s: %s\n", line, words, strerror(errno));
	}
	if (plan)
		fclose(plan);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
