// SPDX-License-Identifier: GPL-2.0
/*
 * sluice metrics: the statistics of all devices for Prometheus, once to standard
 * output or into a file of node_exporter's textfile collector, or for whoever
 * asks over HTTP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/qdisc.h"
#include "../lib/refuse.h"
#include "../lib/stand_in.h"
#include "cmd.h"
#include "device_filter.h"
#include "out.h"
#include "out_metrics.h"
#include "serve.h"

#define TAKES "it takes [--textfile FILE] [--listen [ADDRESS:]PORT] [--device-include REGEX] [--device-exclude REGEX]"
#define TEXTFILE_ENDING ".prom"

struct metrics_arguments {
	const char *textfile;
	const char *listen;
	const char *device_include;
	const char *device_exclude;
	struct sockaddr_storage address;
	socklen_t address_size;
};

/* Kept here, because whoever asks over HTTP is answered much later. */
static struct device_filter filter;

static int filter_set(const struct metrics_arguments *arguments)
{
	const char *include = arguments->device_include;
	const char *exclude = arguments->device_exclude;
	char error[256];

	if (include && exclude)
		return out_refuse(EXIT_USAGE, "metrics",
				  "--device-include and --device-exclude exclude each other: " TAKES);
	if ((include || exclude) &&
	    device_filter_set(&filter, include ? include : exclude, exclude,
			      error, sizeof(error)))
		return out_refuse(EXIT_USAGE, "metrics", "--device-%s: %s",
				  include ? "include" : "exclude", error);
	return EXIT_DONE;
}

static int arguments_check(struct metrics_arguments *arguments)
{
	const char *file = arguments->textfile;
	char error[256];
	int size, code;

	code = filter_set(arguments);
	if (code)
		return code;
	if (file && arguments->listen)
		return out_refuse(EXIT_USAGE, "metrics",
				  "--textfile and --listen exclude each other: " TAKES);
	if (file) {
		size_t length = strlen(file), ending = strlen(TEXTFILE_ENDING);

		if (length <= ending ||
		    strcmp(file + length - ending, TEXTFILE_ENDING))
			return out_refuse(EXIT_USAGE, "metrics",
					  "--textfile: '%s' must end with .prom, else node_exporter does not read it",
					  file);
	}
	if (!arguments->listen)
		return EXIT_DONE;
	size = serve_address_parse(arguments->listen, &arguments->address,
				   error, sizeof(error));
	if (size < 0)
		return out_refuse(EXIT_USAGE, "metrics", "--listen: %s", error);
	arguments->address_size = (socklen_t)size;
	return EXIT_DONE;
}

/* Where the value of a word belongs, NULL: it is no option. */
static const char **value_of(struct metrics_arguments *arguments,
			     const char *word)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {
		{ "--textfile", &arguments->textfile },
		{ "--listen", &arguments->listen },
		{ "--device-include", &arguments->device_include },
		{ "--device-exclude", &arguments->device_exclude },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (!strcmp(word, options[i].name))
			return options[i].value;
	return NULL;
}

static int arguments_parse(int argc, char **argv, struct metrics_arguments *ret)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char **value = value_of(ret, argv[i]);

		if (!value)
			return out_refuse(EXIT_USAGE, "metrics",
					  "there is no option '%s': " TAKES,
					  argv[i]);
		if (*value)
			return out_refuse(EXIT_USAGE, "metrics",
					  "%s is given twice: give it once",
					  argv[i]);
		if (i + 1 == argc)
			return out_refuse(EXIT_USAGE, "metrics",
					  "%s needs a value: " TAKES, argv[i]);
		*value = argv[++i];
	}
	return arguments_check(ret);
}

