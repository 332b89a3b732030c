// SPDX-License-Identifier: GPL-2.0
/* The guest's script and its network; see plan.h for the picture. */
#include "plan.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/units.h"

/* Frames that a NIC's queue may hold; more than any qdisc releases at once. */
#define NIC_LIMIT_PKTS		100000
/* Frames on the way back; never the limit. */
#define DELAY_LIMIT_PKTS	1000000
/* Fifth byte of Ethernet addresses; the sixth is the sender's number. */
#define MAC_SWITCH		0	/* 1: the receiver */
#define MAC_NIC			1
#define MAC_SWITCH_PORT		2
#define MAC_GUEST		3
#define MAC_TAP			4
/* How much later a frame comes that netem picked for reordering. */
#define REORDER_DELAY		"1ms"

FILE *lab_plan_open(const char *dir, const char *name, char *error,
		    size_t error_size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	if (!file)
		lab_refuse(error, error_size, "%s: cannot be written: %s", path,
			   strerror(errno));
	return file;
}

int lab_plan_close(FILE *file, const char *name, char *error,
		   size_t error_size)
{
	int err = ferror(file);

	if (fclose(file) || err)
		return lab_refuse(error, error_size, "%s: cannot be written: %s",
				  name, strerror(errno));
	return 0;
}

bool lab_policy_is_sluice(const struct lab_policy *policy)
{
	return !strncmp(policy->qdisc, "sluice", 6) &&
	       (!policy->qdisc[6] || policy->qdisc[6] == ' ');
}

static const char *name_find(const struct lab_plan_name *names,
			     const char *name, size_t length)
{
	for (; names->name; names++)
		if (strlen(names->name) == length &&
		    !strncmp(names->name, name, length))
			return names->value;
	return NULL;
}

int lab_plan_expand(const struct lab_plan *plan, const char *template,
		    const struct lab_plan_name *extra, char *text,
		    size_t text_size, char *error, size_t error_size)
{
	const struct lab_settings *settings = &plan->scenario->settings;
	char nic[32], port[32], device[32], buffer[24], seconds[24], mtu[24];
	const struct lab_plan_name own[] = {
		{ "nic_rate", nic }, { "port_rate", port },
		{ "device_rate", device }, { "port_buffer_pkts", buffer },
		{ "seconds", seconds }, { "mtu", mtu },
		{ "cc", settings->cc }, { NULL, NULL },
	};
	size_t used = 0;

	sluice_format_rate(settings->nic_rate_bits_ps, nic, sizeof(nic));
	sluice_format_rate(settings->port_rate_bits_ps, port, sizeof(port));
	sluice_format_rate(settings->device_rate_bits_ps, device, sizeof(device));
	snprintf(buffer, sizeof(buffer), "%" PRIu64, settings->port_buffer_pkts);
	snprintf(seconds, sizeof(seconds), "%g",
		 (double)settings->duration_ns / SLUICE_NSEC_PER_SEC);
	snprintf(mtu, sizeof(mtu), "%" PRIu64, settings->mtu_bytes);
	while (*template) {
		size_t length = strcspn(template, "}");
		const char *piece = template;

		/* ${x} is the shell's and %{x} curl's */
		if (*template != '{' || !template[length] ||
		    (used && strchr("$%", text[used - 1]))) {
			length = 1;
		} else {
			piece = name_find(own, template + 1, length - 1);
			if (!piece && extra)
				piece = name_find(extra, template + 1, length - 1);
			if (!piece)
				return lab_refuse(error, error_size,
						  "'%.*s}' in '%s' is not a known name",
						  (int)length, template, template);
			template += length;
			length = strlen(piece);
		}
		if (used + length >= text_size)
			return lab_refuse(error, error_size,
					  "a command is too long");
		memcpy(text + used, piece, length);
		used += length;
		template++;
	}
	text[used] = '\0';
	return 0;
}

/* The device with a host's address: DEV, or DEV.ID in a VLAN. */
static void address_device(const struct lab_settings *settings, const char *dev,
			   char text[LAB_DEVICE_BYTES])
{
	if (settings->vlan_id)
		snprintf(text, LAB_DEVICE_BYTES, "%.9s.%u", dev,
			 (unsigned int)settings->vlan_id);
	else
		snprintf(text, LAB_DEVICE_BYTES, "%s", dev);
}

