// SPDX-License-Identifier: GPL-2.0
/*
 * The files of tests/fuzz/corpus/pcap as they are, and damaged, the same way in
 * every run: what pcap_target.c (or scope_target.c) promises holds for each, or this
 * program aborts. The corpus has a seed for each feature and what libFuzzer and
 * AFL++ found worth keeping; for more: make fuzz-pcap, make fuzz-scope.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core_random.h"
#include "../unit/user_tap.h"
#include "pcap_target.h"

#define CORPUS		"tests/fuzz/corpus/pcap"
#define SEED		0xca97
#ifndef ROUNDS
#define ROUNDS		6000
#endif
#define FILE_MAX_BYTES	65536
#define FILES_MAX	2000

struct file {
	uint8_t *data;
	size_t size;
};

static struct file files[FILES_MAX];
static int files_count;

static void file_read(const char *name)
{
	struct file *file = &files[files_count];
	char path[512];
	FILE *from;

	snprintf(path, sizeof(path), CORPUS "/%s", name);
	from = fopen(path, "rb");
	file->data = malloc(FILE_MAX_BYTES);
	if (!from || !file->data)
		abort();
	file->size = fread(file->data, 1, FILE_MAX_BYTES, from);
	fclose(from);
	files_count++;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void corpus_read(void)
{
	struct dirent **entries;
	int count = scandir(CORPUS, &entries, is_file, alphasort);

	for (int i = 0; i < count; i++) {
		if (i < FILES_MAX)
			file_read(entries[i]->d_name);
		free(entries[i]);
	}
	if (count > 0)
		free(entries);
}

/* Lengths are where it hurts, and they are 32 bits wide and aligned. */
static void change(uint8_t *data, size_t size, u64 *state)
{
	static const uint32_t values[] = { 0, 1, 4, 12, 28, 32, 65535, 262144,
					   262145, 0x7fffffff, 0xffffffff };
	size_t at = random_below(state, size);
	uint32_t value;

	switch (random_below(state, 4)) {
	case 0:
		data[at] = (uint8_t)random_next(state);
		break;
	case 1:
		data[at] ^= (uint8_t)(1 << random_below(state, 8));
		break;
	case 2:
		data[at & ~(size_t)3] = (uint8_t)random_below(state, 64);
		break;
	default:
		value = values[random_below(state, sizeof(values) / sizeof(values[0]))];
		if (at + 4 <= size)
			memcpy(data + (at & ~(size_t)3), &value, 4);
		break;
	}
}

/* A damaged copy: changed, often cut, sometimes with another file behind it. */
static void fuzz_one(u64 *state)
{
	const struct file *file = &files[random_below(state, (u64)files_count)];
	const struct file *more = &files[random_below(state, (u64)files_count)];
	uint8_t *data = malloc(file->size + more->size + 1);
	size_t size = file->size;
	u64 i, n = random_below(state, 8);

	if (!data)
		abort();
	memcpy(data, file->data, size);
	if (!random_below(state, 4))
		size = random_below(state, size + 1);
	if (!random_below(state, 4)) {
		memcpy(data + size, more->data, more->size);
		size += more->size;
	}
	for (i = 0; i < n && size; i++)
		change(data, size, state);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(void)
{
	u64 state = SEED;
	char claim[96];
	int i;

	corpus_read();
	tap_ok(files_count > 20, "capture: a corpus to start from");
	for (i = 0; i < files_count; i++)
		LLVMFuzzerTestOneInput(files[i].data, files[i].size);
	snprintf(claim, sizeof(claim), "capture: %d files of the corpus", files_count);
	tap_ok(pcap_target_records > 100, claim);
	pcap_target_records = 0;
	for (i = 0; i < ROUNDS && files_count; i++)
		fuzz_one(&state);
	snprintf(claim, sizeof(claim), "capture: %d damaged ones", ROUNDS);
	tap_ok(pcap_target_records > ROUNDS, claim);
	for (i = 0; i < files_count; i++)
		free(files[i].data);
	return tap_done();
}
