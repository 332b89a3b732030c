/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault: what the fault tests do inside a guest.
 *
 * It shares no code with the command, so that both would have to be wrong in
 * the same way. Results go to stdout as TAP lines without numbers; the plan
 * that runs the program counts them. A program that cannot do its work ends
 * with exit code 1, which the plan turns into a failed test.
 */
#ifndef FAULT_H
#define FAULT_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../../kernel/uapi/sluice.h"

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL
#define NSEC_PER_USEC	1000LL

/* ---- report.c: TAP, and ends ---- */

/* One test; @format names the invariant and the claim. Returns @passed. */
__attribute__((format(printf, 2, 3)))
bool ok(bool passed, const char *format, ...);
__attribute__((format(printf, 1, 2)))
void note(const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...);
int64_t clock_now_ns(int clock);
void sleep_ns(int64_t ns);
/* The same numbers everywhere: xorshift64*. */
uint64_t random_next(uint64_t *state);

/* ---- qdisc.c: rtnetlink by hand ---- */

#define FAULT_OPTIONS_MAX	1024
#define FAULT_SENTENCE_SIZE	256

/* A qdisc as the kernel dumps it; options are kept as raw bytes. */
struct fault_qdisc {
	bool is_there;
	char kind[16];
	uint32_t handle;
	uint32_t parent;
	uint32_t options_bytes;
	uint8_t options[FAULT_OPTIONS_MAX];
	uint64_t sent_bytes;
	uint64_t sent_pkts;
	uint32_t qlen;
	uint32_t backlog_bytes;
	uint32_t drops;
	uint32_t xstats_bytes;
	struct tc_sluice_xstats xstats;
};

/* A request about a qdisc, or a filter. */
struct fault_request {
	uint16_t type;		/* RTM_NEWQDISC, RTM_DELQDISC, … */
	uint16_t flags;		/* besides REQUEST and ACK */
	int ifindex;
	uint32_t parent;
	uint32_t handle;
	uint32_t info;		/* of a filter */
	const char *kind;	/* NULL: none */
	uint16_t options_type;	/* TCA_OPTIONS with flags, 0: no options */
	const void *options;
	size_t options_bytes;
};

/*
 * Sends and waits for the answer: 0 or -errno of the kernel. @sentence (of
 * FAULT_SENTENCE_SIZE bytes, or NULL) receives the extack text or "".
 */
int qdisc_talk(const struct fault_request *request, char *sentence);

struct fault_attrs;

/* The same for the root qdisc of a device; @attrs may be NULL. */
int qdisc_root(int device, uint16_t type, uint16_t flags, const char *kind,
	       const struct fault_attrs *attrs, char *sentence);
/* Finds the qdisc at @parent of a device; 0 or -errno. */
int qdisc_get(int ifindex, uint32_t parent, struct fault_qdisc *ret);
/* All qdiscs (RTM_GETQDISC) or classes (RTM_GETTCLASS) of a device; 0 or -errno. */
int qdisc_dump(uint16_t type, int ifindex,
	       void (*take)(const struct nlmsghdr *header, void *data),
	       void *data);
/* All qdiscs of a device, up to @max; returns their number or -errno. */
int qdisc_list(int ifindex, struct fault_qdisc *ret, int max);
int device_index(const char *name);
/* Segments that a super-packet for it may have; 0: not told. */
uint32_t device_gso_max_segs(int ifindex);
/* "root", "1:", "1:2" as tc writes it. */
uint32_t parent_parse(const char *text);

/* A list of attributes that grows. */
struct fault_attrs {
	size_t bytes;
	uint8_t data[8192];
};

void attrs_raw(struct fault_attrs *attrs, const void *data, size_t bytes);
void attrs_put(struct fault_attrs *attrs, uint16_t type, const void *value,
	       size_t bytes);
void attrs_put_number(struct fault_attrs *attrs, uint16_t type,
		      uint64_t value, size_t bytes);

/* ---- socket.c ---- */

#define FAULT_PORT	4242

void netns_enter(const char *name);	/* "-": the first one */
/* IPv4 or IPv6; returns the address's size. */
struct sockaddr_storage;
socklen_t address_fill(struct sockaddr_storage *address, const char *text,
		       uint16_t port);
/* A connected UDP socket to @address, IPv4 or IPv6. */
int udp_connect(const char *address, uint16_t port);
int udp_bind(const char *address, uint16_t port);
void socket_rate(int fd, uint64_t bytes_ps);
void socket_txtime(int fd, int clock);
/*
 * Sends one packet with a departure time, by the clock of socket_txtime(). Returns
 * what sendmsg() returns.
 */
long send_txtime(int fd, const void *data, size_t bytes, uint64_t time_ns);
/* Sends a bundle to be cut into @segment_bytes (UDP GSO). */
long send_bundle(int fd, const void *data, size_t bytes,
		 uint16_t segment_bytes);

/* ---- the programs: each prints TAP and returns an exit code ---- */

int main_options(int argc, char **argv);
int main_load_keep(int argc, char **argv);
int main_stamps(int argc, char **argv);
int main_forward(int argc, char **argv);
int main_frames(int argc, char **argv);
int main_supers(int argc, char **argv);
int main_nth(int argc, char **argv);
int main_failslab(int argc, char **argv);
int main_mix(int argc, char **argv);
int main_sink(int argc, char **argv);
int main_churn(int argc, char **argv);
int main_classes(int argc, char **argv);
int main_bulk(int argc, char **argv);
int main_talk(int argc, char **argv);
int main_cycle(int argc, char **argv);
int main_idle(int argc, char **argv);
int main_stat(int argc, char **argv);
int main_rehash(int argc, char **argv);
int main_stamper(int argc, char **argv);
int main_set(int argc, char **argv);
int main_tai(int argc, char **argv);
int main_module(int argc, char **argv);
int main_dump(int argc, char **argv);
int main_undo(int argc, char **argv);
int main_steady(int argc, char **argv);

#endif
