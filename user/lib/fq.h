/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own fq in sluice's place, where no module can be loaded: which of
 * sluice's options it has, and how they are said to it.
 *
 * What is not an option is set as well, so that fq spaces as finely as it can:
 * timers without slack; every packet that has a rate but no departure time waits
 * for its own bytes, where fq would let a quantum of two frames go at once; and a
 * departure beyond the horizon is capped, not dropped (P4).
 *
 * With a rate, what fq drops has used its time of the device's clock. So fq's own limits are
 * lifted, and what waits is bounded before the clock is asked (edt.h).
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_FQ_H
#define SLUICE_FQ_H

#include "qdisc.h"

#define SLUICE_FQ_KIND "fq"

/* Limits of a new fq, and one that is none. */
#define SLUICE_FQ_LIMIT_PKTS		10000u
#define SLUICE_FQ_FLOW_LIMIT_PKTS	100u
#define SLUICE_FQ_LIMIT_NONE_PKTS	(1u << 24)
#define SLUICE_FQ_HORIZON_NS		10000000000u

/*
 * Can fq do that? Returns 0, or -EINVAL and one phrase: which option it has not, or
 * which value it cannot hold, and what to do.
 */
int sluice_fq_check(const struct sluice_options *options, char *error,
		    size_t error_size);

/*
 * Can a device have it without the module? train, rate and overhead are not fq's, but go
 * with it: see bound.h and edt.h.
 */
bool sluice_fq_has(unsigned int attribute);

/* Append TCA_OPTIONS: those that were given, and what is always set. */
void sluice_fq_put(struct nlmsghdr *request,
		   const struct sluice_options *options);

/* Options from a TCA_OPTIONS payload, in sluice's units; unknown ones are skipped. */
void sluice_fq_decode(const struct nlattr *nest,
		      struct sluice_options *options);

#define SLUICE_FQ_WORDS_SIZE 256

/*
 * What sluice_fq_put() says, in the words of tc(8): " timer_slack 0 ..."; a buffer of
 * SLUICE_FQ_WORDS_SIZE holds all of it.
 */
void sluice_fq_words(const struct sluice_options *options, char *text,
		     size_t text_size);

#endif
