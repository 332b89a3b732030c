/* SPDX-License-Identifier: GPL-2.0 */
/* What a burst test needs of its process: its clock, and no privileges. */
#ifndef SLUICE_BURST_PROCESS_H
#define SLUICE_BURST_PROCESS_H

#include <stdint.h>

/*
 * Give up for good what a process may do beyond its own descriptors, before it
 * reads what others have sent: no capabilities, nobody's user and groups where it
 * was root, no new privileges.
 */
int burst_privileges_drop(void);

/* CLOCK_MONOTONIC. */
uint64_t burst_mono_ns(void);

#endif
