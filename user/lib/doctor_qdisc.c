// SPDX-License-Identifier: GPL-2.0
/* Which qdiscs a device sends through, who sets them, and for how long. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "doctor_parts.h"
#include "owner.h"
#include "plan.h"

#define BITS_PER_BYTE 8

/* ---- what kinds do with departure times ---- */

enum kind_class {
	KIND_PARENT,		/* others below it hold the packets */
	KIND_PACES,
	KIND_IGNORES,
	KIND_FQ,
	KIND_SHAPES,		/* the sum of all flows, in bursts */
	KIND_ETF,
	KIND_NETEM,
	KIND_NOOP,
	KIND_STRANGE,
};

static const struct {
	const char *kind;
	enum kind_class class;
} kinds[] = {
	{ SLUICE_KIND, KIND_PACES }, { "fq", KIND_FQ }, { "etf", KIND_ETF },
	{ "netem", KIND_NETEM }, { "noop", KIND_NOOP },
	{ "pfifo_fast", KIND_IGNORES }, { "pfifo", KIND_IGNORES },
	{ "bfifo", KIND_IGNORES }, { "pfifo_head_drop", KIND_IGNORES },
	{ "noqueue", KIND_IGNORES }, { "fq_codel", KIND_IGNORES },
	{ "codel", KIND_IGNORES }, { "fq_pie", KIND_IGNORES },
	{ "pie", KIND_IGNORES }, { "sfq", KIND_IGNORES },
	{ "sfb", KIND_IGNORES }, { "red", KIND_IGNORES },
	{ "gred", KIND_IGNORES }, { "choke", KIND_IGNORES },
	{ "hhf", KIND_IGNORES }, { "skbprio", KIND_IGNORES },
	{ "dualpi2", KIND_IGNORES }, { "plug", KIND_IGNORES },
	{ "cake", KIND_SHAPES }, { "cake_mq", KIND_PARENT },
	{ "tbf", KIND_SHAPES },
	{ "mq", KIND_PARENT }, { "mqprio", KIND_PARENT },
	{ "taprio", KIND_PARENT }, { "htb", KIND_PARENT },
	{ "hfsc", KIND_PARENT }, { "prio", KIND_PARENT },
	{ "drr", KIND_PARENT }, { "ets", KIND_PARENT },
	{ "qfq", KIND_PARENT }, { "multiq", KIND_PARENT },
	{ "cbs", KIND_PARENT },
};

static enum kind_class kind_class(const char *kind)
{
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].class;
	return KIND_STRANGE;
}

/* tbf may have another qdisc inside; then it is that one that counts. */
static bool is_parent(const struct sluice_tree *tree,
		      const struct sluice_node *node)
{
	unsigned int i;

	if (kind_class(node->kind) == KIND_PARENT)
		return true;
	for (i = 0; node->handle && i < tree->count; i++)
		if (tree->nodes[i].parent != TC_H_ROOT &&
		    TC_H_MAJ(tree->nodes[i].parent) == node->handle)
			return true;
	return false;
}

/* How many leaves, how many of them pace, and the first that does not. */
struct leaves {
	unsigned int count;
	unsigned int paced;
	const struct sluice_node *other;
};

static struct leaves leaves_count(const struct sluice_tree *tree)
{
	struct leaves leaves = { .count = 0 };
	unsigned int i;

	for (i = 0; i < tree->count; i++) {
		const struct sluice_node *node = &tree->nodes[i];

		if (is_parent(tree, node))
			continue;
		leaves.count++;
		if (kind_class(node->kind) == KIND_PACES)
			leaves.paced++;
		else if (!leaves.other)
			leaves.other = node;
	}
	/* The queues that htb and its like make by themselves are not dumped. */
	if (!leaves.count && tree->count) {
		leaves.count = 1;
		leaves.other = &tree->nodes[0];
	}
	return leaves;
}

