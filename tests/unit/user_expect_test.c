// SPDX-License-Identifier: GPL-2.0
/* An expected number that is missed is said to be, however it is written. */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../user/lab/results.h"
#include "user_tap.h"

static char error[LAB_ERROR_BYTES];

/* A scenario whose third line is this one; NULL if it is refused. */
static struct lab_scenario *scenario_of(const char *line)
{
	char path[] = "/tmp/sluice-expect-XXXXXX";
	struct lab_scenario *scenario;
	int fd = mkstemp(path);

	if (fd < 0 || dprintf(fd, "flow tcp\npolicy fq qdisc fq\n%s\n", line) < 0)
		abort();
	close(fd);
	if (lab_scenario_load(path, &scenario, error, sizeof(error)))
		scenario = NULL;
	unlink(path);
	if (scenario && lab_scenario_check(scenario, error, sizeof(error)))
		abort();
	return scenario;
}

/* The same with a changed RTT and other flows, and this in the words of --set. */
static struct lab_scenario *scenario_set(const char *line,
					 const char *assignment)
{
	struct lab_scenario *scenario = scenario_of(line);

	if (lab_scenario_set(scenario, assignment, error, sizeof(error)) ||
	    lab_scenario_set(scenario, "rtt=20ms", error, sizeof(error)) ||
	    lab_scenario_set(scenario, "flow=tcp count 2", error,
			     sizeof(error)) ||
	    lab_scenario_check(scenario, error, sizeof(error)))
		abort();
	return scenario;
}

/* Results of one run with a goodput of 5. */
static json_t *results_of(const struct lab_scenario *scenario)
{
	static const struct lab_kernel kernel = { .release = "0" };

	return lab_results_make(scenario, &kernel, "", json_pack(
		"[{s:s, s:i}]", "policy", "fq", "goodput_bits_ps", 5));
}

static void verdict_is(const char *line, bool is_met, const char *claim)
{
	struct lab_scenario *scenario = scenario_of(line);
	json_t *results = scenario ? results_of(scenario) : NULL;

	if (!tap_ok(json_array_size(json_object_get(results, "expected")) == 1 &&
		    lab_results_all_met(results) == is_met, claim))
		printf("# %s\n", scenario ? "another verdict" : error);
	json_decref(results);
	lab_scenario_free(scenario);
}

/* So many numbers, none of which is met. */
static void judged_are(const char *line, const char *assignment, size_t wanted,
		       const char *claim)
{
	struct lab_scenario *scenario = scenario_set(line, assignment);
	json_t *results = results_of(scenario);

	tap_ok(json_array_size(json_object_get(results, "expected")) == wanted &&
	       lab_results_all_met(results) == !wanted, claim);
	json_decref(results);
	lab_scenario_free(scenario);
}

/* A line whose reason has so many letters before one of two bytes. */
static const char *long_reason(int letters)
{
	static char line[LAB_LINE_BYTES], reason[LAB_LINE_BYTES];

	memset(reason, 'a', sizeof(reason) - 1);
	snprintf(line, sizeof(line),
		 "expect fq goodput_bits_ps >= 6 because \"%.*s\303\251 and on\"",
		 letters, reason);
	return line;
}

/* The same for what else of a line goes into the results. */
static void text_is_whole(const char *key, const char *line)
{
	struct lab_scenario *scenario = scenario_of(line);
	json_t *json = scenario ? lab_scenario_json(scenario) : NULL;
	const json_t *list = json_object_get(json, key);
	const char *text = json_string_value(json_array_get(list, 1));

	tap_ok(text && !strcmp(text, line), key);
	json_decref(json);
	lab_scenario_free(scenario);
}

/* A disk that is full half way, as a limit of the file's length. */
static void test_save(void)
{
	char folder[] = "/tmp/sluice-results-XXXXXX", path[64], link[64], text[16] = "";
	const struct rlimit little = { 100, RLIM_INFINITY };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	json_t *results = json_pack("{s:s%}", "title", error, sizeof(error));
	FILE *file;

	if (!mkdtemp(folder) || !results)
		abort();
	snprintf(path, sizeof(path), "%s/r.json", folder);
	snprintf(link, sizeof(link), "%s/link", folder);
	file = fopen(path, "w");
	if (!file || fputs("old", file) < 0 || fclose(file) ||
	    symlink("r.json", link))
		abort();
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &little))
		abort();
	tap_ok(lab_results_save(results, link, error, sizeof(error)) &&
	       strstr(error, "/link cannot be written: File too large"),
	       "results that do not fit: it says so");
	if (setrlimit(RLIMIT_FSIZE, &all))
		abort();
	file = fopen(path, "r");
	tap_ok(file && fgets(text, sizeof(text), file) && !strcmp(text, "old"),
	       "and what was there before still is");
	fclose(file);
	tap_ok(!lab_results_save(results, link, error, sizeof(error)) &&
	       (file = fopen(path, "r")) && fgetc(file) == '{' &&
	       !fclose(file), "results that fit are there, also behind a link");
	unlink(path);
	unlink(link);
	tap_ok(!rmdir(folder), "and nothing else");
	tap_ok(lab_results_save(results, "/dev/full", error, sizeof(error)) &&
	       strstr(error, "No space left") &&
	       !lab_results_save(results, "/dev/null", error, sizeof(error)),
	       "a device is written to as it is");
	json_decref(results);
}

int main(void)
{
	char line[LAB_LINE_BYTES];

	verdict_is("expect fq goodput_bits_ps >= 5 because \"x\"", true,
		   "what is met is said to be");
	verdict_is("expect fq goodput_bits_ps > 5 because \"x\"", false,
		   "what is missed is said to be");
	verdict_is("expect fq nosuch >= 0 because \"x\"", false,
		   "a key that no run has is missed");
	verdict_is(long_reason(100), false, "with a reason of 100 letters");
	verdict_is(long_reason(382), false, "with one of 382, and one of two bytes");
	verdict_is(long_reason(900), false, "with one of 900");
	judged_are("expect fq goodput_bits_ps >= 6 because \"x\"", "loss=1%", 0,
		   "an expected number of the file is not judged when more is set");
	judged_are("", "expect=fq goodput_bits_ps >= 6 because \"x\"", 1,
		   "one that is set holds for what is run");
	judged_are("", "expect=fq goodput_bits_ps >= 6 when rtt=20ms because \"x\"",
		   1, "also when it names what was set");
	judged_are("", "expect=fq goodput_bits_ps >= 6 when rtt=30ms because \"x\"",
		   0, "but not when it names something else");
	snprintf(line, sizeof(line), "policy b qdisc \"fq%371s\303\251\"", "");
	text_is_whole("policies", line);
	snprintf(line, sizeof(line),
		 "flow program run \"true%300s\" peer \"true%50s\303\251\"", "", "");
	text_is_whole("flows", line);
	test_save();
	return tap_done();
}
