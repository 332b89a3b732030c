// SPDX-License-Identifier: GPL-2.0
/* The sender of a burst test; see burst.h. */
#include "burst.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../lib/now.h"
#include "../lib/refuse.h"
#include "../lib/sandbox.h"
#include "../lib/units.h"

/* A message that is not answered is sent again after this, then after twice. */
#define AGAIN_FIRST_NS	UINT64_C(100000000)
#define AGAIN_LAST_NS	UINT64_C(800000000)
/* Without an answer for so long there is nobody, or none any more. */
#define HELLO_NS	UINT64_C(2000000000)
#define SILENCE_NS	UINT64_C(10000000000)
/* lo takes 64 kB at once, which no wire does: there packets are as on Ethernet. */
#define ETHERNET_MTU	1500u

/**
 * struct session - what both ends agreed on
 * @test: the test
 * @cookie: the receiver's
 * @nonce: ours
 * @probe: number of the last burst
 * @end_mono_ns: when the test is over
 * @error: what goes wrong
 */
struct session {
	struct burst_test *test;
	uint64_t cookie;
	uint64_t nonce;
	uint32_t probe;
	uint64_t end_mono_ns;
	char *error;
};

uint64_t burst_probes_most(const struct burst_config *config)
{
	return (uint64_t)config->repeat *
	       burst_search_steps_most(config->min, config->max) +
	       BURST_AGAIN_ALL;
}

uint64_t burst_packets_most(const struct burst_config *config)
{
	return config->repeat *
	       burst_search_packets_most(config->min, config->max) +
	       (uint64_t)BURST_AGAIN_ALL * config->max;
}

/* ---- setting up ---- */

static int packet_bytes_choose(struct burst_test *test, char *error)
{
	struct burst_result *result = &test->result;
	uint32_t asked = test->config.packet_bytes, mtu;
	int err = burst_sender_mtu(&test->sender, &mtu);

	if (err)
		return sluice_refuse(err, error, BURST_ERROR_SIZE,
				     "the path's MTU cannot be read: %s: name a packet size with --size",
				     strerror(-err));
	if (asked > mtu)
		return sluice_refuse(-EMSGSIZE, error, BURST_ERROR_SIZE,
				     "--size: packets of %u bytes do not fit, the path takes %u: give at most that",
				     asked, mtu);
	result->packet_bytes = asked ? asked : mtu;
	if (!asked && mtu > UINT16_MAX - 1)
		result->packet_bytes = ETHERNET_MTU;
	return 0;
}

/* An address that is good on one link only, and it is not said which. */
static bool lacks_link(const struct sockaddr_storage *to)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)to;

	return to->ss_family == AF_INET6 && !in6->sin6_scope_id &&
	       IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
}

int burst_test_prepare(struct burst_test *test,
		       const struct burst_config *config, char *error)
{
	int err;

	*test = (struct burst_test){
		.config = *config, .result = { .best = -1 },
	};
	burst_search_begin(&test->result.search, config->min, config->max);
	if (lacks_link(&config->to))
		return sluice_refuse(-EINVAL, error, BURST_ERROR_SIZE,
				     "such an address is one of a link: say which, as in [fe80::1%%eth0]");
	err = burst_sender_open(&test->sender, &config->to, config->to_size);
	if (err)
		return sluice_refuse(err, error, BURST_ERROR_SIZE,
				     "there is no way to it: %s: 'ip route get' says more",
				     strerror(-err));
	err = packet_bytes_choose(test, error);
	if (err)
		return err;
	test->result.segments = test->sender.segments;
	/* Without these tables it cannot tell who dropped, but measure. */
	if (!sluice_netlink_open(&test->netlink))
		(void)burst_host_find(test->netlink, &config->to,
				      &test->result.host);
	return 0;
}

void burst_test_done(struct burst_test *test)
{
	sluice_netlink_close(test->netlink);
	burst_sender_close(&test->sender);
	free(test->result.probes);
	test->netlink = NULL;
	test->result.probes = NULL;
}

/* ---- talking ---- */

static bool is_over(const struct session *session)
{
	return *session->test->config.stop ||
	       sluice_now_ns(CLOCK_MONOTONIC) >= session->end_mono_ns;
}

