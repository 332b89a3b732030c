// SPDX-License-Identifier: GPL-2.0
/* What is left to pace a device where the kernel can have no sluice: fq. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"

/* More than all names of a kernel's functions take. */
#define KALLSYMS_BYTES_MAX (64 * 1024 * 1024)

/* Is fq in the kernel, which loads nothing? 1, 0 or -errno. */
static int kernel_has_fq(const struct doctor *doctor)
{
	static const char name[] = " fq_enqueue";
	char *text = NULL, *at;
	long length = doctor_bytes(doctor, &text, KALLSYMS_BYTES_MAX,
				   "/proc/kallsyms");
	int ret = 0;

	if (length <= 0)
		ret = length ? (int)length : -ENODATA;
	for (at = text; !ret && (at = strstr(at, name));) {
		at += strlen(name);
		/* A compiler may have put a suffix behind it. */
		ret = !isalnum((unsigned char)*at) && *at != '_';
	}
	free(text);
	return ret;
}

void doctor_fq_look(struct doctor *doctor)
{
	doctor->kernel_has_fq = kernel_has_fq(doctor);
	if (!doctor->kernel_has_fq)
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "nor has this kernel fq (it was built without CONFIG_NET_SCH_FQ): what is left are TCP's own timers, which space the super-packets of bbr and of sockets with SO_MAX_PACING_RATE");
	else
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "what is left is fq%s: 'sluice on DEV --no-module' has it space single frames of TCP, which costs more than sluice, and keeps less",
			   doctor->kernel_has_fq > 0 ? "" :
			   ", if this kernel has it (/proc/kallsyms does not tell)");
}

void doctor_fq_fix(struct doctor *doctor, const struct doctor_device *device)
{
	if (doctor->kernel_has_fq)
		doctor_fix(doctor, "sluice on %s --no-module", device->word);
}
