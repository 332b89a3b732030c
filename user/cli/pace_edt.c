// SPDX-License-Identifier: GPL-2.0
/* A rate for a device without the module, by a BPF program at its egress; see pace.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../core/wire.h"
#include "../lib/units.h"
#include "../lib/word.h"
#include "cmd.h"
#include "out.h"
#include "pace_parts.h"

/* ---- what is asked for ---- */

/* One may be left where somebody has replaced the fq, and the module is to pace now. */
int pace_edt_look(struct pace *pace, struct pace_target *target)
{
	if (!pace_target_is_fq(target) && !target->state.has_edt)
		return 0;
	return sluice_edt_look(pace->netlink, target->link->ifindex,
			       &target->edt, pace->message);
}

void pace_edt_base(const struct pace_target *target, struct sluice_options *ret)
{
	if (!target->is_known || !target->edt.config.rate_bytes_ps)
		return;
	sluice_options_set(ret, TCA_SLUICE_RATE_BYTES_PS,
			   target->edt.config.rate_bytes_ps);
	sluice_options_set(ret, TCA_SLUICE_OVERHEAD_BYTES,
			   target->edt.config.overhead_bytes);
}

static uint64_t wish_value(const struct sluice_wish *wish,
			   unsigned int attribute, uint64_t initial)
{
	if (sluice_options_has(&wish->given, attribute))
		return wish->given.values[attribute];
	return sluice_options_has(&wish->base, attribute) ?
	       wish->base.values[attribute] : initial;
}

/* They are not the fq's. */
static void wish_forget(struct sluice_wish *wish, unsigned int attribute)
{
	wish->given.given &= ~(1u << attribute);
	wish->base.given &= ~(1u << attribute);
}

/* What fq dropped would have used its time of the clock: see fq.h. */
static void limit_lift(struct sluice_wish *wish, unsigned int attribute,
		       uint64_t initial)
{
	if (wish_value(wish, attribute, initial) == initial)
		sluice_options_set(&wish->given, attribute,
				   SLUICE_FQ_LIMIT_NONE_PKTS);
}

static int place_find(struct pace *pace, struct pace_target *target)
{
	struct sluice_edt_place place;
	int err;

	target->edt_priority = target->edt.priority;
	if (target->edt.is_there)
		return EXIT_DONE;
	err = sluice_edt_place_look(pace->netlink, target->link->ifindex,
				    &place, pace->message);
	if (err)
		return out_refuse_errno(target->request->command,
					target->link->name, err,
					pace->message);
	if (*place.other)
		return out_refuse(EXIT_FAILED, target->request->command,
				  "%s: without the module its rate is kept by a BPF program at its egress, where %s is: remove that, leave out rate, or install the module",
				  target->link->name, place.other);
	target->edt_makes_clsact = !place.has_clsact;
	target->edt_priority = place.priority;
	return EXIT_DONE;
}

/*
 * Whose clsact is: found out before the first program is attached, and again when an `on` that is
 * done has none any more. What was killed half way may have made it.
 */
static void clsact_note(struct pace_target *target)
{
	struct sluice_state *state = &target->state;
	const bool is_done = target->is_known && !target->edt.is_there &&
			     target->phase_before == SLUICE_PHASE_ON;

	if (state->has_edt && (!is_done || state->makes_clsact ==
					   target->edt_makes_clsact))
		return;
	state->has_edt = true;
	state->makes_clsact = target->edt_makes_clsact;
	target->has_more_edt = true;
}

int pace_edt_plan(struct pace *pace, struct pace_target *target,
		  struct sluice_wish *wish)
{
	const uint64_t rate_bytes_ps =
		wish_value(wish, TCA_SLUICE_RATE_BYTES_PS, 0);
	const uint64_t overhead_bytes =
		wish_value(wish, TCA_SLUICE_OVERHEAD_BYTES,
			   PACE_OVERHEAD_DEFAULT_BYTES);
	/* A file gives all options. */
	const bool is_overhead_given =
		sluice_options_has(&wish->given, TCA_SLUICE_OVERHEAD_BYTES) &&
		overhead_bytes != PACE_OVERHEAD_DEFAULT_BYTES;
	int code;

	if (!pace_target_is_fq(target))
		return EXIT_DONE;
	wish_forget(wish, TCA_SLUICE_RATE_BYTES_PS);
	wish_forget(wish, TCA_SLUICE_OVERHEAD_BYTES);
	if (!rate_bytes_ps && is_overhead_given)
		return out_refuse(EXIT_USAGE, target->request->command,
				  "%s: overhead: without the module it counts for the device's rate alone: give 'rate', too",
				  target->link->name);
	if (!rate_bytes_ps)
		return EXIT_DONE;
	code = place_find(pace, target);
	if (code)
		return code;
	limit_lift(wish, TCA_SLUICE_LIMIT_PKTS, SLUICE_FQ_LIMIT_PKTS);
	limit_lift(wish, TCA_SLUICE_FLOW_LIMIT_PKTS, SLUICE_FQ_FLOW_LIMIT_PKTS);
	target->edt_wanted =
		sluice_edt_config(rate_bytes_ps, (uint32_t)overhead_bytes,
				  wish_value(wish, TCA_SLUICE_HORIZON_NS,
					     SLUICE_FQ_HORIZON_NS));
	clsact_note(target);
	return EXIT_DONE;
}

/* ---- doing it ---- */

