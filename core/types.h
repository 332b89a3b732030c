/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Integer names, 64-bit division and bit scans for the pacing arithmetic.
 *
 * The only file of core/ that knows whether it is compiled for the kernel, for
 * BPF or for a host program. Everything else in core/ is pure: it reads no
 * clock, allocates nothing and knows neither sk_buff nor sock.
 */
#ifndef SLUICE_CORE_TYPES_H
#define SLUICE_CORE_TYPES_H

#ifdef __KERNEL__

#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/types.h>

#define pace_div64(dividend, divisor)	div64_u64(dividend, divisor)
#define pace_fls64(x)			fls64(x)
#define pace_ffs64(x)			__ffs64(x)

#else

#include <stdbool.h>
#include <stddef.h>
#ifdef __bpf__
#include <linux/types.h>	/* <stdint.h> is of a libc, which has no headers for BPF */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;
#define SLUICE_HAVE_SHORT_TYPES
#else
#include <stdint.h>
#endif

#ifndef SLUICE_HAVE_SHORT_TYPES
#define SLUICE_HAVE_SHORT_TYPES
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef long long s64;
#endif

#define pace_div64(dividend, divisor)	((dividend) / (divisor))
#ifdef __bpf__
/*
 * clang 14 ends on __builtin_clzll() for BPF: "DAG->DAG Pattern Instruction Selection". Without
 * branches, of which the verifier would follow both sides: the sign of what is
 * taken from 0 says whether there is a bit.
 */
static inline int pace_fls64(u64 x)
{
	u64 bits = 0, step, has;

	for (step = 32; step; step >>= 1) {
		has = (0 - (x >> step)) >> 63;
		x >>= has * step;
		bits += has * step;
	}
	return (int)(bits + x);
}
#else
#define pace_fls64(x)			((x) ? 64 - __builtin_clzll(x) : 0)
#endif
#define pace_ffs64(x)			__builtin_ctzll(x)

#endif

#define PACE_NSEC_PER_SEC	1000000000ULL

/**
 * pace_before - is time @a_ns earlier than time @b_ns
 * @a_ns: a time in ns
 * @b_ns: a time in ns of the same clock
 *
 * Right as long as the two lie less than 2^63 ns (292 years) apart.
 *
 * Return: true if @a_ns is strictly earlier.
 */
static inline bool pace_before(u64 a_ns, u64 b_ns)
{
	return (s64)(a_ns - b_ns) < 0;
}

/**
 * pace_later_of - the later of two times
 * @a_ns: a time in ns
 * @b_ns: a time in ns of the same clock
 *
 * Return: @b_ns if @a_ns is before it, else @a_ns.
 */
static inline u64 pace_later_of(u64 a_ns, u64 b_ns)
{
	return pace_before(a_ns, b_ns) ? b_ns : a_ns;
}

#endif