/*
 * A host's address on its NIC. Over IPv6 nothing but flows may speak: no
 * duplicate address detection, no joining of groups (arp off).
 */
static void address_ip_print(FILE *file, const struct lab_settings *settings,
			     const char *dev, unsigned int host,
			     uint64_t gso_max_segs)
{
	char on[LAB_DEVICE_BYTES], address[LAB_ADDRESS_BYTES];
	bool is_ipv6 = settings->ip_version == 6;

	address_device(settings, dev, on);
	lab_host_address(settings, host, address);
	if (settings->vlan_id)
		fprintf(file, "link add link %s name %s type vlan id %u\n", dev,
			on, (unsigned int)settings->vlan_id);
	if (settings->vlan_id && gso_max_segs)
		fprintf(file, "link set dev %s gso_max_segs %" PRIu64 "\n", on,
			gso_max_segs);
	if (is_ipv6)
		fprintf(file, "link set dev %s arp off\n", dev);
	if (is_ipv6 && settings->vlan_id)
		fprintf(file, "link set dev %s arp off\n", on);
	fprintf(file, "address add %s/%s dev %s\nlink set dev %s up\n", address,
		is_ipv6 ? "64 nodad" : "16", on, dev);
	if (settings->vlan_id)
		fprintf(file, "link set dev %s up\n", on);
}

/* Behind which Ethernet address a host is found: room, of the MAC_… below. */
static void neighbour_ip_print(FILE *file, const struct lab_settings *settings,
			       const char *dev, unsigned int host,
			       unsigned int room, unsigned int number)
{
	char on[LAB_DEVICE_BYTES], address[LAB_ADDRESS_BYTES];

	address_device(settings, dev, on);
	lab_host_address(settings, host, address);
	fprintf(file, "neighbour add %s lladdr 02:00:00:00:%02x:%02x dev %s nud permanent\n",
		address, room, number, on);
}

/* The name space of a sender's NIC: its own, or that of the host it is a guest of. */
static char nic_space(const struct lab_settings *settings)
{
	return settings->is_guests ? 'h' : 's';
}

/* net/host.ip: name spaces and the cables between them. */
static void host_ip_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int i;

	fprintf(file, "netns add sw\nnetns add d\n");
	for (i = 1; i <= settings->senders; i++)
		fprintf(file, "netns add s%u\n", i);
	for (i = 1; settings->is_guests && i <= settings->senders; i++)
		fprintf(file, "netns add h%u\n", i);
}

static void cables_ip_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int mtu = (unsigned int)settings->mtu_bytes, i;

	fprintf(file, "link add name pdn netns sw address 02:00:00:00:00:02 mtu %u type veth peer name dn netns d address 02:00:00:00:00:01 mtu %u\n",
		mtu, mtu);
	for (i = 1; i <= settings->senders; i++)
		fprintf(file, "link add name nic%u netns %c%u address 02:00:00:00:%02x:%02x mtu %u type veth peer name sp%u netns sw address 02:00:00:00:%02x:%02x mtu %u\n",
			i, nic_space(settings), i, MAC_NIC, i, mtu, i,
			MAC_SWITCH_PORT, i, mtu);
	for (i = 1; settings->is_guests && i <= settings->senders; i++)
		fprintf(file, "link add name gst%u netns s%u address 02:00:00:00:%02x:%02x mtu %u type veth peer name tap%u netns h%u address 02:00:00:00:%02x:%02x mtu %u\n",
			i, i, MAC_GUEST, i, mtu, i, i, MAC_TAP, i, mtu);
}

/* net/sw.ip, net/sw.bridge, net/sw.tc: the switch and the senders' wires. */
static void switch_ip_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int mtu = (unsigned int)settings->mtu_bytes, i;

	fprintf(file, "link add name br0 address 02:00:00:00:00:03 mtu %u type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n",
		mtu);
	fprintf(file, "link set dev pdn master br0 up\n");
	for (i = 1; i <= settings->senders; i++) {
		fprintf(file, "link set dev sp%u master br0 up\n", i);
		fprintf(file, "link add name wire%u mtu %u type ifb\n", i, mtu);
		fprintf(file, "link set dev wire%u up\n", i);
	}
	fprintf(file, "link set dev br0 up\n");
}

