/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the doctor share: how a check reads files and says what it
 * found. A check returns nothing; without memory the run fails as a whole.
 */
#ifndef SLUICE_DOCTOR_PARTS_H
#define SLUICE_DOCTOR_PARTS_H

#include <stddef.h>

#include "doctor.h"
#include "lapse.h"
#include "module.h"
#include "share.h"
#include "tree.h"
#include "word.h"

/* A line that is read from a file, or a phrase made of it. */
#define DOCTOR_LINE_SIZE 256

/**
 * struct doctor_device - a device that is paced itself
 * @link: it
 * @word: its name as a word of a shell
 * @tree: its qdiscs
 * @tree_err: why they are not known, -errno; 0: they are
 * @queues: transmit queues in use
 * @is_in_sysfs: its files in sysfs can be believed
 * @is_hardware: there is a piece of hardware, or of a virtual machine's
 * @is_paced: it sends through nothing but sluice
 * @has_fq: and through fq
 * @is_stand_in: one that `sluice on --no-module` has put there
 * @speed_bits_ps: of its link; 0: not known
 * @via: what `sluice on` was told, a bond for a member of it; NULL: not known
 * @shares: rates that it was told as shares of the link, and that are in force
 * @edt: what keeps its rate without the module
 * @lapse: what has become of the options that keep departures
 */
struct doctor_device {
	const struct sluice_link *link;
	char word[SLUICE_WORD_SIZE];
	struct sluice_tree tree;
	int tree_err;
	unsigned int queues;
	bool is_in_sysfs;
	bool is_hardware;
	bool is_paced;
	bool has_fq;
	bool is_stand_in;
	uint64_t speed_bits_ps;
	const struct sluice_link *via;
	struct sluice_shares shares;
	struct sluice_edt edt;
	struct sluice_lapse lapse;
};

/**
 * struct doctor - one run
 * @patient: what is looked at
 * @requested: devices that were asked for
 * @requested_count: how many
 * @devices: those that are paced for them
 * @device_count: how many
 * @module: where the kernel module is
 * @module_release: the kernel that it is built for, if that is another one
 * @kernel_has_fq: once that was looked at: 1, 0, or -errno where it is not known
 * @findings: so far
 * @check: the check under way
 * @subject: device that it looks at; NULL: the host
 * @err: -ENOMEM once something could not be kept
 */
struct doctor {
	const struct sluice_patient *patient;
	const struct sluice_link *const *requested;
	unsigned int requested_count;
	struct doctor_device *devices;
	unsigned int device_count;
	enum sluice_module module;
	char module_release[128];
	int kernel_has_fq;
	struct sluice_findings findings;
	const char *check;
	const struct sluice_link *subject;
	int err;
};

/* ---- saying ---- */

/* One finding of the check under way, without a fix. */
__attribute__((format(printf, 3, 4)))
void doctor_say(struct doctor *doctor, enum sluice_severity severity,
		const char *format, ...);

/* The fix of the finding that was said last. */
__attribute__((format(printf, 2, 3)))
void doctor_fix(struct doctor *doctor, const char *format, ...);

/* "NAME cannot be read: why", as unknown; the fix of what needs root is sudo. */
void doctor_say_unread(struct doctor *doctor, const char *name, int err);

/* A rate, or a time, with three digits: "926mbit", "3.36ms". */
void doctor_format_rate(uint64_t bits_ps, char *text, size_t text_size);
void doctor_format_time(uint64_t ns, char *text, size_t text_size);

/* ---- reading ---- */

/*
 * The first line of a file below the root, without blanks at its end; of a file
 * with more or longer lines, what fits. What is no text reads "?". Returns 0 or
 * -errno.
 */
__attribute__((format(printf, 4, 5)))
int doctor_line(const struct doctor *doctor, char *text, size_t text_size,
		const char *format, ...);

/* A file that holds one number. Returns 0, -errno, -EINVAL if it does not. */
__attribute__((format(printf, 3, 4)))
int doctor_number(const struct doctor *doctor, uint64_t *ret,
		  const char *format, ...);

/*
 * The whole of a file, up to @size bytes. Returns the bytes read or -errno; the
 * caller frees *ret, which ends with a NUL that does not count.
 */
