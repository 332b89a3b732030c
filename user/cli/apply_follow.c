// SPDX-License-Identifier: GPL-2.0
/*
 * sluice apply --follow. It stays where a file has a rate that is a share of its
 * link's speed, or a device whose ports come and go: the files are read and applied
 * again when a link comes up with another speed, or a port comes. What was refused
 * and may pass is tried again by itself:
 *
 *	1 s, 2 s, 4 s ... 60 s, 60 s ...	until it is done, or another link changes
 *
 * Each reason is said once. Where nothing was refused, or what was lasts, there is
 * no timer: the process sleeps until the kernel tells of a link.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/now.h"
#include "apply.h"
#include "cmd.h"
#include "follow.h"
#include "out.h"

/* Between tries: quick enough for what passes in a moment, cheap for what does not. */
#define DELAY_FIRST_S 1
#define DELAY_LAST_S 60

/**
 * struct outcome - of one file
 * @code: why it was refused, an exit code; 0: it was not
 * @wait: and what for
 */
struct outcome {
	int code;
	enum pace_wait wait;
};

/**
 * struct following - a run
 * @arguments: what the words say
 * @follow: its links
 * @devices: of the files
 * @outcomes: of the files, when they were tried last
 * @failed: why no file could be tried the last time, an exit code; 0: they could be
 * @said: what was refused then, lines; NULL: nothing
 * @is_told: that it is tried again has been said
 * @delay_s: between the last try and the next; 0: there is none
 * @until_ns: when that is, CLOCK_MONOTONIC
 */
struct following {
	const struct apply_arguments *arguments;
	struct follow follow;
	struct follow_device *devices;
	struct outcome *outcomes;
	int failed;
	char *said;
	bool is_told;
	unsigned int delay_s;
	uint64_t until_ns;
};

/* ---- one try ---- */

static void outcome_take(struct outcome *outcome,
			 const struct pace_request *request)
{
	if (outcome->code && outcome->wait != PACE_FOR_LINK && !request->code)
		printf("%s: paced, after it was refused\n", request->device);
	outcome->code = request->code;
	outcome->wait = request->wait;
}

/* @is_all: also what was not refused the last time. */
static int requests_try(struct following *following,
			const struct apply_run *run, bool is_all)
{
	struct pace_request *tried = calloc(run->count, sizeof(*tried));
	unsigned int *files = calloc(run->count, sizeof(*files));
	unsigned int i, count = 0;
	int code = EXIT_DONE;

	if (!tried || !files)
		code = following->failed = out_refuse(EXIT_FAILED, "apply",
						      "out of memory");
	for (i = 0; !code && i < run->count; i++) {
		if (!is_all && !following->outcomes[i].code)
			continue;
		tried[count] = run->requests[i];
		files[count++] = i;
	}
	if (count)
		code = pace_devices(&run->mode, tried, count);
	for (i = 0; i < count; i++)
		outcome_take(&following->outcomes[files[i]], &tried[i]);
	free(tried);
	free(files);
	return code;
}

static bool follow_files(struct following *following,
			 const struct apply_run *run)
{
	unsigned int i;

	for (i = 0; i < run->count; i++) {
		following->devices[i].name = run->requests[i].device;
		following->devices[i].has_share =
			run->requests[i].options.shares;
	}
	return follow_look(&following->follow, following->devices, run->count);
}

/* ---- what is said ---- */

/* Behind a line and its end. */
static const char *line_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

static bool has_line(const char *text, const char *line)
{
	const size_t length = (size_t)(line_next(line) - line);

	for (; text && *text; text = line_next(text))
		if (!strncmp(text, line, length))
			return true;
	return false;
}

/* Lines that were not said the last time. Returns whether there is one. */
static bool news_say(const char *before, const char *said)
{
	bool has_news = false;

	for (; said && *said; said = line_next(said)) {
		if (has_line(before, said))
			continue;
		fprintf(stderr, "%.*s\n", (int)strcspn(said, "\n"), said);
		has_news = true;
	}
	return has_news;
}

static void said_take(struct following *following, char *said)
{
	bool has_news = news_say(following->said, said);

	if (has_news && following->delay_s && !following->is_told) {
		following->is_told = true;
		out_refuse(EXIT_DONE, "apply",
			   "what was refused is tried again, in %u s and then less and less often, at least once a minute",
			   DELAY_FIRST_S);
	}
	free(following->said);
	following->said = said;
}

