// SPDX-License-Identifier: GPL-2.0
/* Giving up privileges and system calls; see sandbox.h. */
#include "sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refuse.h"

/* What "nobody" is where no user database is asked. */
#define NOBODY 65534u

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define ARCHITECTURE AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

/* ---- privileges ---- */

/* The number that sudo left in a variable; anything else is nobody's. */
static unsigned int number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long number;

	if (!text || *text < '0' || *text > '9')
		return NOBODY;
	errno = 0;
	number = strtoul(text, &end, 10);
	return errno || *end || !number || number >= UINT32_MAX ?
	       NOBODY : (unsigned int)number;
}

/* Capabilities of a user who is not root are left too. */
static int capabilities_drop(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof(none));
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

/* Groups first: without being root they cannot be left. */
static int user_drop(void)
{
	unsigned int user = number_of("SUDO_UID"), group = number_of("SUDO_GID");

	if (setgroups(0, NULL) || setresgid(group, group, group) ||
	    setresuid(user, user, user))
		return -errno;
	return setuid(0) ? 0 : -EBUSY;
}

int sluice_privileges_drop(void)
{
	int err = geteuid() ? 0 : user_drop();

	/* A user namespace may have nobody else to become, or forbid it. */
	if (err && err != -EINVAL && err != -EPERM)
		return err;
	err = capabilities_drop();
	if (err)
		return err;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* ---- system calls ---- */

#ifdef ARCHITECTURE

/* For both profiles: what is open, memory, clocks, the end. */
static const uint32_t calls_file[] = {
	SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_writev, SYS_lseek,
	SYS_close, SYS_fstat, SYS_newfstatat, SYS_ppoll, SYS_mmap, SYS_munmap,
	SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_clock_gettime,
	SYS_clock_nanosleep, SYS_nanosleep, SYS_rt_sigreturn,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_restart_syscall,
	SYS_getrandom, SYS_exit, SYS_exit_group, SYS_ftruncate, SYS_fsync,
	SYS_gettimeofday,
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_fadvise64
	SYS_fadvise64,
#endif
};

static const uint32_t calls_live[] = {
	SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_getsockopt, SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
};

/*
 * How a terminal is asked for its size and its state, and set back; other questions are
 * refused. Numbers, because the headers that have all of them exclude <termios.h>.
 */
static const uint32_t requests[] = {
#ifdef __powerpc64__
	0x40087468,				/* TIOCGWINSZ */
	0x402c7413, 0x802c7414,			/* TCGETS, TCSETS */
	0x802c7415, 0x802c7416,			/* TCSETSW, TCSETSF */
#else
	0x5413, 0x5401, 0x5402, 0x5403, 0x5404,
	/* TCGETS2, TCSETS2, TCSETSW2, TCSETSF2: glibc asks by them since 2.42. */
	0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d,
#endif
};

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)

/* The lower half of the second argument, wherever this machine has it. */
#define ARGUMENT_LOW (offsetof(struct seccomp_data, args[1]) + \
		      (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))

/* What was loaded is one of these. */
static void allow(struct sock_filter *steps, unsigned int *count,
		  const uint32_t *values, unsigned int n)
{
	const struct sock_filter yes = ANSWER(SECCOMP_RET_ALLOW);
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct sock_filter is_it = UNLESS(values[i], 1);

		steps[(*count)++] = is_it;
		steps[(*count)++] = yes;
	}
}

/*
 * For all threads: a recording has one that writes. One that has a filter of its own
 * cannot get ours. A kernel before 3.17 knows no such call.
 */
static int filter_install(const struct sock_fprog *program)
{
	long ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			   SECCOMP_FILTER_FLAG_TSYNC, program);

	if (ret > 0)
		return -EBUSY;
	return !ret ? 0 : errno == ENOSYS ? -EINVAL : -errno;
}

static int calls_restrict(enum sluice_sandbox profile)
{
	static const struct sock_filter begin[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		/* ioctl() of few kinds: what follows, and a refusal. */
		UNLESS(SYS_ioctl, 2 * N(requests) + 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT_LOW),
	};
	const struct sock_filter no = ANSWER(SECCOMP_RET_ERRNO | EPERM);
	struct sock_filter steps[N(begin) + 2 * N(requests) + 1 +
				 2 * (N(calls_file) + N(calls_live)) + 1];
	struct sock_fprog program = { .filter = steps };
	unsigned int count = N(begin);

	memcpy(steps, begin, sizeof(begin));
	allow(steps, &count, requests, N(requests));
	steps[count++] = no;
	allow(steps, &count, calls_file, N(calls_file));
	if (profile == SLUICE_SANDBOX_LIVE)
		allow(steps, &count, calls_live, N(calls_live));
	steps[count++] = no;
	program.len = (unsigned short)count;
	return filter_install(&program);
}

#else

static int calls_restrict(enum sluice_sandbox profile)
{
	(void)profile;
	return -EINVAL;
}

#endif

/* ---- both ---- */

int sluice_sandbox_enter(enum sluice_sandbox profile, char *error,
			 size_t error_size)
{
	int err = sluice_privileges_drop();

	if (err)
		return sluice_refuse(err, error, error_size,
				     "privileges cannot be given up: %s",
				     strerror(-err));
	err = calls_restrict(profile);
	/* EINVAL: the kernel has no seccomp, or we know no filter for it. */
	if (err && err != -EINVAL)
		return sluice_refuse(err, error, error_size,
				     "system calls cannot be given up: %s",
				     strerror(-err));
	return 0;
}
