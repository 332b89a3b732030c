/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gap frames (gap_frames): what keeps them from the line. The others leave back to back
 * there, and nothing on this host shows it.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_GAP_H
#define SLUICE_GAP_H

#include "link.h"

/**
 * enum sluice_gap_line - what becomes of a device's gap frames
 * @SLUICE_GAP_LINE_FILLED: nothing is known that keeps them from its line
 * @SLUICE_GAP_LINE_BEHIND: it has no line, but what lies behind it may (veth)
 * @SLUICE_GAP_LINE_BARE: they do not get there, or there is no line
 */
enum sluice_gap_line {
	SLUICE_GAP_LINE_FILLED,
	SLUICE_GAP_LINE_BEHIND,
	SLUICE_GAP_LINE_BARE,
};

/* With a phrase that goes behind "DEV: ", "" for SLUICE_GAP_LINE_FILLED. */
enum sluice_gap_line sluice_gap_line_find(const struct sluice_link *link,
					  char *phrase, size_t phrase_size);

/*
 * The words behind 'ethtool -L DEV' that leave a device one transmit queue, which gap
 * frames need. "": its driver cannot.
 */
void sluice_gap_channels_format(const struct sluice_link *link, char *text,
				size_t text_size);

#endif