static void pause_make(const struct session *session)
{
	uint64_t until_ns = sluice_now_ns(CLOCK_MONOTONIC) + session->test->config.pause_ns;
	uint64_t now_ns;

	while (!is_over(session) && (now_ns = sluice_now_ns(CLOCK_MONOTONIC)) < until_ns) {
		uint64_t left_ns = until_ns - now_ns;
		struct timespec rest = {
			.tv_sec = (time_t)(left_ns / SLUICE_NSEC_PER_SEC),
			.tv_nsec = (long)(left_ns % SLUICE_NSEC_PER_SEC),
		};

		(void)ppoll(NULL, 0, &rest, NULL);
	}
}

static bool is_answer(const struct session *session,
		      const struct burst_header *asked,
		      const struct burst_header *got)
{
	if (got->nonce != session->nonce)
		return false;
	if (asked->type == BURST_HELLO)
		return got->type == BURST_WELCOME;
	if (got->cookie != session->cookie || got->probe != asked->probe ||
	    got->packets != asked->packets)
		return false;
	if (asked->type == BURST_ASK)
		return got->type == BURST_REPORT;
	return got->type == BURST_STARTED || got->type == BURST_BUSY;
}

/*
 * Send a message until it is answered, at most for @patience_ns. Returns 0,
 * -ETIMEDOUT, -EINTR when the test is over, or what the socket said.
 */
static int talk(struct session *session, const struct burst_header *asked,
		uint64_t patience_ns, struct burst_header *ret, uint8_t *answer)
{
	struct burst_sender *sender = &session->test->sender;
	uint64_t give_up_ns = sluice_now_ns(CLOCK_MONOTONIC) + patience_ns;
	uint64_t again_ns = AGAIN_FIRST_NS, until_ns;
	int refusals = 0, got;

	while (!is_over(session) && sluice_now_ns(CLOCK_MONOTONIC) < give_up_ns) {
		got = burst_message_send(sender, asked);
		/* A queue of this host that is full is one more that loses. */
		if (got == -ENOBUFS)
			got = 0;
		until_ns = sluice_now_ns(CLOCK_MONOTONIC) + again_ns;
		while (got >= 0 && !is_over(session)) {
			got = burst_message_receive(sender, until_ns, answer,
						    BURST_REPORT_BYTES);
			if (got >= 0 &&
			    burst_header_get(answer, (size_t)got, (size_t)got,
					     ret) &&
			    is_answer(session, asked, ret))
				return 0;
		}
		/* One that was refused may have met the last of another test. */
		if (got < 0 && got != -EAGAIN && got != -EINTR &&
		    (got != -ECONNREFUSED || refusals++))
			return got;
		if (again_ns < AGAIN_LAST_NS)
			again_ns *= 2;
	}
	return is_over(session) ? -EINTR : -ETIMEDOUT;
}

/* A router has said that packets are too long: the kernel has noted it. */
static int length_refuse(struct session *session)
{
	uint32_t mtu = 0;

	(void)burst_sender_mtu(&session->test->sender, &mtu);
	return sluice_refuse(-EMSGSIZE, session->error, BURST_ERROR_SIZE,
			     "a router on the path takes packets of %u bytes at most: try --size %u",
			     mtu, mtu);
}

static int silence_refuse(struct session *session, int err)
{
	if (err == -EINTR)
		return err;
	if (err == -EMSGSIZE)
		return length_refuse(session);
	if (err == -ETIMEDOUT || err == -ECONNREFUSED)
		return sluice_refuse(err, session->error, BURST_ERROR_SIZE,
				     "%s", session->probe ?
				     "the receiver does not answer any more: look whether it still runs" :
				     err == -ECONNREFUSED ?
				     "nobody listens there" :
				     "nobody answers there");
	return sluice_refuse(err, session->error, BURST_ERROR_SIZE,
			     "it cannot be reached: %s: 'ip route get' says which way is taken",
			     strerror(-err));
}

static int hello(struct session *session)
{
	struct burst_header asked = { .type = BURST_HELLO }, got;
	uint8_t answer[BURST_REPORT_BYTES];
	int err;

	if (getrandom(&session->nonce, sizeof(session->nonce), 0) !=
	    (ssize_t)sizeof(session->nonce))
		return sluice_refuse(-EIO, session->error, BURST_ERROR_SIZE,
				     "the kernel gives no random numbers: try again");
	asked.nonce = session->nonce;
	err = talk(session, &asked, HELLO_NS, &got, answer);
	if (err)
		return silence_refuse(session, err);
	session->cookie = got.cookie;
	return 0;
}

