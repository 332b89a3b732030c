// SPDX-License-Identifier: GPL-2.0
/*
 * What `sluice burst-test` is made of (user/scope/burst_*.h): which burst to try,
 * what a queue makes of it, who lost what, and whom a receiver answers.
 */
#include "../../user/scope/burst_search.h"
#include "../../user/scope/burst_socket.h"
#include "core_random.h"
#include "user_tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PACKET_BYTES	1500u
#define SECOND_NS	1000000000ull

/* ---- the search ---- */

enum guess { GUESS_NONE, GUESS_RIGHT, GUESS_WILD };

/* A path that absorbs exactly @room packets; false: an answer or a bound is wrong. */
static bool search_is_right(uint32_t min, uint32_t max, uint32_t room,
			    enum guess guess, u64 *random)
{
	struct burst_search search;
	uint32_t steps = 0;
	uint64_t packets = 0;

	burst_search_begin(&search, min, max);
	while (!search.is_done) {
		if (search.packets < min || search.packets > max ||
		    ++steps > burst_search_steps_most(min, max))
			return false;
		packets += search.packets;
		if (search.packets <= room)
			burst_search_pass(&search);
		else
			burst_search_loss(&search, guess == GUESS_NONE ? 0 :
					  guess == GUESS_RIGHT ? room :
					  (uint32_t)random_below(random,
								 max + 2));
	}
	return packets <= burst_search_packets_most(min, max) &&
	       search.lossless == (room < min ? 0 : room < max ? room : max) &&
	       search.lossy == (room < min ? min : room < max ? room + 1 : 0);
}

static void test_search(void)
{
	static const uint32_t mins[] = { 1, 2, 3, 7, 64, 299, 300 };
	uint32_t room, i, steps[2];
	u64 random = 1;
	bool is_right[3] = { true, true, true };
	struct burst_search search;

	for (i = 0; i < sizeof(mins) / sizeof(mins[0]); i++)
		for (room = 0; room <= 310; room++) {
			is_right[0] &= search_is_right(mins[i], 300, room,
						       GUESS_NONE, &random);
			is_right[1] &= search_is_right(mins[i], 300, room,
						       GUESS_RIGHT, &random);
			is_right[2] &= search_is_right(mins[i], 300, room,
						       GUESS_WILD, &random);
		}
	tap_ok(is_right[0], "search: every room is found, in the bounds");
	tap_ok(is_right[1], "search: with the first lost packet as a guess");
	tap_ok(is_right[2], "search: with guesses that mean nothing");
	tap_ok(search_is_right(1, BURST_PACKETS_CEILING, 65535, GUESS_NONE,
			       &random) &&
	       search_is_right(1, BURST_PACKETS_CEILING, 65536, GUESS_NONE,
			       &random) &&
	       search_is_right(1, 1, 0, GUESS_NONE, &random) &&
	       search_is_right(1, 1, 1, GUESS_NONE, &random),
	       "search: its ends");
	for (i = 0; i < 2; i++) {
		burst_search_begin(&search, 1, 4096);
		for (steps[i] = 0; !search.is_done; steps[i]++)
			if (search.packets <= 700)
				burst_search_pass(&search);
			else
				burst_search_loss(&search, i ? 700 : 0);
	}
	/* 1, 2, … 512, 1024, then 700 and 701; or nine halvings of 512. */
	tap_u64(steps[1], 13, "search: a right guess ends it");
	tap_u64(steps[0], 20, "search: without one it halves");
}

/* ---- a queue ---- */

/**
 * struct fifo - a bottleneck: drops at its tail what does not fit
 * @room_pkts: that may be in it, with the one that leaves
 * @come_ns: between two packets that come
 * @leave_ns: between two that leave
 */
struct fifo {
	uint32_t room_pkts;
	uint64_t come_ns;
	uint64_t leave_ns;
};

static struct burst_arrivals arrivals;

