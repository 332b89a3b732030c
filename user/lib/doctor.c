// SPDX-License-Identifier: GPL-2.0
/* What defeats pacing on this host; see doctor.h. */
#include "doctor.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "doctor_parts.h"
#include "place.h"

/* In the order in which they speak. */
static const struct doctor_check *const tables[] = {
	doctor_kernel_checks, doctor_time_checks, doctor_tcp_checks,
	doctor_conf_checks, doctor_qdisc_checks, doctor_nic_checks,
	doctor_bypass_checks,
};

#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

const char *sluice_severity_name(enum sluice_severity severity)
{
	static const char *const names[SLUICE_SEVERITIES] = {
		"ok", "note", "problem", "unknown",
	};

	return names[severity];
}

void sluice_findings_done(struct sluice_findings *findings)
{
	unsigned int i;

	for (i = 0; i < findings->count; i++) {
		free(findings->findings[i].text);
		free(findings->findings[i].fix);
	}
	free(findings->findings);
	memset(findings, 0, sizeof(*findings));
}

/* ---- saying ---- */

/* Names of devices and words of files may hold what a terminal obeys. */
static void text_clean(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

void doctor_say(struct doctor *doctor, enum sluice_severity severity,
		const char *format, ...)
{
	struct sluice_findings *findings = &doctor->findings;
	struct sluice_finding *grown, *finding;
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		doctor->err = -ENOMEM;
		return;
	}
	grown = reallocarray(findings->findings, findings->count + 1,
			     sizeof(*grown));
	if (!grown) {
		free(text);
		doctor->err = -ENOMEM;
		return;
	}
	text_clean(text);
	findings->findings = grown;
	finding = &grown[findings->count++];
	*finding = (struct sluice_finding){
		.check = doctor->check, .severity = severity, .text = text,
	};
	if (doctor->subject)
		snprintf(finding->device, sizeof(finding->device), "%s",
			 doctor->subject->name);
}

void doctor_fix(struct doctor *doctor, const char *format, ...)
{
	struct sluice_findings *findings = &doctor->findings;
	struct sluice_finding *finding;
	va_list args;
	int length;

	if (doctor->err)
		return;
	finding = &findings->findings[findings->count - 1];
	va_start(args, format);
	length = vasprintf(&finding->fix, format, args);
	va_end(args);
	if (length < 0) {
		finding->fix = NULL;
		doctor->err = -ENOMEM;
		return;
	}
	text_clean(finding->fix);
}

void doctor_say_unread(struct doctor *doctor, const char *name, int err)
{
	doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN, "%s cannot be read: %s",
		   name, err == -EINVAL ? "it does not hold what it should" :
		   strerror(-err));
	if (err == -EACCES || err == -EPERM)
		doctor_fix(doctor, "sudo sluice doctor");
}

/* Three digits are enough for people; the exact value would have up to 12. */
static void short_format(uint64_t value, const char *const *units,
			 unsigned int units_count, char *text,
			 size_t text_size)
{
	double number = (double)value;
	unsigned int i = 0;

	while (i + 1 < units_count && number >= 999.5) {
		number /= 1000;
		i++;
	}
	snprintf(text, text_size, "%.3g%s", number, units[i]);
}

void doctor_format_rate(uint64_t bits_ps, char *text, size_t text_size)
{
	static const char *const units[] = {
		"bit", "kbit", "mbit", "gbit", "tbit",
	};

	short_format(bits_ps, units, 5, text, text_size);
}

void doctor_format_time(uint64_t ns, char *text, size_t text_size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };

	short_format(ns, units, 4, text, text_size);
}

/* ---- facts ---- */

bool doctor_all_paced(const struct doctor *doctor)
{
	unsigned int i;

	for (i = 0; i < doctor->device_count; i++)
		if (!doctor->devices[i].is_paced)
			return false;
	return true;
}

bool doctor_any_fq(const struct doctor *doctor)
{
	unsigned int i;

	for (i = 0; i < doctor->device_count; i++)
		if (doctor->devices[i].has_fq)
			return true;
	return false;
}

uint64_t doctor_fastest_bits_ps(const struct doctor *doctor)
{
	uint64_t fastest = 0;
	unsigned int i;

	for (i = 0; i < doctor->device_count; i++)
		if (doctor->devices[i].speed_bits_ps > fastest)
			fastest = doctor->devices[i].speed_bits_ps;
	return fastest;
}

