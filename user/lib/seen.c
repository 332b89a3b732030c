// SPDX-License-Identifier: GPL-2.0
/* What a tap saw; see seen.h. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/wire.h"

#define BITS_PER_BYTE	8u
#define PPM_P99		990000u
/* Of the histograms: below 0.8 % wrong for the device, 6 % for a flow. */
#define DEVICE_HIST_BITS	7u
#define FLOW_HIST_BITS		4u
/* Ethernet, IPv6, TCP with time stamps: where a header cannot be read. */
#define HEADER_GUESS_BYTES	86u

/* ---- trains at a rate ---- */

static int pacing_init(struct sluice_pacing *pacing, uint64_t rate_bytes_ps)
{
	pacing->rate_bytes_ps = rate_bytes_ps;
	if (!rate_bytes_ps)
		return 0;
	return sluice_hist_init(&pacing->frames, FLOW_HIST_BITS,
				SLUICE_HIST_OCTAVES_PKTS);
}

static void pacing_close(struct sluice_pacing *pacing)
{
	if (pacing->run_frames)
		sluice_hist_add(&pacing->frames, pacing->run_frames);
	pacing->run_frames = 0;
}

static void pacing_add(struct sluice_pacing *pacing, uint64_t time_ns,
		       uint32_t wire_bytes)
{
	if (!pacing->rate_bytes_ps)
		return;
	/* Stamps of two processors may be in the wrong order. */
	if (time_ns < pacing->last_ns)
		time_ns = pacing->last_ns;
	if (time_ns - pacing->last_ns + SLUICE_SEEN_ERROR_NS >=
	    pacing->last_gap_ns / 2)
		pacing_close(pacing);
	pacing->run_frames++;
	pacing->last_ns = time_ns;
	pacing->last_gap_ns = wire_bytes * SLUICE_NS_PER_S /
			      pacing->rate_bytes_ps;
}

/* By frames: a train counts as often as it has frames. */
static uint64_t pacing_train_frames(const struct sluice_pacing *pacing,
				    const struct sluice_meter *meter)
{
	uint64_t gap_ns;

	if (!pacing->rate_bytes_ps || meter->pkts < SLUICE_SEEN_FRAMES_MIN)
		return 0;
	gap_ns = (uint64_t)((unsigned __int128)meter->bytes * SLUICE_NS_PER_S /
			    meter->pkts / pacing->rate_bytes_ps);
	if (gap_ns / 2 <= SLUICE_SEEN_ERROR_NS)
		return 0;
	return sluice_hist_quantile_weighted(&pacing->frames, PPM_P99);
}

/* ---- meters ---- */

/* @rate_bytes_ps is commanded; the spectrum has the backlog at it. */
static int meter_init(const struct sluice_seen *seen,
		      struct sluice_meter *meter, uint32_t hist_bits,
		      uint64_t rate_bytes_ps)
{
	struct sluice_meter_config config = {
		.start_ns = seen->config.start_real_ns,
		.end_ns = seen->config.end_real_ns,
		.line_rate_bits_ps = seen->config.link_bits_ps,
		.line_overhead_bytes = PACE_OVERHEAD_DEFAULT_BYTES,
		.overhead_bytes = seen->config.overhead_bytes,
		.min_frame_bytes = PACE_FRAME_MIN_BYTES,
		.uncertainty_ns = SLUICE_SEEN_ERROR_NS,
		.hist_bits = hist_bits,
		.rates = rate_bytes_ps != 0,
		.rate_bits_ps = { rate_bytes_ps * BITS_PER_BYTE },
	};

	return sluice_meter_init(meter, &config);
}

int sluice_seen_init(struct sluice_seen *seen,
		     const struct sluice_seen_config *config)
{
	memset(seen, 0, sizeof(*seen));
	seen->config = *config;
	seen->numbers = sluice_flows_create();
	if (!seen->numbers ||
	    meter_init(seen, &seen->meter, DEVICE_HIST_BITS,
		       config->rate_bytes_ps) ||
	    pacing_init(&seen->pacing, config->rate_bytes_ps)) {
		sluice_seen_done(seen);
		return -ENOMEM;
	}
	return 0;
}