int pace_edt_rehearse(struct pace_target *target)
{
	const char *command = target->request->command;
	const char *device = target->link->name;
	int err;

	if (!target->edt_wanted.rate_bytes_ps || target->edt.is_there)
		return EXIT_DONE;
	err = sluice_edt_rehearse(&target->edt.has_sockets);
	if (!err)
		return EXIT_DONE;
	if (err == -EOPNOTSUPP)
		return out_refuse(EXIT_UNSUPPORTED, command,
				  "%s: rate: without the module it takes a BPF program, and this sluice was built without clang or libbpf: leave out rate, or give 'maxrate', which holds for each flow",
				  device);
	if (err == -EPERM)
		return out_refuse_errno(command, device, err, "");
	return out_refuse(EXIT_UNSUPPORTED, command,
			  "%s: rate: without the module it takes a BPF program that sets departure times (Linux 5.18), which this kernel does not load: %s: leave out rate, or give 'maxrate', which holds for each flow",
			  device, strerror(-err));
}

/* A kernel may have fq and BPF, but not the place where the two meet. */
static int apply_refuse(const struct pace *pace,
			const struct pace_target *target, int err)
{
	if (err == -ENOENT)
		return out_refuse(EXIT_UNSUPPORTED, target->request->command,
				  "%s: rate: this kernel has no clsact (CONFIG_NET_SCH_INGRESS) or no BPF filter (CONFIG_NET_CLS_BPF), or could not load the module: 'modprobe -a sch_ingress cls_bpf' says why",
				  target->link->name);
	return out_refuse_errno(target->request->command, target->link->name,
				err, pace->message);
}

int pace_edt_apply(struct pace *pace, const struct pace_target *target)
{
	const int ifindex = target->link->ifindex;
	int err = 0;

	if (target->edt_wanted.rate_bytes_ps)
		err = sluice_edt_set(pace->netlink, ifindex,
				     &target->edt_wanted, pace->message);
	else if (target->edt.is_there && target->state.has_edt)
		err = sluice_edt_unset(pace->netlink, ifindex,
				       target->state.makes_clsact,
				       pace->message);
	return err ? apply_refuse(pace, target, err) : EXIT_DONE;
}

int pace_edt_put_back(struct pace *pace, const struct pace_target *target)
{
	const int ifindex = target->link->ifindex;

	if (!target->state.has_edt)
		return 0;
	if (target->edt.config.rate_bytes_ps)
		return sluice_edt_set(pace->netlink, ifindex,
				      &target->edt.config, pace->message);
	return sluice_edt_unset(pace->netlink, ifindex,
				target->state.makes_clsact, pace->message);
}

/* ---- saying it ---- */

/* Before a program is loaded nobody knows. */
static bool is_unknown(const struct pace_target *target, bool is_dry_run)
{
	return is_dry_run && !target->edt.is_there;
}

void pace_edt_report(const struct pace_target *target, bool is_dry_run,
		     const char *mark)
{
	char backlog[32];

	sluice_format_time(target->edt_wanted.backlog_ns, backlog,
			   sizeof(backlog));
	printf("%s  rate: of the device, over all its queues, by a BPF program at its egress: first\n"
	       "%s    come, first served, and not by turns of flows. What is not TCP of this host\n"
	       "%s    waits for up to %s and is dropped then, in place of limit and flow_limit\n",
	       mark, mark, mark, backlog);
	if (!target->edt.has_sockets)
		printf("%s  not kept %s see the rates of sockets:\n"
		       "%s    SO_MAX_PACING_RATE of UDP, while packets are held back\n",
		       mark, is_unknown(target, is_dry_run) ?
		       "where the program may not" :
		       "because the program does not", mark);
}

/* There is no line of tc that loads a program out of another, and none for its map. */
void pace_edt_print(const struct pace_target *target)
{
	const struct edt_config *wanted = &target->edt_wanted;
	char device[SLUICE_WORD_SIZE];

	sluice_word_make(target->link->name, device);
	if (wanted->rate_bytes_ps) {
		if (!target->edt.is_there && target->edt_makes_clsact)
			printf("tc qdisc add dev %s clsact\n", device);
		printf("# tc filter %s dev %s egress prio %u handle 1 bpf direct-action: sluice's own program " EDT_NAME ", with rate_bytes_ps %" PRIu64 " overhead_bytes %" PRIu64 "\n",
		       target->edt.is_there ? "show" : "add", device,
		       target->edt_priority,
		       (uint64_t)wanted->rate_bytes_ps,
		       (uint64_t)wanted->overhead_bytes);
	} else if (target->edt.is_there && target->state.has_edt) {
		printf("tc filter del dev %s egress prio %u\n", device,
		       target->edt.priority);
		if (target->state.makes_clsact)
			printf("tc qdisc del dev %s clsact\n", device);
	}
}

json_t *pace_edt_json(const struct pace_target *target, bool is_dry_run)
{
	const struct edt_config *wanted = &target->edt_wanted;

	if (!wanted->rate_bytes_ps)
		return json_null();
	return json_pack("{s:I, s:I, s:b, s:o}", "rate_bytes_ps",
			 (json_int_t)wanted->rate_bytes_ps, "overhead_bytes",
			 (json_int_t)wanted->overhead_bytes, "makes_clsact",
			 !target->edt.is_there && target->edt_makes_clsact,
			 "keeps_socket_rates",
			 is_unknown(target, is_dry_run) ? json_null() :
			 json_boolean(target->edt.has_sockets));
}
