// SPDX-License-Identifier: GPL-2.0
/* Rates as shares of the link's speed: what they come to, how they are kept, and what the doctor says when the link changes. */
#include <errno.h>
#include <unistd.h>

#include "../../user/lib/conf.h"
#include "../../user/lib/fq.h"
#include "../../user/lib/state.h"
#include "user_doctor.h"

#define RATE TCA_SLUICE_RATE_BYTES_PS
#define MAXRATE TCA_SLUICE_MAXRATE_BYTES_PS

static struct sluice_options options;
static struct sluice_shares shares;
static char error[512];
/* Speed of the members beside it. */
static uint64_t beside_bits_ps;

static int parse(const char *name, const char *value)
{
	char *words[] = { strdup(name), strdup(value) };
	int err;

	error[0] = '\0';
	err = sluice_options_parse(2, words, &options, error, sizeof(error));
	free(words[0]);
	free(words[1]);
	return err;
}

static int resolve(void)
{
	error[0] = '\0';
	return sluice_shares_resolve(&options, &devices[0], beside_bits_ps,
				     &options, &shares, error, sizeof(error));
}

/* What a rate comes to on a link of so many Mbit/s, in bytes/s. */
static uint64_t rate_of(const char *percent, uint32_t mbits_ps)
{
	fake_host.nic.mbits_ps = mbits_ps;
	memset(&shares, 0, sizeof(shares));
	if (parse("rate", percent) || resolve())
		return 0;
	return options.values[RATE];
}

static void test_parse(void)
{
	tap_ok(!parse("rate", "92.5%") && sluice_options_is_share(&options, RATE) &&
	       options.values[RATE] == 925000, "parse: 92.5% is a share");
	tap_ok(!parse("maxrate", "100%") && options.values[MAXRATE] == 1000000,
	       "parse: all of it");
	tap_ok(!parse("rate", "1gbit") && !options.shares,
	       "parse: a rate is none");
	tap_ok(!parse("gain", "90%") && !options.shares,
	       "parse: nor is a percentage of something else");
	tap_ok(parse("rate", "100.0001%") == -EINVAL &&
	       strstr(error, "out of range; it takes 8kbit to 16tbit, up to 100% of the link, or off"),
	       "parse: more than all of it");
	tap_ok(parse("rate", "0%") == -EINVAL && strstr(error, "out of range"),
	       "parse: nothing of it");
	tap_ok(parse("rate", "0.00001%") == -EINVAL && strstr(error, "finer than 1 ppm"),
	       "parse: too fine");
	tap_ok(parse("rate", "-5%") == -EINVAL, "parse: a negative one");
}

static void test_resolve(void)
{
	host_begin();
	tap_u64(rate_of("92.5%", 1000), 115625000, "resolve: 92.5% of 1 Gbit/s");
	tap_u64(rate_of("100%", 400000), 50000000000, "resolve: all of 400 Gbit/s");
	tap_u64(rate_of("33.3333%", 10), 416666, "resolve: rounded down");
	tap_u64(rate_of("100%", INT32_MAX), INT32_MAX * UINT64_C(125000),
		"resolve: the fastest that a driver can tell");
	tap_ok(!rate_of("50%", SPEED_UNKNOWN) && strstr(error,
	       "'rate 50%' needs the speed of the link, which the driver does not tell: say a rate, as 'rate 926mbit'"),
	       "resolve: no speed, and the next step");
	tap_ok(resolve() == -EOPNOTSUPP && options.shares && !shares.of[RATE].ppm,
	       "resolve: what is refused changes nothing");
	tap_ok(!rate_of("0.0001%", 10) && strstr(error, "is below 8kbit"),
	       "resolve: below the lowest rate");
	devices[0].has_carrier = false;
	tap_ok(!rate_of("50%", 1000) && strstr(error, "which is down: bring it up"),
	       "resolve: the link is down, whatever the driver remembers");
	tap_ok(resolve() == -ENETDOWN, "resolve: told apart, for it may come up");
	tap_ok(!parse("rate", "1gbit") && !resolve(),
	       "resolve: a rate needs no link");
	fake_host_end();
}

