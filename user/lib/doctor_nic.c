// SPDX-License-Identifier: GPL-2.0
/* What the device and its driver do between the qdisc and the wire. */
#include <errno.h>
#include <inttypes.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"
#include "launch.h"
#include "plan.h"
#include "probe.h"

#define BITS_PER_MBIT UINT64_C(1000000)

#define NET_FOLDER "/sys/class/net/%s"

/* What the driver was asked for and does not have at all. */
static bool is_absent(int err)
{
	return err == -EOPNOTSUPP || err == -ENOTSUP;
}

/* ---- link ---- */

static void check_link(struct doctor *doctor,
		       const struct doctor_device *device)
{
	unsigned int duplex;
	uint64_t bits_ps;
	char rate[32];
	int err;

	err = sluice_link_settings(device->link, &bits_ps, &duplex);
	doctor_format_rate(bits_ps, rate, sizeof(rate));
	if (!device->link->is_up || !device->link->has_carrier) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE, "%s",
			   device->link->is_up ?
			   "nobody is at the other end of the link" :
			   "it is down");
		doctor_fix(doctor, device->link->is_up ?
			   "ip -details link show %s" : "ip link set %s up",
			   device->word);
	} else if (is_absent(err) && !device->is_hardware) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "it has no link of its own");
	} else if (err && !is_absent(err)) {
		doctor_say_unread(doctor, "its link settings", err);
	} else if (duplex == DUPLEX_HALF) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "the link (%s) is half duplex: after a collision a frame waits for a time that is drawn at random",
			   rate);
		doctor_fix(doctor, "ethtool -s %s autoneg on", device->word);
	} else if (!bits_ps) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "the driver does not tell the link's speed, so rates cannot be compared with it");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK, "the link has %s", rate);
	}
}

/* ---- flow control ---- */

static void check_pause(struct doctor *doctor,
			const struct doctor_device *device)
{
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };
	int err = sluice_probe_ethtool(device->link->name, &pause);

	if (is_absent(err)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the driver knows no flow control");
	} else if (err) {
		doctor_say_unread(doctor, "its flow control", err);
	} else if (pause.rx_pause) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "it obeys PAUSE frames: a switch can stop it, and what was held back then leaves as one train");
		doctor_fix(doctor, "ethtool -A %s rx off", device->word);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "it does not obey PAUSE frames");
	}
}

/* ---- queues ---- */

/* XPS tells processors which queues to send by: a mask that is not 0. */
static const char *xps_phrase(const struct doctor *doctor,
			      const struct doctor_device *device)
{
	char mask[DOCTOR_LINE_SIZE];

	if (device->queues < 2)
		return "";
	if (doctor_line(doctor, mask, sizeof(mask), NET_FOLDER
			"/queues/tx-0/xps_cpus", device->link->name))
		return " (whether by XPS is not known)";
	return mask[strspn(mask, "0,")] ?
	       ", each for processors of its own (XPS)" :
	       ", each for all processors (no XPS)";
}

static void check_queues(struct doctor *doctor,
			 const struct doctor_device *device)
{
	const char *name = device->link->name;
	unsigned int i, limited = 0;
	uint64_t mbits_ps, least = 0;

	for (i = 0; device->is_in_sysfs && i < device->queues; i++) {
		int err = doctor_number(doctor, &mbits_ps, NET_FOLDER
					"/queues/tx-%u/tx_maxrate", name, i);

		if (err && err != -ENOENT) {
			doctor_say_unread(doctor, "the NIC's own rate limit",
					  err);
			return;
		}
		if (err || !mbits_ps)
			continue;
		limited++;
		if (!least || mbits_ps < least)
			least = mbits_ps;
	}
	if (!device->is_in_sysfs) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "its files in sysfs are those of another network namespace, so the NIC's rate limits and queues are not known");
		doctor_fix(doctor, "unshare -m sh -c 'mount -t sysfs sysfs /sys && sluice doctor'");
	} else if (limited) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "the NIC itself limits %u of %u queues, one to %" PRIu64 "mbit: frames wait there after the departure that sluice gave them",
			   limited, device->queues, least);
		doctor_fix(doctor, "for f in /sys/class/net/%s/queues/tx-*/tx_maxrate; do echo 0 >$f; done",
			   device->word);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%u transmit queue%s%s, none limited by the NIC",
			   device->queues, device->queues == 1 ? "" : "s",
			   xps_phrase(doctor, device));
	}
}

/* ---- interrupts ---- */

/*
 * As late as that, and later than what is caught up, the stack learns that a
 * frame has left, or that an ACK has come.
 */
#define COALESCE_US_MOST 250

static void check_interrupts(struct doctor *doctor,
			     const struct doctor_device *device)
{
	struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };
	int err = sluice_probe_ethtool(device->link->name, &coalesce);

	if (is_absent(err)) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the driver does not gather interrupts, or does not say so");
	} else if (err) {
		doctor_say_unread(doctor, "its interrupt settings", err);
	} else if (coalesce.tx_coalesce_usecs > COALESCE_US_MOST) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "the driver tells only after %uus what has left: flows that wait for that to send more stand still, then send at once",
			   coalesce.tx_coalesce_usecs);
		doctor_fix(doctor, "ethtool -C %s tx-usecs 50", device->word);
	} else if (coalesce.rx_coalesce_usecs > COALESCE_US_MOST) {
		doctor_say(doctor, SLUICE_SEVERITY_NOTE,
			   "ACKs are gathered for %uus: TCP takes that for a longer path, and its rate is by so much lower on short ones",
			   coalesce.rx_coalesce_usecs);
		doctor_fix(doctor, "ethtool -C %s rx-usecs 50", device->word);
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "interrupts come within %uus of sending and %uus of receiving%s",
			   coalesce.tx_coalesce_usecs,
			   coalesce.rx_coalesce_usecs,
			   coalesce.use_adaptive_tx_coalesce ||
			   coalesce.use_adaptive_rx_coalesce ?
			   ", or as the driver adapts" : "");
	}
}