static void switch_bridge_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int i;

	fprintf(file, "fdb add 02:00:00:00:00:01 dev pdn master static\n");
	for (i = 1; i <= settings->senders; i++)
		fprintf(file, "fdb add 02:00:00:00:01:%02x dev sp%u master static\n",
			i, i);
}

/* A tag that travels beside the frame is not in the length that netem sees. */
static const char *tag_size(const struct lab_settings *settings)
{
	static_assert(LAB_VLAN_TAG_BYTES == 4, "the text below says so");
	return settings->vlan_id ? " stab overhead 4" : "";
}

static void switch_tc_print(FILE *file, const struct lab_settings *settings)
{
	char nic[32], port[32];
	unsigned int i;

	sluice_format_rate(settings->nic_rate_bits_ps, nic, sizeof(nic));
	sluice_format_rate(settings->port_rate_bits_ps, port, sizeof(port));
	fprintf(file, "qdisc add dev pdn root%s netem rate %s limit %" PRIu64 "\n",
		tag_size(settings), port, settings->port_buffer_pkts);
	for (i = 1; i <= settings->senders; i++) {
		fprintf(file, "qdisc add dev wire%u root%s netem rate %s limit %d\n",
			i, tag_size(settings), nic, NIC_LIMIT_PKTS);
		fprintf(file, "qdisc add dev sp%u ingress\n", i);
		fprintf(file, "filter add dev sp%u parent ffff: protocol all matchall action mirred egress redirect dev wire%u\n",
			i, i);
	}
}

/* net/d.ip, net/d.tc: the receiver and the path behind the port. */
static void receiver_ip_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int i;

	fprintf(file, "link set dev lo up\n");
	address_ip_print(file, settings, "dn", 0, 0);
	if (settings->loss_ppm || settings->reorder_ppm)
		fprintf(file, "link add name far mtu %" PRIu64 " type ifb\nlink set dev far up\n",
			settings->mtu_bytes);
	for (i = 1; i <= settings->senders; i++)
		neighbour_ip_print(file, settings, "dn", i, MAC_NIC, i);
}

static void receiver_tc_print(FILE *file, const struct lab_settings *settings)
{
	if (settings->rtt_ns)
		fprintf(file, "qdisc add dev dn root netem delay %.3fus limit %d\n",
			(double)settings->rtt_ns / 1000, DELAY_LIMIT_PKTS);
	if (!settings->loss_ppm && !settings->reorder_ppm)
		return;
	fprintf(file, "qdisc add dev far root netem limit %d", DELAY_LIMIT_PKTS);
	if (settings->loss_ppm)
		fprintf(file, " loss %.4f%%", (double)settings->loss_ppm / 1e4);
	if (settings->reorder_ppm)
		fprintf(file, " delay " REORDER_DELAY " reorder %.4f%%",
			100 - (double)settings->reorder_ppm / 1e4);
	fprintf(file, "\nqdisc add dev dn ingress\nfilter add dev dn parent ffff: protocol all matchall action mirred egress redirect dev far\n");
}

/*
 * A sender; as a guest it takes its host for the receiver. gso_max_segs of a policy
 * is the NIC's.
 */
static int sender_ip_print(FILE *file, const struct lab_plan *plan,
			    unsigned int i, char *error, size_t error_size)
{
	const struct lab_settings *settings = &plan->scenario->settings;
	uint64_t segs = settings->is_guests ? 0 : plan->policy->gso_max_segs;
	char dev[LAB_DEVICE_BYTES];

	(void)error;
	(void)error_size;
	if (!settings->is_tso_on)
		segs = 1;
	snprintf(dev, sizeof(dev), settings->is_guests ? "gst%u" : "nic%u", i);
	fprintf(file, "link set dev lo up\n");
	if (segs)
		fprintf(file, "link set dev %s gso_max_segs %" PRIu64 "\n", dev,
			segs);
	address_ip_print(file, settings, dev, i, segs);
	if (settings->is_guests)
		neighbour_ip_print(file, settings, dev, 0, MAC_TAP, i);
	else
		neighbour_ip_print(file, settings, dev, 0, MAC_SWITCH, 1);
	return 0;
}

