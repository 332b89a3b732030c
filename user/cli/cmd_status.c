// SPDX-License-Identifier: GPL-2.0
/* sluice without a command: which devices are paced, one line for each. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/fq.h"
#include "../lib/stand_in.h"
#include "../lib/state.h"
#include "../lib/units.h"
#include "cmd.h"
#include "out.h"
#include "out_share.h"

#define BITS_PER_BYTE 8

/**
 * struct paced - one device, over all of its qdiscs that pace
 * @ifindex: its number
 * @device: its name
 * @qdiscs: how many of them
 * @is_root: it is one, at the root
 * @is_stand_in: by the kernel's fq in sluice's place, which counts none as late
 * @rate_bytes_ps: of the device, 0: none
 * @shares: that it was given
 * @sent_frames: sums over them, from here on
 * @late_frames: likewise
 * @drops: likewise
 * @has_state: `sluice on` has put them there
 * @is_interrupted: a command was killed half way
 * @is_restorable: `sluice off` can put back what was there
 * @via: what `sluice on` was told, by the name that it has now; "": it is gone
 */
struct paced {
	int ifindex;
	char device[IF_NAMESIZE];
	unsigned int qdiscs;
	bool is_root;
	bool is_stand_in;
	uint64_t rate_bytes_ps;
	struct out_shares shares;
	uint64_t sent_frames;
	uint64_t late_frames;
	uint64_t drops;
	bool has_state;
	bool is_interrupted;
	bool is_restorable;
	char via[IF_NAMESIZE];
};

struct status {
	struct sluice_netlink *netlink;
	struct sluice_store store;
	struct paced *devices;
	unsigned int count;
	char message[SLUICE_MESSAGE_SIZE];
};

/* ---- looking ---- */

static struct paced *paced_find(struct status *status, int ifindex,
				const char *device)
{
	struct paced *grown, *paced;
	unsigned int i;

	for (i = 0; i < status->count; i++)
		if (status->devices[i].ifindex == ifindex)
			return &status->devices[i];
	grown = reallocarray(status->devices, status->count + 1,
			     sizeof(*grown));
	if (!grown)
		return NULL;
	status->devices = grown;
	paced = &grown[status->count++];
	memset(paced, 0, sizeof(*paced));
	paced->ifindex = ifindex;
	snprintf(paced->device, sizeof(paced->device), "%s", device);
	return paced;
}

static int qdiscs_look(struct status *status)
{
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int i, count = 0;
	struct paced *paced;
	int err;

	err = sluice_qdisc_list(status->netlink, 0, &qdiscs, &count,
				status->message);
	if (!err)
		err = sluice_stand_ins_mark(status->netlink, qdiscs, count,
					    status->message);
	for (i = 0; !err && i < count; i++) {
		const struct sluice_qdisc *qdisc = &qdiscs[i];

		if (!sluice_qdisc_paces(qdisc))
			continue;
		paced = paced_find(status, qdisc->ifindex, qdisc->device);
		if (!paced) {
			err = -ENOMEM;
			break;
		}
		paced->qdiscs++;
		paced->is_root |= sluice_qdisc_is_root(qdisc);
		paced->rate_bytes_ps =
			qdisc->options.values[TCA_SLUICE_RATE_BYTES_PS];
		out_shares_look(&status->store, qdisc, &paced->shares);
		paced->is_stand_in |= qdisc->is_stand_in;
		paced->sent_frames += qdisc->is_stand_in ? qdisc->packets :
				      qdisc->xstats.sent_frames;
		paced->late_frames += qdisc->xstats.late_frames;
		paced->drops += qdisc->drops + (qdisc->edt.is_there ?
				sluice_edt_drops(&qdisc->edt) : 0);
	}
	free(qdiscs);
	return err;
}

/* A record that is neither in force nor half way is a leftover. */
static int state_look(struct status *status, int ifindex)
{
	struct sluice_tree live = { .count = 0 };
	struct sluice_state state;
	char device[IF_NAMESIZE];
	struct paced *paced = NULL;
	bool is_half_way;
	int err;

	if (!if_indextoname((unsigned int)ifindex, device) ||
	    sluice_state_load(&status->store, ifindex, &state))
		return 0;
	err = sluice_tree_read(status->netlink, ifindex, &live,
			       status->message);
	is_half_way = !err && state.phase != SLUICE_PHASE_ON &&
		      !sluice_store_is_busy(&status->store) &&
		      (sluice_state_is_in_force(&state, &live) ||
		       sluice_state_is_half_way(&state, &live));
	if (!err && (is_half_way || sluice_tree_has_sluice(&live) ||
		     sluice_state_is_in_force(&state, &live))) {
		paced = paced_find(status, ifindex, device);
		err = paced ? 0 : -ENOMEM;
	}
	if (paced) {
		paced->has_state = true;
		paced->is_interrupted = is_half_way;
		paced->is_restorable = state.is_restorable;
		if (!if_indextoname((unsigned int)state.via, paced->via))
			paced->via[0] = '\0';
	}
	sluice_tree_done(&live);
	sluice_state_done(&state);
	return err;
}

