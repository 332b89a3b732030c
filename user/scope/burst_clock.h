/* SPDX-License-Identifier: GPL-2.0 */
/* The clock of a burst test. */
#ifndef SLUICE_BURST_CLOCK_H
#define SLUICE_BURST_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC. */
uint64_t burst_mono_ns(void);

#endif
