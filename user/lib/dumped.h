/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a qdisc shows of itself is not always what making it anew takes: times
 * are rounded, and a kernel refuses what it shows. Here dumps become requests
 * for the same qdisc (M1).
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_DUMPED_H
#define SLUICE_DUMPED_H

#include "tree.h"

/* What sluice_dumped_put() may add to the bytes of the options. */
#define SLUICE_DUMPED_EXTRA_BYTES 64

/* Append TCA_OPTIONS that make this qdisc again; nothing if it has none. */
void sluice_dumped_put(struct nlmsghdr *request,
		       const struct sluice_node *node);

/*
 * The parts, for their tests.
 *
 * fq_codel keeps times in units of 1024 ns, rounded down, and dumps them in us,
 * rounded down again: what it dumped as 4999 us was 5000, and 4999 would come
 * back as 4998. Returns the least us that give the same time again.
 */
uint32_t sluice_dumped_codel_us(uint32_t us);

/*
 * tbf keeps its bucket in ns and dumps it in ticks of 64 ns, rounded down; the
 * bytes that fit are forgotten, and computed anew they can be less than a
 * frame, which then never leaves. Returns the most bytes that fill a bucket of
 * as many ticks at that rate, 0 if there are none. @overhead_bytes is what the
 * rate adds to each frame; safe for any values.
 */
uint32_t sluice_dumped_burst_bytes(uint32_t ticks, uint64_t rate_bytes_ps,
				   uint16_t overhead_bytes);

#endif
