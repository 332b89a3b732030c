// SPDX-License-Identifier: GPL-2.0
/* The receiver of burst tests with its socket; see burst_listen.h. */
#include "burst_listen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>

#include "../lib/now.h"
#include "burst_socket.h"

/* How often it looks whether it shall end. */
#define LOOK_MS 200

struct burst_receiver *burst_receiver_new(void)
{
	struct burst_receiver *receiver = calloc(1, sizeof(*receiver));

	if (receiver && getrandom(receiver->key, sizeof(receiver->key), 0) !=
			(ssize_t)sizeof(receiver->key)) {
		free(receiver);
		return NULL;
	}
	return receiver;
}

static int batch_take(const struct burst_listen *listen,
		      struct burst_batch *batch)
{
	struct burst_receiver *receiver = listen->receiver;
	uint8_t answer[BURST_REPORT_BYTES];
	uint64_t now_ns = sluice_now_ns(CLOCK_MONOTONIC);
	int i, count = burst_batch_receive(listen->fd, batch);

	for (i = 0; i < count; i++) {
		uint64_t refused = receiver->refused_datagrams;
		size_t bytes = burst_receiver_take(receiver,
						   &batch->datagrams[i],
						   now_ns, answer);

		if (bytes)
			burst_batch_answer(listen->fd, batch, i, answer, bytes);
		if (!refused && receiver->refused_datagrams && listen->refused)
			listen->refused(&receiver->refused);
	}
	return count;
}

static void ended_tell(const struct burst_listen *listen)
{
	struct burst_receiver *receiver = listen->receiver;

	if (receiver->ended.is_open && listen->ended)
		listen->ended(&receiver->ended);
	receiver->ended.is_open = false;
}

int burst_listen_run(const struct burst_listen *listen)
{
	struct burst_batch *batch = calloc(1, sizeof(*batch));
	int count = 0;

	if (!batch)
		return -ENOMEM;
	while (count >= 0 && !*listen->stop &&
	       sluice_now_ns(CLOCK_MONOTONIC) < listen->until_mono_ns) {
		struct pollfd poll_for = { .fd = listen->fd, .events = POLLIN };

		if (poll(&poll_for, 1, LOOK_MS) > 0)
			count = batch_take(listen, batch);
		burst_receiver_tick(listen->receiver, sluice_now_ns(CLOCK_MONOTONIC));
		ended_tell(listen);
	}
	free(batch);
	return count < 0 ? count : 0;
}