/* ---- one burst ---- */

static struct burst_header header_make(const struct session *session,
				       enum burst_type type, uint32_t packets)
{
	return (struct burst_header){
		.type = type, .cookie = session->cookie,
		.nonce = session->nonce, .probe = session->probe,
		.packets = packets,
	};
}

static int start(struct session *session, uint32_t packets)
{
	struct burst_header asked, got;
	uint8_t answer[BURST_REPORT_BYTES];
	int err;

	session->probe++;
	asked = header_make(session, BURST_START, packets);
	err = talk(session, &asked, SILENCE_NS, &got, answer);
	if (err)
		return silence_refuse(session, err);
	if (got.type == BURST_BUSY)
		return sluice_refuse(-EBUSY, session->error, BURST_ERROR_SIZE,
				     "the receiver is measuring with another sender: try again when that is done");
	return 0;
}

/* Ask until all has arrived, or nothing more has for a pause. */
static int report_fetch(struct session *session, uint32_t packets,
			struct burst_report *ret)
{
	struct burst_header asked = header_make(session, BURST_ASK, 0);
	uint8_t answer[BURST_REPORT_BYTES];
	struct burst_header got;
	uint32_t before = UINT32_MAX;
	int err;

	for (;; asked.packets++) {
		err = talk(session, &asked, SILENCE_NS, &got, answer);
		if (err)
			return silence_refuse(session, err);
		if (!burst_report_get(answer, ret) || ret->packets != packets)
			return sluice_refuse(-EBADMSG, session->error,
					     BURST_ERROR_SIZE,
					     "the receiver's report contradicts itself: use the same version of sluice at both ends");
		if (ret->received == packets || ret->received == before)
			return 0;
		before = ret->received;
		pause_make(session);
		if (is_over(session))
			return -EINTR;
	}
}

static int burst_refuse(struct session *session, int err)
{
	if (err == -EMSGSIZE)
		return length_refuse(session);
	if (err == -ETIMEDOUT)
		return sluice_refuse(err, session->error, BURST_ERROR_SIZE,
				     "%s does not send what it is given: is its cable in?",
				     session->test->result.host.device);
	return sluice_refuse(err, session->error, BURST_ERROR_SIZE,
			     "the burst cannot be sent: %s: 'ip route get' says which way is taken",
			     strerror(-err));
}

static struct burst_probe *probe_add(struct burst_result *result)
{
	struct burst_probe *grown;

