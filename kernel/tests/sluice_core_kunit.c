// SPDX-License-Identifier: GPL-2.0
/* The shared vectors of core/, in a kernel's own build and arithmetic. */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../../core/vectors.h"
#include "../../core/vectors_wheel.h"

#define SLUICE_CHECK_CASES(test, kind)					\
do {									\
	u32 i;								\
									\
	for (i = 0; i < PACE_CASES(pace_##kind##_cases); i++)		\
		KUNIT_EXPECT_EQ_MSG(test,				\
			pace_##kind##_case_check(&pace_##kind##_cases[i]), \
			0, "%s", pace_##kind##_cases[i].name);		\
} while (0)

static void sluice_core_wire(struct kunit *test)
{
	SLUICE_CHECK_CASES(test, wire);
}

static void sluice_core_rate(struct kunit *test)
{
	SLUICE_CHECK_CASES(test, rate);
}

static void sluice_core_clock(struct kunit *test)
{
	SLUICE_CHECK_CASES(test, clock);
}

static void sluice_core_hist(struct kunit *test)
{
	SLUICE_CHECK_CASES(test, hist);
}

static void sluice_core_codel(struct kunit *test)
{
	SLUICE_CHECK_CASES(test, codel);
}

static void sluice_core_smooth(struct kunit *test)
{
	SLUICE_CHECK_CASES(test, smooth);
}

static void sluice_core_wheel(struct kunit *test)
{
	const u32 wide_bits = 12;
	const size_t bytes = pace_wheel_memory_bytes(wide_bits);
	void *memory;
	u32 i;

	memory = kunit_kzalloc(test, bytes, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, memory);
	for (i = 0; i < PACE_CASES(pace_wheel_cases); i++) {
		memset(memory, 0, bytes);
		KUNIT_EXPECT_EQ_MSG(test,
			pace_wheel_case_check(&pace_wheel_cases[i], memory,
					      wide_bits), 0,
			"%s", pace_wheel_cases[i].name);
	}
}

static struct kunit_case sluice_core_cases[] = {
	KUNIT_CASE(sluice_core_wire),
	KUNIT_CASE(sluice_core_rate),
	KUNIT_CASE(sluice_core_clock),
	KUNIT_CASE(sluice_core_hist),
	KUNIT_CASE(sluice_core_codel),
	KUNIT_CASE(sluice_core_smooth),
	KUNIT_CASE(sluice_core_wheel),
	{}
};

static struct kunit_suite sluice_core_suite = {
	.name = "sluice_core",
	.test_cases = sluice_core_cases,
};
kunit_test_suite(sluice_core_suite);

MODULE_DESCRIPTION("Vectors of Sluice's pacing arithmetic");
MODULE_LICENSE("GPL");