void doctor_leaves_look(struct doctor_device *device)
{
	static const struct sluice_tree nothing = { .count = 0 };
	const struct sluice_tree *tree = &device->tree;
	struct leaves leaves = leaves_count(tree);
	unsigned int i;

	device->is_stand_in = sluice_tree_has_put(tree, "fq", &nothing);
	device->is_paced = leaves.count && leaves.paced == leaves.count;
	for (i = 0; i < tree->count; i++)
		device->has_fq |= kind_class(tree->nodes[i].kind) == KIND_FQ;
}

/* "fq", "fq, on 3 of the 8 leaves of mq,". */
static void place_format(const struct sluice_tree *tree,
			 const struct leaves *leaves, char *text,
			 size_t text_size)
{
	const char *kind = leaves->other->kind;
	unsigned int i, same = 0;

	for (i = 0; i < tree->count; i++)
		same += !is_parent(tree, &tree->nodes[i]) &&
			!strcmp(tree->nodes[i].kind, kind);
	if (leaves->count == 1)
		snprintf(text, text_size, "%s", kind);
	else
		snprintf(text, text_size, "%s, on %u of the %u leaves of %s,",
			 kind, same, leaves->count,
			 sluice_tree_root_kind(tree));
}

/* fq, and not told to pace nothing. */
static bool is_fq_on(const struct sluice_node *node)
{
	const uint32_t *is_on = doctor_option(node, TCA_FQ_RATE_ENABLE,
					      sizeof(*is_on));

	return kind_class(node->kind) == KIND_FQ && (!is_on || *is_on);
}

static void fq_say(struct doctor *doctor, const struct doctor_device *device,
		   const struct sluice_node *node, const char *where)
{
	if (!is_fq_on(node))
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s paces nothing: it is told 'nopacing'", where);
	else if (device->link->gso_max_segs == 1)
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s spaces frames, because gso_max_segs 1 has the stack make each by itself: sluice does so at less cost",
			   where);
	else if (device->link->gso_max_segs <= SLUICE_TRAIN_MAX_FRAMES)
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s spaces packets of up to %u frames (gso_max_segs), and the frames of each leave back to back",
			   where, device->link->gso_max_segs);
	else
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s spaces super-packets of up to %u bytes, and the frames of each leave back to back at line rate",
			   where, device->link->gso_max_bytes);
}

static void other_say(struct doctor *doctor, const struct doctor_device *device,
		      const struct leaves *leaves)
{
	const struct sluice_node *node = leaves->other;
	char where[DOCTOR_LINE_SIZE];

	place_format(&device->tree, leaves, where, sizeof(where));
	switch (kind_class(node->kind)) {
	case KIND_FQ:
		fq_say(doctor, device, node, where);
		break;
	case KIND_SHAPES:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s ignores departure times: it shapes all flows together, and what one of them has goes in a train",
			   where);
		break;
	case KIND_ETF:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s takes only packets with a time of SO_TXTIME, and drops those that are late; TCP's times mean nothing to it",
			   where);
		break;
	case KIND_NETEM:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s delays packets by a plan of its own, whatever their departure times are",
			   where);
		break;
	case KIND_NOOP:
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s drops everything: the device has not been up yet",
			   where);
		break;
	case KIND_STRANGE:
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "%s is not known here, nor what it does with departure times",
			   where);
		break;
	default:
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s ignores departure times: what a flow sends at once leaves as one train at line rate",
			   where);
		break;
	}
}

static void paced_say(struct doctor *doctor, const struct doctor_device *device,
		      const struct leaves *leaves)
{
	const char *root = sluice_tree_root_kind(&device->tree);

	if (leaves->count == 1 && device->queues > 1 &&
	    !strcmp(root, SLUICE_KIND)) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "one sluice at the root serves all %u queues, one processor at a time: 'sluice on' gives each queue its own",
			   device->queues);
		doctor_fix(doctor, "sluice on %s", device->word);
	} else if (!strcmp(root, SLUICE_KIND)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK, "sluice at the root");
	} else if (strcmp(root, "mq")) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "sluice is below %s: what that holds back leaves later than sluice says",
			   root);
		doctor_fix(doctor, "tc qdisc show dev %s", device->word);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "sluice on each of %u queues", leaves->count);
	}
}

