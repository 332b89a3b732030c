// SPDX-License-Identifier: GPL-2.0
/*
 * beat: a timer of the machine's own each 40 us, until it is ended. QEMU 7.2, when
 * it counts instructions, lets a processor run until the next timer is due, and
 * the others stand still for so long, maybe with a frame between the queue and the
 * wire. A timer of a processor is set again by that processor, which waits for the
 * others; the old interval timer (8254) goes on by itself. The kernel does not use
 * it once it runs.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/io.h>
#include <unistd.h>

#define PORT_COUNT	0x40	/* of channel 0 */
#define PORT_MODE	0x43
#define MODE_RATE	0x34	/* channel 0, count low then high, again and again */
#define MODE_ONCE	0x30
#define HZ		1193182ul
#define BEAT_US		40ul

static void timer_set(unsigned char mode, unsigned long count)
{
	outb(mode, PORT_MODE);
	outb(count & 255, PORT_COUNT);
	outb(count >> 8, PORT_COUNT);
}

int main(void)
{
	sigset_t ends;
	int signal;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if (ioperm(PORT_COUNT, PORT_MODE - PORT_COUNT + 1, 1)) {
		perror("beat: the interval timer");
		return 1;
	}
	timer_set(MODE_RATE, HZ * BEAT_US / 1000000);
	sigwait(&ends, &signal);
	timer_set(MODE_ONCE, 0);
	return 0;
}