static int status_look(struct status *status)
{
	unsigned int i, count = 0;
	int *ifindexes = NULL;
	int err;

	err = sluice_netlink_open(&status->netlink);
	if (!err)
		err = qdiscs_look(status);
	if (!err)
		err = sluice_state_list(&status->store, &ifindexes, &count);
	for (i = 0; !err && i < count; i++)
		err = state_look(status, ifindexes[i]);
	free(ifindexes);
	return err;
}

/* ---- saying ---- */

static void rate_print(const struct paced *paced)
{
	const struct sluice_option *option = sluice_option_find("rate");
	char text[OUT_SHARE_SIZE];

	sluice_format_rate(paced->rate_bytes_ps * BITS_PER_BYTE, text,
			   sizeof(text));
	printf(", rate %s", text);
	if (!paced->shares.shares.of[option->attribute].ppm)
		return;
	out_share_format(&paced->shares, option, paced->device, text,
			 sizeof(text));
	printf(" (that %s)", text);
}

static void paced_print(const struct paced *paced)
{
	if (paced->is_interrupted) {
		printf("%s: a command was killed half way: 'sluice on %s' or 'sluice off %s' repairs it\n",
		       paced->device, paced->device, paced->device);
		return;
	}
	printf("%s: paced%s", paced->device,
	       paced->is_stand_in ? " by fq, without the module," : "");
	if (!paced->is_root)
		printf(" on %u queue%s", paced->qdiscs,
		       paced->qdiscs == 1 ? "" : "s");
	if (*paced->via && strcmp(paced->via, paced->device))
		printf(" for %s", paced->via);
	if (paced->rate_bytes_ps)
		rate_print(paced);
	printf(", %" PRIu64 " frames sent", paced->sent_frames);
	if (!paced->is_stand_in)
		printf(", %" PRIu64 " late", paced->late_frames);
	printf(", %" PRIu64 " packets lost%s\n", paced->drops,
	       paced->has_state ? "" : " (not put there by 'sluice on')");
}

static void absence_print(void)
{
	char text[OUT_MODULE_SIZE];

	out_module_format(text, sizeof(text));
	printf("no device is paced: %s\n", text);
}

static json_t *paced_json(const struct paced *paced)
{
	json_t *object = json_pack("{s:i, s:o, s:s, s:b, s:b, s:i, s:I, s:I, s:I}",
			"schema_version", OUT_JSON_SCHEMA_VERSION,
			"dev", out_name_json(paced->device),
			"kind", paced->is_stand_in ? SLUICE_FQ_KIND :
						     SLUICE_KIND,
			"root", paced->is_root,
			"interrupted", paced->is_interrupted,
			"qdiscs", (int)paced->qdiscs,
			"rate_bytes_ps", (json_int_t)paced->rate_bytes_ps,
			"sent_frames", (json_int_t)paced->sent_frames,
			"drops", (json_int_t)paced->drops);

	if (object && !paced->is_stand_in)
		json_object_set_new(object, "late_frames",
			json_integer((json_int_t)paced->late_frames));
	if (object && *paced->via)
		json_object_set_new(object, "via", out_name_json(paced->via));
	if (object)
		out_shares_json(object, &paced->shares);
	if (object && paced->has_state)
		json_object_set_new(object, "restorable",
				    json_boolean(paced->is_restorable));
	return object;
}

static int status_print_json(const struct status *status)
{
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < status->count; i++)
		err |= json_array_append_new(array,
					     paced_json(&status->devices[i]));
	return out_json("status", array, err);
}

static int status_print(const struct status *status, bool is_json)
{
	unsigned int i, interrupted = 0;
	int code = EXIT_DONE;

	for (i = 0; i < status->count; i++)
		interrupted += status->devices[i].is_interrupted;
	if (is_json) {
		code = status_print_json(status);
	} else if (!status->count) {
		absence_print();
	} else {
		for (i = 0; i < status->count; i++)
			paced_print(&status->devices[i]);
		puts("'sluice show DEV' says more, 'sluice off DEV' ends it, 'sluice --help' lists all commands");
	}
	return code || !interrupted ? code : EXIT_UNSUPPORTED;
}

int cmd_status(int argc, char **argv)
{
	struct status status = { .netlink = NULL };
	bool is_json = argc > 1;
	int code, err, i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json"))
			return out_refuse(EXIT_USAGE, "status",
					  "there is no option '%s': it takes [--json]",
					  argv[i]);
	err = sluice_store_init(&status.store, SLUICE_STATE_FOLDER);
	if (err)
		return out_refuse_store("status", err);
	err = status_look(&status);
	code = err ? out_refuse_errno("status", "all devices", err,
				      status.message) :
		     status_print(&status, is_json);
	free(status.devices);
	sluice_netlink_close(status.netlink);
	return code;
}