const void *doctor_option(const struct sluice_node *node, unsigned int type,
			  size_t bytes)
{
	const struct nlattr *attr;

	if (!node->options)
		return NULL;
	mnl_attr_for_each_payload((const void *)node->options,
				  node->options_bytes)
		if (mnl_attr_get_type(attr) == type &&
		    mnl_attr_get_payload_len(attr) == bytes)
			return mnl_attr_get_payload(attr);
	return NULL;
}

/* ---- devices ---- */

/* What the kernel says of options that it took back is among the statistics. */
static void lapse_look(struct doctor *doctor, struct doctor_device *device)
{
	struct sluice_qdisc *qdiscs = NULL;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int count = 0;

	if (sluice_qdisc_list(doctor->patient->netlink, device->link->ifindex,
			      &qdiscs, &count, message))
		count = 0;
	sluice_lapse_find_any(device->link, device->queues, qdiscs, count,
			      &device->lapse);
	free(qdiscs);
}

static void device_look(struct doctor *doctor, struct doctor_device *device)
{
	const struct sluice_patient *patient = doctor->patient;
	const struct sluice_link *link = device->link;
	char message[SLUICE_MESSAGE_SIZE];
	unsigned int duplex;

	sluice_word_make(link->name, device->word);
	device->tree_err = sluice_tree_read(patient->netlink, link->ifindex,
					    &device->tree, message);
	device->queues = sluice_link_queues_at(patient->root, link);
	device->is_in_sysfs = sluice_link_is_in_sysfs(patient->root, link);
	device->is_hardware = device->is_in_sysfs ?
		doctor_has(doctor, "/sys/class/net/%s/device", link->name) :
		!*link->kind && !link->is_loopback;
	(void)sluice_link_settings(link, &device->speed_bits_ps, &duplex);
	lapse_look(doctor, device);
	doctor_leaves_look(device);
	doctor_notes_look(doctor, device);
}

static void device_add(struct doctor *doctor, const struct sluice_link *link)
{
	struct doctor_device *grown;
	unsigned int i;

	for (i = 0; i < doctor->device_count; i++)
		if (doctor->devices[i].link == link)
			return;
	grown = reallocarray(doctor->devices, doctor->device_count + 1,
			     sizeof(*grown));
	if (!grown) {
		doctor->err = -ENOMEM;
		return;
	}
	doctor->devices = grown;
	grown = &grown[doctor->device_count++];
	memset(grown, 0, sizeof(*grown));
	grown->link = link;
	device_look(doctor, grown);
}

/* What a VLAN has for itself holds frames before they get to their place. */
static void upper_say(struct doctor *doctor, const struct sluice_link *link,
		      const char *names)
{
	char message[SLUICE_MESSAGE_SIZE], word[SLUICE_WORD_SIZE];
	struct sluice_tree tree = { .count = 0 };
	const char *kind;
	int err;

	err = sluice_tree_read(doctor->patient->netlink, link->ifindex, &tree,
			       message);
	kind = sluice_tree_root_kind(&tree);
	sluice_word_make(link->name, word);
	if (!err && tree.count && strcmp(kind, "noqueue")) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s is paced by what is below it (%s), but has a %s of its own, whose trains and delays come before that",
			   link->name, names, kind);
		doctor_fix(doctor, "tc qdisc replace dev %s root noqueue",
			   word);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "what is paced for this %s is below it: %s",
			   link->kind, names);
	}
	sluice_tree_done(&tree);
}

/* Find the devices that a device lies on. */
static void request_resolve(struct doctor *doctor,
			    const struct sluice_link *link)
{
	struct sluice_places places = { .count = 0 };
	char error[512];
	unsigned int i;

	if (sluice_places_find(doctor->patient->links, link->ifindex, &places,
			       error, sizeof(error)) == -ENOMEM)
		doctor->err = -ENOMEM;
	for (i = 0; i < places.count; i++)
		device_add(doctor, places.found[i]);
	sluice_places_done(&places);
}

/* Where pacing belongs. */
static void request_say(struct doctor *doctor, const struct sluice_link *link)
{
	struct sluice_places places = { .count = 0 };
	char error[512], names[DOCTOR_LINE_SIZE] = "";
	size_t prefix = strlen(link->name) + 2;
	unsigned int i;
	int err;

	doctor->check = "place";
	doctor->subject = link;
	err = sluice_places_find(doctor->patient->links, link->ifindex, &places,
				 error, sizeof(error));
	/* The sentence begins with the device, which a finding has already. */
	if (err == -EOPNOTSUPP)
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM, "%s",
			   strlen(error) > prefix ? error + prefix : error);
	for (i = 0; i < places.count; i++)
		doctor_name_add(names, sizeof(names), places.found[i]->name);
	if (places.count && (places.count > 1 || places.found[0] != link))
		upper_say(doctor, link, names);
	for (i = 0; i < places.left_out_count; i++)
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "its port %s is a tunnel, and by which device its packets leave is not known: look at that one, too",
			   places.left_out[i]->name);
	sluice_places_done(&places);
}

