/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loops over batches are compiled twice on x86-64: for every machine, and with
 * the instructions of those with AVX2 (all since 2015). Both do the same
 * arithmetic on integers; no floating point is contracted.
 *
 *	static inline __attribute__((always_inline)) void work(...) { ... }
 *
 *	SLUICE_WIDE static void work_wide(...) { work(...); }
 *	... sluice_is_wide() ? work_wide(...) : work(...);
 *
 * SLUICE_NARROW leaves out the second, for tests.
 */
#ifndef SLUICE_WIDE_H
#define SLUICE_WIDE_H

#include <stdbool.h>

#if defined(__x86_64__) && !defined(SLUICE_NARROW)
#define SLUICE_HAS_WIDE
/* Not every clang can be asked whether the machine has movbe. */
#ifdef __clang__
#define SLUICE_WIDE	__attribute__((target("avx2,bmi,bmi2,lzcnt")))
#define SLUICE_HAS_MOVBE	true
#else
#define SLUICE_WIDE	__attribute__((target("avx2,bmi,bmi2,lzcnt,movbe")))
#define SLUICE_HAS_MOVBE	__builtin_cpu_supports("movbe")
#endif

/* Whether this processor runs functions that are marked SLUICE_WIDE. */
static inline bool sluice_is_wide(void)
{
	return __builtin_cpu_supports("avx2") &&
	       __builtin_cpu_supports("bmi2") && SLUICE_HAS_MOVBE;
}
#else
#define SLUICE_WIDE

static inline bool sluice_is_wide(void)
{
	return false;
}
#endif

#endif
