// SPDX-License-Identifier: GPL-2.0
/* A verdict in words; see verdict.h. */
#include "verdict_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "units.h"

struct words {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static void say(const struct words *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(words->text, words->size, format, args);
	va_end(args);
}

/* Something that has happened to the device or to its qdisc. */
static bool state_say(const struct words *words, enum sluice_reason reason,
		      const struct sluice_facts *facts)
{
	char rate[32], link[32];

	switch (reason) {
	case SLUICE_REASON_ABSENT:
		say(words, "nothing paces it (root qdisc: %s): 'sluice on' does",
		    facts->interval->root_kind);
		return true;
	case SLUICE_REASON_GONE:
		say(words, "the device has vanished");
		return true;
	case SLUICE_REASON_DOWN:
		say(words, "the device was down, or its link: 'ip link' shows it");
		return true;
	case SLUICE_REASON_REPLACED:
		say(words, "its qdisc was replaced meanwhile: try it again");
		return true;
	case SLUICE_REASON_CHANGED:
		say(words, "its options were changed meanwhile: try it again");
		return true;
	case SLUICE_REASON_LINK:
		sluice_format_rate_about(facts->rate_bytes_ps * BITS_PER_BYTE,
					 rate, sizeof(rate));
		sluice_format_rate_about(facts->evidence->link_bits_ps, link,
					 sizeof(link));
		say(words, "the rate of %s is above the %s of the link: the link makes the gaps",
		    rate, link);
		return true;
	default:
		return false;
	}
}

static bool packets_say(const struct words *words, enum sluice_reason reason,
			const struct sluice_facts *facts)
{
	const struct tc_sluice_xstats *delta = facts->delta;

	switch (reason) {
	case SLUICE_REASON_LIMIT:
		say(words, "%" PRIu64 " packets were over limit (%llu) or flow_limit (%llu) and lost: raise it, or send less",
		    sluice_facts_limit_dropped(facts), delta->limit_dropped_pkts,
		    delta->flow_limit_dropped_pkts);
		return true;
	case SLUICE_REASON_CORRUPT:
		say(words, "%llu super-packets could not be cut by anybody and were lost",
		    delta->corrupt_dropped_pkts);
		return true;
	case SLUICE_REASON_UNCUT:
		say(words, "%llu of %llu super-packets left uncut: there was no memory to cut them, only the device can, or they had more than 1024 frames",
		    delta->uncut_pkts, delta->super_pkts);
		return true;
	case SLUICE_REASON_NO_FLOW:
		say(words, "%llu of %llu packets were not paced: there was no memory for their flows",
		    delta->flow_alloc_failed_pkts, delta->enqueued_pkts);
		return true;
	case SLUICE_REASON_HORIZON:
		say(words, "%llu of %llu packets asked for a departure beyond the horizon: raise it",
		    delta->horizon_capped_pkts, delta->enqueued_pkts);
		return true;
	case SLUICE_REASON_PAST:
		say(words, "%" PRIu64 " of %" PRIu64 " frames have not passed sluice: 'sluice on' paces all queues",
		    sluice_facts_past_frames(facts), facts->evidence->tap_frames);
		return true;
	default:
		return false;
	}
}

static void pace_say(const struct words *words, enum sluice_reason reason,
		     const struct sluice_facts *facts)
{
	char late[32], burst[32];

	/* By the lower end of the bucket that 99 % end in. */
	sluice_format_time_about(facts->late_ns / 2, late, sizeof(late));
	sluice_format_time_about(facts->delta->burst_now_ns, burst,
				 sizeof(burst));
	switch (reason) {
	case SLUICE_REASON_RATE:
		say(words, "more was sent than its rate allows");
		break;
	case SLUICE_REASON_LINK_FULL:
		say(words, "the link is full: its flows' rates are above the link's: set a rate below it");
		break;
	case SLUICE_REASON_LATE_TIMERS:
		say(words, "timers are late: more than 1 %% of the frames leave %s late or later",
		    late);
		break;
	case SLUICE_REASON_LATE_DEVICE:
		say(words, "what takes the frames is late, the device or its CPU: more than 1 %% of the frames leave %s late or later",
		    late);
		break;
	case SLUICE_REASON_BURST:
		say(words, "late timers have made the burst grow to %s: frames leave in trains of up to %" PRIu64,
		    burst, facts->train_frames);
		break;
	default:
		say(words, "frames leave in trains of up to %" PRIu64,
		    facts->train_frames);
		break;
	}
}

static void difference_say(const struct words *words,
			   enum sluice_reason reason,
			   const struct sluice_facts *facts)
{
	switch (reason) {
	case SLUICE_REASON_NO_TRAFFIC:
		say(words, "pacing makes no difference here: no traffic (%llu frames were sent)",
		    facts->delta->sent_frames);
		break;
	case SLUICE_REASON_UNPACED:
		say(words, "pacing makes no difference here: no flow has a rate, and rate and maxrate are off");
		break;
	default:
		say(words, "pacing makes no difference here: the peak is below the rate anyway, %" PRIu64 " of %" PRIu64 " departures had to wait",
		    facts->waited, sluice_interval_departures(facts->interval));
		break;
	}
}

void sluice_verdict_say(const struct sluice_verdict *verdict,
			const struct sluice_evidence *evidence, char *text,
			size_t text_size)
{
	struct sluice_facts facts = sluice_facts_of(evidence);
	struct words words = { text, text_size };
	char reason[256];
	struct words inner = { reason, sizeof(reason) };

	switch (verdict->kind) {
	case SLUICE_VERDICT_KEPT:
		say(&words, "kept");
		return;
	case SLUICE_VERDICT_TRAINS:
		say(&words, "kept only within trains of %" PRIu64 " frames",
		    verdict->train_frames);
		return;
	case SLUICE_VERDICT_NO_LINK:
		say(&words, "nothing to judge: it has no link, so nothing leaves ('ip link' shows it)");
		return;
	case SLUICE_VERDICT_NO_DIFFERENCE:
		difference_say(&words, verdict->reason, &facts);
		return;
	case SLUICE_VERDICT_NOT_KEPT:
		break;
	}
	if (!state_say(&inner, verdict->reason, &facts) &&
	    !packets_say(&inner, verdict->reason, &facts))
		pace_say(&inner, verdict->reason, &facts);
	say(&words, "not kept because %s", reason);
}
