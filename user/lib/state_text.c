// SPDX-License-Identifier: GPL-2.0
/*
 * The text of a state: one line per fact, "end" as the last, so that a file
 * that is cut short is known to be. See state.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define FORMAT_VERSION 1

static void hex_write(FILE *file, const unsigned char *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		fprintf(file, "%02x", bytes[i]);
}

static void shares_write(FILE *file, const struct sluice_shares *shares)
{
	const struct sluice_option *option = NULL;

	while ((option = sluice_shares_next(shares, option)))
		fprintf(file, "share %s %" PRIu64 " %" PRIu64 "%s\n",
			option->name, shares->of[option->attribute].ppm,
			shares->of[option->attribute].link_bits_ps,
			shares->of[option->attribute].is_assumed ?
			" assumed" : "");
}

char *sluice_state_format(const struct sluice_store *store,
			  const struct sluice_state *state)
{
	char *text = NULL;
	size_t text_size;
	unsigned int i;
	FILE *file;

	file = open_memstream(&text, &text_size);
	if (!file)
		return NULL;
	fprintf(file, "%c sluice-state %u\nboot %s\nnetns %" PRIu64 " %" PRIu64 "\n",
		(char)state->phase, FORMAT_VERSION, store->boot_id,
		store->netns_inode, store->netns_cookie);
	fprintf(file, "device %d\nvia %d\nmq %x\ntx_queue_len %u\nrestorable %d\n",
		state->ifindex, state->via, state->mq_handle,
		state->tx_queue_len, state->is_restorable);
	shares_write(file, &state->shares);
	if (strcmp(state->kind, SLUICE_KIND))
		fprintf(file, "kind %s\n", state->kind);
	for (i = 0; i < state->bounds.count; i++)
		fprintf(file, "gso_max_segs %d %u\n",
			state->bounds.bounds[i].ifindex,
			state->bounds.bounds[i].segs);
	if (state->has_edt)
		fprintf(file, "edt %d\n", state->makes_clsact);
	for (i = 0; i < state->tree.count; i++) {
		const struct sluice_node *node = &state->tree.nodes[i];

		fprintf(file, "qdisc %s %x %x ", node->kind, node->handle,
			node->parent);
		if (node->options) {
			fputc(node->is_nested ? '+' : '=', file);
			hex_write(file, node->options, node->options_bytes);
		} else {
			fputc('-', file);
		}
		fputc('\n', file);
	}
	fputs("end\n", file);
	if (fclose(file)) {
		free(text);
		return NULL;
	}
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "=0a1b" becomes bytes, in place, "+0a1b" nested ones; "-" becomes NULL. */
static int options_parse(char *word, struct sluice_node *node)
{
	unsigned char *bytes = (unsigned char *)word;
	size_t i, digits;

	if (!strcmp(word, "-"))
		return 0;
	if (word[0] != '=' && word[0] != '+')
		return -EINVAL;
	digits = strlen(word + 1);
	if (digits % 2)
		return -EINVAL;
	node->is_nested = word[0] == '+';
	for (i = 0; i < digits; i += 2) {
		int high = hex_digit(word[1 + i]);
		int low = hex_digit(word[2 + i]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i / 2] = (unsigned char)(high << 4 | low);
	}
	node->options = bytes;
	node->options_bytes = digits / 2;
	return 0;
}

/* "share rate 925000 1000000000", and " assumed" behind it */
static int share_parse(const char *line, struct sluice_shares *shares)
{
	const struct sluice_option *option;
	struct sluice_share share = { .ppm = 0 };
	char name[16];
	int end = 0;

	if (sscanf(line, "share %15s %" SCNu64 " %" SCNu64 "%n", name,
		   &share.ppm, &share.link_bits_ps, &end) != 3 || !share.ppm ||
	    share.ppm > SLUICE_SHARE_MAX_PPM)
		return -EINVAL;
	share.is_assumed = !strcmp(line + end, " assumed");
	if (line[end] && !share.is_assumed)
		return -EINVAL;
	option = sluice_option_find(name);
	if (!option || option->unit != SLUICE_UNIT_RATE)
		return -EINVAL;
	shares->of[option->attribute] = share;
	return 0;
}