	grown = reallocarray(result->probes, result->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	result->probes = grown;
	grown += result->count;
	*grown = (struct burst_probe){ .outcome = BURST_LOSSLESS };
	return grown;
}

/* One burst from its start to its judgement, which becomes the last probe. */
static int probe_run(struct session *session, uint32_t packets)
{
	struct burst_test *test = session->test;
	struct burst_result *result = &test->result;
	struct burst_probe *probe = probe_add(result);
	struct burst_header header;
	uint64_t drops;
	int err;

	if (!probe)
		return sluice_refuse(-ENOMEM, session->error, BURST_ERROR_SIZE,
				     "out of memory: free some and try again");
	pause_make(session);
	err = start(session, packets);
	if (err)
		return err;
	probe->sent.packets = packets;
	probe->sent.packet_bytes = result->packet_bytes;
	probe->sent.line_bits_ps = burst_line_bits_ps(result->host.link_bits_ps,
						      result->packet_bytes);
	header = header_make(session, BURST_BURST, 0);
	drops = burst_host_drops(test->netlink, &result->host);
	err = burst_send(&test->sender, &header, &probe->sent);
	result->packets += packets;
	if (err)
		return burst_refuse(session, err);
	err = report_fetch(session, packets, &probe->report);
	if (err)
		return err;
	drops = burst_host_drops(test->netlink, &result->host) - drops;
	/* It has 32 bits, and most often what the socket was told is in it. */
	if ((uint32_t)drops > probe->sent.dropped)
		probe->sent.dropped = (uint32_t)drops;
	burst_judge(probe, &result->known);
	result->count++;
	result->segments = test->sender.segments;
	return 0;
}

/* ---- the search ---- */

static void best_keep(struct burst_result *result)
{
	const struct burst_probe *probe = &result->probes[result->count - 1];
	const struct burst_probe *best;

	if (result->best >= 0) {
		best = &result->probes[result->best];
		if (best->sent.packets == probe->sent.packets &&
		    best->burst_bits_ps <= probe->burst_bits_ps)
			return;
	}
	result->best = (int)result->count - 1;
}

/*
 * As many bursts as asked for of one length, until one loses. Returns 1 when no
 * more can be learned, after setting result->end; 0; or -errno.
 */
static int step_run(struct session *session, unsigned int *again_left)
{
	struct burst_test *test = session->test;
	struct burst_result *result = &test->result;
	uint32_t packets = result->search.packets, done = 0;
	unsigned int again = BURST_AGAIN_STEP;
	int before = result->best;

	while (done < test->config.repeat) {
		int err = probe_run(session, packets);
		struct burst_probe *probe;

		if (err) {
			result->best = before;
			return err;
		}
		probe = &result->probes[result->count - 1];
		if (probe->outcome == BURST_LOST) {
			probe->is_counted = true;
			result->best = before;
			burst_search_loss(&result->search,
					  probe->report.first_lost);
			return 0;
		}
		if (probe->outcome != BURST_LOSSLESS && again && *again_left) {
			again--;
			--*again_left;
			continue;
		}
		probe->is_counted = true;
		if (probe->outcome == BURST_LOST_HERE ||
		    probe->outcome == BURST_LOST_THERE) {
			result->best = before;
			result->end = probe->outcome == BURST_LOST_HERE ?
				      BURST_END_HERE : BURST_END_THERE;
			return 1;
		}
		best_keep(result);
		done++;
	}
	burst_search_pass(&result->search);
	return 0;
}

static int search_run(struct session *session)
{
	struct burst_result *result = &session->test->result;
	unsigned int again_left = BURST_AGAIN_ALL;
	int ended = 0;

	result->end = BURST_END_FOUND;
	while (!ended && !result->search.is_done)
		ended = step_run(session, &again_left);
	return ended < 0 ? ended : 0;
}

/* Make room for other senders: behind a burst that was cut short it may be lost. */
static void finish(const struct session *session)
{
	struct burst_sender *sender = &session->test->sender;
	struct burst_header asked = header_make(session, BURST_END, 0), got;
	uint8_t answer[BURST_REPORT_BYTES];
	uint64_t again_ns, until_ns;
	int bytes;

	for (again_ns = AGAIN_FIRST_NS; again_ns <= AGAIN_LAST_NS;
	     again_ns *= 2) {
		(void)burst_message_send(sender, &asked);
		until_ns = sluice_now_ns(CLOCK_MONOTONIC) + again_ns;
		do {
			bytes = burst_message_receive(sender, until_ns, answer,
						      sizeof(answer));
			if (bytes >= 0 &&
			    burst_header_get(answer, (size_t)bytes,
					     (size_t)bytes, &got) &&
			    got.type == BURST_END &&
			    got.cookie == session->cookie)
				return;
		} while (bytes >= 0);
	}
}

int burst_test_run(struct burst_test *test, char *error)
{
	uint64_t begin_ns = sluice_now_ns(CLOCK_MONOTONIC);
	struct session session = {
		.test = test, .error = error,
		.end_mono_ns = begin_ns + test->config.span_ns,
	};
	int err;

	err = burst_sender_reserve(&test->sender, test->config.max);
	if (!err)
		err = sluice_privileges_drop();
	if (err)
		return sluice_refuse(err, error, BURST_ERROR_SIZE,
				     "the test cannot be set up: %s",
				     strerror(-err));
	err = hello(&session);
	if (!err)
		err = search_run(&session);
	/* Who does not answer is not told, nor who never served this. */
	if (session.probe && err != -ETIMEDOUT && err != -ECONNREFUSED &&
	    err != -EBUSY)
		finish(&session);
	test->result.elapsed_ns = sluice_now_ns(CLOCK_MONOTONIC) - begin_ns;
	if (!err)
		return 0;
	test->result.end = err != -EINTR ? BURST_END_BROKEN :
			   *test->config.stop ? BURST_END_STOPPED :
						BURST_END_TIME;
	return err == -EINTR ? 0 : err;
}
