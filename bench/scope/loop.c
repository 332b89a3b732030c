// SPDX-License-Identifier: GPL-2.0
/* loop FILE: what libpcap takes to read a capture and add up lengths: the least that a reader built on it can take. */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = argc == 2 ? pcap_open_offline_with_tstamp_precision(
		argv[1], PCAP_TSTAMP_PRECISION_NANO, error) : NULL;
	struct pcap_pkthdr *header;
	const unsigned char *data;
	unsigned long long pkts = 0, bytes = 0;

	if (!pcap) {
		fputs("usage: loop FILE\n", stderr);
		return 2;
	}
	while (pcap_next_ex(pcap, &header, &data) == 1) {
		pkts++;
		bytes += header->len + data[0];
	}
	printf("%llu packets, %llu bytes\n", pkts, bytes);
	pcap_close(pcap);
	return 0;
}
