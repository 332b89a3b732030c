/* SPDX-License-Identifier: GPL-2.0 */
/* What departure.c reads of the wire behind a cost_wire device. */
#ifndef COST_WIRE_H
#define COST_WIRE_H

/**
 * struct cost_wire_line - the beginning of netdev_priv()
 * @free_ns: when the wire has sent all that it has
 * @data_free_ns: when it has sent the last of it that is no gap frame
 * @is_measured: a frame's departure is when the wire begins it, not when the driver
 *	gets it
 */
struct cost_wire_line {
	u64 free_ns;
	u64 data_free_ns;
	bool is_measured;
};

#endif
