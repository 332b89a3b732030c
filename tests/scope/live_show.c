// SPDX-License-Identifier: GPL-2.0
/*
 * live_show DEV WORD...: looks at a device through the live source until stdin
 * ends, then drains what is left and prints. Words:
 *
 *   out in				directions
 *   bpf tap stack tcx clsact		source, place and hook
 *   count				sums of ticks in place of packets
 *   hardware				stamps of the NIC
 *   ring BYTES				memory
 *   slow				drain at the end alone
 *   list				print every packet but for its time
 *   sandbox				give up what is not needed when open
 *
 * The last lines say how many packets, bytes and losses there were, how long data
 * passed, and the ratio of its highest millisecond to the mean. Exit code 1: a sentence says why.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../user/lib/metrics.h"
#include "../../user/lib/sandbox.h"
#include "../../user/scope/live.h"
#include "../../user/scope/scope.h"

#define MS_INDEX	2u		/* of sluice_meter_windows_ns */
#define PACKETS_MAX	(1u << 22)

struct show {
	struct scope_live *live;
	bool is_listing;
	bool is_slow;
	uint64_t pkts[SCOPE_DIRECTIONS];
	uint64_t bytes[SCOPE_DIRECTIONS];
	uint64_t wire_bytes[SCOPE_DIRECTIONS];
	uint64_t frames[SCOPE_DIRECTIONS];
	uint64_t payload_bytes;
	uint64_t supers;
	uint64_t backward_pkts;
	uint64_t last_ns;
	uint64_t sums;
	uint64_t unknown_supers;
	/* For the meter: data that leaves, or that comes if nothing leaves. */
	enum scope_direction measured;
	uint64_t *times_ns;
	uint32_t *lengths;
	uint32_t measured_pkts;
};

static int packet_receive(const struct scope_packet *packet, void *data)
{
	const struct sluice_frame *frame = &packet->frame;
	char source[46], destination[46];
	struct show *show = data;

	show->pkts[packet->direction]++;
	show->bytes[packet->direction] += packet->bytes;
	show->wire_bytes[packet->direction] += scope_packet_wire_bytes(packet);
	show->frames[packet->direction] += scope_packet_frames(packet);
	show->payload_bytes += frame->payload_bytes;
	show->supers += packet->segment_bytes != 0;
	show->backward_pkts += packet->time_ns < show->last_ns;
	show->last_ns = packet->time_ns;
	if (packet->direction == show->measured && frame->payload_bytes &&
	    show->measured_pkts < PACKETS_MAX) {
		show->times_ns[show->measured_pkts] = packet->time_ns;
		show->lengths[show->measured_pkts++] = packet->bytes;
	}
	if (!show->is_listing)
		return 0;
	sluice_flow_address_print(&frame->key, true, source, sizeof(source));
	sluice_flow_address_print(&frame->key, false, destination,
				  sizeof(destination));
	printf("%s %u segment %u ip %d", packet->direction == SCOPE_IN ?
	       "in" : "out", packet->bytes, packet->segment_bytes,
	       packet->is_ip);
	if (packet->is_ip)
		printf(" %s %u > %s %u proto %u payload %u seq %u ack %u win %u flags %x",
		       source, frame->key.source_port, destination,
		       frame->key.destination_port, frame->key.protocol,
		       frame->payload_bytes, frame->tcp_sequence,
		       frame->tcp_ack, frame->tcp_window, frame->tcp_flags);
	putchar('\n');
	return 0;
}

static int sum_receive(const struct scope_live_sum *sum, void *data)
{
	struct show *show = data;

	show->pkts[sum->direction] += sum->pkts;
	show->wire_bytes[sum->direction] += sum->wire_bytes;
	show->frames[sum->direction] += sum->frames;
	show->unknown_supers += sum->unknown_supers;
	show->backward_pkts += sum->time_ns < show->last_ns;
	show->last_ns = sum->time_ns;
	show->sums++;
	return 0;
}

static int show_drain(struct show *show, bool is_counting)
{
	return is_counting ?
	       scope_live_count(show->live, sum_receive, show) :
	       scope_live_drain(show->live, packet_receive, show);
}

/* Highest millisecond over the mean of all, 0 with too little to say. */
static double peak_to_mean(const struct show *show)
{
	struct sluice_meter_config config = { .hist_bits = 7 };
	struct sluice_meter meter;
	double ratio;
	uint32_t i;

	if (show->measured_pkts < 2)
		return 0;
	config.start_ns = show->times_ns[0];
	config.end_ns = show->times_ns[show->measured_pkts - 1] + 1;
	if (sluice_meter_init(&meter, &config))
		return 0;
	for (i = 0; i < show->measured_pkts; i++)
		(void)sluice_meter_add(&meter, show->times_ns[i],
				       show->lengths[i]);
	sluice_meter_finish(&meter);
	ratio = meter.results[MS_INDEX].peak_bits_ps /
		sluice_meter_mean_bits_ps(&meter);
	sluice_meter_done(&meter);
	return ratio;
}

