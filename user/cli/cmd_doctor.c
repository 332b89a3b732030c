// SPDX-License-Identifier: GPL-2.0
/* sluice doctor: what defeats pacing on this host, and how to mend it. */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "../lib/doctor.h"
#include "cmd.h"
#include "out.h"

#define COLUMNS 79

/* "  problem  ": every line of a finding begins behind it. */
#define INDENT 11

/**
 * struct doctor_arguments - what the words say
 * @names: devices that were named
 * @names_count: how many; 0: those that are worth it
 * @is_json: for programs
 * @is_verbose: each thing that is well as well
 */
struct doctor_arguments {
	const char **names;
	unsigned int names_count;
	bool is_json;
	bool is_verbose;
};

static int arguments_parse(int argc, char **argv, struct doctor_arguments *ret)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			ret->is_json = true;
		else if (!strcmp(argv[i], "--verbose"))
			ret->is_verbose = true;
		else if (argv[i][0] == '-')
			return out_refuse(EXIT_USAGE, "doctor",
					  "there is no option '%s': it takes [DEV]... [--json] [--verbose]",
					  argv[i]);
		else
			ret->names[ret->names_count++] = argv[i];
	}
	return EXIT_DONE;
}

/* ---- for people ---- */

/*
 * Words up to the last column, then on the next line behind the indent. Returns
 * the column where it ended.
 */
