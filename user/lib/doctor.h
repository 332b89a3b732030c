/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What defeats pacing on this host: checks in a table, each of which says at
 * least one thing, and nothing of which changes anything. What cannot be looked
 * at is a finding of its own, never taken for good.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_DOCTOR_H
#define SLUICE_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

/**
 * enum sluice_severity - what a finding means
 * @SLUICE_SEVERITY_OK: nothing stands in the way of pacing here
 * @SLUICE_SEVERITY_NOTE: it costs, or surprises, but frames keep their times
 * @SLUICE_SEVERITY_PROBLEM: it defeats pacing
 * @SLUICE_SEVERITY_UNKNOWN: it could not be looked at
 */
enum sluice_severity {
	SLUICE_SEVERITY_OK,
	SLUICE_SEVERITY_NOTE,
	SLUICE_SEVERITY_PROBLEM,
	SLUICE_SEVERITY_UNKNOWN,
};

#define SLUICE_SEVERITIES 4

/**
 * struct sluice_finding - one sentence about one thing
 * @device: the device's name; "": the host
 * @check: the check that found it; static
 * @severity: what it means
 * @text: what is so, and why it matters for pacing; no newline or escape in it
 * @fix: a command to type; NULL: there is none
 */
struct sluice_finding {
	char device[IF_NAMESIZE];
	const char *check;
	enum sluice_severity severity;
	char *text;
	char *fix;
};

/**
 * struct sluice_findings - all of them: the host's first, then device by device
 * @findings: they
 * @count: how many
 */
struct sluice_findings {
	struct sluice_finding *findings;
	unsigned int count;
};

/**
 * struct sluice_sleeps - how late this process woke up from short sleeps
 * @count: sleeps; 0: it could not be measured
 * @sleep_ns: each so long
 * @median_ns: half of them were at most so late
 * @p99_ns: 99 % of them were
 * @resolution_ns: of the kernel's timers; 0: not known
 * @slack_ns: by how much this process's sleeps may be put off, and were not
 */
struct sluice_sleeps {
	unsigned int count;
	uint64_t sleep_ns;
	uint64_t median_ns;
	uint64_t p99_ns;
	uint64_t resolution_ns;
	uint64_t slack_ns;
};

/**
 * struct sluice_patient - what is looked at
 * @root: comes before every path, "" on a host
 * @release: the running kernel, as uname -r says it
 * @netlink: to the kernel
 * @links: all devices
 * @sleeps: as sluice_sleeps_measure() found them
 */
struct sluice_patient {
	const char *root;
	const char *release;
	struct sluice_netlink *netlink;
	const struct sluice_links *links;
	struct sluice_sleeps sleeps;
};

/* Sleep 200 times 1 ms. Takes a fifth of a second. */
void sluice_sleeps_measure(struct sluice_sleeps *ret);

/*
 * The devices to look at when none is named: hardware that is up, and whatever
 * has a sluice or a file in /etc/sluice; where that is nothing, all that are up
 * and pace themselves. Returns 0 or -ENOMEM; the caller frees *ret.
 */
int sluice_doctor_choose(const struct sluice_patient *patient,
			 const struct sluice_link ***ret,
			 unsigned int *ret_count);

/*
 * Look at the host, and at @count devices and those that they lie on. Returns 0
 * or -ENOMEM; release *ret with sluice_findings_done().
 */
int sluice_doctor_run(const struct sluice_patient *patient,
		      const struct sluice_link *const *devices,
		      unsigned int count, struct sluice_findings *ret);

/* Accepts zeroes. */
void sluice_findings_done(struct sluice_findings *findings);

/* "ok", "note", "problem", "unknown". */
const char *sluice_severity_name(enum sluice_severity severity);

#endif