/* A member of a bond without a link, beside one that has 10 Gbit/s. */
static void test_assume(void)
{
	host_begin();
	devices[0].has_carrier = false;
	beside_bits_ps = 10000000000;
	tap_ok(rate_of("93%", 1000) == 1162500000 && shares.of[RATE].is_assumed,
	       "assume: without a link it has the speed of those beside it, whatever the driver remembers");
	tap_ok(!parse("maxrate", "10%") && !resolve() &&
	       options.values[MAXRATE] == 125000000,
	       "assume: what was assumed before is no reason");
	shares.of[RATE].is_assumed = false;
	shares.of[RATE].link_bits_ps = 2500000000;
	tap_ok(!parse("rate", "50%") && !resolve() &&
	       options.values[RATE] == 156250000 && shares.of[RATE].is_assumed,
	       "assume: what it had itself counts for more");
	devices[0].has_carrier = true;
	tap_ok(!parse("rate", "50%") && !resolve() &&
	       options.values[RATE] == 62500000 && !shares.of[RATE].is_assumed,
	       "assume: and what it has now for most");
	tap_ok(!rate_of("50%", SPEED_UNKNOWN) && strstr(error, "does not tell"),
	       "assume: nothing where the link is up and tells no speed");
	beside_bits_ps = 0;
	devices[0].has_carrier = false;
	shares.of[RATE] = (struct sluice_share){ 500000, 2500000000, false };
	tap_ok(!parse("rate", "50%") && resolve() == -ENETDOWN,
	       "assume: nothing of a device that was named itself");
	fake_host_end();
}

/* Whose speed it is that is assumed. */
static void test_beside(void)
{
	host_begin();
	fake_host.nic.mbits_ps = 10000;
	devices[0].master = 9;
	devices[0].has_carrier = false;
	devices[1] = devices[0];
	devices[1].ifindex = 8;
	devices[2] = (struct sluice_link){
		.ifindex = 9, .name = "bond0", .kind = "bond",
		.has_carrier = true,
	};
	links.count = 3;
	tap_u64(sluice_share_beside_bits_ps(&links, &devices[0]), 0,
		"beside: nobody has a link");
	devices[1].has_carrier = true;
	tap_u64(sluice_share_beside_bits_ps(&links, &devices[0]), 10000000000,
		"beside: the other member");
	strcpy(devices[2].kind, "team");
	tap_u64(sluice_share_beside_bits_ps(&links, &devices[0]), 10000000000,
		"beside: of a team as well");
	strcpy(devices[2].kind, "bridge");
	tap_u64(sluice_share_beside_bits_ps(&links, &devices[0]), 0,
		"beside: ports of a bridge are not alike");
	strcpy(devices[2].kind, "bond");
	devices[1].master = 0;
	tap_u64(sluice_share_beside_bits_ps(&links, &devices[0]), 0,
		"beside: who is no member does not count");
	devices[0].master = 0;
	tap_u64(sluice_share_beside_bits_ps(&links, &devices[0]), 0,
		"beside: nor do all that are none");
	fake_host_end();
}

/* What was given before stays, unless the same option is given anew. */
static void test_keep(void)
{
	host_begin();
	rate_of("50%", 1000);
	parse("burst", "4");
	resolve();
	tap_u64(shares.of[RATE].ppm, 500000, "keep: another option");
	fake_host.nic.mbits_ps = 2500;
	parse("maxrate", "10%");
	resolve();
	tap_ok(shares.of[RATE].link_bits_ps == 1000000000 &&
	       shares.of[MAXRATE].link_bits_ps == 2500000000,
	       "keep: each has the speed of its time");
	parse("rate", "500mbit");
	resolve();
	tap_ok(!shares.of[RATE].ppm && shares.of[MAXRATE].ppm,
	       "keep: a plain rate is no share any more");
	fake_host_end();
}

static void test_confirm(void)
{
	host_begin();
	rate_of("50%", 1000);
	sluice_shares_confirm(&shares, &options);
	tap_u64(shares.of[RATE].ppm, 500000, "confirm: in force");
	sluice_options_set(&options, RATE, options.values[RATE] + 1);
	sluice_shares_confirm(&shares, &options);
	tap_u64(shares.of[RATE].ppm, 0, "confirm: somebody has set another rate");
	fake_host_end();
}

/* ---- on disk ---- */

static struct sluice_store store;

static int parse_state(const char *old, const char *new, struct sluice_state *ret)
{
	struct sluice_state state = {
		.ifindex = 7, .phase = SLUICE_PHASE_ON, .kind = SLUICE_KIND,
	};
	char *text, *at, *changed;
	int err;

	state.shares.of[RATE] = (struct sluice_share){ 925000, 1000000000, false };
	state.shares.of[MAXRATE] = (struct sluice_share){ 1, 2500000000, true };
	text = sluice_state_format(&store, &state);
	at = strstr(text, old);
	if (!at || asprintf(&changed, "%.*s%s%s", (int)(at - text), text, new,
			    at + strlen(old)) < 0)
		abort();
	memset(ret, 0, sizeof(*ret));
	err = sluice_state_parse(&store, changed, ret);
	sluice_state_done(ret);
	free(changed);
	free(text);
	return err;
}

