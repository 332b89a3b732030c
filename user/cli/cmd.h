/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commands of `sluice`: each cmd_<name>.c holds one, main.c the table.
 *
 * A command gets its own name as argv[0] and returns one of the exit codes.
 * It prints what was asked for on stdout, and on failure exactly one line on
 * stderr: what failed, on which object, why, and the next step.
 */
#ifndef SLUICE_CMD_H
#define SLUICE_CMD_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_UNSUPPORTED = 3,	/* not supported here: kernel, module, privilege */
	EXIT_CHECK_FAILED = 3,	/* what was to be verified is not so */
};

/* In the order of `sluice help`; behind the last word argv has a NULL. */
int cmd_on(int argc, char **argv);
int cmd_off(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_flows(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_burst_test(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_scope(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_lab(int argc, char **argv);

#endif
