// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figure.h"
#include "report_parts.h"

#define TOP_FLOWS_MAX	256u
/* Of all series together: some 25 bytes each. */
#define BINS_MAX	(2 * SCOPE_SERIES_BINS)
#define PAGE_MODE	0666

static uint32_t lanes_count(const struct scope_report *report)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < report->count; i++)
		for (uint32_t k = 0; k < SCOPE_DIRECTIONS; k++)
			count += report->scopes[i]->lane[k].is_used;
	return count ? count : 1;
}

static void lane_print(struct panel *panel, enum scope_direction direction,
		       bool is_alone)
{
	panel->lane = &panel->scope->lane[direction];
	if (!is_alone)
		fprintf(panel->out, "<h2 class=\"lane\">%s</h2>\n",
			direction == SCOPE_OUT ? "What leaves" :
			direction == SCOPE_IN ? "What arrives" :
			"Where no direction is known");
	page_headline(panel);
	page_series(panel);
	page_windows(panel);
	page_spacing(panel);
	page_rates(panel);
	page_bursts(panel);
	panel->number++;
}

int scope_report_print(const struct scope_report *report, FILE *out)
{
	/* What leaves comes first. */
	static const enum scope_direction order[SCOPE_DIRECTIONS] = {
		SCOPE_OUT, SCOPE_ANY, SCOPE_IN
	};
	struct panel panel = {
		.out = out,
		.bins_max = BINS_MAX / lanes_count(report),
		.top_flows = report->top_flows < TOP_FLOWS_MAX ?
			     report->top_flows : TOP_FLOWS_MAX,
	};

	page_head(out, report);
	for (uint32_t i = 0; i < report->count; i++) {
		uint32_t used = 0;

		panel.scope = report->scopes[i];
		panel.note = report->notes ? report->notes[i] : NULL;
		panel.lane = scope_main_lane(panel.scope);
		page_vantage(&panel, report->count);
		for (uint32_t k = 0; k < SCOPE_DIRECTIONS; k++)
			used += panel.scope->lane[k].is_used;
		for (uint32_t k = 0; k < SCOPE_DIRECTIONS; k++)
			if (panel.scope->lane[order[k]].is_used)
				lane_print(&panel, order[k], used == 1);
		page_flows(&panel);
		page_measured(&panel);
		fputs("</article>\n", out);
	}
	page_meanings(out);
	page_foot(out);
	return fflush(out) || ferror(out) ? -1 : 0;
}

/* ---- the file ---- */

static int refuse(char *error, size_t error_size, const char *path, int err)
{
	snprintf(error, error_size, "%s cannot be written: %s%s", path,
		 strerror(err), err == ENOSPC || err == EDQUOT ?
		 "; what was there before still is" : "");
	return -1;
}

/* As a file that open() made would have: what the umask leaves. */
static int mode_set(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, PAGE_MODE & ~mask);
}

/* What is no regular file, a pipe or a device, cannot be replaced by one. */
static bool is_replaceable(const char *path)
{
	struct stat info;

	return stat(path, &info) || S_ISREG(info.st_mode);
}

static bool is_link(const char *path)
{
	struct stat info;

	return !lstat(path, &info) && S_ISLNK(info.st_mode);
}

static int stream_write(const struct scope_report *report, int fd)
{
	FILE *out = fdopen(fd, "w");
	int err = 0;

	if (!out) {
		err = errno;
		close(fd);
		return err;
	}
	errno = 0;
	if (scope_report_print(report, out))
		err = errno ? errno : EIO;
	if (fclose(out) && !err)
		err = errno;
	return err;
}

static int stream_open(const struct scope_report *report, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? errno : stream_write(report, fd);
}

/* Beside the file and then in its place. */
static int file_replace(const struct scope_report *report, const char *path)
{
	char *beside;
	int fd, err;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return ENOMEM;
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		free(beside);
		return err;
	}
	err = mode_set(fd) ? errno : 0;
	if (err)
		close(fd);
	else
		err = stream_write(report, fd);
	if (!err && rename(beside, path))
		err = errno;
	if (err)
		unlink(beside);
	free(beside);
	return err;
}

int scope_report_write(const struct scope_report *report, const char *path,
		       char *error, size_t error_size)
{
	char *real = NULL;
	int err;

	if (!is_replaceable(path)) {
		err = stream_open(report, path);
	} else if (is_link(path)) {
		/* a link stays one: what it leads to is replaced */
		real = realpath(path, NULL);
		err = real ? file_replace(report, real) : errno;
	} else {
		err = file_replace(report, path);
	}
	free(real);
	return err ? refuse(error, error_size, path, err) : 0;
}