static void test_state(void)
{
	static const char *const broken[] = {
		"share rate 0 1000000000", "share rate 1000001 1000000000",
		"share gain 925000 1000000000", "share nosuch 925000 1000000000",
		"share rate 925000", "share",
		"share rate 925000 1000000000 assume", "share rate 925000 1x",
	};
	static const char line[] = "share rate 925000 1000000000";
	struct sluice_state state;
	bool is_met = true;
	size_t i;

	if (sluice_store_init(&store, "/nosuch"))
		abort();
	tap_ok(!parse_state(line, line, &state) &&
	       state.shares.of[RATE].ppm == 925000 &&
	       state.shares.of[RATE].link_bits_ps == 1000000000 &&
	       !state.shares.of[RATE].is_assumed &&
	       state.shares.of[MAXRATE].ppm == 1 &&
	       state.shares.of[MAXRATE].is_assumed,
	       "state: what is written is read");
	tap_ok(!parse_state("share rate 925000 1000000000\n", "", &state) &&
	       !state.shares.of[RATE].ppm, "state: one of an older version has none");
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		if (parse_state(line, broken[i], &state) != -EINVAL) {
			printf("# '%s' is taken\n", broken[i]);
			is_met = false;
		}
	tap_ok(is_met, "state: broken ones are refused");
}

/* ---- the doctor ---- */

static void qdisc_put(uint64_t rate_bytes_ps, uint64_t maxrate_bytes_ps)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	mnl_attr_put_u64(header, RATE, rate_bytes_ps);
	mnl_attr_put_u64(header, MAXRATE, maxrate_bytes_ps);
	fake_kernel_put(TC_H_ROOT, 0x80010000, SLUICE_KIND,
			mnl_nlmsg_get_payload(header),
			mnl_nlmsg_get_payload_len(header));
}

/* As `sluice on eth0 rate 92.5%` left it when the link had 2.5 Gbit/s. */
static void noted_begin(uint32_t mbits_ps, bool is_assumed, int via)
{
	struct sluice_state state = {
		.ifindex = 7, .phase = SLUICE_PHASE_ON, .via = via,
		.kind = SLUICE_KIND,
	};
	char folder[128];

	host_begin();
	fake_host.nic.mbits_ps = mbits_ps;
	snprintf(folder, sizeof(folder), "%s" SLUICE_STATE_FOLDER,
		 fake_host.root);
	fake_host_put(SLUICE_STATE_FOLDER "/here", "");
	state.shares.of[RATE] =
		(struct sluice_share){ 925000, 2500000000, is_assumed };
	if (sluice_store_init(&store, folder) ||
	    sluice_state_save(&store, &state))
		abort();
	qdisc_put(sluice_share_bytes_ps(&state.shares.of[RATE]), 0);
	look(1);
}

static void test_doctor(void)
{
	noted_begin(2500, false, 0);
	is("rate", OK, "fit its link", NULL, "doctor: the link is as it was");
	fake_host_end();
	noted_begin(1000, false, 0);
	is("rate", PROBLEM, "rate 92.5% was worked out when the link had 2.5gbit; it has 1gbit now",
	   "sluice on eth0 rate 92.5%", "doctor: it came up slower than the rate");
	fake_host_end();
	noted_begin(10000, false, 0);
	is("rate", NOTE, "it has 10gbit now, and the rate does not follow",
	   "sluice on eth0 rate 92.5%", "doctor: it came up faster");
	fake_host_end();
	noted_begin(SPEED_UNKNOWN, false, 0);
	is("rate", UNKNOWN, "cannot be compared", "", "doctor: no speed now");
	qdisc_put(125000000, 0);
	fake_host.nic.mbits_ps = 10000;
	look(1);
	is("rate", OK, "fit its link", NULL, "doctor: somebody has set another rate since");
	fake_host_end();
}

static void test_doctor_assumed(void)
{
	noted_begin(SPEED_UNKNOWN, true, 0);
	is("rate", NOTE, "rate 92.5% was worked out with 2.5gbit, assumed as the speed of its link, which is not known",
	   "ip link show eth0", "doctor: a share of what was assumed");
	fake_host_end();
	noted_begin(2500, true, 0);
	is("rate", OK, "fit its link", NULL, "doctor: that was right");
	fake_host_end();
	noted_begin(1000, true, 0);
	is("rate", PROBLEM, "rate 92.5% was worked out while the link was down, with 2.5gbit; it has 1gbit now",
	   "sluice on eth0 rate 92.5%", "doctor: that was wrong");
	fake_host_end();
}