/* A burst through it, as its receiver reports it. */
static struct burst_probe fifo_burst(const struct fifo *fifo, uint32_t packets,
				     struct burst_known *known)
{
	struct burst_probe probe = {
		.sent = { .packets = packets, .packet_bytes = PACKET_BYTES,
			  .bundles = packets, .call_ns = packets * fifo->come_ns },
	};
	uint64_t left_ns[8192];
	uint32_t i, kept = 0, gone = 0;

	burst_arrivals_begin(&arrivals, packets);
	for (i = 0; i < packets; i++) {
		uint64_t now_ns = i * fifo->come_ns;

		while (gone < kept && left_ns[gone] <= now_ns)
			gone++;
		if (kept - gone >= fifo->room_pkts)
			continue;
		left_ns[kept] = (kept > gone ? left_ns[kept - 1] : now_ns) +
				fifo->leave_ns;
		burst_arrivals_add(&arrivals, i, 7 + left_ns[kept++]);
	}
	burst_arrivals_report(&arrivals, 0, &probe.report);
	burst_judge(&probe, known);
	return probe;
}

/* 10 Gb/s into 1 Gb/s, and 1 Gb/s into 100 Mb/s, and barely slower. */
static void test_fifo(void)
{
	static const struct fifo fifos[] = {
		{ 64, 1200, 12000 }, { 512, 12000, 120000 }, { 20, 1200, 12000 },
		{ 100, 12000, 15000 }, { 1, 1200, 12000 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(fifos) / sizeof(fifos[0]); i++) {
		const struct fifo *fifo = &fifos[i];
		struct burst_known known = { .arrivals = 0 };
		struct burst_probe probe, best = { .lost = 0 };
		struct burst_search search;
		uint32_t least = fifo->room_pkts;
		uint64_t room_pkts;
		char claim[80];

		/* By the definition: the longest that loses nothing. */
		while (!fifo_burst(fifo, least + 1,
				   &(struct burst_known){ 0 }).lost)
			least++;
		burst_search_begin(&search, 1, 4096);
		while (!search.is_done) {
			probe = fifo_burst(fifo, search.packets, &known);
			if (probe.lost) {
				burst_search_loss(&search,
						  probe.report.first_lost);
			} else {
				best = probe;
				burst_search_pass(&search);
			}
		}
		snprintf(claim, sizeof(claim),
			 "fifo of %u: the longest burst without loss",
			 fifo->room_pkts);
		tap_u64(search.lossless, least, claim);
		if (fifo->room_pkts < 20)
			continue;
		tap_u64(burst_bottleneck_bits_ps(&known),
			PACKET_BYTES * 8 * SECOND_NS / fifo->leave_ns,
			"its rate");
		room_pkts = burst_buffer_bytes(&best, &known) / PACKET_BYTES;
		if (!tap_ok(room_pkts + 1 >= fifo->room_pkts &&
			    room_pkts <= fifo->room_pkts + 1,
			    "and its room, to a packet"))
			printf("# got %" PRIu64 "\n", room_pkts);
	}
}

/* ---- arrivals and reports ---- */

static void test_report(void)
{
	static const uint32_t order[] = { 0, 1, 4, 3, 4, 8, 9, 11, 4, 99 };
	uint8_t message[BURST_REPORT_BYTES], again[BURST_REPORT_BYTES];
	struct burst_report report, read;
	uint32_t i;

	burst_arrivals_begin(&arrivals, 12);
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		burst_arrivals_add(&arrivals, order[i], 1000 + 10 * i);
	burst_arrivals_report(&arrivals, 3, &report);
	tap_u64(report.received, 7, "each index counts once");
	tap_u64(report.duplicates, 2, "what comes again is no other packet");
	tap_u64(report.reordered, 1, "one came after a later one");
	tap_u64(report.first_lost, 2, "and is not lost: the first that is");
	/* 2; 5, 6, 7; 10 */
	tap_u64(report.runs, 3, "runs of lost packets");
	tap_ok(report.told[1].first == 5 && report.told[1].packets == 3 &&
	       report.told[2].first == 10 && report.told[2].packets == 1,
	       "where they are, and how long");
	tap_u64(report.overflowed, 3, "the socket's losses");
	tap_ok(report.marks[0].arrivals == 1 && !report.marks[0].ns &&
	       report.marks[4].arrivals == 7 && report.marks[4].ns == 70,
	       "marks at the first and the last");
	memset(message, 0, sizeof(message));
	memset(again, 0, sizeof(again));
	burst_report_put(message, &report);
	tap_ok(burst_report_get(message, &read), "a report is read");
	burst_report_put(again, &read);
	tap_ok(!memcmp(message, again, sizeof(message)),
	       "and says again what it was told");

	burst_arrivals_begin(&arrivals, 200);
	for (i = 0; i < 200; i += 2)
		burst_arrivals_add(&arrivals, i, 5000 - i);
	burst_arrivals_report(&arrivals, 0, &report);
	burst_report_put(message, &report);
	tap_ok(report.runs == 100 && burst_report_get(message, &read) &&
	       read.told[31].first == 63, "more runs than it tells");
	tap_u64(read.marks[4].ns, 0, "a clock that goes back has stood still");
	burst_arrivals_begin(&arrivals, 5);
	burst_arrivals_report(&arrivals, 0, &report);
	burst_report_put(message, &report);
	tap_ok(burst_report_get(message, &read) && !read.received &&
	       !read.first_lost && read.runs == 1 && read.told[0].packets == 5,
	       "nothing has arrived");
	message[BURST_HEADER_BYTES + 7] = 6;
	tap_ok(!burst_report_get(message, &read), "more than all did not");
}

/* ---- who lost ---- */

/* 100 packets in 10 bundles and 1 ms; so many arrived, 100 us each. */
static struct burst_probe judged(uint32_t received, uint32_t overflowed,
				 uint64_t dropped, struct burst_known *known)
{
	struct burst_probe probe = {
		.sent = { .packets = 100, .packet_bytes = PACKET_BYTES,
			  .bundles = 10, .call_ns = 1000000,
			  .dropped = dropped },
	};
	uint32_t i;

	burst_arrivals_begin(&arrivals, 100);
	for (i = 0; i < received; i++)
		burst_arrivals_add(&arrivals, i, 100000 * (i + 1));
	burst_arrivals_report(&arrivals, overflowed, &probe.report);
	burst_judge(&probe, known);
	return probe;
}

static void test_judge(void)
{
	struct burst_known known = { .arrivals = 0 };
	struct burst_probe probe = judged(100, 0, 5, &known);

	tap_ok(probe.outcome == BURST_LOSSLESS && !probe.lost_here,
	       "what others lost at this host is not of the burst");
	tap_u64(probe.burst_bits_ps, 1200000000, "the rate of the call");
	tap_u64(probe.arrival_bits_ps, 120000000, "the rate of the arrivals");
	tap_u64(probe.drained_pkts, 10, "what drains in the meantime");
	tap_u64(burst_buffer_bytes(&probe, &known), 135000,
		"nine tenths had not drained");
	probe.sent.bundles = 1;
	known.burst_bits_ps = 2400000000;
	burst_judge(&probe, &known);
	tap_ok(probe.outcome == BURST_LOSSLESS && probe.drained_pkts == 5 &&
	       burst_buffer_bytes(&probe, &known) == 142500,
	       "of one bundle: while the fastest burst would have come");
	known.burst_bits_ps = 1200000000;
	probe = judged(90, 0, 0, &known);
	tap_ok(probe.outcome == BURST_LOST && probe.lost == 10, "lost");
	probe = judged(90, 10, 0, &known);
	tap_ok(probe.outcome == BURST_LOST_THERE && probe.lost_there == 10,
	       "the socket had no room for them");
	probe = judged(90, 0, 12, &known);
	tap_ok(probe.outcome == BURST_LOST_HERE && probe.lost_here == 10,
	       "this host dropped them");
	probe = judged(90, 4, 5, &known);
	tap_ok(probe.outcome == BURST_LOST && probe.lost_here == 5 &&
	       probe.lost_there == 4, "all three of them");
	known.burst_bits_ps = 3000000000;
	probe = judged(100, 0, 0, &known);
	tap_ok(probe.outcome == BURST_STRETCHED,
	       "it was not back to back, and ten packets drained");
	probe = judged(99, 0, 0, &known);
	tap_ok(probe.outcome == BURST_LOST, "one that lost all the same, lost");
	known = (struct burst_known){ .burst_bits_ps = 3000000000 };
	probe = judged(4, 0, 0, &known);
	tap_ok(!probe.arrival_bits_ps && !burst_bottleneck_bits_ps(&known) &&
	       !burst_buffer_bytes(&probe, &known),
	       "four arrivals tell no rate");
	/* One was interrupted on its way, another was not. */
	known = (struct burst_known){ .long_bits_ps = 1200000000,
				      .arrival_bits_ps = 1100000000,
				      .arrivals = 128 };
	probe = judged(100, 0, 0, &known);
	tap_ok(probe.arrival_bits_ps == 120000000 &&
	       !burst_bottleneck_bits_ps(&known) && !probe.drained_pkts,
	       "what has been faster once is no bottleneck");
	/* 1500 of 1538 bytes. */
	tap_u64(burst_line_bits_ps(1538000000, PACKET_BYTES), 1500000000,
		"what a line carries");
	tap_u64(burst_wire_bits_ps(1500000000, PACKET_BYTES), 1538000000,
		"and what it must carry for that");
}

/* ---- the receiver ---- */

static struct burst_receiver receiver;
static uint8_t answer[BURST_REPORT_BYTES];
static uint64_t now_ns;

static struct burst_peer peer_make(const char *address, uint16_t port)
{
	struct burst_prefix prefix;
	char error[128];

	if (burst_prefix_parse(address, &prefix, error, sizeof(error)))
		abort();
	return (struct burst_peer){ prefix.address, htons(port) };
}

/* Send a message of its least length; the type of its answer. */
static enum burst_type say(const struct burst_peer *from, enum burst_type type,
			   uint64_t cookie, uint64_t nonce, uint32_t probe,
			   uint32_t packets)
{
	struct burst_header header = {
		.type = type, .cookie = cookie, .nonce = nonce, .probe = probe,
		.packets = packets,
	};
	uint8_t message[BURST_REPORT_BYTES] = { 0 };
	struct burst_datagram datagram = {
		.from = *from, .data = message,
		.captured_bytes = BURST_HEADER_BYTES,
		.bytes = burst_type_bytes(type), .stamp_ns = now_ns,
	};
	size_t bytes;

	burst_header_put(message, &header);
	bytes = burst_receiver_take(&receiver, &datagram, now_ns, answer);
	if (!bytes || bytes > datagram.bytes ||
	    !burst_header_get(answer, bytes, bytes, &header))
		return BURST_NONE;
	return header.type;
}

static uint64_t cookie_get(const struct burst_peer *from, uint64_t nonce)
{
	struct burst_header header;

	if (say(from, BURST_HELLO, 0, nonce, 0, 0) != BURST_WELCOME ||
	    !burst_header_get(answer, BURST_HEADER_BYTES, BURST_HEADER_BYTES,
			      &header) || header.nonce != nonce)
		return 0;
	return header.cookie;
}

static void test_receiver(void)
{
	struct burst_peer here = peer_make("192.0.2.1", 5000);
	struct burst_peer there = peer_make("192.0.3.1", 5000);
	struct burst_peer other = peer_make("192.0.2.1", 5001);
	struct burst_report report;
	uint64_t cookie, second;
	char error[128];
	uint32_t i;

	memset(&receiver, 0, sizeof(receiver));
	now_ns = SECOND_NS;
	receiver.n_allowed = 1;
	if (burst_prefix_parse("192.0.2.0/24", receiver.allowed, error,
			       sizeof(error)))
		abort();
	tap_ok(!say(&there, BURST_HELLO, 0, 1, 0, 0) &&
	       receiver.refused_datagrams == 1, "a stranger gets no answer");
	cookie = cookie_get(&here, 1);
	second = cookie_get(&other, 1);
	tap_ok(cookie && cookie == cookie_get(&here, 1) && cookie != second &&
	       cookie != cookie_get(&here, 2),
	       "a cookie is of an address, a port and a nonce");
	tap_ok(!receiver.session.is_open, "until then nothing is kept");
	tap_ok(!say(&here, BURST_START, cookie ^ 1, 1, 1, 10) &&
	       !say(&other, BURST_START, cookie, 1, 1, 10) &&
	       !receiver.session.is_open, "a wrong cookie starts nothing");
	tap_ok(!say(&here, BURST_START, cookie, 1, 1, 0) &&
	       !say(&here, BURST_START, cookie, 1, 0, 10) &&
	       !say(&here, BURST_START, cookie, 1, 1,
		    BURST_PACKETS_CEILING + 1), "nor does a wrong number");
	tap_ok(say(&here, BURST_START, cookie, 1, 1, 10) == BURST_STARTED,
	       "a burst begins");
	tap_ok(say(&other, BURST_START, second, 1, 1, 10) == BURST_BUSY,
	       "another has to wait");
	for (i = 0; i < 8; i++, now_ns += 1000)
		if (say(&here, BURST_BURST, cookie, 1, 1, i))
			abort();
	tap_ok(say(&here, BURST_START, cookie, 1, 1, 10) == BURST_STARTED &&
	       receiver.arrivals.received == 8,
	       "the same start again forgets nothing");
	say(&here, BURST_BURST, cookie, 1, 1, 10);
	say(&here, BURST_BURST, cookie, 1, 2, 9);
	say(&other, BURST_BURST, cookie, 1, 1, 9);
	say(&here, BURST_BURST, second, 1, 1, 9);
	tap_ok(say(&here, BURST_ASK, cookie, 1, 1, 5) == BURST_REPORT &&
	       burst_report_get(answer, &report) && report.received == 8 &&
	       report.first_lost == 8 && report.packets == 10 &&
	       report.marks[4].ns == 7000, "what is of the burst is reported");
	tap_ok(!say(&other, BURST_ASK, cookie, 1, 1, 5), "to its sender alone");
	tap_ok(say(&here, BURST_START, cookie, 1, 2, 4) == BURST_STARTED &&
	       !say(&here, BURST_START, cookie, 1, 1, 10) &&
	       !say(&here, BURST_ASK, cookie, 1, 1, 5),
	       "a burst that is past does not come back");
	now_ns += BURST_IDLE_NS + 1;
	tap_ok(say(&other, BURST_START, second, 1, 1, 10) == BURST_STARTED &&
	       receiver.ended.bursts == 2 && receiver.ended.packets == 8,
	       "who is silent for long makes room");
	tap_ok(!say(&here, BURST_END, second, 1, 1, 0) &&
	       receiver.session.is_open, "not who says it with his cookie");
	tap_ok(say(&other, BURST_END, second, 1, 1, 0) == BURST_END &&
	       !receiver.session.is_open, "so does who says that it is over");
	tap_ok(say(&other, BURST_END, second, 1, 1, 0) == BURST_END,
	       "and hears it again if that was lost");
	tap_ok(!say(&here, BURST_WELCOME, cookie, 1, 1, 0) &&
	       !say(&here, BURST_REPORT, cookie, 1, 1, 0) &&
	       !say(&here, BURST_BUSY, cookie, 1, 1, 0),
	       "answers are not answered");
}

static bool holds(const char *prefix, const char *address)
{
	struct burst_prefix parsed;
	struct burst_peer peer = peer_make(address, 1);
	char error[128];

	return !burst_prefix_parse(prefix, &parsed, error, sizeof(error)) &&
	       burst_prefix_holds(&parsed, &peer.address);
}

static bool is_refused(const char *prefix)
{
	struct burst_prefix parsed;
	char error[128] = "";

	return burst_prefix_parse(prefix, &parsed, error, sizeof(error)) ==
	       -EINVAL && strstr(error, prefix);
}

static void test_prefix(void)
{
	tap_ok(holds("192.0.2.0/24", "192.0.2.255") &&
	       !holds("192.0.2.0/24", "192.0.3.0") &&
	       holds("192.0.2.8/29", "192.0.2.15") &&
	       !holds("192.0.2.8/29", "192.0.2.16") &&
	       holds("192.0.2.1", "192.0.2.1") &&
	       !holds("192.0.2.1", "192.0.2.0"), "prefixes of IPv4");
	tap_ok(holds("2001:db8::/33", "2001:db8:7fff::1") &&
	       !holds("2001:db8::/33", "2001:db8:8000::1") &&
	       holds("::/0", "192.0.2.1") && holds("0.0.0.0/0", "192.0.2.1") &&
	       !holds("0.0.0.0/0", "2001:db8::1"), "and of IPv6");
	tap_ok(is_refused("192.0.2.0/33") && is_refused("::/129") &&
	       is_refused("192.0.2/24") && is_refused("/8") &&
	       is_refused("192.0.2.0/") && is_refused("host") &&
	       is_refused("::1/-1"), "what is none is refused");
}

/* The paper's vectors: the key is 0, 1, … 15, the input 0, 1, …. */
static void test_siphash(void)
{
	uint8_t key[BURST_KEY_BYTES], data[15];
	unsigned int i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	tap_ok(burst_siphash(key, data, 15) == 0xa129ca6149be45e5 &&
	       burst_siphash(key, data, 0) == 0x726fdb47dd0e0e31 &&
	       burst_siphash(key, data, 1) == 0x74f839c593dc67fd,
	       "SipHash-2-4");
}

/* ---- the socket ---- */

static struct burst_batch batch;

/* Everything that is there; the count that the last one told is in @batch. */
static uint32_t drain(int fd)
{
	uint32_t sum = 0;
	int count;

	while ((count = burst_batch_receive(fd, &batch)) > 0)
		sum += (uint32_t)count;
	return sum;
}

/* On loopback what was sent is in the socket, or lost, when sending returns. */
static void test_overflow(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET,
				   .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_storage to = { .ss_family = AF_INET };
	struct burst_header header = { .type = BURST_BURST };
	struct burst_sent sent = { .packets = 200,
				   .packet_bytes = PACKET_BYTES };
	socklen_t size = sizeof(own);
	struct burst_sender sender;
	int fd, small = 1;
	uint32_t got;

	memcpy(&to, &own, sizeof(own));
	fd = burst_listener_open(&to, sizeof(own));
	if (fd < 0 || getsockname(fd, (void *)&to, &size) ||
	    burst_sender_open(&sender, &to, size) ||
	    burst_sender_reserve(&sender, 200))
		abort();
	tap_ok(!burst_send(&sender, &header, &sent) && drain(fd) == 200 &&
	       batch.datagrams[7].bytes == PACKET_BYTES - BURST_IPV4_UDP_BYTES &&
	       batch.datagrams[7].captured_bytes == BURST_HEADER_BYTES &&
	       batch.datagrams[7].stamp_ns && !batch.overflowed,
	       "a burst over loopback, whole and stamped");
	tap_ok(sent.bundles < 200 && sent.stamped_packets < 200 &&
	       sent.call_ns, "in bundles");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)))
		abort();
	if (burst_send(&sender, &header, &sent))
		abort();
	got = drain(fd);
	/* The count comes with the next one that has room. */
	header.type = BURST_END;
	if (burst_message_send(&sender, &header) || drain(fd) != 1)
		abort();
	tap_ok(got < 200 && got + batch.overflowed == 200,
	       "what the socket had no room for is told");
	burst_sender_close(&sender);
	close(fd);
}

int main(void)
{
	test_search();
	test_fifo();
	test_report();
	test_judge();
	test_receiver();
	test_prefix();
	test_siphash();
	test_overflow();
	return tap_done();
}
