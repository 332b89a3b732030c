// SPDX-License-Identifier: GPL-2.0
/*
 * Files below /proc, /sys and /etc that hold what nobody expects, and damaged
 * answers of the kernel; the same ones in every run. ASan watches the ends. The
 * doctor must say as much as ever, in sentences that a terminal survives.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../unit/fake_host.h"
#include "../unit/user_tap.h"

#define SEED	0xd0c
#define ROUNDS	100
#define MESSAGE_ROUNDS 800
#define HUGE_BYTES (1024 * 1024)

/* No sentence is that long, whatever it quotes. */
#define TEXT_MOST 2000

static struct sluice_link devices[1];
static struct sluice_links links = { .links = devices, .count = 1 };
static char netlink;
static unsigned int checks_usual;

static bool text_is_clean(const char *text)
{
	if (!text)
		return true;
	if (!*text || strlen(text) > TEXT_MOST)
		return false;
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

/* How many checks spoke; 0 if one of them said what it must not. */
static unsigned int look(void)
{
	const struct sluice_patient patient = {
		.root = fake_host.root, .release = FAKE_RELEASE,
		.netlink = (struct sluice_netlink *)&netlink, .links = &links,
		.sleeps = { 200, 1000000, 5000, 20000, 1, 50000 },
	};
	const struct sluice_link *requested = devices;
	struct sluice_findings findings;
	unsigned int i, checks = 0;
	bool is_met = true;

	if (sluice_doctor_run(&patient, &requested, 1, &findings))
		abort();
	for (i = 0; i < findings.count; i++) {
		const struct sluice_finding *finding = &findings.findings[i];

		checks += !i || strcmp(finding[-1].check, finding->check);
		is_met = is_met && text_is_clean(finding->text) &&
			 text_is_clean(finding->fix) &&
			 finding->severity < SLUICE_SEVERITIES;
		if (!is_met)
			printf("# %s: %.200s\n", finding->check, finding->text);
	}
	sluice_findings_done(&findings);
	return is_met ? checks : 0;
}

static void host_begin(void)
{
	fake_host_begin();
	devices[0] = fake_host_link();
}

/* Random bytes, or letters that the files themselves are made of. */
static size_t noise_make(char *noise, u64 *state)
{
	static const char letters[] = "0123456789 -[]:,\n\t\0%abcx/\33";
	size_t length = random_below(state, 600), i;
	bool is_wild = random_below(state, 2);

	for (i = 0; i < length; i++)
		noise[i] = is_wild ? (char)random_next(state) :
			   letters[random_below(state, sizeof(letters) - 1)];
	return length;
}

/* One file at a time: empty, a folder, huge, too large a number, noise. */
static void fuzz_each(void)
{
	char *huge = malloc(HUGE_BYTES), noise[600], path[256];
	static const char *const texts[] = {
		"", "99999999999999999999999999", "-1\n", "0x10\n", "\n\n",
		"\33[2J\33]0;title\7\n", "%s%s%n\n",
	};
	u64 state = SEED;
	bool is_met = true;
	unsigned int i, j;

	memset(huge, '1', HUGE_BYTES);
	host_begin();
	for (i = 0; fake_host_files[i][0]; i++) {
		const char *file = fake_host_files[i][0];

		for (j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			fake_host_put(file, texts[j]);
			is_met = is_met && look() == checks_usual;
		}
		fake_host_put_bytes(file, huge, HUGE_BYTES);
		is_met = is_met && look() == checks_usual;
		fake_host_put_bytes(file, noise, noise_make(noise, &state));
		is_met = is_met && look() == checks_usual;
		fake_host_put(file, NULL);
		snprintf(path, sizeof(path), "%s%s", fake_host.root, file);
		if (mkdir(path, 0755))
			abort();
		is_met = is_met && look() == checks_usual;
		fake_host_put(file, fake_host_files[i][1]);
		if (!is_met) {
			printf("# %s\n", file);
			break;
		}
	}
	fake_host_end();
	free(huge);
	tap_ok(is_met, "fuzz: any one file, and every check still speaks");
}

/* Many of them at once. */
static void fuzz_all(void)
{
	u64 state = SEED + 1, round;
	bool is_met = true;
	unsigned int i;
	char noise[600];

	host_begin();
	for (round = 0; is_met && round < ROUNDS; round++) {
		for (i = 0; fake_host_files[i][0]; i++)
			if (!random_below(&state, 3))
				fake_host_put_bytes(fake_host_files[i][0],
						    noise,
						    noise_make(noise, &state));
		is_met = look() == checks_usual;
	}
	fake_host_end();
	tap_ok(is_met, "fuzz: any files, and every check still speaks");
}

static void fuzz_messages(void)
{
	u64 state = SEED + 2, round;
	bool is_met = true;

	host_begin();
	fake_host_put("/sys/module/nf_flow_table/refcnt", "1\n");
	fake_host.nic.hw_tc = FAKE_ON;
	fake_host.clsact_program = "a program";
	fake_host.flowtables = 2;
	fake_host.is_flowtable_hw = true;
	fake_host.hw_filters = 3;
	fake_host.damage = &state;
	for (round = 0; is_met && round < MESSAGE_ROUNDS; round++)
		is_met = look() == checks_usual;
	fake_host_end();
	tap_ok(is_met, "fuzz: any filters and flow tables");
}

int main(void)
{
	host_begin();
	checks_usual = look();
	fake_host_end();
	tap_ok(checks_usual >= 25, "the checks of a host on which all is well");
	fuzz_each();
	fuzz_all();
	fuzz_messages();
	return tap_done();
}
