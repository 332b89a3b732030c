// SPDX-License-Identifier: GPL-2.0
/*
 * fault steady ADDRESS MS COUNT BYTES EVERY_US [RATE]: COUNT datagrams of BYTES
 * at once, again and again for MS milliseconds, on one connected UDP socket;
 * RATE is its SO_MAX_PACING_RATE in bytes/s, without it the socket has none.
 * With BYTES above 1472 each is a bundle (UDP GSO) of 1200-byte segments.
 */
#include "fault.h"

#include <stdlib.h>
#include <time.h>

#define SEGMENT_BYTES	1200
#define FRAME_MAX_BYTES	1472

int main_steady(int argc, char **argv)
{
	static const unsigned char zeros[65536];
	int64_t end_ns, every_ns, next_ns;
	size_t bytes;
	long count, i;
	int fd;

	if (argc < 5 || argc > 6)
		return 2;
	next_ns = clock_now_ns(CLOCK_MONOTONIC);
	end_ns = next_ns + strtol(argv[1], NULL, 10) * NSEC_PER_MSEC;
	count = strtol(argv[2], NULL, 10);
	bytes = strtoul(argv[3], NULL, 10);
	every_ns = strtol(argv[4], NULL, 10) * NSEC_PER_USEC;
	fd = udp_connect(argv[0], FAULT_PORT);
	if (argc > 5)
		socket_rate(fd, strtoull(argv[5], NULL, 10));
	for (; next_ns < end_ns; next_ns += every_ns) {
		/* What the stack refuses meanwhile is lost: it is UDP. */
		for (i = 0; i < count; i++) {
			if (bytes > FRAME_MAX_BYTES)
				(void)send_bundle(fd, zeros, bytes,
						  SEGMENT_BYTES);
			else
				(void)!send(fd, zeros, bytes, MSG_DONTWAIT);
		}
		sleep_ns(next_ns + every_ns - clock_now_ns(CLOCK_MONOTONIC));
	}
	return 0;
}
