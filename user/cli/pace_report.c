// SPDX-License-Identifier: GPL-2.0
/* What pacing devices came to, for people and for programs. */
#include <stdio.h>
#include <string.h>

#include "../lib/word.h"
#include "cmd.h"
#include "out.h"
#include "out_share.h"
#include "pace_parts.h"

/* A step in the words of tc(8). */
static void step_print(const struct pace_target *target,
		       const struct sluice_step *step)
{
	char handle[OUT_HANDLE_SIZE], words[SLUICE_FQ_WORDS_SIZE];
	char device[SLUICE_WORD_SIZE];

	sluice_word_make(target->link->name, device);
	printf("tc qdisc replace dev %s ", device);
	out_handle_format(step->parent, handle, sizeof(handle));
	printf("%s%s", step->parent == TC_H_ROOT ? "" : "parent ", handle);
	if (step->handle) {
		out_handle_format(step->handle, handle, sizeof(handle));
		printf(" handle %s", handle);
	}
	printf(" %s", step->kind);
	if (!strcmp(step->kind, SLUICE_FQ_KIND)) {
		sluice_fq_words(&step->options, words, sizeof(words));
		puts(words);
	} else if (step->options.given) {
		out_options(stdout, &step->options, " ", OUT_ONE_LINE);
	} else {
		putchar('\n');
	}
}

/* Those that this command has named, with what they come to. */
static struct out_shares shares_named(const struct pace_target *target)
{
	struct out_shares shares = { .shares = target->state.shares };
	const struct sluice_option *option = NULL;

	while ((option = sluice_shares_next(&shares.shares, option)))
		if (!sluice_options_is_share(&target->request->options,
					     option->attribute))
			shares.shares.of[option->attribute].ppm = 0;
	return shares;
}

static void shares_report(const struct pace_target *target, const char *mark)
{
	const struct out_shares shares = shares_named(target);
	const struct sluice_option *option = NULL;
	char rate[32], text[OUT_SHARE_SIZE];

	while ((option = sluice_shares_next(&shares.shares, option))) {
		sluice_option_format(option,
				     target->options.values[option->attribute],
				     rate, sizeof(rate));
		out_share_format(&shares, option, target->link->name, text,
				 sizeof(text));
		printf("%s%s: %s %s %s\n", mark, target->link->name,
		       option->name, rate, text);
	}
}

/* What is not as the words of the command let expect. */
static void target_report(const struct pace *pace, const struct pace_target *target)
{
	const char *mark = pace->mode->is_dry_run ? "# " : "";
	bool is_via = strcmp(target->request->device, target->link->name);

	if (is_via || target->queues > 1) {
		printf("%s%s: %s ", mark, target->link->name,
		       target->request->kind);
		if (target->queues > 1)
			printf("on each of its %u queues", target->queues);
		else
			fputs("at the root", stdout);
		if (is_via)
			printf(", for %s", target->request->device);
		putchar('\n');
	}
	shares_report(target, mark);
	if (!target->is_known && !target->state.is_restorable)
		printf("%s%s: 'sluice off' will leave the kernel's default, for %s cannot be put back\n",
		       mark, target->link->name,
		       sluice_tree_root_kind(&target->state.tree));
}

static void rate_report(const struct pace *pace,
			const struct pace_request *request)
{
	unsigned int i, devices = 0;

	for (i = 0; i < pace->count; i++)
		devices += pace->targets[i].request == request;
	if (devices > 1 &&
	    request->options.values[TCA_SLUICE_RATE_BYTES_PS] &&
	    sluice_options_has(&request->options, TCA_SLUICE_RATE_BYTES_PS))
		printf("%s%s: the rate holds for each of these %u devices, not for their sum\n",
		       pace->mode->is_dry_run ? "# " : "", request->device,
		       devices);
}

