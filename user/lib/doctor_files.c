// SPDX-License-Identifier: GPL-2.0
/* How the doctor reads files; see doctor_parts.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor_parts.h"

/* No name list grows beyond this many; the rest is counted. */
#define NAMES_MAX 4u

__attribute__((format(printf, 3, 0)))
static int path_make(const struct doctor *doctor, char *path,
		     const char *format, va_list args)
{
	size_t length = strlen(doctor->patient->root);

	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, doctor->patient->root, length);
	if (vsnprintf(path + length, PATH_MAX - length, format, args) >=
	    (int)(PATH_MAX - length))
		return -ENAMETOOLONG;
	return 0;
}

/* Up to @size bytes; a file that would block is none. */
static long file_read(const char *path, char *bytes, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t length = 0;
	ssize_t got = 0;
	int err;

	if (fd < 0)
		return -errno;
	while (length < size) {
		got = read(fd, bytes + length, size - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	err = got < 0 ? -errno : 0;
	close(fd);
	return err ? err : (long)length;
}

int doctor_line(const struct doctor *doctor, char *text, size_t text_size,
		const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	long length;
	size_t i;
	int err;

	text[0] = '\0';
	va_start(args, format);
	err = path_make(doctor, path, format, args);
	va_end(args);
	length = err ? err : file_read(path, text, text_size - 1);
	if (length < 0) {
		text[0] = '\0';
		return (int)length;
	}
	for (i = 0; i < (size_t)length && text[i] != '\n'; i++)
		if (!isascii(text[i]) || (!isprint(text[i]) && text[i] != '\t'))
			text[i] = '?';
	while (i && isspace((unsigned char)text[i - 1]))
		i--;
	text[i] = '\0';
	return 0;
}

int doctor_number(const struct doctor *doctor, uint64_t *ret,
		  const char *format, ...)
{
	char path[PATH_MAX], text[32], *end;
	va_list args;
	long length;
	int err;

	va_start(args, format);
	err = path_make(doctor, path, format, args);
	va_end(args);
	length = err ? err : file_read(path, text, sizeof(text) - 1);
	if (length < 0)
		return (int)length;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

long doctor_bytes(const struct doctor *doctor, char **ret, size_t size,
		  const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	long length;
	int err;

	va_start(args, format);
	err = path_make(doctor, path, format, args);
	va_end(args);
	*ret = err ? NULL : malloc(size + 1);
	if (!*ret)
		return err ? err : -ENOMEM;
	length = file_read(path, *ret, size);
	if (length < 0) {
		free(*ret);
		*ret = NULL;
		return length;
	}
	(*ret)[length] = '\0';
	return length;
}

bool doctor_has(const struct doctor *doctor, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int err;

	va_start(args, format);
	err = path_make(doctor, path, format, args);
	va_end(args);
	return !err && !faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

static DIR *folder_open(const struct doctor *doctor, const char *folder)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", doctor->patient->root, folder);
	return opendir(path);
}

bool doctor_has_entries(const struct doctor *doctor, const char *folder)
{
	DIR *dir = folder_open(doctor, folder);
	const struct dirent *entry;
	bool is_found = false;

	while (dir && !is_found && (entry = readdir(dir)))
		is_found = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return is_found;
}

unsigned int doctor_numbered(const struct doctor *doctor, const char *folder,
			     const char *prefix)
{
	size_t length = strlen(prefix);
	DIR *dir = folder_open(doctor, folder);
	const struct dirent *entry;
	unsigned int end = 0;

	while (dir && (entry = readdir(dir))) {
		const char *digits = entry->d_name + length;
		unsigned long number;

		if (strncmp(entry->d_name, prefix, length) || !*digits ||
		    strspn(digits, "0123456789") != strlen(digits) ||
		    strlen(digits) > 5)
			continue;
		number = strtoul(digits, NULL, 10);
		if (number >= end)
			end = (unsigned int)number + 1;
	}
	if (dir)
		closedir(dir);
	return end;
}

void doctor_name_add(char *text, size_t text_size, const char *name)
{
	size_t length = strlen(text);
	unsigned int names = *text ? 1 : 0, more = 0;
	const char *at;
	char *tail;

	for (at = text; (at = strstr(at, ", ")); at += 2)
		names++;
	tail = strstr(text, " and ");
	if (tail)
		more = (unsigned int)atoi(tail + 5);
	if (tail || names >= NAMES_MAX) {
		if (tail)
			length = (size_t)(tail - text);
		snprintf(text + length, text_size - length, " and %u more",
			 more + 1);
		return;
	}
	snprintf(text + length, text_size - length, "%s%s", *text ? ", " : "",
		 name);
}