static size_t words_print(const char *text, size_t column)
{
	size_t length;

	for (; *text; text += length) {
		text += strspn(text, " ");
		length = strcspn(text, " ");
		if (column > INDENT && column + 1 + length > COLUMNS) {
			printf("\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, length, stdout);
		column += length;
	}
	return column;
}

static void finding_print(const struct sluice_finding *finding)
{
	size_t column;

	printf("  %-7s  ", sluice_severity_name(finding->severity));
	column = words_print(finding->check, INDENT);
	putchar(':');
	words_print(finding->text, column + 1);
	putchar('\n');
	/* Whole, however long it is: it is to be copied. */
	if (finding->fix)
		printf("%*s$ %s\n", INDENT, "", finding->fix);
}

/* What is well, by name, without saying why. */
static void oks_print(const struct sluice_finding *const *of_device,
		      unsigned int count)
{
	char word[64];
	size_t column = INDENT;
	unsigned int i, left = 0;

	for (i = 0; i < count; i++)
		left += of_device[i]->severity == SLUICE_SEVERITY_OK;
	if (!left)
		return;
	printf("  %-7s  ", sluice_severity_name(SLUICE_SEVERITY_OK));
	for (i = 0; i < count; i++) {
		if (of_device[i]->severity != SLUICE_SEVERITY_OK)
			continue;
		snprintf(word, sizeof(word), "%s%s", of_device[i]->check,
			 --left ? "," : "");
		column = words_print(word, column);
	}
	putchar('\n');
}

/* A name may hold what a terminal obeys. */
static void name_print(const char *name)
{
	for (; *name; name++)
		putchar(iscntrl((unsigned char)*name) ? '?' : *name);
}

static void device_print(const struct sluice_finding *const *of_device,
			 unsigned int count, bool is_verbose)
{
	/* The worst first, and what is well at the end. */
	static const enum sluice_severity order[] = {
		SLUICE_SEVERITY_PROBLEM, SLUICE_SEVERITY_UNKNOWN,
		SLUICE_SEVERITY_NOTE, SLUICE_SEVERITY_OK,
	};
	unsigned int i, j;

	name_print(*of_device[0]->device ? of_device[0]->device : "this host");
	puts(":");
	for (j = 0; j < SLUICE_SEVERITIES; j++)
		for (i = 0; i < count; i++)
			if (of_device[i]->severity == order[j] &&
			    (is_verbose || order[j] != SLUICE_SEVERITY_OK))
				finding_print(of_device[i]);
	if (!is_verbose)
		oks_print(of_device, count);
	putchar('\n');
}

static const char *plural(unsigned int count)
{
	return count == 1 ? "" : "s";
}

static void sum_print(const unsigned int *counts)
{
	unsigned int problems = counts[SLUICE_SEVERITY_PROBLEM];
	unsigned int unknown = counts[SLUICE_SEVERITY_UNKNOWN];
	unsigned int notes = counts[SLUICE_SEVERITY_NOTE];

	if (problems)
		printf("%u problem%s defeat%s pacing", problems,
		       plural(problems), problems == 1 ? "s" : "");
	else
		fputs("nothing was found that defeats pacing", stdout);
	if (unknown)
		printf(", %u thing%s could not be looked at", unknown,
		       plural(unknown));
	if (notes)
		printf(", %u note%s", notes, plural(notes));
	putchar('\n');
}

static int findings_print(const struct sluice_findings *findings,
			  const unsigned int *counts, bool is_verbose)
{
	const struct sluice_finding **of_device;
	unsigned int i, j, count;
	bool *is_printed;

	of_device = calloc(findings->count + 1, sizeof(*of_device));
	is_printed = calloc(findings->count + 1, sizeof(*is_printed));
	if (!of_device || !is_printed) {
		free(of_device);
		free(is_printed);
		return out_refuse(EXIT_FAILED, "doctor", "out of memory");
	}
	for (i = 0; i < findings->count; i++) {
		count = 0;
		for (j = i; !is_printed[i] && j < findings->count; j++)
			if (!strcmp(findings->findings[i].device,
				    findings->findings[j].device)) {
				of_device[count++] = &findings->findings[j];
				is_printed[j] = j != i;
			}
		if (count)
			device_print(of_device, count, is_verbose);
	}
	sum_print(counts);
	free(of_device);
	free(is_printed);
	return EXIT_DONE;
}

/* ---- for programs ---- */

static json_t *finding_json(const struct sluice_finding *finding)
{
	return json_pack("{s:i, s:o, s:s, s:s, s:o, s:o}",
			 "schema_version", OUT_JSON_SCHEMA_VERSION,
			 "dev", *finding->device ?
			 out_name_json(finding->device) : json_null(),
			 "check", finding->check,
			 "severity", sluice_severity_name(finding->severity),
			 "text", out_name_json(finding->text),
			 "fix", finding->fix ? out_name_json(finding->fix) :
			 json_null());
}

static int findings_print_json(const struct sluice_findings *findings)
{
	json_t *array = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; i < findings->count; i++)
		err |= json_array_append_new(array,
					     finding_json(&findings->findings[i]));
	return out_json("doctor", array, err);
}

/* ---- all of it ---- */

static int findings_say(const struct doctor_arguments *arguments,
			const struct sluice_findings *findings)
{
	unsigned int counts[SLUICE_SEVERITIES] = { 0 }, i;
	int code;

	for (i = 0; i < findings->count; i++)
		counts[findings->findings[i].severity]++;
	code = arguments->is_json ? findings_print_json(findings) :
	       findings_print(findings, counts, arguments->is_verbose);
	/* A problem that nobody could read is not reported as found. */
	if (!code && !out_is_complete(stdout))
		code = out_refuse(EXIT_FAILED, "doctor",
				  "cannot write the output: is the disk full?");
	return code || !counts[SLUICE_SEVERITY_PROBLEM] ? code :
	       EXIT_UNSUPPORTED;
}

static int devices_find(const struct doctor_arguments *arguments,
			const struct sluice_patient *patient,
			const struct sluice_link ***ret,
			unsigned int *ret_count)
{
	unsigned int i;

	*ret_count = arguments->names_count;
	if (!arguments->names_count)
		return sluice_doctor_choose(patient, ret, ret_count) ?
		       out_refuse(EXIT_FAILED, "doctor", "out of memory") :
		       EXIT_DONE;
	*ret = calloc(arguments->names_count, sizeof(**ret));
	if (!*ret)
		return out_refuse(EXIT_FAILED, "doctor", "out of memory");
	for (i = 0; i < arguments->names_count; i++) {
		/* The kernel also knows a device by its other names. */
		(*ret)[i] = sluice_links_find(patient->links, (int)
				if_nametoindex(arguments->names[i]));
		if (!(*ret)[i])
			return out_refuse_errno("doctor", arguments->names[i],
						-ENODEV, "");
	}
	return EXIT_DONE;
}

static int patient_look(const struct doctor_arguments *arguments,
			const struct sluice_patient *patient)
{
	struct sluice_findings findings = { .count = 0 };
	const struct sluice_link **devices = NULL;
	unsigned int count = 0;
	int code;

	code = devices_find(arguments, patient, &devices, &count);
	if (!code && sluice_doctor_run(patient, devices, count, &findings))
		code = out_refuse(EXIT_FAILED, "doctor", "out of memory");
	else if (!code)
		code = findings_say(arguments, &findings);
	sluice_findings_done(&findings);
	free(devices);
	return code;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_arguments arguments = { .names_count = 0 };
	struct sluice_links links = { .count = 0 };
	struct sluice_patient patient = { .root = "", .links = &links };
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct utsname host;
	int code, err;

	arguments.names = calloc((size_t)argc, sizeof(*arguments.names));
	if (!arguments.names)
		return out_refuse(EXIT_FAILED, "doctor", "out of memory");
	code = arguments_parse(argc, argv, &arguments);
	if (code)
		goto out;
	if (uname(&host))
		host.release[0] = '\0';
	patient.release = host.release;
	err = sluice_netlink_open(&patient.netlink);
	if (!err)
		err = sluice_links_list(patient.netlink, &links, message);
	if (err) {
		code = out_refuse_errno("doctor", "all devices", err, message);
		goto out;
	}
	sluice_sleeps_measure(&patient.sleeps);
	code = patient_look(&arguments, &patient);
out:
	sluice_links_done(&links);
	sluice_netlink_close(patient.netlink);
	free(arguments.names);
	return code;
}