static void result_print(const struct show *show,
			 const struct scope_live_losses *losses)
{
	printf("out_pkts %ju out_bytes %ju in_pkts %ju in_bytes %ju\n",
	       (uintmax_t)show->pkts[SCOPE_OUT],
	       (uintmax_t)show->bytes[SCOPE_OUT],
	       (uintmax_t)show->pkts[SCOPE_IN],
	       (uintmax_t)show->bytes[SCOPE_IN]);
	printf("out_wire_bytes %ju out_frames %ju in_wire_bytes %ju in_frames %ju unknown_supers %ju\n",
	       (uintmax_t)show->wire_bytes[SCOPE_OUT],
	       (uintmax_t)show->frames[SCOPE_OUT],
	       (uintmax_t)show->wire_bytes[SCOPE_IN],
	       (uintmax_t)show->frames[SCOPE_IN],
	       (uintmax_t)show->unknown_supers);
	printf("payload_bytes %ju supers %ju backward_pkts %ju sums %ju\n",
	       (uintmax_t)show->payload_bytes, (uintmax_t)show->supers,
	       (uintmax_t)show->backward_pkts, (uintmax_t)show->sums);
	printf("missed_pkts %ju missed_bytes %ju unshown_pkts %ju missed_sums %ju\n",
	       (uintmax_t)losses->missed_pkts, (uintmax_t)losses->missed_bytes,
	       (uintmax_t)losses->unshown_pkts,
	       (uintmax_t)losses->missed_sums);
	printf("span_us %ju peak_to_mean_1ms %.3f\n",
	       show->measured_pkts ?
	       (uintmax_t)(show->times_ns[show->measured_pkts - 1] -
			   show->times_ns[0]) / 1000 : 0,
	       peak_to_mean(show));
}

/* Until stdin ends or something fails. */
static int show_run(struct show *show, bool is_counting)
{
	struct pollfd fds[SCOPE_LIVE_FDS + 1];
	unsigned int count = scope_live_fds(show->live, fds);
	char ignored[64];
	int err = 0;

	fds[count] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	while (!err) {
		(void)poll(fds, count + 1, SCOPE_LIVE_PERIOD_MS);
		if (fds[count].revents &&
		    read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0)
			break;
		if (!show->is_slow)
			err = show_drain(show, is_counting);
	}
	/* A packet socket hands over a block that is not full a little later. */
	(void)poll(NULL, 0, 60);
	if (err || is_counting)
		return err ? err : show_drain(show, is_counting);
	return scope_live_drain_last(show->live, packet_receive, show);
}

static int words_parse(char **words, struct scope_live_config *config,
		       struct show *show, bool *ret_is_sandboxed)
{
	for (; *words; words++) {
		const char *word = *words;

		if (!strcmp(word, "out"))
			config->has_out = true;
		else if (!strcmp(word, "in"))
			config->has_in = true;
		else if (!strcmp(word, "bpf"))
			config->mode = SCOPE_LIVE_BPF;
		else if (!strcmp(word, "tap"))
			config->mode = SCOPE_LIVE_TAP;
		else if (!strcmp(word, "stack"))
			config->place = SCOPE_LIVE_STACK;
		else if (!strcmp(word, "tcx"))
			config->hook = SCOPE_LIVE_HOOK_TCX;
		else if (!strcmp(word, "clsact"))
			config->hook = SCOPE_LIVE_HOOK_CLSACT;
		else if (!strcmp(word, "count"))
			config->is_counting = true;
		else if (!strcmp(word, "hardware"))
			config->wants_hardware_stamps = true;
		else if (!strcmp(word, "slow"))
			show->is_slow = true;
		else if (!strcmp(word, "list"))
			show->is_listing = true;
		else if (!strcmp(word, "sandbox"))
			*ret_is_sandboxed = true;
		else if (!strcmp(word, "ring") && words[1])
			config->ring_bytes = (uint32_t)atoi(*++words);
		else
			return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct scope_live_config config = { .name = argc > 1 ? argv[1] : "" };
	static const char *const stamps[] = {
		"virtual", "hardware", "qdisc", "tap", "sniffed", "stack",
		"softirq",
	};
	struct scope_live_losses losses = { 0 };
	struct scope_vantage vantage;
	bool is_sandboxed = false;
	struct show show = { 0 };
	char error[256] = "";
	int err;

	if (argc < 2 || words_parse(argv + 2, &config, &show, &is_sandboxed)) {
		fputs("live_show: wrong words\n", stderr);
		return 2;
	}
	err = scope_live_open(&show.live, &config, error, sizeof(error));
	show.times_ns = malloc(PACKETS_MAX * sizeof(*show.times_ns));
	show.lengths = malloc(PACKETS_MAX * sizeof(*show.lengths));
	if (!err && is_sandboxed)
		err = sluice_sandbox_enter(SLUICE_SANDBOX_LIVE, error,
					   sizeof(error));
	if (err || !show.times_ns || !show.lengths) {
		fprintf(stderr, "live_show: %s\n", error);
		return 1;
	}
	show.measured = config.has_out ? SCOPE_OUT : SCOPE_IN;
	scope_live_vantage(show.live, show.measured, &vantage);
	printf("ready %s stamp %s resolution_ns %u uncertainty_ns %u line_rate_bits_ps %ju why_tap %s\n",
	       vantage.name, stamps[vantage.stamp], vantage.resolution_ns,
	       vantage.uncertainty_ns, (uintmax_t)vantage.line_rate_bits_ps,
	       scope_live_why_tap(show.live));
	fflush(stdout);
	err = show_run(&show, config.is_counting);
	if (err)
		printf("ended %s\n", strerror(-err));
	(void)scope_live_losses(show.live, &losses);
	result_print(&show, &losses);
	scope_live_close(show.live);
	return 0;
}
