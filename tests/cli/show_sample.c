// SPDX-License-Identifier: GPL-2.0
/*
 * What `sluice show` prints of a dump that was made by hand: no kernel module
 * is needed, and the numbers are always the same.
 *
 * usage: show-sample text|json [BYTES OF THE STATISTICS THAT ARE SENT]
 *        show-sample defaults: the option table's values of a new qdisc
 */
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>

#include "../../user/cli/out.h"
#include "../unit/qdisc_sample.h"

static void defaults_print(void)
{
	const struct sluice_option *option = sluice_option_table;

	for (; option->name; option++)
		printf("%s %" PRIu64 "\n", option->key, option->initial);
}

int main(int argc, char **argv)
{
	_Alignas(struct nlmsghdr) char buffer[SAMPLE_BYTES];
	size_t xstats_bytes = sizeof(struct tc_sluice_xstats);
	struct sluice_qdisc qdisc;
	json_t *array;

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "defaults")) {
		defaults_print();
		return 0;
	}
	if (argc > 2)
		xstats_bytes = strtoul(argv[2], NULL, 10);
	if (xstats_bytes > sizeof(struct tc_sluice_xstats) + 256)
		return 2;
	if (sluice_qdisc_decode(sample_build(buffer, xstats_bytes), &qdisc))
		return 1;
	snprintf(qdisc.device, sizeof(qdisc.device), "eth0");
	if (!strcmp(argv[1], "text")) {
		out_qdisc(stdout, &qdisc);
	} else {
		array = json_pack("[o]", out_qdisc_json(&qdisc));
		json_dumpf(array, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(array);
	}
	return !out_is_complete(stdout);
}
