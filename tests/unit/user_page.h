/* SPDX-License-Identifier: GPL-2.0 */
/* What must hold of every page that is written: those of the lab and of the scope. */
#ifndef SLUICE_TESTS_USER_PAGE_H
#define SLUICE_TESTS_USER_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Every tag that is opened is closed, in order; empty ones aside, and scripts and styles are skipped. */
static inline bool page_is_balanced(const char *page)
{
	char open[64][16];
	int depth = 0;

	while ((page = strchr(page, '<')) != NULL) {
		bool is_end = page[1] == '/';
		const char *name = page + 1 + is_end, *close = strchr(page, '>');
		size_t length = strcspn(name, " >/\n");

		if (!close || length >= sizeof(open[0]) || depth == 64)
			return false;
		page = close;
		if (*name == '!' || close[-1] == '/' || !strncmp(name, "meta", 4) ||
		    !strncmp(name, "link", 4) || !strncmp(name, "br>", 3))
			continue;
		if (!is_end) {
			snprintf(open[depth++], sizeof(open[0]), "%.*s", (int)length, name);
			if (!strncmp(name, "script", 6))
				page = strstr(page, "</script");
			else if (!strncmp(name, "style", 5))
				page = strstr(page, "</style");
			if (!page)
				return false;
			continue;
		}
		if (!depth-- || strncmp(open[depth], name, length) || open[depth][length])
			return false;
	}
	return depth == 0;
}

#endif
