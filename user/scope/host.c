// SPDX-License-Identifier: GPL-2.0
/* What the processors do; see host.h. */
#include "host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/units.h"

/* Lines of several hundred processors; /proc/stat is needed in its first line only. */
#define TEXT_BYTES	65536u

/* Columns of the first line of /proc/stat. */
enum { CPU_IDLE = 3, CPU_IOWAIT, CPU_IRQ, CPU_SOFTIRQ, CPU_STEAL, CPU_COLUMNS };

void scope_host_stat_parse(const char *text, struct scope_host_counts *ret)
{
	uint64_t ticks[CPU_COLUMNS] = { 0 };
	unsigned int i;
	char *at;

	if (strncmp(text, "cpu ", 4))
		return;
	at = (char *)text + 4;
	for (i = 0; i < CPU_COLUMNS; i++)
		ticks[i] = strtoull(at, &at, 10);
	ret->all_ticks = 0;
	for (i = 0; i < CPU_COLUMNS; i++)
		ret->all_ticks += ticks[i];
	ret->busy_ticks = ret->all_ticks - ticks[CPU_IDLE] - ticks[CPU_IOWAIT];
	ret->softirq_ticks = ticks[CPU_SOFTIRQ];
}

/* The sum of the numbers behind a name at the beginning of a line. */
static uint64_t row_sum(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	uint64_t sum = 0;

	if (!at)
		return 0;
	at += strlen(name);
	for (;;) {
		while (*at == ' ')
			at++;
		if (*at < '0' || *at > '9')
			return sum;
		sum += strtoull(at, (char **)&at, 10);
	}
}

void scope_host_softirqs_parse(const char *text,
			       struct scope_host_counts *ret)
{
	ret->receive_softirqs = row_sum(text, "NET_RX:");
	ret->send_softirqs = row_sum(text, "NET_TX:");
}

/* A line a processor, in hexadecimal: packets, dropped, squeezed … */
void scope_host_softnet_parse(const char *text, struct scope_host_counts *ret)
{
	ret->dropped_pkts = 0;
	ret->squeezed = 0;
	while (*text) {
		char *at = (char *)text;

		strtoull(at, &at, 16);
		ret->dropped_pkts += strtoull(at, &at, 16);
		ret->squeezed += strtoull(at, &at, 16);
		text = strchr(at, '\n');
		if (!text)
			return;
		text++;
	}
}

void scope_host_open(struct scope_host *host)
{
	struct scope_host_load since_start;

	memset(host, 0, sizeof(*host));
	host->stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	host->softirqs_fd = open("/proc/softirqs", O_RDONLY | O_CLOEXEC);
	host->softnet_fd = open("/proc/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	scope_host_look(host, &since_start);
}

void scope_host_close(struct scope_host *host)
{
	if (host->stat_fd >= 0)
		close(host->stat_fd);
	if (host->softirqs_fd >= 0)
		close(host->softirqs_fd);
	if (host->softnet_fd >= 0)
		close(host->softnet_fd);
}

/* Read a file again from its start, and give it to its parser. */
static void file_read(int fd, struct scope_host_counts *counts,
		      void (*parse)(const char *text,
				    struct scope_host_counts *ret))
{
	static char text[TEXT_BYTES];
	size_t filled = 0;
	ssize_t got;

	if (fd < 0)
		return;
	while (filled < sizeof(text) - 1 &&
	       (got = pread(fd, text + filled, sizeof(text) - 1 - filled,
			    (off_t)filled)) > 0)
		filled += (size_t)got;
	text[filled] = '\0';
	if (filled)
		parse(text, counts);
}

void scope_host_look(struct scope_host *host, struct scope_host_load *ret)
{
	struct scope_host_counts now = host->counts;
	const struct scope_host_counts *before = &host->counts;
	float ticks;

	memset(ret, 0, sizeof(*ret));
	file_read(host->stat_fd, &now, scope_host_stat_parse);
	file_read(host->softirqs_fd, &now, scope_host_softirqs_parse);
	file_read(host->softnet_fd, &now, scope_host_softnet_parse);
	ticks = (float)(now.all_ticks - before->all_ticks);
	if (ticks > 0) {
		ret->is_known = true;
		ret->busy_share = (float)(now.busy_ticks - before->busy_ticks) /
				  ticks;
		ret->softirq_share = (float)(now.softirq_ticks -
					     before->softirq_ticks) / ticks;
	}
	ret->step_ns = SLUICE_NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	ret->softirq_ns = (now.softirq_ticks - before->softirq_ticks) *
			  ret->step_ns;
	ret->receive_softirqs = now.receive_softirqs - before->receive_softirqs;
	ret->send_softirqs = now.send_softirqs - before->send_softirqs;
	ret->squeezed = now.squeezed - before->squeezed;
	ret->dropped_pkts = now.dropped_pkts - before->dropped_pkts;
	host->counts = now;
}
