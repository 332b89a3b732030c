// SPDX-License-Identifier: GPL-2.0
/*
 * lab-traffic: makes the traffic of a run inside the guest.
 *
 *	lab-traffic insmod FILE		load a kernel module
 *	lab-traffic setup FILE		sysctls and offloads
 *	lab-traffic exec NS COMMAND…	a command in a network name space
 *	lab-traffic run FILE		all flows; results in out/
 *
 * `run` starts a receiver and a sender process per flow (for a program that
 * runs first, a server at the sender, the other way round). Every sender sleeps
 * until its own start; all times are absolute, counted from the start of the
 * measured span, which is a whole second of CLOCK_REALTIME.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/* Longest time after the span in which a sender may still be at it. */
#define GRACE_NS (5 * NSEC_PER_SEC)
/* For what is under way when the last sender ends. */
#define DRAIN_NS NSEC_PER_SEC

struct traffic {
	struct guest_span span;
	struct guest_flow flows[GUEST_FLOWS_MAX];
	pid_t senders[GUEST_FLOWS_MAX];
	pid_t receivers[GUEST_FLOWS_MAX];
	unsigned int flows_count;
};

static const struct {
	const char *name;
	size_t offset;
	size_t text_bytes;	/* 0: a number */
} flow_keys[] = {
#define TEXT(key) { #key, offsetof(struct guest_flow, key), \
		    sizeof(((struct guest_flow *)0)->key) }
#define NUMBER(key) { #key, offsetof(struct guest_flow, key), 0 }
	TEXT(kind), TEXT(ns), TEXT(src), TEXT(dst), TEXT(cc), TEXT(clock),
	NUMBER(sport), NUMBER(dport), NUMBER(start_ns), NUMBER(duration_ns),
	NUMBER(bytes), NUMBER(every_ns), NUMBER(rate_bits_ps),
	NUMBER(size_bytes), NUMBER(maxrate_bits_ps), NUMBER(segments),
	NUMBER(lead_ns), NUMBER(peer), NUMBER(run_first),
	NUMBER(l1_overhead_bytes),
};

static void flow_key_take(struct guest_flow *flow, const char *key,
			  const char *value)
{
	unsigned int i;

	if (!strcmp(key, "number")) {
		flow->number = (unsigned int)strtoul(value, NULL, 10);
		return;
	}
	for (i = 0; i < sizeof(flow_keys) / sizeof(flow_keys[0]); i++) {
		void *at = (char *)flow + flow_keys[i].offset;

		if (strcmp(key, flow_keys[i].name))
			continue;
		if (flow_keys[i].text_bytes)
			snprintf(at, flow_keys[i].text_bytes, "%s", value);
		else
			*(uint64_t *)at = strtoull(value, NULL, 10);
		return;
	}
	die("unknown key %s of a flow", key);
}

static void flow_read(struct guest_flow *flow, char *line)
{
	char *word;

	while ((word = strsep(&line, " "))) {
		char *key = strsep(&word, "=");

		if (!word)
			die("the key %s of a flow has no value", key);
		flow_key_take(flow, key, word);
	}
}

static void traffic_read(struct traffic *traffic, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[1024];

	if (!file)
		die("cannot read %s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "duration_ns ", 12))
			traffic->span.duration_ns = strtoull(line + 12, NULL, 10);
		else if (strncmp(line, "flow ", 5))
			die("unknown line '%s'", line);
		else if (traffic->flows_count == GUEST_FLOWS_MAX)
			die("too many flows");
		else
			flow_read(&traffic->flows[traffic->flows_count++],
				  line + 5);
	}
	fclose(file);
}

static bool is_tcp(const struct guest_flow *flow)
{
	return !strcmp(flow->kind, "tcp");
}

static bool is_program(const struct guest_flow *flow)
{
	return !strcmp(flow->kind, "program");
}