/* The file that the doctor proposes says what was asked for, of what that was asked. */
static void test_boot(void)
{
	static const char path[] = "/etc/sluice/eth0.conf";

	noted_begin(2500, false, 0);
	fake_host_put(path, NULL);
	look(1);
	is("boot", NOTE, "no file", "printf '%s\\n' 'rate 92.5%' >/etc/sluice/eth0.conf",
	   "boot: a share stays one");
	qdisc_put(125000000, 0);
	look(1);
	is("boot", NOTE, "no file", "'rate 1gbit' >/etc/sluice/eth0.conf",
	   "boot: somebody has set another rate since");
	fake_host_end();

	noted_begin(2500, false, 9);
	devices[1] = (struct sluice_link){
		.ifindex = 9, .name = "bond0", .kind = "bond",
	};
	links.count = 2;
	fake_host_put(path, NULL);
	look(1);
	is("boot", NOTE, "no file", "'rate 92.5%' >/etc/sluice/bond0.conf",
	   "boot: what was asked of a bond stands in its file");
	fake_host_put("/etc/sluice/bond0.conf", "");
	look(1);
	is("boot", OK, "says how to pace it again", NULL,
	   "boot: and is found there");
	fake_host_end();
}

/* The kernel's fq, as `sluice on --no-module` leaves it. */
static void test_boot_fq(void)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct sluice_options fq = { .given = 0 };
	const struct nlattr *nest = mnl_nlmsg_get_payload(request);

	host_begin();
	fake_host_put("/etc/sluice/eth0.conf", NULL);
	sluice_options_set(&fq, MAXRATE, 2500000000);
	sluice_fq_put(request, &fq);
	fake_kernel_put(TC_H_ROOT, SLUICE_OWN_MAJOR_FIRST << 16, SLUICE_FQ_KIND,
			mnl_attr_get_payload(nest),
			mnl_attr_get_payload_len(nest));
	devices[0].gso_max_segs = 4;
	look(1);
	is("boot", NOTE, "no file", "'module no' 'maxrate 20gbit' 'train 4' >/etc/sluice/eth0.conf",
	   "boot: nor does fq come back by itself");
	is("rate", PROBLEM, "maxrate 20gbit is above", "sluice on eth0 maxrate off --no-module",
	   "doctor: its rates are judged, too");
	fake_host_end();
}

static void test_conf(void)
{
	with_file("/etc/sluice/eth0.conf", "rate 92.5%\n", "conf", OK,
		  "without mistakes", NULL, "conf: a share fits any link");
	host_begin();
	fake_host_put("/etc/sluice/eth0.conf", "rate 92.5%\n");
	fake_host.nic.mbits_ps = SPEED_UNKNOWN;
	look(1);
	is("conf", PROBLEM, "eth0.conf: 'rate 92.5%' needs the speed of the link of eth0", "eth0.conf",
	   "conf: but one whose speed is not known");
	devices[0].has_carrier = false;
	look(1);
	is("conf", OK, "without mistakes", NULL, "conf: one that is down may come up");
	fake_host_end();
}

/* default.conf has a share, the device's own file a rate, and the other way round. */
static void test_merge(void)
{
	struct sluice_conf conf;
	char path[128];

	host_begin();
	snprintf(path, sizeof(path), "%s/etc/sluice/eth0.conf", fake_host.root);
	fake_host_put("/etc/sluice/default.conf", "rate 50%\nmaxrate 1gbit\n");
	fake_host_put("/etc/sluice/eth0.conf", "rate 2gbit\nmaxrate 10%\n");
	tap_ok(!sluice_conf_load(path, &conf, error, sizeof(error)) &&
	       !sluice_options_is_share(&conf.options, RATE) &&
	       conf.options.values[RATE] == 250000000 &&
	       sluice_options_is_share(&conf.options, MAXRATE),
	       "conf: a device's own word counts, share or not");
	fake_host_end();
}

int main(void)
{
	test_parse();
	test_resolve();
	test_assume();
	test_beside();
	test_keep();
	test_confirm();
	test_state();
	test_doctor();
	test_doctor_assumed();
	test_boot();
	test_boot_fq();
	test_conf();
	test_merge();
	sluice_findings_done(&findings);
	return tap_done();
}