/* net/h1.ip: a host that forwards what its guest sends, super-packets as they are. */
static int guest_host_ip_print(FILE *file, const struct lab_plan *plan,
				unsigned int i, char *error, size_t error_size)
{
	const struct lab_settings *settings = &plan->scenario->settings;
	char address[LAB_ADDRESS_BYTES], nic[LAB_DEVICE_BYTES];
	char tap[LAB_DEVICE_BYTES];

	(void)error;
	(void)error_size;
	snprintf(nic, sizeof(nic), "nic%u", i);
	snprintf(tap, sizeof(tap), "tap%u", i);
	if (plan->policy->gso_max_segs)
		fprintf(file, "link set dev %s gso_max_segs %" PRIu64 "\n", nic,
			plan->policy->gso_max_segs);
	if (settings->ip_version == 6)
		fprintf(file, "link set dev %s arp off\nlink set dev %s arp off\n",
			nic, tap);
	fprintf(file, "link set dev %s up\nlink set dev %s up\n", nic, tap);
	lab_host_address(settings, 0, address);
	fprintf(file, "route add %s dev %s\n", address, nic);
	lab_host_address(settings, i, address);
	fprintf(file, "route add %s dev %s\n", address, tap);
	neighbour_ip_print(file, settings, nic, 0, MAC_SWITCH, 1);
	neighbour_ip_print(file, settings, tap, i, MAC_GUEST, i);
	return 0;
}

/*
 * The qdisc under test, and a filter that counts what the stack hands down
 * (its hits are super-packets; a qdisc's own counters count segments).
 */
static int sender_tc_print(FILE *file, const struct lab_plan *plan,
			   unsigned int i, char *error, size_t error_size)
{
	char dev[16], qdisc[2 * LAB_TEXT_BYTES], then[2 * LAB_TEXT_BYTES];
	const struct lab_plan_name extra[] = { { "dev", dev }, { NULL, NULL } };
	int err;

	snprintf(dev, sizeof(dev), "nic%u", i);
	err = lab_plan_expand(plan, plan->policy->qdisc, extra, qdisc,
			      sizeof(qdisc), error, error_size);
	if (!err)
		err = lab_plan_expand(plan, plan->policy->then, extra, then,
				      sizeof(then), error, error_size);
	if (err)
		return err;
	if (!lab_policy_is_sluice(plan->policy))
		fprintf(file, "qdisc add dev %s root %s\n", dev, qdisc);
	if (*then)
		fprintf(file, "%s\n", then);
	fprintf(file, "qdisc add dev %s clsact\n", dev);
	fprintf(file, "filter add dev %s egress protocol all matchall action ok\n",
		dev);
	return 0;
}

/* net/sysctl: for every name space, before it has devices. */
static void quiet_print(FILE *file, const char *ns)
{
	fprintf(file, "sysctl %s net/ipv6/conf/all/disable_ipv6 1\n", ns);
	fprintf(file, "sysctl %s net/ipv6/conf/default/disable_ipv6 1\n", ns);
}

static void sysctls_print(FILE *file, const struct lab_settings *settings,
			  const char *ns)
{
	if (settings->ip_version == 6) {
		/* no link-local address, nobody asks for a router */
		fprintf(file, "sysctl %s net/ipv6/conf/default/addr_gen_mode 1\n",
			ns);
		fprintf(file, "sysctl %s net/ipv6/conf/default/router_solicitations 0\n",
			ns);
	} else {
		quiet_print(file, ns);
	}
	fprintf(file, "sysctl %s net/ipv4/tcp_rmem 4096 131072 134217728\n", ns);
	fprintf(file, "sysctl %s net/ipv4/tcp_wmem 4096 65536 134217728\n", ns);
	fprintf(file, "sysctl %s net/ipv4/tcp_no_metrics_save 1\n", ns);
}

static void host_sysctls_print(FILE *file, const struct lab_settings *settings,
			       unsigned int i)
{
	char ns[16];

	snprintf(ns, sizeof(ns), "h%u", i);
	sysctls_print(file, settings, ns);
	fprintf(file, "sysctl %s net/%s 1\n", ns, settings->ip_version == 6 ?
		"ipv6/conf/all/forwarding" : "ipv4/ip_forward");
}

