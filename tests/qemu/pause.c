// SPDX-License-Identifier: GPL-2.0
/*
 * pause: until it is killed, tells the emulator again and again that this
 * processor has nothing to do. QEMU 7.2, when it counts instructions, goes
 * on to another processor only then: one that waits in a loop for another,
 * as Linux 6.1 does when it starts one, would wait forever.
 */
int main(void)
{
	for (;;)
		__builtin_ia32_pause();
}