/* Ask the kernel and write the answer; -1 with a sentence in @error. */
static int metrics_write(FILE *out, void *data, char *error, size_t error_size)
{
	struct sluice_netlink *netlink = NULL;
	char message[SLUICE_MESSAGE_SIZE] = "";
	struct sluice_qdisc *qdiscs = NULL;
	unsigned int count = 0;
	int err;

	(void)data;
	err = sluice_netlink_open(&netlink);
	if (!err)
		err = sluice_qdisc_list(netlink, 0, &qdiscs, &count, message);
	if (!err)
		err = sluice_stand_ins_mark(netlink, qdiscs, count, message);
	sluice_netlink_close(netlink);
	if (err) {
		free(qdiscs);
		return sluice_refuse(-1, error, error_size,
				     "the qdiscs cannot be listed: %s: try it again",
				     *message ? message : strerror(-err));
	}
	out_metrics(out, qdiscs, device_filter_apply(&filter, qdiscs,
						   count));
	free(qdiscs);
	return 0;
}

static int stdout_write(void)
{
	char error[512];

	if (metrics_write(stdout, NULL, error, sizeof(error)))
		return out_refuse(EXIT_FAILED, "metrics", "%s", error);
	return EXIT_DONE;
}

/* ---- the textfile ---- */

static int textfile_refuse(const char *file, int err)
{
	return out_refuse(EXIT_FAILED, "metrics",
			  "cannot write %s: %s: is its folder there, writable and not full?",
			  file, strerror(err));
}

/* Write all of it beside the file: 0, errno, or -1 with a sentence in @error. */
static int beside_write(int fd, char *error, size_t error_size)
{
	FILE *out = fdopen(fd, "w");
	int err;

	if (!out) {
		err = errno;
		close(fd);
		return err;
	}
	err = metrics_write(out, NULL, error, error_size);
	/* node_exporter runs as somebody else. */
	if (!err && (fflush(out) || fchmod(fd, 0644)))
		err = errno;
	if (fclose(out) && !err)
		err = errno;
	return err;
}

/* A reader finds the old file or the new one, never a part of one. */
static int textfile_write(const char *file)
{
	char error[512];
	char *beside;
	int fd, err;

	/* The collector reads what ends with .prom: this does not. */
	if (asprintf(&beside, "%s.XXXXXX", file) < 0)
		return textfile_refuse(file, ENOMEM);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		goto out_free;
	}
	err = beside_write(fd, error, sizeof(error));
	if (!err && rename(beside, file))
		err = errno;
	if (err)
		unlink(beside);
out_free:
	free(beside);
	if (err < 0)
		return out_refuse(EXIT_FAILED, "metrics", "%s", error);
	return err ? textfile_refuse(file, err) : EXIT_DONE;
}

/* ---- the endpoint ---- */

static int listen_run(const struct metrics_arguments *arguments)
{
	static const struct serve_document document = {
		.type = OUT_METRICS_TYPE, .write = metrics_write,
	};
	int fd = serve_open(&arguments->address, arguments->address_size);
	int err;

	if (fd == -EADDRINUSE)
		return out_refuse(EXIT_FAILED, "metrics",
				  "cannot listen at %s: another program does: choose another port",
				  arguments->listen);
	if (fd < 0)
		return out_refuse(EXIT_FAILED, "metrics",
				  "cannot listen at %s: %s: 'ip address' lists this host's addresses, and ports below 1024 need root",
				  arguments->listen, strerror(-fd));
	err = serve_run(fd, &document);
	close(fd);
	if (err)
		return out_refuse(EXIT_FAILED, "metrics",
				  "cannot wait for requests: %s: start it again",
				  strerror(-err));
	return EXIT_DONE;
}

int cmd_metrics(int argc, char **argv)
{
	struct metrics_arguments arguments = { .textfile = NULL };
	int code;

	code = arguments_parse(argc, argv, &arguments);
	if (!code)
		code = arguments.listen ? listen_run(&arguments) :
		       arguments.textfile ? textfile_write(arguments.textfile) :
					    stdout_write();
	device_filter_free(&filter);
	return code;
}
