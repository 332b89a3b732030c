// SPDX-License-Identifier: GPL-2.0
/* Where pacing belongs (place.h), and whose device it is by its links (owner.h). */
#include "../../user/lib/owner.h"
#include "../../user/lib/place.h"
#include "core_random.h"
#include "user_tap.h"

#include <errno.h>
#include <stdlib.h>

#define SEED	0x91ace
#define ROUNDS	20000

static struct sluice_link devices[16];
static struct sluice_links links = { .links = devices };

/* A device with the next number, 1 first. */
static int device(const char *name, const char *kind, int master, int lower)
{
	struct sluice_link *link = &devices[links.count++];

	memset(link, 0, sizeof(*link));
	link->ifindex = (int)links.count;
	snprintf(link->name, sizeof(link->name), "%s", name);
	snprintf(link->kind, sizeof(link->kind), "%s", kind);
	link->master = master;
	link->lower = lower;
	return link->ifindex;
}

/* The names that are paced for a device, and what is said if none is. */
static const char *places(int ifindex)
{
	static char text[1024];
	struct sluice_places found = { .count = 0 };
	char error[512];
	unsigned int i;
	int err;

	err = sluice_places_find(&links, ifindex, &found, error, sizeof(error));
	snprintf(text, sizeof(text), "%d:%s", err, error);
	for (i = 0; !err && i < found.count; i++) {
		strcat(text, " ");
		strcat(text, found.found[i]->name);
	}
	for (i = 0; !err && i < found.left_out_count; i++) {
		strcat(text, " -");
		strcat(text, found.left_out[i]->name);
	}
	sluice_places_done(&found);
	return text;
}

static void is(int ifindex, const char *wanted, const char *claim)
{
	const char *got = places(ifindex);

	if (!tap_ok(!strcmp(got, wanted), claim))
		printf("# got \"%s\", wanted \"%s\"\n", got, wanted);
}

static void test_ports(void)
{
	int bond, bridge, vlan, lonely, team, vrf;

	links.count = 0;
	device("eth0", "", 3, 0);
	device("eth1", "", 3, 0);
	bond = device("bond0", "bond", 5, 0);
	vlan = device("bond0.7", "vlan", 0, bond);
	bridge = device("br0", "bridge", 0, 0);
	device("tap0", "tun", bridge, 0);
	device("vxlan0", "vxlan", bridge, 0);
	lonely = device("br1", "bridge", 0, 0);
	device("gre0", "gretap", lonely, 0);
	team = device("team0", "team", 0, 0);
	vrf = device("vrf0", "vrf", 0, 0);
	device("veth0", "veth", vrf, 99);

	is(bond, "0: eth0 eth1", "the members of a bond");
	is(vlan, "0: eth0 eth1", "a VLAN on a bond: its members");
	is(bridge, "0: eth0 eth1 tap0 -vxlan0",
	   "the ports of a bridge, a bond's members among them, without tunnels");
	is(vrf, "0: veth0", "the ports of a VRF; a veth is paced itself");
	is(1, "0: eth0", "a member of a bond alone");
	tap_text(places(lonely), "-95:br1: this bridge has no port to pace",
		 "a bridge whose only port is a tunnel");
	tap_text(places(team), "-95:team0: this team has no member to pace",
		 "a team without members");
	is(77, "-19:", "a device that is not there");
}

static void test_lower(void)
{
	int macvlan, macvtap, ipvlan, macsec, vlan, tunnel;

	links.count = 0;
	device("eth0", "", 0, 0);
	macvlan = device("mv0", "macvlan", 0, 1);
	macvtap = device("mt0", "macvtap", 0, 1);
	ipvlan = device("iv0", "ipvlan", 0, 1);
	macsec = device("ms0", "macsec", 0, macvlan);
	vlan = device("inside", "vlan", 0, 1);
	devices[vlan - 1].is_lower_elsewhere = true;
	tunnel = device("wg0", "wireguard", 0, 0);

	is(macvlan, "0: eth0", "a macvlan: the device below");
	is(macvtap, "0: eth0", "a macvtap: the device below");
	is(ipvlan, "0: eth0", "an ipvlan: the device below");
	is(macsec, "0: eth0", "MACsec on a macvlan: the device below both");
	tap_text(places(vlan), "is in another network namespace",
		 "a number that counts elsewhere is not taken for one here");
	tap_text(places(tunnel), "name that device", "a tunnel is refused");
}