static int policy_sysctls_print(FILE *file, const char *ns, const char *text,
				char *error, size_t error_size)
{
	char copy[LAB_TEXT_BYTES], *rest = copy, *item;

	strcpy(copy, text);
	while ((item = strsep(&rest, ";")) && *text) {
		char *equals = strchr(item, '=');
		char *c;

		if (!equals || strstr(item, ".."))
			return lab_refuse(error, error_size,
					  "sysctl '%s' must read KEY=VALUE, for example net.ipv4.tcp_notsent_lowat=131072",
					  item);
		*equals = '\0';
		for (c = item; *c; c++)
			if (*c == '.')
				*c = '/';
		fprintf(file, "sysctl %s %s %s\n", ns, item, equals + 1);
	}
	return 0;
}

static int sysctl_print(FILE *file, const struct lab_plan *plan, char *error,
			size_t error_size)
{
	unsigned int i;
	int err = 0;

	fprintf(file, "sysctl - net/core/rmem_max 268435456\n");
	fprintf(file, "sysctl - net/core/wmem_max 268435456\n");
	/* pages: all hosts share one small memory, which none may feel */
	fprintf(file, "sysctl - net/ipv4/tcp_mem 262144 327680 393216\n");
	quiet_print(file, "sw");
	sysctls_print(file, &plan->scenario->settings, "d");
	for (i = 1; !err && i <= plan->scenario->settings.senders; i++) {
		char ns[16];

		snprintf(ns, sizeof(ns), "s%u", i);
		sysctls_print(file, &plan->scenario->settings, ns);
		if (plan->scenario->settings.is_guests)
			host_sysctls_print(file, &plan->scenario->settings, i);
		err = policy_sysctls_print(file, ns, plan->policy->sysctl,
					   error, error_size);
	}
	return err;
}

/* net/offload: a NIC sends frames, a veth would pass super-packets on. */
static void offload_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int i;

	fprintf(file, "offload d dn\n");
	for (i = 1; i <= settings->senders; i++)
		fprintf(file, "offload %c%u nic%u\n", nic_space(settings), i,
			i);
}

/* net/capture: every sender's wire, and what the port lets out. */
static void capture_print(FILE *file, const struct lab_settings *settings)
{
	unsigned int i;

	for (i = 1; i <= settings->senders; i++)
		fprintf(file, "capture sw wire%u out out/wire-%u.pcap\n", i, i);
	fprintf(file, "capture d dn in out/port.pcap\n");
}

static int script_print(FILE *file, const struct lab_plan *plan, char *error,
			size_t error_size)
{
	unsigned int senders = (unsigned int)plan->scenario->settings.senders, i;
	bool is_sluice = lab_policy_is_sluice(plan->policy);
	char ns = nic_space(&plan->scenario->settings);
	char options[2 * LAB_TEXT_BYTES];
	int err;

	err = lab_plan_expand(plan, plan->policy->qdisc + (is_sluice ? 6 : 0),
			      NULL, options, sizeof(options), error, error_size);
	if (err && is_sluice)
		return err;
	fprintf(file, "#!/bin/sh\nset -eu\ncd /run/lab\nmkdir -p out /run/netns\n");
	if (is_sluice)
		fprintf(file, "lab-traffic insmod modules/sch_sluice.ko\n");
	fprintf(file, "ip -batch net/host.ip\nlab-traffic setup net/sysctl\n");
	fprintf(file, "ip -batch net/cables.ip\nlab-traffic setup net/offload\n");
	fprintf(file, "ip -n sw -batch net/sw.ip\nbridge -n sw -batch net/sw.bridge\ntc -n sw -batch net/sw.tc\n");
	fprintf(file, "ip -n d -batch net/d.ip\ntc -n d -batch net/d.tc\n");
	for (i = 1; i <= senders; i++) {
		fprintf(file, "ip -n s%u -batch net/s%u.ip\n", i, i);
		if (ns != 's')
			fprintf(file, "ip -n %c%u -batch net/%c%u.ip\n", ns, i,
				ns, i);
		fprintf(file, "tc -n %c%u -batch net/s%u.tc\n", ns, i, i);
		if (is_sluice)
			fprintf(file, "lab-traffic exec %c%u sluice on nic%u%s\n",
				ns, i, i, options);
	}
	fprintf(file, "lab-capture net/capture lab-traffic run net/traffic\n");
	fprintf(file, "tc -n sw -s -j qdisc show dev pdn >out/port.json\n");
	for (i = 1; i <= senders; i++) {
		fprintf(file, "tc -n %c%u -s -j filter show dev nic%u egress >out/stack-%u.json\n",
			ns, i, i, i);
		if (is_sluice)
			fprintf(file, "lab-traffic exec %c%u sluice show nic%u --json >out/qdisc-%u.json\n",
				ns, i, i, i);
		else
			fprintf(file, "tc -n %c%u -s -j qdisc show dev nic%u >out/qdisc-%u.json\n",
				ns, i, i, i);
	}
	return 0;
}

