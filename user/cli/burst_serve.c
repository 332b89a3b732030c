// SPDX-License-Identifier: GPL-2.0
/* The receiving end of `sluice burst-test`; see burst_serve.h. */
#include "burst_serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/now.h"
#include "../lib/sandbox.h"
#include "../scope/burst_listen.h"
#include "out_burst.h"

static void session_print(const struct burst_session *session)
{
	char peer[OUT_BURST_PEER_SIZE];

	out_burst_peer(&session->peer, peer, sizeof(peer));
	printf("%s: %llu bursts, %llu packets received, no room in the socket for %u\n",
	       peer, (unsigned long long)session->bursts,
	       (unsigned long long)session->packets, session->overflowed);
	fflush(stdout);
}

static void refused_print(const struct burst_peer *peer)
{
	char text[OUT_BURST_PEER_SIZE];

	out_burst_address(peer, text, sizeof(text));
	printf("%s may not send here: '--allow %s' lets it\n", text, text);
	fflush(stdout);
}

/* Loopback, the address itself, and those that were named; of all addresses each lets itself. */
static void allow_fill(struct burst_receiver *receiver,
		       const struct burst_serve *serve)
{
	struct burst_prefix *to = receiver->allowed;
	char error[64];

	(void)burst_prefix_parse("127.0.0.0/8", to++, error, sizeof(error));
	(void)burst_prefix_parse("::1", to++, error, sizeof(error));
	*to++ = (struct burst_prefix){ burst_peer_of(serve->own).address, 128 };
	if (serve->n_allowed)
		memcpy(to, serve->allowed,
		       serve->n_allowed * sizeof(*serve->allowed));
	receiver->n_allowed = BURST_SERVE_OWN + serve->n_allowed;
}

int burst_serve(const struct burst_serve *serve)
{
	struct burst_listen listen = {
		.fd = serve->fd,
		.until_mono_ns = sluice_now_ns(CLOCK_MONOTONIC) + serve->span_ns,
		.stop = serve->stop, .receiver = burst_receiver_new(),
		.ended = serve->is_quiet ? NULL : session_print,
		.refused = serve->is_quiet ? NULL : refused_print,
	};
	int err;

	if (!listen.receiver)
		return -ENOMEM;
	allow_fill(listen.receiver, serve);
	err = sluice_privileges_drop();
	if (!err)
		err = burst_listen_run(&listen);
	if (!serve->is_quiet && listen.receiver->refused_datagrams > 1)
		printf("%llu packets in all were of those who may not send\n",
		       (unsigned long long)listen.receiver->refused_datagrams);
	free(listen.receiver);
	return err;
}