static void flow_free(struct sluice_seen_flow *flow)
{
	if (!flow)
		return;
	sluice_meter_done(&flow->meter);
	sluice_hist_done(&flow->pacing.frames);
	free(flow);
}

void sluice_seen_done(struct sluice_seen *seen)
{
	unsigned int i;

	for (i = 0; i < SLUICE_SEEN_FLOWS_MAX; i++)
		flow_free(seen->flows[i]);
	sluice_hist_done(&seen->pacing.frames);
	sluice_meter_done(&seen->meter);
	sluice_flows_free(seen->numbers);
	memset(seen, 0, sizeof(*seen));
}

static struct sluice_seen_flow *flow_new(const struct sluice_seen *seen)
{
	struct sluice_seen_flow *flow = calloc(1, sizeof(*flow));

	if (flow && (meter_init(seen, &flow->meter, FLOW_HIST_BITS,
				seen->config.maxrate_bytes_ps) ||
		     pacing_init(&flow->pacing,
				 seen->config.maxrate_bytes_ps))) {
		flow_free(flow);
		flow = NULL;
	}
	return flow;
}

/* The flow of a packet; *ret stays NULL for one that has no meter. */
static int flow_find(struct sluice_seen *seen, const struct sluice_frame *frame,
		     struct sluice_seen_flow **ret)
{
	int64_t number;

	*ret = NULL;
	/* The table holds those with a meter only: it is as small. */
	if (sluice_flows_count(seen->numbers) < SLUICE_SEEN_FLOWS_MAX)
		number = sluice_flows_number(seen->numbers, &frame->key);
	else
		number = sluice_flows_find(seen->numbers, &frame->key);
	if (number < 0)
		return sluice_flows_count(seen->numbers) <
		       SLUICE_SEEN_FLOWS_MAX ? -ENOMEM : 0;
	if (!seen->flows[number])
		seen->flows[number] = flow_new(seen);
	*ret = seen->flows[number];
	return *ret ? 0 : -ENOMEM;
}

/* ---- packets ---- */

/**
 * struct cut - what a packet becomes behind the tap
 * @frames: how many frames
 * @frame_bytes: length of each of them
 * @last_bytes: of the last one
 */
struct cut {
	uint32_t frames;
	uint32_t frame_bytes;
	uint32_t last_bytes;
};

static struct cut cut_of(const struct sluice_captured *captured,
			 uint32_t payload_bytes)
{
	struct cut cut = { 1, captured->bytes, captured->bytes };
	uint32_t header = HEADER_GUESS_BYTES;

	if (!captured->segment_bytes)
		return cut;
	if (payload_bytes && payload_bytes < captured->bytes)
		header = captured->bytes - payload_bytes;
	if (captured->bytes <= header + captured->segment_bytes)
		return cut;
	payload_bytes = captured->bytes - header;
	cut.frames = (payload_bytes + captured->segment_bytes - 1) /
		     captured->segment_bytes;
	cut.frame_bytes = header + captured->segment_bytes;
	cut.last_bytes = captured->bytes -
			 (cut.frames - 1) * captured->segment_bytes;
	return cut;
}

static void frames_add(struct sluice_meter *meter, struct sluice_pacing *pacing,
		       uint64_t time_ns, const struct cut *cut)
{
	uint32_t i;

	for (i = 1; i <= cut->frames; i++) {
		uint32_t bytes = i < cut->frames ? cut->frame_bytes :
						   cut->last_bytes;

		sluice_meter_add(meter, time_ns, bytes);
		pacing_add(pacing, time_ns,
			   sluice_meter_bytes(&meter->config, bytes));
	}
}

/* Of what is no IP packet. A tag lies beside the bytes. */
static bool mac_control_take(struct sluice_seen *seen,
			     const struct sluice_captured *captured)
{
	if (captured->tag ||
	    !sluice_frame_is_mac_control(captured->data, captured->captured_bytes,
					 captured->link_type))
		return false;
	seen->mac_control_frames++;
	seen->mac_control_wire_bytes += sluice_meter_bytes(&seen->meter.config,
							   captured->bytes);
	return true;
}

