// SPDX-License-Identifier: GPL-2.0
/*
 * What `sluice verify` prints of a measurement that was made by hand: no kernel
 * module, no privilege and no time is needed, and the numbers are always the
 * same.
 *
 * usage: verify-sample text|json|missed|unshown|fq|fq-json|gaps|kept-behind|lapsed|lapsed-json|bond|bond-dead
 */
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "../../user/cli/out_verify.h"
#include "../../user/lib/pcap.h"

#define START_NS	1767225600000000000ull
#define SECOND_NS	1000000000ull
#define FRAMES		8000u

/* TCP over IPv4 with time stamps, 66 bytes of headers. */
static uint8_t packet[80];

static void packet_make(void)
{
	memset(packet, 0, sizeof(packet));
	packet[12] = 8;
	packet[14] = 0x45;
	packet[16] = 1500 >> 8;
	packet[17] = 1500 & 255;
	packet[23] = SLUICE_PROTOCOL_TCP;
	memcpy(packet + 26, "\12\0\0\1\12\0\0\2", 8);
	packet[34] = 5000 >> 8;
	packet[35] = 5000 & 255;
	packet[37] = 80;
	packet[46] = 8 << 4;
}

/* A frame every 125 us, and a super-packet of two at the end. */
static int seen_make(struct sluice_verified *device)
{
	struct sluice_seen_config config = {
		.start_real_ns = START_NS, .end_real_ns = START_NS + SECOND_NS,
		.overhead_bytes = 24, .link_bits_ps = 10 * SECOND_NS,
		.rate_bytes_ps = 12500000,
	};
	struct sluice_captured captured = {
		.data = packet, .captured_bytes = sizeof(packet),
		.bytes = 1514, .link_type = SLUICE_LINKTYPE_ETHERNET,
	};
	unsigned int i;

	packet_make();
	if (sluice_seen_init(&device->seen, &config))
		return -1;
	for (i = 0; i + 2 < FRAMES; i++) {
		captured.real_ns = START_NS + i * (SECOND_NS / FRAMES);
		if (sluice_seen_add(&device->seen, &captured))
			return -1;
	}
	captured.real_ns += SECOND_NS / FRAMES;
	captured.bytes = 1514 + 1448;
	captured.segment_bytes = 1448;
	packet[16] = (1500 + 1448) >> 8;
	packet[17] = (1500 + 1448) & 255;
	if (sluice_seen_add(&device->seen, &captured))
		return -1;
	sluice_seen_finish(&device->seen);
	return 0;
}

static void interval_make(struct sluice_interval *interval)
{
	struct tc_sluice_xstats *delta = &interval->delta;

	interval->span_ns = SECOND_NS + 4321;
	interval->error_ns = 123456;
	interval->qdiscs = 4;
	interval->mtu_bytes = 1500;
	snprintf(interval->root_kind, sizeof(interval->root_kind), "mq");
	sluice_options_set(&interval->options, TCA_SLUICE_RATE_BYTES_PS,
			   12500000);
	sluice_options_set(&interval->options, TCA_SLUICE_TRAIN_FRAMES, 1);
	interval->drops = 5;
	interval->qlen_pkts = 33;
	interval->backlog_bytes = 50490;
	interval->xstats_bytes = sizeof(*delta);
	delta->enqueued_pkts = 60000;
	delta->super_pkts = 600;
	delta->sent_frames = FRAMES;
	delta->sent_wire_bytes = FRAMES * 1538;
	delta->late_frames = 7900;
	delta->lateness_max_ns = 65000;
	delta->lateness_ns_hist[13] = 7900;
	delta->hold_ns_hist[20] = FRAMES;
	delta->train_frames_hist[1] = 7000;
	delta->train_frames_hist[2] = 300;
	delta->flow_limit_dropped_pkts = 5;
	delta->past_pkts = 2;
	delta->burst_now_ns = 9876;
	delta->burst_grown = 3;
}

