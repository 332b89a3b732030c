// SPDX-License-Identifier: GPL-2.0
/*
 * init: the first process of a lab guest; static, because it starts on an empty root.
 *
 * The root is RUNDIR/root on the host. init mounts the host's / on it read-only, so that the guest has the host's
 * programs and libraries and can harm nothing (seed.c sees to it that it stays so), covers what must be writable with
 * tmpfs, mounts RUNDIR on /run/lab, runs /run/lab/plan and writes what became of it to /run/lab/exit. Host paths go
 * through /proc/self/cwd, which hostfs resolves in the User-Mode Linux process: the kernel mixes its command line into
 * its random pool, so that line must be the same for every run wherever it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAB "/run/lab"
#define KLOG_READ_ALL 3
#define KLOG_CONSOLE_LEVEL 8
#define EXIT_SETUP_FAILED 125 /* the guest could not be set up: no plan ran */

struct place {
	const char *source, *target, *type;
	unsigned long flags;
	const char *options;
};

/* In this order, after chroot into the host's root. */
static const struct place places[] = {
	{ "proc", "/proc", "proc", 0, NULL },
	{ "sys", "/sys", "sysfs", 0, NULL },
	{ "debug", "/sys/kernel/debug", "debugfs", 0, NULL },
	{ "dev", "/dev", "devtmpfs", 0, NULL },
	{ "tmp", "/tmp", "tmpfs", 0, "mode=1777" },
	{ "run", "/run", "tmpfs", 0, "mode=755" },
};

static char *const environment[] = {
	"PATH=" LAB "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/tmp", "TMPDIR=/tmp", "LC_ALL=C", "TZ=UTC", NULL,
};

static int say_failure(const char *what, const char *which)
{
	fprintf(stderr, "init: %s %s: %s\n", what, which, strerror(errno));
	return -1;
}

static int mount_place(const struct place *p)
{
	if (mount(p->source, p->target, p->type, p->flags, p->options))
		return say_failure("cannot mount", p->target);
	return 0;
}

static int set_up(void)
{
	static const struct place host = { "host", "/host", "hostfs", MS_RDONLY, "/" };
	static const struct place lab = { "lab", LAB, "hostfs", 0, "/proc/self/cwd/." };

	if (mount_place(&host))
		return -1;
	if (chroot("/host") || chdir("/"))
		return say_failure("cannot enter", "/host");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (mount_place(&places[i]))
			return -1;
	umask(022);
	if (mkdir(LAB, 0755) || mkdir("/run/netns", 0755) || mkdir("/dev/pts", 0755) || mkdir("/dev/shm", 01777))
		return say_failure("cannot make the folders of", "/run and /dev");
	mount("devpts", "/dev/pts", "devpts", 0, NULL); /* only some programs want these two */
	mount("shm", "/dev/shm", "tmpfs", 0, NULL);
	if (symlink("/proc/self/fd", "/dev/fd") && errno != EEXIST)
		return say_failure("cannot link", "/dev/fd");
	if (mount_place(&lab) || chdir(LAB))
		return -1;
	return 0;
}

/* Writes @len bytes to a new file in /run/lab. */
static int write_result(const char *name, const char *data, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		return say_failure("cannot write", name);
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n <= 0) {
			say_failure("cannot write", name);
			close(fd);
			return -1;
		}
		data += n;
		len -= (size_t)n;
	}
	return close(fd) ? say_failure("cannot write", name) : 0;
}

static void exec_plan(void)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(LAB "/plan.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);

	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(EXIT_SETUP_FAILED);
	if (in > 2)
		close(in);
	if (out > 2)
		close(out);
	setsid();
	execle("/bin/sh", "sh", LAB "/plan", (char *)NULL, environment);
	_exit(EXIT_SETUP_FAILED);
}

/* Runs the plan and returns its exit code, or 128 plus the signal that ended it. Orphans are reaped on the way. */
static int run_plan(void)
{
	pid_t plan = fork();
	int status;

	if (plan < 0)
		return EXIT_SETUP_FAILED;
	if (plan == 0)
		exec_plan();
	for (;;) {
		pid_t pid = wait(&status);

		if (pid == plan)
			break;
		if (pid < 0 && errno != EINTR)
			return EXIT_SETUP_FAILED;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void save_kernel_log(void)
{
	static char log[1 << 20];
	int len = klogctl(KLOG_READ_ALL, log, sizeof(log));

	if (len >= 0)
		write_result("dmesg", log, (size_t)len);
}

int main(void)
{
	char text[16];
	int code = EXIT_SETUP_FAILED;

	klogctl(KLOG_CONSOLE_LEVEL, NULL, 5); /* warnings and worse go to console.log too */
	if (set_up() == 0) {
		code = run_plan();
		kill(-1, SIGKILL);
		while (wait(NULL) > 0 || errno == EINTR)
			;
		save_kernel_log();
		snprintf(text, sizeof(text), "%d\n", code);
		write_result("exit", text, strlen(text));
	}
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