typedef void settings_print(FILE *file, const struct lab_settings *settings);

static int settings_write(const char *dir, const char *name,
			  settings_print *print,
			  const struct lab_settings *settings, char *error,
			  size_t error_size)
{
	FILE *file = lab_plan_open(dir, name, error, error_size);

	if (!file)
		return -EINVAL;
	print(file, settings);
	return lab_plan_close(file, name, error, error_size);
}

typedef int plan_print(FILE *file, const struct lab_plan *plan, char *error,
		       size_t error_size);

static int plan_write(const char *dir, const char *name, plan_print *print,
		      const struct lab_plan *plan, char *error,
		      size_t error_size)
{
	FILE *file = lab_plan_open(dir, name, error, error_size);
	int err;

	if (!file)
		return -EINVAL;
	err = print(file, plan, error, error_size);
	if (err) {
		fclose(file);
		return err;
	}
	return lab_plan_close(file, name, error, error_size);
}

typedef int sender_print(FILE *file, const struct lab_plan *plan,
			 unsigned int i, char *error, size_t error_size);

/* net/SPACEi.KIND of each sender */
static int senders_write(const struct lab_plan *plan, const char *dir,
			 char space, const char *kind, sender_print *print,
			 char *error, size_t error_size)
{
	unsigned int i;
	int err = 0;

	for (i = 1; !err && i <= plan->scenario->settings.senders; i++) {
		char name[32];
		FILE *file;

		snprintf(name, sizeof(name), "net/%c%u.%s", space, i, kind);
		file = lab_plan_open(dir, name, error, error_size);
		if (!file)
			return -EINVAL;
		err = print(file, plan, i, error, error_size);
		if (lab_plan_close(file, name, error, error_size))
			err = -EINVAL;
	}
	return err;
}

int lab_plan_write(const struct lab_plan *plan, const char *dir, char *error,
		   size_t error_size)
{
	static const struct {
		const char *name;
		settings_print *print;
	} parts[] = {
		{ "net/host.ip", host_ip_print },
		{ "net/cables.ip", cables_ip_print },
		{ "net/sw.ip", switch_ip_print },
		{ "net/sw.bridge", switch_bridge_print },
		{ "net/sw.tc", switch_tc_print },
		{ "net/d.ip", receiver_ip_print },
		{ "net/d.tc", receiver_tc_print },
		{ "net/offload", offload_print },
		{ "net/capture", capture_print },
	};
	char path[PATH_MAX];
	unsigned int i;
	int err = 0;

	snprintf(path, sizeof(path), "%s/net", dir);
	if (mkdir(path, 0700))
		return lab_refuse(error, error_size, "%s: cannot be made: %s",
				  path, strerror(errno));
	for (i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = settings_write(dir, parts[i].name, parts[i].print,
				     &plan->scenario->settings, error,
				     error_size);
	if (!err)
		err = senders_write(plan, dir, 's', "ip", sender_ip_print, error,
				    error_size);
	if (!err && plan->scenario->settings.is_guests)
		err = senders_write(plan, dir, 'h', "ip", guest_host_ip_print,
				    error, error_size);
	if (!err)
		err = senders_write(plan, dir, 's', "tc", sender_tc_print, error,
				    error_size);
	if (!err)
		err = plan_write(dir, "net/sysctl", sysctl_print, plan, error,
				 error_size);
	if (!err)
		err = plan_write(dir, "plan", script_print, plan, error,
				 error_size);
	if (!err)
		err = lab_plan_write_flows(plan, dir, error, error_size);
	snprintf(path, sizeof(path), "%s/plan", dir);
	if (!err && chmod(path, 0700))
		err = lab_refuse(error, error_size, "%s: cannot be made executable: %s",
				 path, strerror(errno));
	return err;
}
