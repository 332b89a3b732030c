/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is promised of any bytes that are read as a capture: see pcap_target.c.
 * libFuzzer and AFL++ call the function by this name; pcap_fuzz.c does in the
 * tests.
 */
#ifndef SLUICE_TESTS_PCAP_TARGET_H
#define SLUICE_TESTS_PCAP_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* How many records all calls have read: a test that reads none is none. */
extern uint64_t pcap_target_records;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
