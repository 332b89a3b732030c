// SPDX-License-Identifier: GPL-2.0
/* Configuration files; see conf.h. */
#include "conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fq.h"
#include "line.h"
#include "refuse.h"

#define BLANKS " \t\r\n"
#define SUFFIX ".conf"
#define DEFAULTS "default.conf"

/* ---- one file ---- */

static bool options_meet(const struct sluice_options *a,
			 const struct sluice_options *b)
{
	return a->given & b->given;
}

/* Where what was said stands. */
static void lines_note(const struct sluice_options *said, unsigned int number,
		       unsigned int *lines)
{
	unsigned int i;

	for (i = 0; i <= TCA_SLUICE_MAX; i++)
		if (sluice_options_has(said, i))
			lines[i] = number;
}

/* What @from has goes to @to. The two rows of a pair (burst) come together. */
static void options_merge(struct sluice_options *to,
			  const struct sluice_options *from)
{
	unsigned int i;

	for (i = 0; i <= TCA_SLUICE_MAX; i++)
		if (sluice_options_is_share(from, i))
			sluice_options_set_share(to, i, from->values[i]);
		else if (sluice_options_has(from, i))
			sluice_options_set(to, i, from->values[i]);
}

static int module_parse(unsigned int n_words, char *const *words,
			struct sluice_conf_file *said, char *error,
			size_t error_size)
{
	if (said->module)
		return sluice_refuse(-EINVAL, error, error_size,
				     "module is given twice: say it once");
	if (n_words == 2 && !strcmp(words[1], "yes"))
		said->module = SLUICE_CONF_MODULE_YES;
	else if (n_words == 2 && !strcmp(words[1], "no"))
		said->module = SLUICE_CONF_MODULE_NO;
	else
		return sluice_refuse(-EINVAL, error, error_size,
				     "module: it takes yes, or no for the kernel's own fq");
	return 0;
}

/* One line without its comment; *file gets what it says. */
static int line_parse(char *line, unsigned int number,
		      struct sluice_conf_file *file, char *error,
		      size_t error_size)
{
	struct sluice_options said = { .given = 0 };
	char *words[2], *word, *rest = NULL;
	unsigned int n_words = 0;
	int err;

	for (word = strtok_r(line, BLANKS, &rest); word;
	     word = strtok_r(NULL, BLANKS, &rest)) {
		if (n_words == 2 && !strcmp(words[1], "="))
			return sluice_refuse(-EINVAL, error, error_size,
					     "'=' is one word too many: a line is one option and its value, as in '%s %s'",
					     words[0], word);
		if (n_words == 2)
			return sluice_refuse(-EINVAL, error, error_size,
					     "'%s' is one word too many: a line is one option and its value",
					     word);
		words[n_words++] = word;
	}
	if (!n_words)
		return 0;
	if (!strcmp(words[0], "module")) {
		file->lines[TCA_SLUICE_UNSPEC] = number;
		return module_parse(n_words, words, file, error, error_size);
	}
	err = sluice_options_parse(n_words, words, &said, error, error_size);
	if (err && !sluice_option_find(words[0]) &&
	    !sluice_option_meant(words[0])) {
		size_t length = strlen(error);

		snprintf(error + length, error_size - length, ", or module");
	}
	if (err)
		return err;
	if (options_meet(&file->options, &said))
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s is given twice: say it once",
				     words[0]);
	options_merge(&file->options, &said);
	lines_note(&said, number, file->lines);
	return 0;
}

static int file_parse(FILE *file, const char *path,
		      struct sluice_conf_file *said, char *error,
		      size_t error_size)
{
	unsigned int number = 0;
	size_t line_size = 0;
	char *line = NULL;
	char phrase[512];
	ssize_t length;
	int err = 0;

	while (!err && (length = getline(&line, &line_size, file)) >= 0) {
		number++;
		if (!sluice_line_open(line, (size_t)length, number)) {
			snprintf(phrase, sizeof(phrase),
				 "it holds a NUL byte: this is no text file");
			err = -EINVAL;
			break;
		}
		line[strcspn(line, "#")] = '\0';
		err = line_parse(line, number, said, phrase, sizeof(phrase));
	}
	free(line);
	if (err)
		return sluice_refuse(err, error, error_size, "%s:%u: %s", path,
				     number, phrase);
	if (ferror(file))
		return sluice_refuse(-EIO, error, error_size,
				     "%s cannot be read: %s", path,
				     strerror(errno));
	return 0;
}

/* Of a FIFO, a socket or a device nobody knows whether reading it ends: -EINVAL. */
static int file_open(const char *path, FILE **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int err = 0;

	*ret = NULL;
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &status) && !S_ISREG(status.st_mode))
		err = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	if (!err)
		*ret = fdopen(fd, "r");
	if (!err && !*ret)
		err = -errno;
	if (err)
		close(fd);
	return err;
}