/* Become /bin/sh on net/WHAT-NUMBER, output to out/. */
__attribute__((noreturn))
static void script_run(const char *what, unsigned int number)
{
	char script[48], log[48];
	int fd;

	snprintf(script, sizeof(script), "net/%s-%u", what, number);
	snprintf(log, sizeof(log), "out/%s-%u.log", what, number);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die("cannot write %s", log);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	setpgid(0, 0);
	execl("/bin/sh", "sh", script, (char *)NULL);
	die("cannot run %s", script);
}

static void receiver_live(const struct guest_flow *flow, int ready_fd)
{
	if (is_program(flow)) {
		netns_enter(flow->run_first ? flow->ns : "d");
		if (write(ready_fd, "r", 1) != 1)
			die("cannot report readiness");
		close(ready_fd);
		if (flow->run_first)
			script_run("program", flow->number);
		if (flow->peer)
			script_run("peer", flow->number);
	} else if (is_tcp(flow)) {
		tcp_receive(flow, ready_fd);
	} else {
		udp_receive(flow, ready_fd);
	}
}

static void receivers_start(struct traffic *traffic)
{
	unsigned int i;
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		die("cannot make a pipe");
	for (i = 0; i < traffic->flows_count; i++) {
		traffic->receivers[i] = fork();
		if (traffic->receivers[i] < 0)
			die("cannot fork");
		if (!traffic->receivers[i]) {
			close(ready[0]);
			receiver_live(&traffic->flows[i], ready[1]);
			exit(0);
		}
	}
	close(ready[1]);
	for (i = 0; i < traffic->flows_count; i++)
		if (read(ready[0], &byte, 1) != 1)
			die("a receiver did not start");
	close(ready[0]);
}

static void sender_live(const struct guest_flow *flow,
			const struct guest_span *span)
{
	netns_enter(flow->run_first ? "d" : flow->ns);
	sleep_exactly();
	if (is_program(flow)) {
		sleep_until_mono_ns(span->start_mono_ns + flow->start_ns);
		script_run(flow->run_first ? "peer" : "program", flow->number);
	} else if (is_tcp(flow)) {
		tcp_send(flow, span);
	} else {
		udp_send(flow, span);
	}
}

static void senders_start(struct traffic *traffic)
{
	unsigned int i;

	for (i = 0; i < traffic->flows_count; i++) {
		traffic->senders[i] = fork();
		if (traffic->senders[i] < 0)
			die("cannot fork");
		if (!traffic->senders[i]) {
			sender_live(&traffic->flows[i], &traffic->span);
			exit(0);
		}
	}
}

/*
 * The next whole second of CLOCK_REALTIME that is at least half one away. In
 * virtual time reading a clock costs a fixed time, so a reading of one clock
 * lies exactly between readings of the other before and after it.
 */
static void span_choose(struct guest_span *span)
{
	uint64_t before_ns = clock_ns(CLOCK_MONOTONIC);
	uint64_t real_ns = clock_ns(CLOCK_REALTIME);
	uint64_t after_ns = clock_ns(CLOCK_MONOTONIC);
	uint64_t mono_ns = before_ns + (after_ns - before_ns) / 2;
	uint64_t start_real_ns = (real_ns + NSEC_PER_SEC / 2 + NSEC_PER_SEC - 1) /
				 NSEC_PER_SEC * NSEC_PER_SEC;

	span->start_real_ns = start_real_ns;
	span->start_mono_ns = mono_ns + (start_real_ns - real_ns);
}

