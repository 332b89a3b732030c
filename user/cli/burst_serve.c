// SPDX-License-Identifier: GPL-2.0
/* The receiving end of `sluice burst-test`; see burst_serve.h. */
#include "burst_serve.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
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

/* Loopback, the address itself, and those that were named. */
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

/*
 * A second address of this host is asked from its first one. Those of a link may be
 * somebody else's on another link, and let themselves. The caller frees it.
 */
static struct in6_addr *own_list(unsigned int *ret_count)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	struct in6_addr *own = NULL, *grown, one;
	struct ifaddrs *all, *at;

	*ret_count = 0;
	if (getifaddrs(&all))
		return NULL;
	for (at = all; at; at = at->ifa_next) {
		bool is_v4 = at->ifa_addr && at->ifa_addr->sa_family == AF_INET;

		if (!is_v4 && !(at->ifa_addr &&
				at->ifa_addr->sa_family == AF_INET6))
			continue;
		memcpy(&address, at->ifa_addr,
		       is_v4 ? sizeof(struct sockaddr_in) :
			       sizeof(struct sockaddr_in6));
		one = burst_peer_of(&address).address;
		grown = IN6_IS_ADDR_LINKLOCAL(&one) ? NULL :
			reallocarray(own, *ret_count + 1, sizeof(*own));
		if (!grown)
			continue;
		own = grown;
		own[(*ret_count)++] = one;
	}
	freeifaddrs(all);
	return own;
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
	struct in6_addr *own;
	int err;

	if (!listen.receiver)
		return -ENOMEM;
	allow_fill(listen.receiver, serve);
	own = own_list(&listen.receiver->n_own);
	listen.receiver->own = own;
	err = sluice_privileges_drop();
	if (!err)
		err = burst_listen_run(&listen);
	if (!serve->is_quiet && listen.receiver->refused_datagrams > 1)
		printf("%llu packets in all were of those who may not send\n",
		       (unsigned long long)listen.receiver->refused_datagrams);
	free(listen.receiver);
	free(own);
	return err;
}
