/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tree of qdiscs that a device sends through, with their options as the
 * kernel dumped them: what can be saved, compared, and put back.
 *
 * Ingress and clsact are no part of it: changing the root leaves them alone.
 * A qdisc whose handle is 0 is the kernel's default: nobody has configured it
 * and nobody can.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_TREE_H
#define SLUICE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"
#include "qdisc.h"

/*
 * Majors for qdiscs of our own: tc hands out 8000 and more by itself, and
 * people write small numbers.
 */
#define SLUICE_OWN_MAJOR_FIRST	0x5c0u
#define SLUICE_OWN_MAJOR_END	0x8000u

/**
 * struct sluice_node - one qdisc
 * @kind: "fq", "mq", …
 * @handle: major in the upper 16 bits; 0: the kernel's default
 * @parent: TC_H_ROOT, or a class of another qdisc
 * @options: payload of its TCA_OPTIONS, NULL if it has none
 * @options_bytes: length of it
 * @is_nested: the attribute says so of itself (NLA_F_NESTED), which some kinds
 *	insist on
 * @extra: what it has besides options and cannot be put back, as a phrase;
 *	NULL: nothing
 */
struct sluice_node {
	char kind[SLUICE_KIND_SIZE];
	uint32_t handle;
	uint32_t parent;
	unsigned char *options;
	size_t options_bytes;
	bool is_nested;
	const char *extra;
};

/**
 * struct sluice_tree - all qdiscs of one device, the root first, then by parent
 * @nodes: they
 * @count: how many; 0 for a device that never was up
 */
struct sluice_tree {
	struct sluice_node *nodes;
	unsigned int count;
};

/* Returns 0 or -ENOMEM; copies @options. */
int sluice_tree_add(struct sluice_tree *tree, const struct sluice_node *node);
/* Returns 0 or -ENOMEM; *ret is a tree of its own. */
int sluice_tree_copy(const struct sluice_tree *tree, struct sluice_tree *ret);
/* In the order that struct sluice_tree promises; call it after the last add. */
void sluice_tree_sort(struct sluice_tree *tree);
/* Accepts zeroes. */
void sluice_tree_done(struct sluice_tree *tree);

/*
 * Ask the kernel for the tree of a device. Returns 0 or -errno and the
 * kernel's sentence; release *ret with sluice_tree_done().
 */
int sluice_tree_read(struct sluice_netlink *netlink, int ifindex,
		     struct sluice_tree *ret, char *message);

/*
 * Add what one message of a dump says of a qdisc of that device, whatever it
 * holds; other messages are skipped. Returns 0 or -ENOMEM.
 */
int sluice_node_decode(const struct nlmsghdr *header, int ifindex,
		       struct sluice_tree *tree);

/* NULL if the device has none. */
const struct sluice_node *sluice_tree_root(const struct sluice_tree *tree);

/* "fq", or "none". */
const char *sluice_tree_root_kind(const struct sluice_tree *tree);

/* Equal in all that a dump shows, see sluice_tree_is_equal(). */
bool sluice_node_is_equal(const struct sluice_node *a,
			  const struct sluice_node *b);

/* The qdisc at that place, NULL if there is none. */
const struct sluice_node *sluice_tree_find(const struct sluice_tree *tree,
					   uint32_t parent);

/* What the kernel puts there by itself: nobody has configured it. */
bool sluice_tree_is_default(const struct sluice_tree *tree);

/* mq at the root with a handle, so that leaves can be put below it. */
bool sluice_tree_is_mq(const struct sluice_tree *tree);

/*
 * What was there is back: equal, or the kernel's default, whichever that is
 * today.
 */
bool sluice_tree_is_restored(const struct sluice_tree *saved,
			     const struct sluice_tree *live);

/* A sluice is in it, wherever. */
bool sluice_tree_has_sluice(const struct sluice_tree *tree);

/*
 * It is of that kind, has a handle of our own, and was not there in @found. A
 * sluice needs no proof.
 */
bool sluice_node_is_put(const struct sluice_node *node, const char *kind,
			const struct sluice_tree *found);

/* Some qdisc of the tree is that. */
bool sluice_tree_has_put(const struct sluice_tree *tree, const char *kind,
			 const struct sluice_tree *found);

/* Have what it dumped decoded, as from the attribute that it came in. */
void sluice_node_read(const struct sluice_node *node,
		      void (*decode)(const struct nlattr *nest,
				     struct sluice_options *options),
		      struct sluice_options *ret);

/* The handle is not in use. */
bool sluice_tree_is_free(const struct sluice_tree *tree, uint32_t handle);

/*
 * Equal in kinds, handles, places and options. Of the kernel's defaults only
 * the place counts: which kind they are is up to net.core.default_qdisc.
 */
bool sluice_tree_is_equal(const struct sluice_tree *a,
			  const struct sluice_tree *b);

/*
 * Can this tree be put back exactly as it is? If not, one phrase says why.
 * Only kinds are known to be that have been tried (tests/fault/plan-restore.sh).
 */
bool sluice_tree_is_restorable(const struct sluice_tree *tree, char *reason,
			       size_t reason_size);

#endif