int sluice_seen_add(struct sluice_seen *seen,
		    const struct sluice_captured *captured)
{
	struct sluice_seen_flow *flow = NULL;
	struct sluice_frame frame;
	struct sluice_pacing none = { .rate_bytes_ps = 0 }, *pacing;
	bool is_known;
	struct cut cut;
	int err = 0;

	if (captured->real_ns < seen->config.start_real_ns ||
	    captured->real_ns >= seen->config.end_real_ns)
		return 0;
	is_known = sluice_frame_parse(captured->data, captured->captured_bytes,
				      captured->link_type, &frame);
	if (!is_known && mac_control_take(seen, captured))
		return 0;
	cut = cut_of(captured, is_known ? frame.payload_bytes : 0);
	if (cut.frames > 1) {
		seen->cut_pkts++;
		seen->cut_frames += cut.frames;
	}
	frames_add(&seen->meter, &seen->pacing, captured->real_ns, &cut);
	if (is_known)
		err = flow_find(seen, &frame, &flow);
	if (err)
		return err;
	if (!flow) {
		seen->no_flow_frames += cut.frames;
		return 0;
	}
	/* No flow clock holds an ACK, SYN, FIN or RST (P6). */
	pacing = frame.key.protocol == SLUICE_PROTOCOL_TCP &&
		 !frame.payload_bytes ? &none : &flow->pacing;
	frames_add(&flow->meter, pacing, captured->real_ns, &cut);
	return 0;
}

void sluice_seen_shorten(struct sluice_seen *seen, uint64_t end_real_ns)
{
	unsigned int i;

	seen->config.end_real_ns = end_real_ns;
	seen->meter.config.end_ns = end_real_ns;
	for (i = 0; i < sluice_seen_flows(seen); i++)
		if (seen->flows[i])
			seen->flows[i]->meter.config.end_ns = end_real_ns;
}

void sluice_seen_finish(struct sluice_seen *seen)
{
	unsigned int i;

	sluice_meter_finish(&seen->meter);
	pacing_close(&seen->pacing);
	for (i = 0; i < sluice_seen_flows(seen); i++) {
		if (!seen->flows[i])
			continue;
		sluice_meter_finish(&seen->flows[i]->meter);
		pacing_close(&seen->flows[i]->pacing);
	}
}

uint64_t sluice_seen_train_frames(const struct sluice_seen *seen)
{
	uint64_t worst = 0;
	unsigned int i;

	if (seen->config.rate_bytes_ps)
		return pacing_train_frames(&seen->pacing, &seen->meter);
	for (i = 0; i < sluice_seen_flows(seen); i++) {
		const struct sluice_seen_flow *flow = seen->flows[i];
		uint64_t frames = flow ? pacing_train_frames(&flow->pacing,
							     &flow->meter) : 0;

		if (frames > worst)
			worst = frames;
	}
	return worst;
}

/* Other flows may have no rate at all, and nothing is promised of them. */
static bool is_tcp(const struct sluice_seen *seen, unsigned int number)
{
	return seen->flows[number] &&
	       seen->flows[number]->meter.pkts >= SLUICE_SEEN_FRAMES_MIN &&
	       sluice_flows_key(seen->numbers, number)->protocol ==
		       SLUICE_PROTOCOL_TCP;
}

uint64_t sluice_seen_together_frames(const struct sluice_seen *seen)
{
	uint64_t frames, worst = 0;
	unsigned int i;

	for (i = 0; seen->config.link_bits_ps && i < sluice_seen_flows(seen);
	     i++) {
		if (!is_tcp(seen, i))
			continue;
		frames = sluice_hist_quantile_weighted(
				&seen->flows[i]->meter.trains.theta[0].pkts,
				PPM_P99);
		if (frames > worst)
			worst = frames;
	}
	if (seen->config.link_bits_ps || !seen->cut_pkts ||
	    seen->cut_frames <= seen->meter.pkts / SLUICE_SEEN_FRAMES_MIN)
		return worst;
	return seen->cut_frames / seen->cut_pkts;
}

unsigned int sluice_seen_flows(const struct sluice_seen *seen)
{
	return seen->numbers ? sluice_flows_count(seen->numbers) : 0;
}