/* Whose file in /etc/sluice paces it, its own or that of its bond; "": nobody's. */
static const char *conf_owner(const struct doctor *doctor,
			      const struct doctor_device *device)
{
	const char *name = device->link->name;
	unsigned int i;

	if (doctor_has(doctor, SLUICE_CONF_FOLDER "/%s.conf", name))
		return name;
	name = device->via ? device->via->name : name;
	if (doctor_has(doctor, SLUICE_CONF_FOLDER "/%s.conf", name))
		return name;
	for (i = 0; i < doctor->requested_count; i++) {
		name = doctor->requested[i]->name;
		if (doctor_has(doctor, SLUICE_CONF_FOLDER "/%s.conf", name))
			return name;
	}
	return "";
}

/* What somebody has written down for it counts for more than the defaults. */
static void on_fix(struct doctor *doctor, const struct doctor_device *device,
		   bool is_takeover)
{
	const char *owner = sluice_tree_has_sluice(&device->tree) ? "" :
			    conf_owner(doctor, device);
	const char *flag = is_takeover ? " --takeover" : "";
	char word[SLUICE_WORD_SIZE];

	if (doctor->module == SLUICE_MODULE_IMPOSSIBLE)
		return;
	sluice_word_make(owner, word);
	if (device->is_stand_in)
		doctor_fix(doctor, "sluice off %s && sluice on %s",
			   device->word, device->word);
	else if (*owner)
		doctor_fix(doctor, "sluice apply " SLUICE_CONF_FOLDER "/%s.conf%s",
			   word, flag);
	else
		doctor_fix(doctor, "sluice on %s%s", device->word, flag);
}

static void check_qdisc(struct doctor *doctor,
			const struct doctor_device *device)
{
	struct leaves leaves = leaves_count(&device->tree);
	char reason[DOCTOR_LINE_SIZE];
	bool is_lost;

	if (device->tree_err) {
		doctor_say_unread(doctor, "the device's qdiscs",
				  device->tree_err);
		return;
	}
	if (!leaves.count) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "it has no qdisc: it has not been up yet");
		doctor_fix(doctor, "ip link set %s up", device->word);
		return;
	}
	if (!leaves.other) {
		paced_say(doctor, device, &leaves);
		return;
	}
	is_lost = !sluice_tree_is_restorable(&device->tree, reason,
					     sizeof(reason));
	other_say(doctor, device, &leaves);
	if (doctor->module != SLUICE_MODULE_IMPOSSIBLE)
		on_fix(doctor, device, is_lost);
	else if (!is_lost && !(is_fq_on(leaves.other) &&
			       device->link->gso_max_segs == 1))
		doctor_fq_fix(doctor, device);
}

/* ---- owner ---- */

static void check_owner(struct doctor *doctor,
			const struct doctor_device *device)
{
	const struct sluice_patient *patient = doctor->patient;
	char owner[4 * DOCTOR_LINE_SIZE];

	if (!sluice_owner_find(patient->netlink, patient->root, patient->links,
			       device->link, owner, sizeof(owner))) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "no other program that is known sets its qdisc");
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_NOTE, "%s%s", owner,
		   sluice_tree_has_sluice(&device->tree) ?
		   "; as it is, sluice is gone when that acts next" : "");
	on_fix(doctor, device, true);
}

/* ---- after a boot ---- */

/* One line of a file: a rate as the share of the link that it was asked for as. */
static void line_format(const struct sluice_option *option, uint64_t value,
			const struct sluice_share *share, char *line,
			size_t line_size)
{
	char text[64];

	if (share->ppm) {
		sluice_share_format(option, share->ppm, line, line_size);
		return;
	}
	sluice_option_format(option, value, text, sizeof(text));
	snprintf(line, line_size, "%s %s", option->name, text);
}

