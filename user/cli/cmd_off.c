// SPDX-License-Identifier: GPL-2.0
/* sluice off: put back what was there before `sluice on` (M1). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/place.h"
#include "../lib/restore.h"
#include "../lib/state.h"
#include "cmd.h"
#include "hold.h"
#include "leftovers.h"
#include "out.h"

/**
 * struct off - one run
 * @netlink: to the kernel
 * @store: the states
 * @links: all devices
 * @is_done: of each: it has had its turn, for a bond or by its own name
 * @outcomes: what came of each, for --json; else NULL
 * @outcomes_err: there was no memory for some
 * @message: the kernel's sentence
 */
struct off {
	struct sluice_netlink *netlink;
	struct sluice_store store;
	struct sluice_links links;
	bool *is_done;
	json_t *outcomes;
	int outcomes_err;
	char message[SLUICE_MESSAGE_SIZE];
};

/* ---- one device ---- */

static int outcome_report(const struct sluice_link *link,
			  const struct sluice_state *state,
			  const struct sluice_tree *live)
{
	const char *was = sluice_tree_root_kind(&state->tree);
	const char *is = sluice_tree_root_kind(live);

	if (!state->is_restorable) {
		out_refuse(EXIT_DONE, "off",
			   "%s: it has the kernel's default (%s) now: %s, which --takeover replaced, cannot be put back",
			   link->name, is, was);
		return EXIT_DONE;
	}
	if (!sluice_tree_is_restored(&state->tree, live))
		return out_refuse(EXIT_FAILED, "off",
				  "%s: the kernel made another %s than there was before (%s): 'tc qdisc show dev %s' shows it",
				  link->name, is, was, link->name);
	if (strcmp(was, is) && state->tree.count && live->count)
		out_refuse(EXIT_DONE, "off",
			   "%s: it has the kernel's default again, which was %s and is %s now (net.core.default_qdisc)",
			   link->name, was, is);
	return EXIT_DONE;
}

static int device_restore(struct off *off, const struct sluice_link *link,
			  struct sluice_state *state, struct sluice_tree *live)
{
	const struct sluice_tree none = { .count = 0 };
	int code, err;

	/*
	 * What was there before counts for more than the record: it is put
	 * back also where that cannot be written any more.
	 */
	(void)sluice_state_mark(&off->store, link->ifindex,
				SLUICE_PHASE_RESTORING);
	err = leftovers_edt(off->netlink, state, off->message);
	if (!err)
		err = sluice_restore(off->netlink, link->ifindex,
				     state->is_restorable ? &state->tree : &none,
				     state->tx_queue_len, live, off->message);
	if (!err)
		err = leftovers_bounds(off->netlink, &off->store, "off", state,
				       off->message);
	if (err)
		return out_refuse_errno("off", link->name, err, off->message);
	code = outcome_report(link, state, live);
	err = sluice_state_remove(&off->store, link->ifindex);
	if (err && !code)
		code = out_refuse(EXIT_FAILED, "off",
				  "%s: what was there is back, but its record in %s cannot be removed: %s: delete it when that can be written",
				  link->name, off->store.folder,
				  strerror(-err));
	return code;
}

static int absence_refuse(const struct sluice_link *link,
			  const struct sluice_tree *live)
{
	if (sluice_tree_has_sluice(live))
		return out_refuse(EXIT_FAILED, "off",
				  "%s: what was there before its sluice is not known, for 'sluice on' has left no record in this boot: 'tc qdisc del dev %s root' leaves the kernel's default",
				  link->name, link->name);
	return out_refuse(EXIT_FAILED, "off",
			  "%s: it is not paced (root qdisc: %s): nothing is changed",
			  link->name, sluice_tree_root_kind(live));
}

/* What has become of the length of super-packets, as the kernel says now. */
static const char *bounds_say(struct off *off,
			      const struct sluice_state *state, char *text,
			      size_t text_size)
{
	struct sluice_bound less;
	char name[IF_NAMESIZE] = "";
	int ret;

	if (!state->bounds.count)
		return "nothing is changed";
	ret = sluice_bounds_less_now(off->netlink, &state->bounds, &less,
				     off->message);
	if (!ret)
		return "that stays, and gso_max_segs is as before";
	if (ret < 0 || !if_indextoname((unsigned int)less.ifindex, name))
		return "that stays";
	snprintf(text, text_size,
		 "that stays, and the gso_max_segs of %s is %u, less than before",
		 name, less.segs);
	return text;
}

/* What is in its place stays, and the length of super-packets is as it was. */
static int replaced_refuse(struct off *off, const struct sluice_link *link,
			   const struct sluice_state *state,
			   const struct sluice_tree *live)
{
	char bounds[96];
	int err = leftovers_bounds(off->netlink, &off->store, "off", state,
				   off->message);

	if (!err)
		err = leftovers_edt(off->netlink, state, off->message);
	if (err)
		return out_refuse_errno("off", link->name, err, off->message);
	(void)sluice_state_remove(&off->store, link->ifindex);
	return out_refuse(EXIT_FAILED, "off",
			  "%s: somebody has replaced %s by %s since: %s",
			  link->name, state->kind, sluice_tree_root_kind(live),
			  bounds_say(off, state, bounds, sizeof(bounds)));
}

static void outcome_add(struct off *off, const struct sluice_link *link,
			const struct sluice_tree *live, bool is_restored)
{
	json_t *outcome = json_pack("{s:i, s:o, s:b, s:s}",
				    "schema_version", OUT_JSON_SCHEMA_VERSION,
				    "dev", out_name_json(link->name),
				    "restored", is_restored,
				    "root_kind", sluice_tree_root_kind(live));

	off->outcomes_err |= json_array_append_new(off->outcomes, outcome);
}

