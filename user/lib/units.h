/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quantities as people write them: one unit table for the command line and
 * for scenario files. Rates are decimal and count bits (926mbit, 9.26gbit);
 * times are ns, us, ms, s; sizes are B, kB, MB, GB (1000) or KiB, MiB, GiB
 * (1024). A value is exact or refused: nothing is rounded.
 *
 * Every parser returns 0 and fills *ret, or returns -EINVAL, leaves *ret
 * alone and writes one phrase to error that quotes the text and says what is
 * right. None prints.
 */
#ifndef SLUICE_UNITS_H
#define SLUICE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define SLUICE_NSEC_PER_SEC 1000000000ull

/* "16": decimal digits alone. */
int sluice_parse_count(const char *text, uint64_t *ret_count, char *error,
		       size_t error_size);
/* "926mbit", in bits per second; "gbps" and the like are refused. */
int sluice_parse_rate(const char *text, uint64_t *ret_bits_ps, char *error,
		      size_t error_size);
/* "16.7ms", in ns. */
int sluice_parse_time(const char *text, uint64_t *ret_ns, char *error,
		      size_t error_size);
/* "100kB", "64KiB", in bytes. */
int sluice_parse_size(const char *text, uint64_t *ret_bytes, char *error,
		      size_t error_size);
/* "0.1%" is 1000 parts per million; a bare 0 is allowed. */
int sluice_parse_share(const char *text, uint64_t *ret_ppm, char *error,
		       size_t error_size);

/* The shortest exact spelling with a unit, for messages and tables. */
void sluice_format_rate(uint64_t bits_ps, char *text, size_t text_size);
void sluice_format_time(uint64_t ns, char *text, size_t text_size);
/* "92.5%", never in parts per million. */
void sluice_format_share(uint64_t ppm, char *text, size_t text_size);

/* The same for what was measured: four digits that count. */
void sluice_format_rate_about(uint64_t bits_ps, char *text, size_t text_size);
void sluice_format_time_about(uint64_t ns, char *text, size_t text_size);
/* A number without a unit, with three, and without an exponent: 0.5, 12.3, 1000. */
void sluice_format_number_about(double value, char *text, size_t text_size);

#endif
