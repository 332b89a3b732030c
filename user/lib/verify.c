// SPDX-License-Identifier: GPL-2.0
/* Measuring what pacing does; see verify.h. */
#include "verify.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../core/wire.h"
#include "now.h"
#include "units.h"

#define NS_PER_MS	1000000ull
/* What comes and goes between two looks is not seen. */
#define LOOK_EVERY_NS	(250 * NS_PER_MS)
/* The kernel may lack memory for the last look, and has some soon. */
#define LOOK_TRIES	20u
#define LOOK_RETRY_NS	(10 * NS_PER_MS)
/* The last frames are handed over by then. */
#define DRAIN_NS	(3 * SLUICE_CAPTURE_DELAY_MS * NS_PER_MS)

/**
 * struct run - the measurement
 * @netlink: to the kernel
 * @devices: the result
 * @looks: the last look at each device
 * @captures: a tap of each, NULL: none
 * @polls: the same for poll()
 * @count: devices
 * @is_stopped: set by a signal handler
 * @message: the kernel's sentence
 */
struct run {
	struct sluice_netlink *netlink;
	struct sluice_verified *devices;
	struct sluice_look *looks;
	struct sluice_capture **captures;
	struct pollfd *polls;
	unsigned int count;
	const volatile sig_atomic_t *is_stopped;
	char *message;
};

/* ---- taps ---- */

static int captured_receive(const struct sluice_captured *captured, void *data)
{
	return sluice_seen_add(data, captured);
}

/* The measurement goes on without it. */
static void tap_end(struct run *run, unsigned int i, int err)
{
	sluice_capture_close(run->captures[i]);
	run->captures[i] = NULL;
	run->polls[i].fd = -1;
	run->devices[i].tap_err = err;
}

static void taps_drain(struct run *run)
{
	unsigned int i;
	int err;

	for (i = 0; i < run->count; i++) {
		if (!run->captures[i])
			continue;
		err = sluice_capture_drain(run->captures[i], captured_receive,
					   &run->devices[i].seen);
		if (err)
			tap_end(run, i, err);
	}
}

static void taps_open(struct run *run)
{
	unsigned int i;
	int err;

	for (i = 0; i < run->count; i++) {
		run->polls[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
		/* All of them together take what two do. */
		err = sluice_capture_open(&run->captures[i],
					  run->devices[i].ifindex,
					  run->count < 2 ?
					  SLUICE_CAPTURE_RING_BYTES :
					  2 * SLUICE_CAPTURE_RING_BYTES /
					  run->count);
		if (err)
			run->devices[i].tap_err = err;
		else
			run->polls[i].fd = sluice_capture_fd(run->captures[i]);
	}
}

static int seen_begin(struct run *run, unsigned int i, uint64_t span_ns)
{
	const struct sluice_look *look = &run->looks[i];
	struct sluice_verified *device = &run->devices[i];
	struct sluice_seen_config config = {
		.overhead_bytes = PACE_OVERHEAD_DEFAULT_BYTES,
		.link_bits_ps = device->link_bits_ps,
	};
	const uint64_t *values;

	/* The two clocks side by side: the tap's span begins with the look. */
	config.start_real_ns = sluice_now_ns(CLOCK_REALTIME) -
			       (sluice_now_ns(CLOCK_MONOTONIC) - look->mono_ns);
	config.end_real_ns = config.start_real_ns + span_ns;
	if (look->count) {
		values = look->qdiscs[0].options.values;
		if (!look->stand_ins)
			config.overhead_bytes = (uint32_t)
				values[TCA_SLUICE_OVERHEAD_BYTES];
		config.rate_bytes_ps = values[TCA_SLUICE_RATE_BYTES_PS];
		config.maxrate_bytes_ps = values[TCA_SLUICE_MAXRATE_BYTES_PS];
		device->is_kept_by_line = values[TCA_SLUICE_GAP_FRAMES_NS] != 0;
		device->is_kept_behind = device->is_kept_by_line ||
			values[TCA_SLUICE_OFFLOAD_HORIZON_NS] != 0;
	}
	return sluice_seen_init(&device->seen, &config);
}

/* Sleep until then, or until there are frames. */
static void frames_wait(struct run *run, uint64_t until_ns)
{
	uint64_t now_ns = sluice_now_ns(CLOCK_MONOTONIC);
	struct timespec rest = { 0 };

	if (until_ns > now_ns) {
		rest.tv_sec = (time_t)((until_ns - now_ns) /
				       SLUICE_NSEC_PER_SEC);
		rest.tv_nsec = (long)((until_ns - now_ns) %
				      SLUICE_NSEC_PER_SEC);
	}
	(void)ppoll(run->polls, run->count, &rest, NULL);
	taps_drain(run);
}

static void frames_wait_until(struct run *run, uint64_t until_ns)
{
	while (sluice_now_ns(CLOCK_MONOTONIC) < until_ns)
		frames_wait(run, until_ns);
}

/* ---- looks ---- */

static int look_again(struct run *run, unsigned int i)
{
	struct sluice_look look;
	int err = sluice_look_take(run->netlink, run->devices[i].ifindex,
				   &look, run->message);

	if (err)
		return err;
	sluice_interval_add(&run->devices[i].interval, &run->looks[i], &look);
	sluice_look_done(&run->looks[i]);
	run->looks[i] = look;
	return 0;
}

/* One that fails on the way is made good by the next. */
static void looks_again(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->count; i++)
		(void)look_again(run, i);
}