__attribute__((format(printf, 4, 5)))
long doctor_bytes(const struct doctor *doctor, char **ret, size_t size,
		  const char *format, ...);

/* Is it there, readable or not? */
__attribute__((format(printf, 2, 3)))
bool doctor_has(const struct doctor *doctor, const char *format, ...);

/* A folder that holds something. */
bool doctor_has_entries(const struct doctor *doctor, const char *folder);

/* Numbers N of the entries PREFIXN of a folder: N + 1 of the highest. */
unsigned int doctor_numbered(const struct doctor *doctor, const char *folder,
			     const char *prefix);

/* "one, two and 3 more" from names that come one by one; @text starts empty. */
void doctor_name_add(char *text, size_t text_size, const char *name);

/* ---- facts that several checks need ---- */

/* Every device sends through nothing but sluice; some sends through fq. */
bool doctor_all_paced(const struct doctor *doctor);
bool doctor_any_fq(const struct doctor *doctor);

/* The fastest link of them all, 0: no speed is known. */
uint64_t doctor_fastest_bits_ps(const struct doctor *doctor);

/* A TCA_OPTIONS attribute of a qdisc of that many bytes, NULL: it has none. */
const void *doctor_option(const struct sluice_node *node, unsigned int type,
			  size_t bytes);

/*
 * Is a rate that @what says right for the device's link? If not, that is said,
 * with @fix; returns true if something was said.
 */
bool doctor_rate_judge(struct doctor *doctor, const struct doctor_device *device,
		       const char *what, uint64_t rate_bits_ps,
		       const char *fix);

/* Fill in what the leaves of the tree are: is_paced, has_fq. */
void doctor_leaves_look(struct doctor_device *device);

/* May the driver take over filters (hw-tc-offload)? 1, 0 or -errno. */
int doctor_hw_tc_is_on(const char *device);

/* ---- the checks ---- */

/**
 * struct doctor_check - one row of a table
 * @name: what JSON and people call it
 * @host: looks at the host
 * @device: or looks at a device
 */
struct doctor_check {
	const char *name;
	void (*host)(struct doctor *doctor);
	void (*device)(struct doctor *doctor,
		       const struct doctor_device *device);
};

/* In doctor_signature.c, for the table of the kernel. */
void doctor_check_signature(struct doctor *doctor);

/*
 * In doctor_fq.c, where the module is impossible: what the host has instead of a
 * sluice, and then how a device gets it, as the fix of what was said last.
 */
void doctor_fq_look(struct doctor *doctor);
void doctor_fq_fix(struct doctor *doctor, const struct doctor_device *device);

/*
 * In doctor_rate.c: the options of what paces a device, none where nothing does, and what
 * `sluice on` has noted of it: via, shares, edt.
 */
void doctor_options_look(const struct doctor_device *device,
			 struct sluice_options *ret);
void doctor_notes_look(const struct doctor *doctor,
		       struct doctor_device *device);

/* There, too, for the table of the qdiscs. */
void doctor_check_rate(struct doctor *doctor,
		       const struct doctor_device *device);

/* In doctor_offloads.c, for the table of the NIC. */
void doctor_check_offloads(struct doctor *doctor,
			   const struct doctor_device *device);
void doctor_check_sizes(struct doctor *doctor,
			const struct doctor_device *device);

/*
 * In doctor_gap.c: what becomes of the gap frames of a device that has them; that the
 * kernel has taken back what keeps departures, if so; and whether a file at @path that asks
 * for gap frames can be applied; if not, that is said, with @fix.
 */
void doctor_gap_say(struct doctor *doctor, const struct doctor_device *device,
		    uint64_t gap_frames_ns);
bool doctor_lapse_say(struct doctor *doctor,
		      const struct doctor_device *device);
bool doctor_gap_conf_judge(struct doctor *doctor,
			   const struct doctor_device *device, const char *path,
			   const char *fix);

/* Tables end with a row whose name is NULL. */
extern const struct doctor_check doctor_kernel_checks[];
extern const struct doctor_check doctor_time_checks[];
extern const struct doctor_check doctor_tcp_checks[];
extern const struct doctor_check doctor_conf_checks[];
extern const struct doctor_check doctor_qdisc_checks[];
extern const struct doctor_check doctor_nic_checks[];
extern const struct doctor_check doctor_bypass_checks[];

#endif
