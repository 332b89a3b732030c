// SPDX-License-Identifier: GPL-2.0
/*
 * What looking at the processors costs (sluice scope --cpu): a program's run, by
 * BPF_PROG_TEST_RUN, and what it is of work that is nearly all events. Two processes on
 * one core give each other a byte through pipes, which is two switches of tasks a turn;
 * or a datagram on loopback, which is two switches and four softirqs. Both are done with and
 * without in turns; of each the best is taken.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../user/scope/cpu_live.h"
#include "../../user/scope/live_bpf.h"

#define ROUNDS		9u
#define REPEAT		20000u
#define TURNS		20000u
#define WORK_ROUNDS	21u

/* ---- one run ---- */

static int best_ns(int prog_fd)
{
	uint8_t frame[64] = { 0 };
	uint32_t best = UINT32_MAX;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = REPEAT,
			    .data_in = frame, .data_size_in = sizeof(frame));

		if (bpf_prog_test_run_opts(prog_fd, &run))
			return -1;
		if (run.duration < best)
			best = run.duration;
	}
	return (int)best;
}

static int small_program(bool has_clock)
{
	struct bpf_insn steps[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "bench", "GPL",
			     steps + !has_clock, 3 - !has_clock, NULL);
}

/* Programs at tracepoints cannot be repeated by the kernel, those at tc's hook can: one is taken for the other. */
static int event_program(struct bpf_object **ret)
{
	struct bpf_object *object = sluice_bpf_image_open(&scope_cpu_image);
	struct bpf_program *each, *taken = NULL;

	if (!object)
		return -1;
	bpf_object__for_each_program(each, object) {
		bool is_wanted = !strcmp(bpf_program__name(each),
					 "cpu_softirq_exit");

		bpf_program__set_autoload(each, is_wanted);
		if (is_wanted)
			taken = each;
	}
	if (!taken ||
	    bpf_program__set_type(taken, BPF_PROG_TYPE_SCHED_CLS) ||
	    bpf_map__set_max_entries(bpf_object__find_map_by_name(object,
								  "cpu_rings"),
				     (uint32_t)libbpf_num_possible_cpus()) ||
	    bpf_object__load(object))
		return -1;
	*ret = object;
	return bpf_program__fd(taken);
}

static int runs_print(void)
{
	struct bpf_object *object = NULL;
	int empty_ns = best_ns(small_program(false));
	int clock_ns = best_ns(small_program(true));
	int event_ns = best_ns(event_program(&object));

	bpf_object__close(object);
	if (empty_ns < 0 || clock_ns < 0 || event_ns < 0)
		return -1;
	printf("| %-38s | %6s | %6s |\n", "ns per event", "run", "less empty");
	printf("|----------------------------------------|--------|--------|\n");
	printf("| %-38s | %6d | %6d |\n", "empty", empty_ns, 0);
	printf("| %-38s | %6d | %6d |\n", "reading the clock", clock_ns,
	       clock_ns - empty_ns);
	printf("| %-38s | %6d | %6d |\n", "what a processor does", event_ns,
	       event_ns - empty_ns);
	return 0;
}

/* ---- work that is nearly all events ---- */

/* A byte there and back; fds: mine to read, mine to write, the other's. */
static void turns_do(int read_fd, int write_fd, bool is_first)
{
	char byte = 0;

	for (unsigned int i = 0; i < TURNS; i++) {
		if (is_first && write(write_fd, &byte, 1) != 1)
			_exit(1);
		if (read(read_fd, &byte, 1) != 1)
			_exit(1);
		if (!is_first && write(write_fd, &byte, 1) != 1)
			_exit(1);
	}
}

static int udp_socket(struct sockaddr_in *ret_address)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t bytes = sizeof(*ret_address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    getsockname(fd, (struct sockaddr *)ret_address, &bytes))
		return -1;
	return fd;
}

/* ends[side] = { to read, to write } */
static int ends_open(bool is_udp, int ends[2][2])
{
	struct sockaddr_in address[2];
	int pipes[2][2];

	if (!is_udp) {
		if (pipe(pipes[0]) || pipe(pipes[1]))
			return -1;
		ends[0][0] = pipes[0][0];
		ends[1][1] = pipes[0][1];
		ends[1][0] = pipes[1][0];
		ends[0][1] = pipes[1][1];
		return 0;
	}
	for (unsigned int i = 0; i < 2; i++)
		ends[i][0] = ends[i][1] = udp_socket(&address[i]);
	for (unsigned int i = 0; i < 2; i++)
		if (ends[i][0] < 0 ||
		    connect(ends[i][0], (struct sockaddr *)&address[!i],
			    sizeof(address[0])))
			return -1;
	return 0;
}

static void ends_close(bool is_udp, int ends[2][2])
{
	for (unsigned int i = 0; i < 2; i++) {
		close(ends[i][0]);
		if (!is_udp)
			close(ends[i][1]);
	}
}

static double clock_read(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ns of both processes' own time in a turn, so that others do not count; -1: it failed. */
static double turn_ns(bool is_udp)
{
	clockid_t other_clock;
	double from_ns, ns;
	int ends[2][2];
	pid_t other;

	if (ends_open(is_udp, ends))
		return -1;
	other = fork();
	if (other < 0)
		return -1;
	if (!other) {
		turns_do(ends[1][0], ends[1][1], false);
		pause();
		_exit(0);
	}
	from_ns = clock_read(CLOCK_PROCESS_CPUTIME_ID);
	turns_do(ends[0][0], ends[0][1], true);
	ns = clock_read(CLOCK_PROCESS_CPUTIME_ID) - from_ns;
	ns = clock_getcpuclockid(other, &other_clock) ? -1e18 :
	     ns + clock_read(other_clock);
	kill(other, SIGKILL);
	ends_close(is_udp, ends);
	return ns / TURNS;
}

static int work_print(const char *name, bool is_udp)
{
	double best[2] = { 1e18, 1e18 };
	char error[256];

	for (unsigned int i = 0; i < 2 * WORK_ROUNDS; i++) {
		struct scope_cpu_source *source = NULL;
		double ns;

		if (i % 2 &&
		    scope_cpu_source_open(&source, error, sizeof(error))) {
			fprintf(stderr, "events: %s\n", error);
			return -1;
		}
		ns = turn_ns(is_udp);
		scope_cpu_source_close(source);
		if (ns < 0)
			return -1;
		if (ns < best[i % 2])
			best[i % 2] = ns;
	}
	printf("| %-38s | %6.0f | %6.0f | %5.1f %% |\n", name, best[0], best[1],
	       100 * (best[1] / best[0] - 1));
	return 0;
}

int main(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	signal(SIGCHLD, SIG_IGN);
	if (runs_print() || sched_setaffinity(0, sizeof(one), &one)) {
		fputs("events: BPF programs cannot be run here: it needs root\n",
		      stderr);
		return 1;
	}
	printf("\n| %-38s | %6s | %6s | %7s |\n", "ns per turn, one core", "without",
	       "with", "more");
	printf("|----------------------------------------|--------|--------|---------|\n");
	return work_print("a byte through pipes and back", false) ||
	       work_print("a datagram on loopback and back", true);
}