static void text_report(const struct pace *pace,
			const struct pace_request *requests,
			unsigned int count)
{
	unsigned int i, j;

	for (i = 0; i < pace->count; i++) {
		const struct pace_target *target = &pace->targets[i];

		if (target->request->code)
			continue;
		target_report(pace, target);
		if (!pace->mode->is_dry_run)
			continue;
		for (j = 0; j < target->plan.count; j++)
			step_print(target, &target->plan.steps[j]);
		pace_bounds_print(pace, target);
		pace_edt_print(target);
	}
	for (i = 0; i < count; i++) {
		if (requests[i].code)
			continue;
		rate_report(pace, &requests[i]);
		if (!strcmp(requests[i].kind, SLUICE_FQ_KIND))
			pace_fq_report(pace, &requests[i],
				       pace->mode->is_dry_run ? "# " : "");
	}
	for (i = 0; i < pace->left_out_count; i++)
		if (!pace->left_out[i].request->code)
			printf("%s%s: its port %s is a tunnel, whose device is not known: it is not paced\n",
			       pace->mode->is_dry_run ? "# " : "",
			       pace->left_out[i].request->device,
			       pace->left_out[i].link->name);
}

/* ---- for programs ---- */

static json_t *step_json(const struct sluice_step *step)
{
	char parent[OUT_HANDLE_SIZE], handle[OUT_HANDLE_SIZE];
	json_t *object;

	out_handle_format(step->parent, parent, sizeof(parent));
	object = json_pack("{s:s, s:s}", "parent", parent, "kind", step->kind);
	if (object && step->handle) {
		out_handle_format(step->handle, handle, sizeof(handle));
		json_object_set_new(object, "handle", json_string(handle));
	}
	if (object && step->options.given)
		json_object_set_new(object, "options",
				    out_options_json(&step->options));
	return object;
}

static json_t *target_json(const struct pace *pace,
			   const struct pace_target *target)
{
	const struct out_shares shares = shares_named(target);
	json_t *object, *changes = json_array();
	unsigned int i;

	for (i = 0; i < target->plan.count; i++)
		json_array_append_new(changes,
				      step_json(&target->plan.steps[i]));
	object = json_pack("{s:i, s:o, s:o, s:b, s:b, s:s, s:i, s:b, s:o, s:o, s:o}",
			   "schema_version", OUT_JSON_SCHEMA_VERSION,
			   "dev", out_name_json(target->link->name),
			   "via", out_name_json(target->request->device),
			   "paced", 1, "dry_run", pace->mode->is_dry_run,
			   "kind", target->request->kind,
			   "queues", (int)target->queues,
			   "restorable", target->state.is_restorable,
			   "changes", changes,
			   "gso_max_segs", pace_bounds_json(pace, target),
			   "edt", pace_edt_json(target,
						pace->mode->is_dry_run));
	if (object)
		out_shares_json(object, &shares);
	return object;
}

static json_t *unpaced_json(const struct pace *pace, const char *device,
			    const char *via, const char *reason)
{
	return json_pack("{s:i, s:o, s:o, s:b, s:b, s:s}",
			 "schema_version", OUT_JSON_SCHEMA_VERSION,
			 "dev", out_name_json(device),
			 "via", out_name_json(via),
			 "paced", 0, "dry_run", pace->mode->is_dry_run,
			 "reason", reason);
}

static int json_report(const struct pace *pace,
		       const struct pace_request *requests, unsigned int count)
{
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < pace->count; i++)
		if (!pace->targets[i].request->code)
			err |= json_array_append_new(array,
					target_json(pace, &pace->targets[i]));
	for (i = 0; i < pace->left_out_count; i++)
		if (!pace->left_out[i].request->code)
			err |= json_array_append_new(array,
				unpaced_json(pace, pace->left_out[i].link->name,
					     pace->left_out[i].request->device,
					     "tunnel"));
	for (i = 0; i < count; i++)
		if (requests[i].code)
			err |= json_array_append_new(array,
				unpaced_json(pace, requests[i].device,
					     requests[i].device, "refused"));
	return out_json(pace->mode->command, array, err);
}

int pace_report(const struct pace *pace, const struct pace_request *requests,
		unsigned int count)
{
	unsigned int i;

	for (i = 0; i < pace->count; i++)
		if (!pace->targets[i].request->code)
			pace_gap_report(&pace->targets[i]);
	if (pace->mode->is_json)
		return json_report(pace, requests, count);
	text_report(pace, requests, count);
	return EXIT_DONE;
}
