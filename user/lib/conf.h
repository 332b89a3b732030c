/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration files: /etc/sluice/DEV.conf says how DEV is paced,
 * /etc/sluice/default.conf what holds for all of them unless theirs says
 * otherwise. Lines are "OPTION VALUE" in the words of the command, # begins a
 * comment. See sluice.conf(5).
 *
 * Part of libsluice: nothing here prints or exits. On failure @error names
 * FILE:LINE, what is wrong there and what is right.
 */
#ifndef SLUICE_CONF_H
#define SLUICE_CONF_H

#include <limits.h>
#include <net/if.h>

#include "option.h"

#define SLUICE_CONF_FOLDER "/etc/sluice"
#define SLUICE_CONF_ERROR_SIZE (PATH_MAX + 512)

/* Does a file say with the module, or without? */
enum sluice_conf_module {
	SLUICE_CONF_MODULE_UNSAID,
	SLUICE_CONF_MODULE_YES,
	SLUICE_CONF_MODULE_NO,
};

/**
 * struct sluice_conf_file - what one file says
 * @module: its line "module", or none
 * @options: its other lines
 * @lines: the number of the line of each, from 1; 0: it has none. That of "module"
 *	is the one of TCA_SLUICE_UNSPEC
 */
struct sluice_conf_file {
	enum sluice_conf_module module;
	struct sluice_options options;
	unsigned int lines[TCA_SLUICE_MAX + 1];
};

/**
 * struct sluice_conf - how one device is to be paced
 * @device: the file's name without .conf
 * @path: the file
 * @is_no_module: by the kernel's fq ("module no")
 * @options: every option that it has: the device's, the default's, or a new
 *	qdisc's value
 * @lines: where the device's file has them, as in struct sluice_conf_file
 */
struct sluice_conf {
	char device[IF_NAMESIZE];
	char path[PATH_MAX];
	bool is_no_module;
	struct sluice_options options;
	unsigned int lines[TCA_SLUICE_MAX + 1];
};

/*
 * Read one file as it is. Returns 0; -EINVAL for what stands in it, -errno if
 * it cannot be read.
 */
int sluice_conf_read(const char *path, struct sluice_conf_file *ret,
		     char *error, size_t error_size);

/* Read a device's file, and default.conf beside it where there is one. */
int sluice_conf_load(const char *path, struct sluice_conf *ret, char *error,
		     size_t error_size);

/*
 * The folder that a file is in: "." for a name alone. Returns whether it fits into
 * @folder, of PATH_MAX bytes.
 */
bool sluice_conf_folder(const char *path, char *folder);

/*
 * Paths of the devices' files in a folder, in the order of their names. The
 * caller frees each and *ret. A folder that is not there has none.
 */
int sluice_conf_list(const char *folder, char ***ret, unsigned int *ret_count,
		     char *error, size_t error_size);

#endif