static int device_off(struct off *off, const struct sluice_link *link)
{
	struct sluice_state state = { .ifindex = 0 };
	bool *is_done = &off->is_done[link - off->links.links];
	struct sluice_tree live = { .count = 0 };
	int code, err;

	if (*is_done)
		return EXIT_DONE;
	*is_done = true;
	err = sluice_tree_read(off->netlink, link->ifindex, &live,
			       off->message);
	if (err)
		return out_refuse_errno("off", link->name, err, off->message);
	err = sluice_state_load(&off->store, link->ifindex, &state);
	if (err == -ENOENT) {
		/* What there is of a record does not count. */
		(void)sluice_state_remove(&off->store, link->ifindex);
		code = absence_refuse(link, &live);
	} else if (err) {
		code = out_refuse_errno("off", link->name, err, "");
	} else if (!sluice_state_is_in_force(&state, &live) &&
		   !sluice_state_is_half_way(&state, &live)) {
		code = replaced_refuse(off, link, &state, &live);
	} else {
		code = device_restore(off, link, &state, &live);
	}
	if (off->outcomes)
		outcome_add(off, link, &live, !code && state.is_restorable);
	sluice_state_done(&state);
	sluice_tree_done(&live);
	return code;
}

/* ---- which devices ---- */

/*
 * Is this device to be put back for the one that was named? @is_place: it would
 * be paced by that name now. A record that cannot be read now is reported when
 * its device's turn comes.
 */
static bool is_meant(const struct off *off, const struct sluice_link *link,
		     int named_ifindex, bool is_place)
{
	struct sluice_state state;
	bool is_via;
	int err;

	err = sluice_state_load(&off->store, link->ifindex, &state);
	if (err)
		return is_place && err != -ENOENT;
	is_via = state.via == named_ifindex;
	sluice_state_done(&state);
	return is_place || is_via;
}

/*
 * What `on` was told by that name, also if it has left the bond since, and what
 * would be paced by that name now, as far as it is.
 */
static int name_off(struct off *off, const char *name)
{
	struct sluice_places places = { .count = 0 };
	const int ifindex = (int)if_nametoindex(name);
	int code = EXIT_DONE, device_code, err;
	unsigned int i, done = 0;
	char error[512];

	err = sluice_places_find(&off->links, ifindex, &places, error,
				 sizeof(error));
	if (err == -ENODEV || err == -ENOMEM)
		return out_refuse_errno("off", name, err, "");
	for (i = 0; i < off->links.count; i++) {
		const struct sluice_link *link = &off->links.links[i];
		bool is_place = false;
		unsigned int j;

		for (j = 0; j < places.count; j++)
			is_place |= places.found[j] == link;
		if (!is_meant(off, link, ifindex, is_place))
			continue;
		done++;
		device_code = device_off(off, link);
		code = device_code ? device_code : code;
	}
	if (!done && err)
		code = out_refuse(EXIT_FAILED, "off", "%s", error);
	for (i = 0; !done && !err && i < places.count; i++) {
		device_code = device_off(off, places.found[i]);
		code = device_code ? device_code : code;
	}
	sluice_places_done(&places);
	return code;
}

/* All devices, whatever becomes of one of them. */
static int devices_off(struct off *off, char **names, int count)
{
	int i, err, lock_err, name_code, code = EXIT_DONE;
	sigset_t before;

	err = sluice_store_init(&off->store, SLUICE_STATE_FOLDER);
	if (err)
		return out_refuse_store("off", err);
	/* Without privilege the kernel's refusal follows, and says it better. */
	lock_err = sluice_store_lock(&off->store);
	hold_begin(&before);
	err = sluice_netlink_open(&off->netlink);
	if (!err)
		err = sluice_links_list(off->netlink, &off->links,
					off->message);
	off->is_done = calloc(off->links.count + 1, sizeof(*off->is_done));
	if (!err && !off->is_done)
		err = -ENOMEM;
	if (err) {
		code = out_refuse_errno("off", "all devices", err,
					off->message);
	} else {
		if (!lock_err)
			leftovers_remove("off", off->netlink, &off->store,
					 &off->links);
		for (i = 0; i < count; i++) {
			name_code = name_off(off, names[i]);
			code = name_code ? name_code : code;
		}
	}
	free(off->is_done);
	sluice_links_done(&off->links);
	sluice_netlink_close(off->netlink);
	sluice_store_unlock(&off->store);
	hold_end(&before);
	return code;
}

int cmd_off(int argc, char **argv)
{
	struct off off = { .netlink = NULL };
	int i, json_code, code, count = 0;
	bool is_json = false;

	/* Devices take the place of the words. */
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			is_json = true;
		else if (argv[i][0] == '-')
			return out_refuse(EXIT_USAGE, "off",
					  "there is no option '%s': it takes DEV... [--json]",
					  argv[i]);
		else
			argv[count++] = argv[i];
	}
	if (!count)
		return out_refuse(EXIT_USAGE, "off",
				  "which device? 'sluice off DEV...', and 'sluice' lists the paced ones");
	if (is_json)
		off.outcomes = json_array();
	code = devices_off(&off, argv, count);
	if (!is_json)
		return code;
	json_code = out_json("off", off.outcomes, off.outcomes_err);
	return code ? code : json_code;
}