/* Whatever lies on whatever, also in circles: it ends, and says why not. */
static void test_any(void)
{
	static const char *const kinds[] = {
		"", "bond", "bridge", "vlan", "macvlan", "vxlan", "veth", "vrf",
	};
	u64 state = SEED, i, j;
	bool is_met = true;
	unsigned int found = 0;

	for (i = 0; i < ROUNDS; i++) {
		u64 n = 1 + random_below(&state, 16);
		const char *text;

		links.count = 0;
		for (j = 0; j < n; j++)
			device("x", kinds[random_below(&state, 8)],
			       (int)random_below(&state, 18),
			       (int)random_below(&state, 18));
		text = places(1 + (int)random_below(&state, n));
		found += !strncmp(text, "0: x", 4);
		is_met = is_met && (!strncmp(text, "0: ", 3) ||
				    !strncmp(text, "-95:x: ", 7));
	}
	tap_ok(is_met && found > ROUNDS / 20 && found < ROUNDS,
	       "any devices on each other: a place, or a sentence");
}

static void test_owner(void)
{
	char error[8192];
	int ovs;

	links.count = 0;
	device("eth0", "", 2, 0);
	ovs = device("ovs-system", "openvswitch", 0, 0);
	device("eth1", "", 0, 0);
	tap_ok(sluice_owner_find(NULL, "/nonexistent", &links, &devices[0],
				 error, sizeof(error)) &&
	       strstr(error, "eth0 belongs to Open vSwitch"),
	       "owner: a port of Open vSwitch");
	tap_ok(sluice_owner_find(NULL, "/nonexistent", &links,
				 &devices[ovs - 1], error, sizeof(error)),
	       "owner: its internal device");
	tap_ok(!sluice_owner_find(NULL, "/nonexistent", &links, &devices[2],
				  error, sizeof(error)),
	       "owner: nobody");
}

/* Whose is @name, if a file of networkd's that is not running has that Name=? */
static bool is_networkds(const char *names, const char *name)
{
	char root[] = "/tmp/sluice-place.XXXXXX", path[96], error[512];
	struct sluice_link link = { .ifindex = 3 };
	bool is_owned;
	FILE *file;

	snprintf(link.name, sizeof(link.name), "%s", name);
	if (!mkdtemp(root))
		return false;
	snprintf(path, sizeof(path), "mkdir -p %s/etc/systemd/network", root);
	if (system(path))
		return false;
	snprintf(path, sizeof(path), "%s/etc/systemd/network/1.network", root);
	file = fopen(path, "w");
	if (!file)
		return false;
	fprintf(file, "[Match]\nName=%s\n[FairQueueing]\n", names);
	fclose(file);
	is_owned = sluice_owner_networkd(root, &link, error, sizeof(error));
	snprintf(path, sizeof(path), "rm -r %s", root);
	return !system(path) && is_owned;
}

static void test_names(void)
{
	static const struct {
		const char *names, *device;
		bool is_owned;
	} cases[] = {
		{ "eth0", "eth0", true },
		{ "eth0", "eth1", false },
		{ "wlan0 eth*", "eth1", true },
		{ "eth* !eth1", "eth0", true },
		{ "eth* !eth1", "eth1", false },
		/* an exception says nothing of devices that no word names */
		{ "eth* !eth1", "wlan0", false },
		{ "!eth1", "wlan0", true },
		{ "!eth1", "eth1", false },
		/* the first ! is one for the whole list */
		{ "!eth1 eth2", "eth2", false },
		{ "!eth1 eth2", "eth3", true },
	};
	char claim[96];
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(claim, sizeof(claim), "owner: Name=%s is%s for %s",
			 cases[i].names, cases[i].is_owned ? "" : " not",
			 cases[i].device);
		tap_ok(is_networkds(cases[i].names, cases[i].device) ==
		       cases[i].is_owned, claim);
	}
}

int main(void)
{
	test_ports();
	test_lower();
	test_any();
	test_owner();
	test_names();
	return tap_done();
}