static int look_last(struct run *run, unsigned int i)
{
	unsigned int tries = 1;
	int err;

	while ((err = look_again(run, i)) && tries++ < LOOK_TRIES)
		frames_wait_until(run, sluice_now_ns(CLOCK_MONOTONIC) +
				  LOOK_RETRY_NS);
	return err;
}

/* ---- all of it ---- */

static int run_begin(struct run *run, uint64_t span_ns)
{
	unsigned int i;
	int err = 0;

	taps_open(run);
	for (i = 0; !err && i < run->count; i++)
		err = sluice_look_take(run->netlink, run->devices[i].ifindex,
				       &run->looks[i], run->message);
	for (i = 0; !err && i < run->count; i++)
		err = seen_begin(run, i, span_ns);
	return err;
}

/* It was told to stop: the spans of the taps end now. */
static void spans_end(struct run *run)
{
	uint64_t real_ns = sluice_now_ns(CLOCK_REALTIME);
	unsigned int i;

	for (i = 0; i < run->count; i++)
		sluice_seen_shorten(&run->devices[i].seen, real_ns);
}

/* As frames_wait_until(), or until told to stop. */
static void frames_measure_until(struct run *run, uint64_t until_ns)
{
	while (!*run->is_stopped &&
	       sluice_now_ns(CLOCK_MONOTONIC) < until_ns)
		frames_wait(run, until_ns);
}

static int run_measure(struct run *run, uint64_t span_ns)
{
	uint64_t end_ns = run->looks[0].mono_ns + span_ns;
	uint64_t next_ns = run->looks[0].mono_ns + LOOK_EVERY_NS;
	unsigned int i;
	int err = 0;

	for (; next_ns < end_ns && !*run->is_stopped; next_ns += LOOK_EVERY_NS) {
		frames_measure_until(run, next_ns);
		looks_again(run);
	}
	frames_measure_until(run, end_ns);
	if (sluice_now_ns(CLOCK_MONOTONIC) < end_ns) {
		end_ns = sluice_now_ns(CLOCK_MONOTONIC);
		spans_end(run);
	}
	for (i = 0; !err && i < run->count; i++)
		err = look_last(run, i);
	frames_wait_until(run, end_ns + DRAIN_NS);
	return err;
}

static void device_judge(struct run *run, unsigned int i)
{
	struct sluice_verified *device = &run->devices[i];
	int err = 0;

	if (run->captures[i])
		err = sluice_capture_losses(run->captures[i], &device->losses);
	if (err)
		tap_end(run, i, err);
	sluice_seen_finish(&device->seen);
	sluice_lapse_find_any(&device->link, sluice_link_queues(&device->link),
			      run->looks[i].qdiscs, run->looks[i].count,
			      &device->lapse);
	device->evidence = (struct sluice_evidence){
		.interval = &device->interval,
		.link_bits_ps = device->link_bits_ps,
	};
	if (sluice_verified_has_tap(device))
		device->evidence.tap_frames = device->seen.meter.pkts;
	if (sluice_verified_has_gaps(device))
		device->evidence.tap_train_frames =
			sluice_seen_train_frames(&device->seen);
	if (device->interval.is_stand_in && sluice_verified_has_tap(device) &&
	    !device->evidence.tap_train_frames)
		device->evidence.tap_train_frames =
			sluice_seen_together_frames(&device->seen);
	sluice_verdict_find(&device->evidence, &device->verdict);
}

static int run_all(struct run *run, const struct sluice_link *const *links,
		   uint64_t span_ns)
{
	unsigned int i;
	int err;

	for (i = 0; i < run->count; i++) {
		run->devices[i].ifindex = links[i]->ifindex;
		run->devices[i].link = *links[i];
		memcpy(run->devices[i].device, links[i]->name,
		       sizeof(run->devices[i].device));
		run->devices[i].link_bits_ps =
			sluice_link_speed_bits_ps(links[i]);
	}
	err = run_begin(run, span_ns);
	if (!err)
		err = run_measure(run, span_ns);
	for (i = 0; !err && i < run->count; i++)
		device_judge(run, i);
	return err;
}

int sluice_verify(struct sluice_netlink *netlink,
		  const struct sluice_link *const *links, unsigned int count,
		  uint64_t span_ns, const volatile sig_atomic_t *is_stopped,
		  struct sluice_verified **ret, char *message)
{
	struct run run = {
		.netlink = netlink, .count = count, .message = message,
		.is_stopped = is_stopped,
		.devices = calloc(count, sizeof(*run.devices)),
		.looks = calloc(count, sizeof(*run.looks)),
		.captures = calloc(count, sizeof(struct sluice_capture *)),
		.polls = calloc(count, sizeof(*run.polls)),
	};
	unsigned int i;
	int err = -ENOMEM;

	if (run.devices && run.looks && run.captures && run.polls)
		err = run_all(&run, links, span_ns);
	for (i = 0; run.looks && i < count; i++)
		sluice_look_done(&run.looks[i]);
	for (i = 0; run.captures && i < count; i++)
		sluice_capture_close(run.captures[i]);
	free(run.looks);
	free(run.captures);
	free(run.polls);
	if (err)
		sluice_verified_free(run.devices, count);
	else
		*ret = run.devices;
	return err;
}

void sluice_verified_free(struct sluice_verified *devices, unsigned int count)
{
	unsigned int i;

	for (i = 0; devices && i < count; i++)
		sluice_seen_done(&devices[i].seen);
	free(devices);
}