/* For the watcher outside: virtual seconds done, and of how many. */
static void progress_write(uint64_t done_ns, uint64_t total_ns)
{
	char text[64];
	int fd = open("progress", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	int length = snprintf(text, sizeof(text), "%8llu %8llu ms\n",
			      (unsigned long long)(done_ns / NSEC_PER_MSEC),
			      (unsigned long long)(total_ns / NSEC_PER_MSEC));

	if (fd < 0)
		return;
	if (pwrite(fd, text, (size_t)length, 0) == length)
		fdatasync(fd);
	close(fd);
}

/* Reap the senders that ended; returns how many are still at it. */
static unsigned int senders_reap(struct traffic *traffic)
{
	unsigned int i, alive = 0;
	int status;

	for (i = 0; i < traffic->flows_count; i++) {
		pid_t *pid = &traffic->senders[i];

		if (!*pid)
			continue;
		if (waitpid(*pid, &status, WNOHANG) != *pid) {
			alive++;
			continue;
		}
		*pid = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			die("the sender of flow %u failed",
			    traffic->flows[i].number);
	}
	return alive;
}

static uint64_t flows_end_ns(const struct traffic *traffic)
{
	uint64_t end_ns = traffic->span.duration_ns;
	unsigned int i;

	for (i = 0; i < traffic->flows_count; i++) {
		const struct guest_flow *flow = &traffic->flows[i];

		if (flow->start_ns + flow->duration_ns > end_ns)
			end_ns = flow->start_ns + flow->duration_ns;
	}
	return end_ns;
}

/* End programs that do not end by themselves, servers for example. */
static bool programs_end(struct traffic *traffic)
{
	bool has_ended = false;
	unsigned int i;

	for (i = 0; i < traffic->flows_count; i++) {
		pid_t *pid = &traffic->senders[i];

		if (!*pid || !is_program(&traffic->flows[i]))
			continue;
		kill(-*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
		*pid = 0;
		has_ended = true;
	}
	return has_ended;
}

static void senders_wait(struct traffic *traffic)
{
	uint64_t end_ns = flows_end_ns(traffic), done_ns = 0;

	while (senders_reap(traffic)) {
		if (done_ns > end_ns + GRACE_NS && !programs_end(traffic))
			die("a sender did not end in time");
		done_ns += done_ns < end_ns ? NSEC_PER_SEC / 2 :
					      NSEC_PER_SEC / 20;
		sleep_until_mono_ns(traffic->span.start_mono_ns + done_ns);
		progress_write(done_ns < end_ns ? done_ns : end_ns, end_ns);
	}
}

static void receivers_stop(struct traffic *traffic)
{
	unsigned int i;
	int status;

	sleep_until_mono_ns(clock_ns(CLOCK_MONOTONIC) + DRAIN_NS);
	for (i = 0; i < traffic->flows_count; i++) {
		const struct guest_flow *flow = &traffic->flows[i];
		pid_t pid = traffic->receivers[i];

		if (is_program(flow))
			kill(-pid, SIGKILL);
		kill(pid, is_program(flow) ? SIGKILL : SIGTERM);
		if (waitpid(pid, &status, 0) != pid)
			die("the receiver of flow %u is gone", flow->number);
		if (!is_program(flow) && !is_tcp(flow) &&
		    (!WIFEXITED(status) || WEXITSTATUS(status)))
			die("the receiver of flow %u failed", flow->number);
	}
}

static void span_report(const struct guest_span *span)
{
	FILE *file = fopen("out/span.json", "we");

	if (!file)
		die("cannot write out/span.json");
	fprintf(file, "{\"start_real_ns\":%llu,\"duration_ns\":%llu}\n",
		(unsigned long long)span->start_real_ns,
		(unsigned long long)span->duration_ns);
	result_close(file);
}

static int run_main(const char *path)
{
	static struct traffic traffic;

	traffic_read(&traffic, path);
	receivers_start(&traffic);
	span_choose(&traffic.span);
	senders_start(&traffic);
	senders_wait(&traffic);
	receivers_stop(&traffic);
	span_report(&traffic.span);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "insmod"))
		return module_load(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "setup"))
		return setup_main(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "run"))
		return run_main(argv[2]);
	if (argc >= 4 && !strcmp(argv[1], "exec")) {
		netns_enter(argv[2]);
		execvp(argv[3], argv + 3);
		die("cannot run %s", argv[3]);
	}
	fprintf(stderr, "usage: lab-traffic insmod FILE | setup FILE | run FILE | exec NS COMMAND...\n");
	return 2;
}