/* Lines of a file, as words of a shell: what differs from a new qdisc's options. */
static void lines_format(const struct doctor_device *device, char *lines,
			 size_t lines_size)
{
	const struct sluice_option *option = NULL;
	const unsigned int segs = device->link->gso_max_segs;
	struct sluice_options options;
	size_t length;
	char line[128];

	snprintf(lines, lines_size, "%s", device->is_stand_in ?
		 " 'module no'" : "");
	length = strlen(lines);
	doctor_options_look(device, &options);
	if (device->is_stand_in && segs && segs <= SLUICE_TRAIN_MAX_FRAMES)
		sluice_options_set(&options, TCA_SLUICE_TRAIN_FRAMES, segs);
	while ((option = sluice_options_next(&options, option))) {
		const uint64_t value = options.values[option->attribute];

		if (value == option->initial || length >= lines_size)
			continue;
		line_format(option, value,
			    &device->shares.of[option->attribute], line,
			    sizeof(line));
		length += (size_t)snprintf(lines + length, lines_size - length,
					   " '%s'", line);
	}
}

/* The file is that of what `sluice on` was told. */
static void boot_fix(struct doctor *doctor, const struct doctor_device *device)
{
	char lines[1024], word[SLUICE_WORD_SIZE];

	sluice_word_make(device->via ? device->via->name : device->link->name,
			 word);
	lines_format(device, lines, sizeof(lines));
	if (*lines)
		doctor_fix(doctor, "mkdir -p " SLUICE_CONF_FOLDER
			   " && printf '%%s\\n'%s >" SLUICE_CONF_FOLDER "/%s.conf",
			   lines, word);
	else
		doctor_fix(doctor, "mkdir -p " SLUICE_CONF_FOLDER
			   " && touch " SLUICE_CONF_FOLDER "/%s.conf", word);
}

/* Whose event starts the unit of the file when the device appears. */
static bool has_rule(const struct doctor *doctor)
{
	static const char *const folders[] = {
		"/lib/udev/rules.d", "/usr/lib/udev/rules.d",
		"/etc/udev/rules.d",
	};
	bool has_one = false;
	unsigned int i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		has_one |= doctor_has(doctor, "%s/90-sluice.rules", folders[i]);
	return has_one;
}

static void check_boot(struct doctor *doctor,
		       const struct doctor_device *device)
{
	char usual[DOCTOR_LINE_SIZE];
	int err = doctor_line(doctor, usual, sizeof(usual),
			      "/proc/sys/net/core/default_qdisc");

	if (!device->is_stand_in && !sluice_tree_has_sluice(&device->tree)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "it is not paced, so nothing is lost by a boot");
	} else if (*conf_owner(doctor, device) && !has_rule(doctor)) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   SLUICE_CONF_FOLDER " says how to pace it again after a boot, but a script of this host has to apply that ('sluice apply'): sluice's udev rule is not installed");
	} else if (*conf_owner(doctor, device)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   SLUICE_CONF_FOLDER " says how to pace it again after a boot");
	} else if (err == -ENOENT) {
		/* Linux shows it in the initial network namespace alone. */
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "it has no file in " SLUICE_CONF_FOLDER ", so after a boot it has the kernel's default again, which only the host's own network namespace tells (net.core.default_qdisc)");
		boot_fix(doctor, device);
	} else if (err) {
		doctor_say_unread(doctor, "net.core.default_qdisc", err);
	} else if (!strcmp(usual, SLUICE_KIND) && !device->is_stand_in) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "after a boot net.core.default_qdisc paces it again");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "it has no file in " SLUICE_CONF_FOLDER ", so after a boot it has the kernel's default again (%.32s)",
			   usual);
		boot_fix(doctor, device);
	}
}

const struct doctor_check doctor_qdisc_checks[] = {
	{ "qdisc", NULL, check_qdisc },
	{ "owner", NULL, check_owner },
	{ "boot", NULL, check_boot },
	{ "rate", NULL, doctor_check_rate },
	{ NULL, NULL, NULL },
};