/* A netlink attribute holds no more. */
#define OPTIONS_MAX_BYTES 65500

static int qdisc_parse(char *line, struct sluice_state *state)
{
	struct sluice_node node = { .handle = 0 };
	int offset = 0;

	if (sscanf(line, "qdisc %15s %" SCNx32 " %" SCNx32 " %n", node.kind,
		   &node.handle, &node.parent, &offset) != 3 || !offset)
		return -EINVAL;
	if (options_parse(line + offset, &node) ||
	    node.options_bytes > OPTIONS_MAX_BYTES)
		return -EINVAL;
	return sluice_tree_add(&state->tree, &node);
}

/* Lines that not every state has. */
static int extra_parse(char *line, struct sluice_state *state)
{
	unsigned int segs, flag;
	int ifindex;

	if (sscanf(line, "kind %15s", state->kind) == 1)
		return 0;
	if (sscanf(line, "edt %u", &flag) == 1) {
		state->has_edt = true;
		state->makes_clsact = flag;
		return flag <= 1 ? 0 : -EINVAL;
	}
	if (sscanf(line, "gso_max_segs %d %u", &ifindex, &segs) == 2)
		return segs ? sluice_bounds_add(&state->bounds, ifindex, segs) :
			      -EINVAL;
	return qdisc_parse(line, state);
}

/*
 * Lines in the order in which they are written. Returns 1 behind the last,
 * 0 when more is to come, -errno.
 */
static int line_parse(const struct sluice_store *store, unsigned int number,
		      char *line, struct sluice_state *state)
{
	uint64_t inode, cookie;
	char word[40] = "";
	unsigned int flag;
	char phase;

	switch (number) {
	case 0:
		if (sscanf(line, "%c sluice-state %u", &phase, &flag) != 2 ||
		    flag != FORMAT_VERSION || !phase || !strchr("AOR", phase))
			return -EINVAL;
		state->phase = (enum sluice_phase)phase;
		return 0;
	case 1:
		if (sscanf(line, "boot %39s", word) != 1)
			return -EINVAL;
		return strcmp(word, store->boot_id) ? -ENOENT : 0;
	case 2:
		if (sscanf(line, "netns %" SCNu64 " %" SCNu64, &inode,
			   &cookie) != 2)
			return -EINVAL;
		return inode == store->netns_inode &&
		       cookie == store->netns_cookie ? 0 : -ENOENT;
	case 3:
		return sscanf(line, "device %d", &state->ifindex) == 1 ?
		       0 : -EINVAL;
	case 4:
		return sscanf(line, "via %d", &state->via) == 1 ? 0 : -EINVAL;
	case 5:
		return sscanf(line, "mq %" SCNx32, &state->mq_handle) == 1 ?
		       0 : -EINVAL;
	case 6:
		return sscanf(line, "tx_queue_len %u",
			      &state->tx_queue_len) == 1 ? 0 : -EINVAL;
	case 7:
		if (sscanf(line, "restorable %u", &flag) != 1 || flag > 1)
			return -EINVAL;
		state->is_restorable = flag;
		return 0;
	}
	if (!strcmp(line, "end"))
		return 1;
	if (!strncmp(line, "share ", strlen("share ")))
		return share_parse(line, &state->shares);
	return extra_parse(line, state);
}

int sluice_state_parse(const struct sluice_store *store, const char *text,
		       struct sluice_state *ret)
{
	struct sluice_state state = { .kind = SLUICE_KIND };
	char *copy = strdup(text), *rest = copy, *line;
	unsigned int number = 0;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	while (!err) {
		line = strsep(&rest, "\n");
		err = line ? line_parse(store, number++, line, &state) :
			     -EINVAL;
	}
	free(copy);
	if (err < 0) {
		sluice_state_done(&state);
		return err;
	}
	sluice_tree_sort(&state.tree);
	*ret = state;
	return 0;
}
