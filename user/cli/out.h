/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands print: the one line of a failure, a qdisc for people and
 * for programs.
 */
#ifndef SLUICE_OUT_H
#define SLUICE_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "../lib/bound.h"
#include "../lib/qdisc.h"

/*
 * "sluice COMMAND: …" as one line on stderr, whatever a word or a file that it
 * quotes may hold: what a terminal would obey reads "?". @command may be NULL.
 * Returns code.
 */
__attribute__((format(printf, 3, 4)))
int out_refuse(int code, const char *command, const char *format, ...);

/* From now on refusals go there, in place of standard error; NULL: back. */
void out_refusals_to(FILE *file);

/* The failure of a library call on a device, with the next step. */
int out_refuse_errno(const char *command, const char *device, int err,
		     const char *message);

#define OUT_MODULE_SIZE 512

/*
 * Where no device has sluice: how to have one, or what stands in the way of the
 * module and the next step; a phrase, of which OUT_MODULE_SIZE bytes hold all.
 */
void out_module_format(char *text, size_t text_size);

/* A device that was named has no sluice, and the next step; EXIT_UNSUPPORTED. */
int out_refuse_absence(const char *command, const char *device,
		       const char *root_kind);

/*
 * The kernel has no sluice for the device: why, and the next step; @instead is
 * said behind that. Returns EXIT_UNSUPPORTED, or says nothing and returns
 * EXIT_DONE where the module is loaded.
 */
int out_refuse_module(const char *command, const char *device,
		      const char *instead);

#define OUT_ONE_LINE UINT32_MAX

/*
 * "NAME VALUE NAME VALUE …" of the options that are given, in lines of at most width
 * columns, each behind the indent; OUT_ONE_LINE: all in one.
 */
void out_options(FILE *out, const struct sluice_options *options,
		 const char *indent, unsigned int width);

/* The option table, as help text. */
void out_option_help(FILE *out);

#define OUT_HANDLE_SIZE 16

/* A handle or a parent: "root", "1:" or "1:4"; OUT_HANDLE_SIZE bytes hold it. */
void out_handle_format(uint32_t handle, char *text, size_t text_size);

struct out_shares;

/* One qdisc of kind sluice, or an fq in its place, for people, in 80 columns. */
void out_qdisc(FILE *out, const struct sluice_qdisc *qdisc,
	       const struct out_shares *shares);

/* Changes when a key of any command's JSON changes its name or its meaning. */
#define OUT_JSON_SCHEMA_VERSION 2

/* A device's name, or a sentence with one: JSON is UTF-8, a name may be any bytes. */
json_t *out_name_json(const char *name);

/* The numbers of the table of stat.h that were received. */
json_t *out_statistics_json(const struct tc_sluice_xstats *xstats,
			    size_t xstats_bytes);

/* The same for programs, and its options; NULL when memory runs out. */
json_t *out_qdisc_json(const struct sluice_qdisc *qdisc,
		       const struct out_shares *shares);
json_t *out_options_json(const struct sluice_options *options);

/*
 * Print an array and give it back; @err: it could not be filled. Returns an exit
 * code.
 */
int out_json(const char *command, json_t *array, int err);

/* An empty array, unless out_json() was called: so what failed parses as well. */
void out_json_end(void);

/*
 * What `sluice on` keeps cannot be looked up: it is not known which boot and
 * network namespace this is. Returns EXIT_FAILED.
 */
int out_refuse_store(const char *command, int err);

/*
 * Devices whose super-packets are shorter than @before they were bounded, for their
 * drivers take no more by now: a line for each on stderr.
 */
void out_bounds_less(const char *command, const struct sluice_bounds *before,
		     const struct sluice_bounds *less);

/* Flush and say whether everything has been written. */
bool out_is_complete(FILE *out);

#endif
