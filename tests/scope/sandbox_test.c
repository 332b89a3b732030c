// SPDX-License-Identifier: GPL-2.0
/* What is left to a process in the sandbox, and what is not. Needs root, to have something to lose. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../user/lib/sandbox.h"
#include "../unit/user_tap.h"

static int file_fd, terminal_fd, sockets[2];

static void byte_send(char byte)
{
	if (write(sockets[1], &byte, 1) != 1)
		_exit(3);
}

/* Each returns true if what it tried did what it is called. */
static bool open_is_refused(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM;
}

static bool socket_is_refused(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 && errno == EPERM;
}

static bool exec_is_refused(void)
{
	char *const words[] = { "/bin/true", NULL };

	execv(words[0], words);
	return errno == EPERM;
}

static bool fork_is_refused(void)
{
	return fork() < 0 && errno == EPERM;
}

static bool root_is_refused(void)
{
	return setuid(0) < 0 && getuid() != 0 && geteuid() != 0;
}

static bool ioctl_is_refused(void)
{
	return ioctl(file_fd, TIOCSTI, "x") < 0 && errno == EPERM;
}

static bool receive_is_refused(void)
{
	char byte;

	return recv(sockets[0], &byte, 1, 0) < 0 && errno == EPERM;
}

static bool receive_works(void)
{
	char byte = 0;

	return recv(sockets[0], &byte, 1, 0) == 1 && byte == 'x';
}

static bool file_works(void)
{
	char bytes[4] = "";

	return lseek(file_fd, 0, SEEK_SET) == 0 &&
	       read(file_fd, bytes, 4) == 4 && !memcmp(bytes, "\177ELF", 4);
}

static bool memory_works(void)
{
	/* Large enough for a map of its own. */
	char *bytes = malloc(64u << 20);
	bool is_there = bytes != NULL;

	if (is_there)
		bytes[40u << 20] = 1;
	free(bytes);
	return is_there;
}

static bool clock_works(void)
{
	struct timespec now;

	/* The system call itself, as on a machine without a vDSO. */
	return !syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
}

static bool window_size_works(void)
{
	struct winsize size;

	return !ioctl(file_fd, TIOCGWINSZ, &size) || errno == ENOTTY;
}

/* As a glibc from 2.42 on asks where the kernel has it, and as one before it does. */
static bool terminal_works(void)
{
	struct termios state;
#ifdef TCGETS2
	struct termios2 state2;

	if (ioctl(terminal_fd, TCGETS2, &state2) ||
	    ioctl(terminal_fd, TCSETS2, &state2) ||
	    ioctl(terminal_fd, TCSETSW2, &state2) ||
	    ioctl(terminal_fd, TCSETSF2, &state2))
		return false;
#endif
	return !ioctl(terminal_fd, TCGETS, &state) &&
	       !ioctl(terminal_fd, TCSETS, &state) &&
	       !ioctl(terminal_fd, TCSETSW, &state) &&
	       !ioctl(terminal_fd, TCSETSF, &state);
}

/* ---- a thread that is there before ---- */

static sem_t has_begun, is_in;
static bool thread_is_refused;

static void *thread_run(void *data)
{
	(void)data;
	sem_post(&has_begun);
	sem_wait(&is_in);
	thread_is_refused = socket_is_refused() && open_is_refused() &&
			    file_works();
	return NULL;
}

/* The first thread enters; is the other in, too? It ends by itself then. */
static bool thread_is_in(void)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		char error[256];
		pthread_t thread;

		sem_init(&has_begun, 0, 0);
		sem_init(&is_in, 0, 0);
		if (pthread_create(&thread, NULL, thread_run, NULL))
			_exit(2);
		sem_wait(&has_begun);
		if (sluice_sandbox_enter(SLUICE_SANDBOX_LIVE, error,
					 sizeof(error)))
			_exit(2);
		sem_post(&is_in);
		_exit(pthread_join(thread, NULL) || !thread_is_refused);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* A child enters and tries; 2: it could not enter. */
