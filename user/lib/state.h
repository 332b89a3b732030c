/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was there before `sluice on`, kept in /run/sluice so that `sluice off`
 * can put it back (M1): also after a command that was killed half way.
 *
 * One file per paced device. It is written whole before the first change
 * (temporary file, fsync, rename) and removed after the last one. Its first
 * byte says how far things are, and is the only one that is ever overwritten:
 * that needs no space, so `off` works with a full disk. A file of another boot,
 * or of another network namespace, does not count.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_STATE_H
#define SLUICE_STATE_H

#include "bound.h"
#include "share.h"
#include "tree.h"

#define SLUICE_STATE_FOLDER "/run/sluice"

/* How far things are. */
enum sluice_phase {
	SLUICE_PHASE_APPLYING = 'A',	/* `on` has begun */
	SLUICE_PHASE_ON = 'O',		/* `on` is done */
	SLUICE_PHASE_RESTORING = 'R',	/* `off` has begun */
};

/**
 * struct sluice_state - what is known of one paced device
 * @ifindex: its number
 * @phase: how far things are
 * @via: number of the device that `on` was told, a bond for a member of it; a
 *	number, because names change
 * @mq_handle: of the mq that `on` made; 0: it made none
 * @kind: of what paces: "sluice" or "fq"
 * @tx_queue_len: what the device's was
 * @shares: options of what `on` made that were given as shares of the link
 * @bounds: how long TCP's super-packets might be, of this device and of those
 *	whose packets leave by it; none where sluice cuts them
 * @has_edt: a BPF program that keeps its rate may be at its egress (edt.h)
 * @makes_clsact: and the clsact that it is at was not there before
 * @tree: what was there, to be put back; only its root's kind counts
 *	if !@is_restorable
 * @is_restorable: it can be
 */
struct sluice_state {
	int ifindex;
	enum sluice_phase phase;
	int via;
	uint32_t mq_handle;
	char kind[SLUICE_KIND_SIZE];
	unsigned int tx_queue_len;
	struct sluice_shares shares;
	struct sluice_bounds bounds;
	bool has_edt;
	bool makes_clsact;
	bool is_restorable;
	struct sluice_tree tree;
};

/**
 * struct sluice_store - the folder, and where we are
 * @folder: its path
 * @boot_id: of the running kernel
 * @netns_inode: of this network namespace, in use again after it is gone
 * @netns_cookie: of the same, never in use again; 0 before Linux 5.14
 * @lock_fd: held while a command changes something; -1: not
 */
struct sluice_store {
	const char *folder;
	char boot_id[40];
	uint64_t netns_inode;
	uint64_t netns_cookie;
	int lock_fd;
};

/*
 * Find out where we are. Nothing is made or locked yet. Returns 0 or -errno; a
 * store that failed can be unlocked, and no more.
 */
int sluice_store_init(struct sluice_store *store, const char *folder);

/*
 * Make the folder and wait until no other command changes something; then remove
 * what is certain to be of no use: records of a namespace that had our number before
 * us, and what is half written. Returns 0 or -errno; -EINTR: a handler ended the wait.
 */
int sluice_store_lock(struct sluice_store *store);
void sluice_store_unlock(struct sluice_store *store);

/* Some command holds the lock right now. */
bool sluice_store_is_busy(const struct sluice_store *store);

/* Accepts zeroes. */
void sluice_state_done(struct sluice_state *state);

/*
 * What `on` has put there is in place: the pacer as the root, the mq that `on`
 * made, or the pacer below the mq that was there before. One anywhere else is
 * somebody else's.
 */
bool sluice_state_is_in_force(const struct sluice_state *state,
			      const struct sluice_tree *live);

/*
 * A command was killed half way and left the tree like this: the state is what
 * there was before it.
 */
bool sluice_state_is_half_way(const struct sluice_state *state,
			      const struct sluice_tree *live);

/*
 * The state of a device. Returns 0; -ENOENT if there is none, or one that does
 * not count or is broken; -errno if that cannot be told now: then it must be
 * left as it is.
 */
int sluice_state_load(const struct sluice_store *store, int ifindex,
		      struct sluice_state *ret);

/*
 * The shares that a device was given, as far as @in_force says that they still
 * are; none where that is not known. @in_force may be that of any of its queues.
 */
void sluice_state_shares(const struct sluice_store *store, int ifindex,
			 const struct sluice_options *in_force,
			 struct sluice_shares *ret);

/* Write it whole. Returns 0 or -errno; then what was there before is still. */
int sluice_state_save(const struct sluice_store *store,
		      const struct sluice_state *state);

/* Change the phase of a saved state. Returns 0 or -errno. */
int sluice_state_mark(const struct sluice_store *store, int ifindex,
		      enum sluice_phase phase);

/* Forget a device; it need not be known. Returns 0 or -errno. */
int sluice_state_remove(const struct sluice_store *store, int ifindex);

/*
 * Numbers of the devices of this network namespace that have a state. The
 * caller frees *ret. Returns 0 or -errno.
 */
int sluice_state_list(const struct sluice_store *store, int **ret,
		      unsigned int *ret_count);

/*
 * Text of a state and back; the parser takes whatever a broken file may hold.
 * The caller frees what sluice_state_format() returns, NULL without memory.
 * sluice_state_parse() returns 0, -ENOENT if it does not belong here, -EINVAL
 * if it is broken, -ENOMEM.
 */
char *sluice_state_format(const struct sluice_store *store,
			  const struct sluice_state *state);
int sluice_state_parse(const struct sluice_store *store, const char *text,
		       struct sluice_state *ret);

#endif
