/* SPDX-License-Identifier: GPL-2.0 */
/* The version of everything here: command, results and module agree on it. */
#ifndef SLUICE_VERSION_H
#define SLUICE_VERSION_H

#define SLUICE_VERSION "0.1.0"

#endif