static int child_try(enum sluice_sandbox profile, bool (*try_it)(void))
{
	char error[256] = "";
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		if (sluice_sandbox_enter(profile, error, sizeof(error))) {
			fprintf(stderr, "# %s\n", error);
			_exit(2);
		}
		_exit(!try_it());
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Who a child is in the end: its user and group, and that it has no more groups. */
static bool child_is(const char *sudo_uid, const char *sudo_gid, uid_t user,
		     gid_t group)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		char error[256];
		gid_t groups[4] = { 4, 5, 6, 7 };

		(void)setgroups(4, groups);
		setenv("SUDO_UID", sudo_uid, 1);
		setenv("SUDO_GID", sudo_gid, 1);
		if (sluice_sandbox_enter(SLUICE_SANDBOX_FILE, error,
					 sizeof(error)))
			_exit(2);
		/* getuid() is refused by now: the parent looks from outside. */
		byte_send('r');
		for (;;)
			pause();
	}
	if (child > 0) {
		char path[64], line[256], byte;
		unsigned int real_user = 0, real_group = 0;
		bool has_groups = true, has_capabilities = true;
		FILE *file;

		(void)recv(sockets[0], &byte, 1, 0);
		snprintf(path, sizeof(path), "/proc/%d/status", child);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file)) {
			sscanf(line, "Uid: %u", &real_user);
			sscanf(line, "Gid: %u", &real_group);
			if (!strncmp(line, "Groups:", 7))
				has_groups = strpbrk(line, "0123456789");
			if (!strncmp(line, "CapEff:", 7))
				has_capabilities = strpbrk(line, "123456789abcdef") >
						   strchr(line, ':');
		}
		if (file)
			fclose(file);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		return real_user == user && real_group == group &&
		       !has_groups && !has_capabilities;
	}
	return false;
}

static const struct {
	enum sluice_sandbox profile;
	bool (*try_it)(void);
	const char *claim;
} tries[] = {
	{ SLUICE_SANDBOX_FILE, file_works, "file: reads what is open" },
	{ SLUICE_SANDBOX_FILE, memory_works, "file: gets memory" },
	{ SLUICE_SANDBOX_FILE, clock_works, "file: reads the clock" },
	{ SLUICE_SANDBOX_FILE, window_size_works, "file: asks the size of a terminal" },
	{ SLUICE_SANDBOX_FILE, terminal_works, "file: reads and sets the state of a terminal" },
	{ SLUICE_SANDBOX_FILE, open_is_refused, "file: opens nothing" },
	{ SLUICE_SANDBOX_FILE, socket_is_refused, "file: makes no socket" },
	{ SLUICE_SANDBOX_FILE, receive_is_refused, "file: receives nothing" },
	{ SLUICE_SANDBOX_FILE, exec_is_refused, "file: runs no program" },
	{ SLUICE_SANDBOX_FILE, fork_is_refused, "file: makes no process" },
	{ SLUICE_SANDBOX_FILE, root_is_refused, "file: does not become root again" },
	{ SLUICE_SANDBOX_FILE, ioctl_is_refused, "file: types nothing into a terminal" },
	{ SLUICE_SANDBOX_LIVE, receive_works, "live: receives from an open socket" },
	{ SLUICE_SANDBOX_LIVE, file_works, "live: reads what is open" },
	{ SLUICE_SANDBOX_LIVE, memory_works, "live: gets memory" },
	{ SLUICE_SANDBOX_LIVE, open_is_refused, "live: opens nothing" },
	{ SLUICE_SANDBOX_LIVE, socket_is_refused, "live: makes no socket" },
	{ SLUICE_SANDBOX_LIVE, exec_is_refused, "live: runs no program" },
	{ SLUICE_SANDBOX_LIVE, fork_is_refused, "live: makes no process" },
};

int main(void)
{
	unsigned int i;

	file_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	terminal_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (file_fd < 0 || terminal_fd < 0 || geteuid() ||
	    socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets)) {
		puts("Bail out! this needs root");
		return 1;
	}
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		if (tries[i].try_it == receive_works)
			byte_send('x');
		tap_u64((uint64_t)child_try(tries[i].profile, tries[i].try_it),
			0, tries[i].claim);
	}
	tap_ok(thread_is_in(), "a thread that was there before is in it, too");
	tap_ok(child_is("1234", "1235", 1234, 1235), "becomes who called sudo, with no group and no capability");
	tap_ok(child_is("0", "0", 65534, 65534), "root who called sudo is nobody");
	tap_ok(child_is("12x", "-1", 65534, 65534), "words that are no numbers are nobody");
	return tap_done();
}
