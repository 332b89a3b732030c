// SPDX-License-Identifier: GPL-2.0
/* What /etc/sluice says, and rates that mean something else than they say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "doctor_parts.h"
#include "share.h"

#define BITS_PER_BYTE 8

/* A rate below a hundredth of the link is hardly what somebody meant. */
#define FAR_BELOW 100

/* ---- rates ---- */

/* Within a tenth: what people round away. */
static bool is_about(uint64_t a, uint64_t b)
{
	return a / 10 * 9 <= b && b <= a / 10 * 11;
}

bool doctor_rate_judge(struct doctor *doctor, const struct doctor_device *device,
		       const char *what, uint64_t rate_bits_ps,
		       const char *fix)
{
	const uint64_t speed_bits_ps = device->speed_bits_ps;
	const char *name = device->link->name;
	char rate[32], speed[32];

	doctor_format_rate(rate_bits_ps, rate, sizeof(rate));
	doctor_format_rate(speed_bits_ps, speed, sizeof(speed));
	if (!speed_bits_ps) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "%s %s cannot be compared with the link of %s, whose speed is not known",
			   what, rate, name);
		return true;
	}
	if (rate_bits_ps > speed_bits_ps)
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s %s is above what the link of %s carries, %s, so it holds nothing back%s",
			   what, rate, name, speed,
			   is_about(rate_bits_ps / BITS_PER_BYTE,
				    speed_bits_ps) ?
			   ": 8 times it looks like bits taken for bytes" : "");
	else if (is_about(rate_bits_ps, speed_bits_ps / BITS_PER_BYTE))
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s %s is an eighth of what the link of %s carries, %s: rates count bits, so if bytes were meant, it is 8 times too low",
			   what, rate, name, speed);
	else if (rate_bits_ps < speed_bits_ps / FAR_BELOW)
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s %s is less than a hundredth of what the link of %s carries, %s",
			   what, rate, name, speed);
	else
		return false;
	doctor_fix(doctor, "%s", fix);
	return true;
}

/* ---- files ---- */

static const struct doctor_device *device_find(const struct doctor *doctor,
					       const char *name)
{
	unsigned int i;

	for (i = 0; i < doctor->device_count; i++)
		if (!strcmp(doctor->devices[i].link->name, name))
			return &doctor->devices[i];
	return NULL;
}

/* A share fits any link whose speed is known. */
static bool share_judge(struct doctor *doctor,
			const struct doctor_device *device,
			const struct sluice_conf *conf, const char *path,
			const char *fix)
{
	char asked[64];

	if (device->speed_bits_ps || !device->link->has_carrier)
		return false;
	sluice_share_format(sluice_option_find("rate"),
			    conf->options.values[TCA_SLUICE_RATE_BYTES_PS],
			    asked, sizeof(asked));
	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   "%.200s: '%s' needs the speed of the link of %s, which the driver does not tell, so 'sluice apply' refuses the file",
		   path, asked, device->link->name);
	doctor_fix(doctor, "%s", fix);
	return true;
}

/* What is wrong with a file that can be read. */
static bool conf_judge(struct doctor *doctor, const struct sluice_conf *conf,
		       const char *path, const char *fix)
{
	const struct doctor_device *device = device_find(doctor, conf->device);
	uint64_t rate_bits_ps =
		conf->options.values[TCA_SLUICE_RATE_BYTES_PS] * BITS_PER_BYTE;
	char what[DOCTOR_LINE_SIZE];

	if (!sluice_links_named(doctor->patient->links, conf->device)) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "%s is about a device that is not here: 'sluice apply' paces the others, and ends with 1",
			   path);
		doctor_fix(doctor, "ip -brief link");
		return true;
	}
	if (device && conf->options.values[TCA_SLUICE_GAP_FRAMES_NS] &&
	    doctor_gap_conf_judge(doctor, device, path, fix))
		return true;
	if (!device || !rate_bits_ps)
		return false;
	if (sluice_options_is_share(&conf->options, TCA_SLUICE_RATE_BYTES_PS))
		return share_judge(doctor, device, conf, path, fix);
	snprintf(what, sizeof(what), "%.200s: rate", path);
	return doctor_rate_judge(doctor, device, what, rate_bits_ps, fix);
}

static bool file_judge(struct doctor *doctor, const char *path)
{
	const size_t root_length = strlen(doctor->patient->root);
	char error[SLUICE_CONF_ERROR_SIZE], fix[PATH_MAX + 16];
	struct sluice_conf conf;
	int err = sluice_conf_load(path, &conf, error, sizeof(error));

	snprintf(fix, sizeof(fix), "${EDITOR:-vi} %s", path + root_length);
	if (!err)
		return conf_judge(doctor, &conf, path + root_length, fix);
	if (err == -EINVAL) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s, so 'sluice apply' refuses all files",
			   error + root_length);
		doctor_fix(doctor, "%s", fix);
	} else {
		doctor_say_unread(doctor, path + root_length, err);
	}
	return true;
}

static void check_conf(struct doctor *doctor)
{
	char folder[PATH_MAX], error[SLUICE_CONF_ERROR_SIZE];
	unsigned int i, count = 0;
	bool is_said = false;
	char **paths = NULL;
	int err;

	snprintf(folder, sizeof(folder), "%s" SLUICE_CONF_FOLDER,
		 doctor->patient->root);
	err = sluice_conf_list(folder, &paths, &count, error, sizeof(error));
	if (err == -ENOMEM)
		doctor->err = err;
	else if (err)
		doctor_say_unread(doctor, SLUICE_CONF_FOLDER, err);
	for (i = 0; i < count; i++) {
		is_said |= file_judge(doctor, paths[i]);
		free(paths[i]);
	}
	free(paths);
	if (err || is_said)
		return;
	if (count)
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%u device%s in " SLUICE_CONF_FOLDER ", without mistakes",
			   count, count == 1 ? "" : "s");
	else
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "no device has a file in " SLUICE_CONF_FOLDER);
}

const struct doctor_check doctor_conf_checks[] = {
	{ "conf", check_conf, NULL },
	{ NULL, NULL, NULL },
};