/* ---- ring ---- */

/* So many packets say whether the driver uses its limits at all. */
#define PACKETS_ENOUGH 1000

static void ring_say(struct doctor *doctor, const struct doctor_device *device)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	char frames[32] = "many";

	if (!sluice_probe_ethtool(device->link->name, &ring) &&
	    ring.tx_pending)
		snprintf(frames, sizeof(frames), "up to %u", ring.tx_pending);
	doctor_say(doctor, SLUICE_SEVERITY_NOTE,
		   "the driver does not bound what waits in its ring (no byte queue limits): when flows together ask for more than the link, %s frames wait there after their departure; a rate just below the link's keeps them in sluice",
		   frames);
	if (device->speed_bits_ps && doctor->module != SLUICE_MODULE_IMPOSSIBLE)
		doctor_fix(doctor, "sluice on %s rate %" PRIu64 "mbit",
			   device->word,
			   device->speed_bits_ps / 100 * 99 / BITS_PER_MBIT);
}

static void check_ring(struct doctor *doctor,
		       const struct doctor_device *device)
{
	const char *name = device->link->name;
	uint64_t limit_bytes, packets;
	unsigned int i, unused = 0;
	int err;

	if (!device->is_hardware) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "it has no ring of frames behind the qdisc");
		return;
	}
	err = doctor_number(doctor, &packets, NET_FOLDER
			    "/statistics/tx_packets", name);
	for (i = 0; !err && i < device->queues; i++) {
		err = doctor_number(doctor, &limit_bytes, NET_FOLDER
				    "/queues/tx-%u/byte_queue_limits/limit",
				    name, i);
		unused += !err && !limit_bytes;
	}
	if (err || !device->is_in_sysfs)
		doctor_say_unread(doctor, "its byte queue limits",
				  err ? err : -ENOENT);
	else if (unused < device->queues)
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "the driver bounds what waits in its ring");
	else if (packets < PACKETS_ENOUGH)
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "whether the driver bounds what waits in its ring shows when more has been sent");
	else
		ring_say(doctor, device);
}

/* ---- stamps and launch times ---- */

static void check_stamps(struct doctor *doctor,
			 const struct doctor_device *device)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int err = sluice_probe_ethtool(device->link->name, &info);
	char received[DOCTOR_LINE_SIZE] = "";

	if (!err && (info.so_timestamping & SOF_TIMESTAMPING_RX_HARDWARE) &&
	    (info.rx_filters & 1u << HWTSTAMP_FILTER_ALL))
		snprintf(received, sizeof(received),
			 "; what it receives it can stamp for sluice scope wire:%s --stamps hardware",
			 device->link->name);
	if (err && !is_absent(err))
		doctor_say_unread(doctor, "its time stamps", err);
	else if (!err && (info.so_timestamping & SOF_TIMESTAMPING_TX_HARDWARE))
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "its hardware stamps what it sends (clock %d)%s",
			   (int)info.phc_index, received);
	else
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "its hardware stamps nothing that it sends, so gaps can only be seen as the driver or a capture sees them%s",
			   received);
}

static void check_launch(struct doctor *doctor,
			 const struct doctor_device *device)
{
	uint64_t able_ns = device->link->pacing_horizon_ns, horizon_ns;
	char reason[DOCTOR_LINE_SIZE], time[32];
	struct sluice_options options;
	int err;

	sluice_plan_base(&device->tree, &options);
	horizon_ns = options.values[TCA_SLUICE_OFFLOAD_HORIZON_NS];
	if (options.values[TCA_SLUICE_GAP_FRAMES_NS]) {
		doctor_gap_say(doctor, device,
			       options.values[TCA_SLUICE_GAP_FRAMES_NS]);
		return;
	}
	if (!horizon_ns && doctor_lapse_say(doctor, device))
		return;
	if (!horizon_ns) {
		doctor_format_time(able_ns, time, sizeof(time));
		if (!able_ns)
			doctor_say(doctor, SLUICE_SEVERITY_OK,
				   "departures are kept by timers");
		else
			doctor_say(doctor, SLUICE_SEVERITY_OK,
				   "it could keep departures by itself up to %s ahead, which costs less than timers (offload_horizon)",
				   time);
		return;
	}
	err = sluice_launch_check(device->link, horizon_ns, reason,
				  sizeof(reason));
	if (!err) {
		doctor_format_time(horizon_ns, time, sizeof(time));
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "it keeps departures up to %s ahead", time);
		return;
	}
	doctor_say(doctor, err == -ERANGE ? SLUICE_SEVERITY_PROBLEM :
					    SLUICE_SEVERITY_UNKNOWN,
		   "departures are left to the NIC (offload_horizon), but its %s",
		   reason);
	if (err == -ERANGE)
		doctor_fix(doctor, SLUICE_LAUNCH_FIX, device->word,
			   sluice_launch_tai_s());
}

const struct doctor_check doctor_nic_checks[] = {
	{ "link", NULL, check_link },
	{ "pause", NULL, check_pause },
	{ "queues", NULL, check_queues },
	{ "offloads", NULL, doctor_check_offloads },
	{ "sizes", NULL, doctor_check_sizes },
	{ "interrupts", NULL, check_interrupts },
	{ "ring", NULL, check_ring },
	{ "stamps", NULL, check_stamps },
	{ "launch", NULL, check_launch },
	{ NULL, NULL, NULL },
};