int sluice_conf_read(const char *path, struct sluice_conf_file *ret,
		     char *error, size_t error_size)
{
	struct sluice_conf_file said = { .module = SLUICE_CONF_MODULE_UNSAID };
	FILE *file;
	int err = file_open(path, &file);

	if (err == -EINVAL)
		return sluice_refuse(err, error, error_size,
				     "%s: it is a pipe, a socket or a device: this must be a file",
				     path);
	if (err)
		return sluice_refuse(err, error, error_size,
				     "%s cannot be read: %s", path,
				     strerror(-err));
	err = file_parse(file, path, &said, error, error_size);
	fclose(file);
	if (!err)
		*ret = said;
	return err;
}

/* ---- a device's ---- */

static void options_complete(struct sluice_options *options, bool is_no_module)
{
	const struct sluice_option *option = sluice_option_table;

	for (; option->name; option++)
		if (!sluice_options_has(options, option->attribute) &&
		    (!is_no_module || sluice_fq_has(option->attribute)))
			sluice_options_set(options, option->attribute,
					   option->initial);
}

/* The file's name without its suffix, if that can be a device's. */
static int device_take(const char *path, char *device, size_t device_size,
		       char *error, size_t error_size)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = strlen(name);

	if (!strcmp(name, DEFAULTS))
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: it holds what devices have in common: name the file of a device, such as eth0.conf",
				     path);
	if (length <= strlen(SUFFIX) ||
	    strcmp(name + length - strlen(SUFFIX), SUFFIX))
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: its name says which device: it must read DEV.conf",
				     path);
	length -= strlen(SUFFIX);
	if (length >= device_size)
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: no device has so long a name: it must read DEV.conf",
				     path);
	memcpy(device, name, length);
	device[length] = '\0';
	return 0;
}

int sluice_conf_load(const char *path, struct sluice_conf *ret, char *error,
		     size_t error_size)
{
	const char *slash = strrchr(path, '/');
	int folder_length = slash ? (int)(slash - path) + 1 : 0;
	struct sluice_conf_file said = { .options = { .given = 0 } }, own;
	char defaults[PATH_MAX], phrase[512];
	int err;

	if (snprintf(ret->path, sizeof(ret->path), "%s", path) >=
	    (int)sizeof(ret->path) ||
	    snprintf(defaults, sizeof(defaults), "%.*s" DEFAULTS,
		     folder_length, path) >= (int)sizeof(defaults))
		return sluice_refuse(-ENAMETOOLONG, error, error_size,
				     "the path of a configuration file is too long");
	err = device_take(path, ret->device, sizeof(ret->device), error,
			  error_size);
	if (!err)
		err = sluice_conf_read(path, &own, error, error_size);
	if (err)
		return err;
	err = sluice_conf_read(defaults, &said, error, error_size);
	if (err && err != -ENOENT)
		return err;
	options_merge(&said.options, &own.options);
	if (own.module)
		said.module = own.module;
	ret->is_no_module = said.module == SLUICE_CONF_MODULE_NO;
	if (ret->is_no_module &&
	    sluice_fq_check(&said.options, phrase, sizeof(phrase)))
		return sluice_refuse(-EINVAL, error, error_size,
				     "%s: with 'module no': %s", path, phrase);
	options_complete(&said.options, ret->is_no_module);
	ret->options = said.options;
	memcpy(ret->lines, own.lines, sizeof(ret->lines));
	return 0;
}

/* ---- a folder ---- */

bool sluice_conf_folder(const char *path, char *folder)
{
	const char *slash = strrchr(path, '/');
	/* The root keeps its slash. */
	int length = slash ? (int)(slash - path) + (slash == path) : 1;

	return snprintf(folder, PATH_MAX, "%.*s", length, slash ? path : ".") <
	       PATH_MAX;
}

static int is_device_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(SUFFIX) &&
	       !strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) &&
	       strcmp(entry->d_name, DEFAULTS);
}

int sluice_conf_list(const char *folder, char ***ret, unsigned int *ret_count,
		     char *error, size_t error_size)
{
	struct dirent **entries = NULL;
	int i, count, failed = 0;
	char **paths;

	*ret = NULL;
	*ret_count = 0;
	count = scandir(folder, &entries, is_device_file, alphasort);
	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0) {
		count = -errno;
		return sluice_refuse(count, error, error_size,
				     "%s cannot be read: %s", folder,
				     strerror(-count));
	}
	paths = calloc((size_t)count + 1, sizeof(*paths));
	for (i = 0; i < count; i++) {
		if (paths && asprintf(&paths[i], "%s/%s", folder,
				      entries[i]->d_name) < 0) {
			paths[i] = NULL;
			failed = 1;
		}
		free(entries[i]);
	}
	free(entries);
	if (paths && !failed) {
		*ret = paths;
		*ret_count = (unsigned int)count;
		return 0;
	}
	for (i = 0; paths && i < count; i++)
		free(paths[i]);
	free(paths);
	return sluice_refuse(-ENOMEM, error, error_size, "out of memory");
}