static bool has_conf(const struct sluice_patient *patient,
		     const struct sluice_link *link)
{
	const struct doctor doctor = { .patient = patient };

	return doctor_has(&doctor, SLUICE_CONF_FOLDER "/%s.conf", link->name);
}

static bool has_sluice(const struct sluice_patient *patient,
		       const struct sluice_link *link)
{
	struct sluice_tree tree = { .count = 0 };
	char message[SLUICE_MESSAGE_SIZE];
	bool is_there;

	if (sluice_tree_read(patient->netlink, link->ifindex, &tree, message))
		return false;
	is_there = sluice_tree_has_sluice(&tree);
	sluice_tree_done(&tree);
	return is_there;
}

static bool is_own_place(const struct sluice_link *link)
{
	return link->is_up && !link->is_loopback &&
	       sluice_place_role(link->kind) == SLUICE_PLACE_ITSELF;
}

static bool is_worth_it(const struct sluice_patient *patient,
			const struct sluice_link *link)
{
	return (is_own_place(link) && !*link->kind) ||
	       has_conf(patient, link) || has_sluice(patient, link);
}

static bool is_any(const struct sluice_patient *patient,
		   const struct sluice_link *link)
{
	(void)patient;
	return is_own_place(link);
}

static unsigned int links_take(const struct sluice_patient *patient,
			       bool (*is_wanted)(const struct sluice_patient *,
						 const struct sluice_link *),
			       const struct sluice_link **taken)
{
	const struct sluice_links *links = patient->links;
	unsigned int i, count = 0;

	for (i = 0; i < links->count; i++)
		if (is_wanted(patient, &links->links[i]))
			taken[count++] = &links->links[i];
	return count;
}

int sluice_doctor_choose(const struct sluice_patient *patient,
			 const struct sluice_link ***ret,
			 unsigned int *ret_count)
{
	*ret = calloc(patient->links->count + 1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	*ret_count = links_take(patient, is_worth_it, *ret);
	if (!*ret_count)
		*ret_count = links_take(patient, is_any, *ret);
	return 0;
}

/* ---- all of it ---- */

static void host_checks(struct doctor *doctor)
{
	const struct doctor_check *check;
	unsigned int i;

	doctor->subject = NULL;
	for (i = 0; i < N_TABLES; i++)
		for (check = tables[i]; check->name; check++) {
			doctor->check = check->name;
			if (check->host)
				check->host(doctor);
		}
}

static void device_checks(struct doctor *doctor,
			  const struct doctor_device *device)
{
	const struct doctor_check *check;
	unsigned int i;

	doctor->subject = device->link;
	for (i = 0; i < N_TABLES; i++)
		for (check = tables[i]; check->name; check++) {
			doctor->check = check->name;
			if (check->device)
				check->device(doctor, device);
		}
}

int sluice_doctor_run(const struct sluice_patient *patient,
		      const struct sluice_link *const *devices,
		      unsigned int count, struct sluice_findings *ret)
{
	struct doctor doctor = {
		.patient = patient, .requested = devices,
		.requested_count = count,
	};
	unsigned int i;

	doctor.module = sluice_module_find(patient->root, patient->release,
					   doctor.module_release,
					   sizeof(doctor.module_release));
	/* What is said of the host depends on its devices. */
	for (i = 0; i < count; i++)
		request_resolve(&doctor, devices[i]);
	host_checks(&doctor);
	if (!count) {
		doctor.check = "place";
		doctor_say(&doctor, SLUICE_SEVERITY_NOTE,
			   "no device is up that could be paced: name one to look at it all the same");
		doctor_fix(&doctor, "ip -brief link");
	}
	for (i = 0; i < count; i++)
		request_say(&doctor, devices[i]);
	for (i = 0; i < doctor.device_count; i++) {
		device_checks(&doctor, &doctor.devices[i]);
		sluice_tree_done(&doctor.devices[i].tree);
	}
	free(doctor.devices);
	if (doctor.err)
		sluice_findings_done(&doctor.findings);
	*ret = doctor.findings;
	return doctor.err;
}
