// SPDX-License-Identifier: GPL-2.0
/* What `sluice compare` makes of results: intervals that are right, verdicts that follow, and files that are none. */
#include <errno.h>
#include <stdlib.h>

#include "../../user/cli/compare.h"
#include "user_tap.h"

static struct sluice_sample sample_of(unsigned int runs, const double *values)
{
	struct sluice_sample sample = { .runs = 0 };

	for (unsigned int i = 0; i < runs; i++)
		sluice_sample_add(&sample, values[i]);
	return sample;
}

static void test_sample(void)
{
	static const double five[] = { 1, 2, 3, 4, 5 }, two[] = { 7, 7 };
	double many[40];
	struct sluice_sample a = sample_of(5, five), b = sample_of(1, five);

	tap_real(a.mean, 3, "sample: the mean");
	tap_ok(fabs(sluice_sample_half_width(&a) - 2.776 * sqrt(0.5)) < 1e-9,
	       "sample: 95 % with four degrees of freedom");
	tap_ok(!sluice_sample_half_width(&b), "sample: one run has no interval");
	tap_ok(!sluice_samples_differ(&a, &b), "sample: and differs from nothing");
	for (unsigned int i = 0; i < 40; i++)
		many[i] = 1e9 + i % 2;
	a = sample_of(40, many);
	tap_ok(fabs(sluice_sample_half_width(&a) - 2.040 * sqrt(10.0 / 39 / 40)) < 1e-6,
	       "sample: many runs, and numbers far from 0");
	a = sample_of(2, two);
	b = sample_of(5, five);
	tap_ok(!sluice_sample_half_width(&a) && sluice_samples_differ(&a, &b),
	       "sample: intervals that do not meet");
	b.mean += 2.5;
	tap_ok(!sluice_samples_differ(&a, &b), "sample: and such that do");
}

/* Of one file, as text. */
static int read_text(const char *text, struct compare_side *side)
{
	char error[COMPARE_ERROR_SIZE];
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	int err = compare_read(file, "text", side, error);

	fclose(file);
	return err;
}

#define RESULT(direction, goodput, again)				\
	"{\"vantages\":[{\"duration_ns\":10000000000,\"directions\":["	\
	direction "{\"direction\":\"any\",\"timeouts\":3,"		\
	"\"retransmitted_pkts\":" again ",\"tcp\":{\"goodput_bits_ps\":" goodput "}," \
	"\"metrics\":{\"pkts\":1000}}]}]}\n"

static void test_read(void)
{
	static const char result[] = RESULT("", "5000000", "10");
	char text[sizeof(result)];
	struct compare_side side;
	bool is_met = true;

	tap_ok(!read_text(result, &side) && side.runs == 1 &&
	       side.figures[0].mean == 5, "read: goodput in Mb/s");
	tap_ok(side.figures[1].mean == 1, "read: what was sent again, in percent");
	tap_ok(fabs(side.figures[2].mean - 18) < 1e-9, "read: timeouts a minute");
	tap_ok(!side.figures[3].runs, "read: what is not there is not known");
	tap_ok(!read_text("{\"out\":{}}\n" RESULT("", "1", "1") " " RESULT("", "3e6", "1"), &side) &&
	       side.runs == 2, "read: one after another, without the lines of intervals");
	tap_ok(!read_text("{\"vantages\":[{},{\"directions\":[{\"direction\":\"in\"},{\"direction\":\"out\",\"tcp\":{\"goodput_bits_ps\":2e6}}]}]}", &side) &&
	       side.figures[0].mean == 2, "read: of two places the second, of two directions what leaves");
	tap_ok(!read_text("{\"vantages\":[{\"directions\":[{\"retransmitted_pkts\":0,\"metrics\":{\"pkts\":0}}]}]}", &side) &&
	       !side.figures[1].runs, "read: of no packets there is no share");
	tap_ok(!read_text("{\"vantages\":[{\"directions\":7}]}{\"vantages\":[8]}", &side) && side.runs == 2 &&
	       !side.figures[0].runs, "read: results of another shape have no figures");
	tap_ok(read_text("", &side) == -EINVAL && read_text("{}", &side) == -EINVAL &&
	       read_text("[]", &side) == -EINVAL, "read: no result");
	for (size_t length = 1; length < sizeof(result) - 2; length++) {
		memcpy(text, result, length);
		text[length] = '\0';
		is_met &= read_text(text, &side) == -EINVAL;
	}
	tap_ok(is_met, "read: one that is cut short, anywhere");
}

static void test_judge(void)
{
	static const char low[] = RESULT("", "1e6", "9") RESULT("", "1.1e6", "8");
	static const char high[] = RESULT("", "9e6", "9") RESULT("", "9.1e6", "8");
	static const char lossy[] = RESULT("", "9e6", "500") RESULT("", "9.1e6", "501");
	struct compare compare;

	tap_ok(!read_text(low, &compare.before) && !read_text(high, &compare.after) &&
	       compare_judge(&compare) == COMPARE_BETTER, "judge: more goodput, the same losses");
	compare.before = compare.after;
	tap_ok(!read_text(low, &compare.after) && compare_judge(&compare) == COMPARE_WORSE, "judge: less");
	compare.before = compare.after;
	tap_ok(compare_judge(&compare) == COMPARE_NO_BENEFIT, "judge: the same");
	tap_ok(!read_text(lossy, &compare.after) && compare_judge(&compare) == COMPARE_MIXED,
	       "judge: more goodput, more losses");
	tap_ok(!read_text(RESULT("", "9e6", "9"), &compare.after) && compare_judge(&compare) == COMPARE_UNKNOWN,
	       "judge: one run says nothing");
}

int main(void)
{
	test_sample();
	test_read();
	test_judge();
	return tap_done();
}