/* ---- when it is tried again ---- */

/* What a file says wrong stays so until somebody writes it anew. */
static bool may_pass(const struct following *following)
{
	bool has_one = false;
	unsigned int i;

	if (following->failed)
		return following->failed == EXIT_FAILED;
	for (i = 0; i < following->arguments->paths_count; i++)
		has_one |= following->outcomes[i].wait == PACE_PASSES;
	return has_one;
}

static bool follow_stays(const struct following *following)
{
	bool has_one = false;
	unsigned int i;

	for (i = 0; i < following->arguments->paths_count; i++)
		has_one |= following->devices[i].has_share ||
			   following->devices[i].has_ports;
	return has_one;
}

/* After the first try: there is nothing to follow, or nothing to wait for. */
static bool follow_is_over(const struct following *following, int code)
{
	bool has_one = false;
	unsigned int i;

	if (following->failed || !follow_stays(following))
		return true;
	for (i = 0; i < following->arguments->paths_count; i++)
		has_one |= !following->outcomes[i].code ||
			   following->outcomes[i].wait != PACE_LASTS;
	return code && !has_one;
}

static void delay_set(struct following *following, bool is_repeated)
{
	unsigned int delay_s = DELAY_FIRST_S;

	if (is_repeated && following->delay_s)
		delay_s = 2 * following->delay_s < DELAY_LAST_S ?
			  2 * following->delay_s : DELAY_LAST_S;
	following->delay_s = may_pass(following) ? delay_s : 0;
	following->until_ns = following->delay_s ?
		sluice_now_ns(CLOCK_MONOTONIC) +
		following->delay_s * SLUICE_NSEC_PER_SEC : 0;
}

/* ---- steps ---- */

/* The refusals of a step are kept until it is known which are new. */
static FILE *refusals_begin(char **said, size_t *said_bytes)
{
	FILE *refusals = open_memstream(said, said_bytes);

	out_refusals_to(refusals);
	return refusals;
}

static void refusals_end(FILE *refusals)
{
	out_refusals_to(NULL);
	if (refusals)
		fclose(refusals);
}

static void status_notify(const struct following *following)
{
	const char *status = "paced";

	if (follow_stays(following))
		status = "paced, and follows its links";
	if (following->said && *following->said)
		status = following->said;
	follow_notify(status);
}

/*
 * Look at files and links, and apply what is to be. The links are looked at first:
 * what comes up after that is applied the next time. Returns an exit code.
 */
static int follow_step(struct following *following, bool is_first, bool is_due)
{
	bool is_all = is_first || following->failed, is_over;
	struct apply_run run;
	char *said = NULL;
	size_t said_bytes;
	FILE *refusals = refusals_begin(&said, &said_bytes);
	int code = apply_read(following->arguments, &run);

	following->failed = code;
	is_all |= !code && follow_files(following, &run);
	if (!code && (is_all || is_due))
		code = requests_try(following, &run, is_all);
	apply_run_done(&run);
	refusals_end(refusals);
	if (follow_is_ended() ||
	    (!following->failed && !is_all && !is_due)) {
		free(said);
		return code;
	}
	is_over = is_first && follow_is_over(following, code);
	if (!is_over)
		delay_set(following, is_due);
	said_take(following, said);
	if (!is_over || !code)
		status_notify(following);
	fflush(stdout);
	return code;
}

int apply_follow(const struct apply_arguments *arguments)
{
	struct following following = { .arguments = arguments };
	enum follow_event event = FOLLOW_LINKS;
	int err, code;

	following.devices = calloc(arguments->paths_count,
				   sizeof(*following.devices));
	following.outcomes = calloc(arguments->paths_count,
				    sizeof(*following.outcomes));
	err = following.devices && following.outcomes ?
	      follow_open(&following.follow) : -ENOMEM;
	code = err ? out_refuse_errno("apply", "all devices", err, "") :
		     follow_step(&following, true, false);
	if (!err && (follow_is_ended() || !follow_is_over(&following, code)))
		code = EXIT_DONE;
	else
		event = FOLLOW_ENDS;
	while (event != FOLLOW_ENDS) {
		event = follow_wait(&following.follow, following.until_ns);
		if (event != FOLLOW_ENDS)
			(void)follow_step(&following, false,
					  event == FOLLOW_TIME);
	}
	follow_close(&following.follow);
	free(following.devices);
	free(following.outcomes);
	free(following.said);
	return code;
}