/* The same by an fq in sluice's place, which counts less. */
static void interval_by_fq(struct sluice_interval *interval)
{
	const struct tc_sluice_xstats whole = interval->delta;

	interval->is_stand_in = true;
	interval->throttles = 7900;
	interval->xstats_bytes = 0;
	sluice_options_set(&interval->options, TCA_SLUICE_RATE_BYTES_PS, 0);
	sluice_options_set(&interval->options, TCA_SLUICE_MAXRATE_BYTES_PS,
			   12500000);
	interval->delta = (struct tc_sluice_xstats){
		.enqueued_pkts = whole.sent_frames,
		.sent_frames = whole.sent_frames,
		.sent_wire_bytes = whole.sent_wire_bytes,
	};
}

static void judge(struct sluice_verified *device)
{
	device->evidence.interval = &device->interval;
	device->evidence.link_bits_ps = device->link_bits_ps;
	if (sluice_verified_has_tap(device))
		device->evidence.tap_frames = device->seen.meter.pkts;
	if (sluice_verified_has_gaps(device))
		device->evidence.tap_train_frames =
			sluice_seen_train_frames(&device->seen);
	sluice_verdict_find(&device->evidence, &device->verdict);
}

/* A member of a bond without a link, and then one that paces or another such. */
static void bond_print(const struct sluice_verified *living, bool is_dead)
{
	struct sluice_verified members[2] = {
		{ .device = "eth1", .tap_err = -EPERM },
	};

	members[0].interval = (struct sluice_interval){
		.span_ns = SECOND_NS + 4321, .error_ns = 123456, .qdiscs = 1,
		.is_down = true, .root_kind = "sluice",
		.options = living->interval.options,
	};
	judge(&members[0]);
	members[1] = is_dead ? members[0] : *living;
	members[1].device[3] = '2';
	out_verified(stdout, "bond0", members, 2);
}

int main(int argc, char **argv)
{
	struct sluice_verified device = {
		.device = "eth0", .link_bits_ps = 10 * SECOND_NS,
	};
	int err = 0;

	setlocale(LC_CTYPE, "");
	if (argc != 2 || seen_make(&device))
		return 2;
	interval_make(&device.interval);
	if (!strncmp(argv[1], "fq", 2))
		interval_by_fq(&device.interval);
	if (!strcmp(argv[1], "missed"))
		device.losses.missed_pkts = 12;
	if (!strcmp(argv[1], "unshown"))
		device.losses.unshown_pkts = 34;
	/* Gap frames of a line at 10 Gb/s. */
	if (!strcmp(argv[1], "gaps")) {
		device.seen.mac_control_frames = 736000;
		device.seen.mac_control_wire_bytes = 736000 * 1538;
	}
	if (!strcmp(argv[1], "kept-behind")) {
		sluice_options_set(&device.interval.options,
				   TCA_SLUICE_OFFLOAD_HORIZON_NS, 200000);
		device.is_kept_behind = true;
	}
	if (!strncmp(argv[1], "gap-frames", 10)) {
		sluice_options_set(&device.interval.options,
				   TCA_SLUICE_GAP_FRAMES_NS, 200000);
		device.is_kept_behind = true;
		device.is_kept_by_line = true;
		device.interval.delta.gap_frames = 800000;
		device.interval.delta.gap_wire_bytes = 1230400000;
	}
	/* The kernel noticed that the device may pause its link partner. */
	if (!strncmp(argv[1], "lapsed", 6)) {
		device.lapse = (struct sluice_lapse){
			.cause = SLUICE_LAPSE_PAUSE, .is_over = true,
		};
		snprintf(device.link.name, sizeof(device.link.name), "eth0.7");
	}
	judge(&device);
	if (!strncmp(argv[1], "bond", 4))
		bond_print(&device, !strcmp(argv[1], "bond-dead"));
	else if (strstr(argv[1], "json"))
		err = out_verified_json("eth0.7", &device, 1);
	else
		out_verified(stdout, "eth0.7", &device, 1);
	sluice_seen_done(&device.seen);
	return err != 0;
}
