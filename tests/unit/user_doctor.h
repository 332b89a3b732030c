/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the doctor's tests share: a fresh host for each, one thing wrong on it,
 * and what one check says then.
 */
#ifndef SLUICE_TESTS_USER_DOCTOR_H
#define SLUICE_TESTS_USER_DOCTOR_H

#include <stdlib.h>

#include "../../user/lib/doctor.h"
#include "fake_host.h"
#include "user_tap.h"

#define OK SLUICE_SEVERITY_OK
#define NOTE SLUICE_SEVERITY_NOTE
#define PROBLEM SLUICE_SEVERITY_PROBLEM
#define UNKNOWN SLUICE_SEVERITY_UNKNOWN

static struct sluice_link devices[8];
static struct sluice_links links = { .links = devices };
static struct sluice_patient patient;
static struct sluice_findings findings;

/* The fake kernel takes any netlink for its own. */
static char netlink;

static void host_begin(void)
{
	fake_host_begin();
	devices[0] = fake_host_link();
	links.count = 1;
	patient = (struct sluice_patient){
		.root = fake_host.root, .release = FAKE_RELEASE,
		.netlink = (struct sluice_netlink *)&netlink, .links = &links,
		.sleeps = { 200, 1000000, 5000, 20000, 1, 50000 },
	};
}

/* A sluice at the root with one option, the others as they are. */
static inline void options_put(unsigned int attribute, uint64_t value)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	mnl_attr_put_u64(header, (uint16_t)attribute, value);
	fake_kernel_put(TC_H_ROOT, 0x80010000, SLUICE_KIND,
			mnl_nlmsg_get_payload(header),
			mnl_nlmsg_get_payload_len(header));
}

/* Look at the first @count devices. */
static void look(unsigned int count)
{
	const struct sluice_link *requested[8] = { NULL };
	unsigned int i;

	for (i = 0; i < count; i++)
		requested[i] = &devices[i];
	sluice_findings_done(&findings);
	if (sluice_doctor_run(&patient, requested, count, &findings))
		abort();
}

/* The worst of what a check says. */
static inline const struct sluice_finding *found(const char *check)
{
	static const unsigned int ranks[SLUICE_SEVERITIES] = { 0, 1, 3, 2 };
	const struct sluice_finding *worst = NULL;
	unsigned int i;

	for (i = 0; i < findings.count; i++) {
		const struct sluice_finding *finding = &findings.findings[i];

		if (strcmp(finding->check, check))
			continue;
		if (!worst ||
		    ranks[finding->severity] > ranks[worst->severity])
			worst = finding;
	}
	return worst;
}

static inline const struct sluice_finding *last_found(const char *check)
{
	const struct sluice_finding *last = NULL;
	unsigned int i;

	for (i = 0; i < findings.count; i++)
		if (!strcmp(findings.findings[i].check, check))
			last = &findings.findings[i];
	return last;
}

/* NULL as fix: there is none; "": any. */
static void is(const char *check, enum sluice_severity severity,
	       const char *text, const char *fix, const char *claim)
{
	const struct sluice_finding *finding = found(check);
	bool is_met = finding && finding->severity == severity &&
		      strstr(finding->text, text) && (!fix ? !finding->fix :
		      !*fix || (finding->fix && strstr(finding->fix, fix)));

	if (!tap_ok(is_met, claim))
		printf("# got %s \"%s\", \"%s\"\n", finding ?
		       sluice_severity_name(finding->severity) : "nothing",
		       finding ? finding->text : "",
		       finding && finding->fix ? finding->fix : "no fix");
}

/* One file is different, and one check says so. */
static inline void with_file(const char *path, const char *text, const char *check,
		      enum sluice_severity severity, const char *part,
		      const char *fix, const char *claim)
{
	host_begin();
	fake_host_put(path, text);
	look(1);
	is(check, severity, part, fix, claim);
	fake_host_end();
}

#endif
