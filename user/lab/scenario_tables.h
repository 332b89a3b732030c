/* SPDX-License-Identifier: GPL-2.0 */
/* What a scenario file may say: one table per kind of line. */
#ifndef SLUICE_LAB_SCENARIO_TABLES_H
#define SLUICE_LAB_SCENARIO_TABLES_H

#include "fields.h"

extern const struct lab_field lab_settings_table[];
extern const struct lab_field lab_flow_table[];
extern const struct lab_field lab_policy_table[];

struct lab_kind_name {
	const char *name;
	unsigned int kind;
};

extern const struct lab_kind_name lab_flow_kinds[];

#endif
