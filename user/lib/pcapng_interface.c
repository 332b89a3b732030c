// SPDX-License-Identifier: GPL-2.0
/*
 * What blocks of pcapng say of an interface; see pcapng.c.
 *
 * What is missing is said in two ways. Statistics have what was dropped since the
 * capture began, by the interface (isb_ifdrop) and by the system behind it
 * (isb_osdrop): two places, so both are added. They may come more than once, and
 * each of the two only grows: the highest counts. A packet (epb_dropcount, drops)
 * has what was dropped by either of them since the packet before. That is the same
 * once more, so it is added up, and the higher of both ways counts: a file that was
 * cut or filtered may have lost some of either.
 *
 * isb_filteraccept - isb_usrdeliv is not looked at: it has what was dropped, and
 * what had not been delivered yet when the capture ended, which makes no hole.
 */
#include "pcap_parts.h"

#define INTERFACE_MIN_BYTES	20u
#define STATISTICS_MIN_BYTES	24u
/* More is no count; 65,536 interfaces together have less than 2^63 then. */
#define COUNT_MAX_PKTS	((1ull << 47) - 1)

enum { OPTION_END = 0, OPTION_NAME = 2, OPTION_SPEED = 8,
       OPTION_RESOLUTION = 9, OPTION_FCS = 13, OPTION_OFFSET = 14,
       OPTION_SPEED_OUT = 16 };
enum { OPTION_RECEIVED = 4, OPTION_IF_DROPPED = 5, OPTION_OS_DROPPED = 7 };

#define RESOLUTION_BINARY	0x80		/* a power of two, not of ten */
/* Of stamps in 10^-n s and 2^-n s: what 64 bits can hold in a useful way. */
#define DECIMALS_MAX		27
#define BITS_MAX		63
#define NS_DECIMALS		9
#define FCS_BITS_MIN		16	/* of PPP; no check sequence has so many bytes */

int pcapng_option_next(const struct sluice_pcap *pcap, const uint8_t **at,
		       const uint8_t *end, struct pcapng_option *ret)
{
	if (end - *at < 4)
		return 0;
	ret->code = pcap_get16(pcap, *at);
	ret->bytes = pcap_get16(pcap, *at + 2);
	ret->value = *at + 4;
	if (ret->code == OPTION_END)
		return 0;
	if (pcapng_padded(ret->bytes) > (size_t)(end - ret->value))
		return -1;
	*at = ret->value + pcapng_padded(ret->bytes);
	return 1;
}

static void name_copy(char *name, size_t name_size, const struct pcapng_option *option)
{
	size_t used = 0;

	for (size_t i = 0; i < option->bytes && used < name_size - 1; i++) {
		uint8_t c = option->value[i];

		if (!c)
			break;
		/* It will be shown on a terminal. */
		name[used++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	name[used] = '\0';
}

static int resolution_set(struct sluice_pcap *pcap, struct pcap_interface *interface,
			  uint8_t resolution)
{
	uint32_t n = resolution & ~RESOLUTION_BINARY, up;
	uint64_t unit_ns;

	if (resolution & RESOLUTION_BINARY) {
		if (n > BITS_MAX)
			return pcapng_fail_block(pcap, "stamps in units of 1 s divided by 2 to the power of", n);
		interface->scale = PCAP_SHIFTED;
		interface->factor = n;
		unit_ns = (PCAPNG_NS_PER_S + (1ull << n) - 1) >> n;
		interface->known.resolution_ns = (uint32_t)unit_ns;
		return 0;
	}
	if (n > DECIMALS_MAX)
		return pcapng_fail_block(pcap, "stamps in units of 1 s divided by 10 to the power of", n);
	interface->scale = n > NS_DECIMALS ? PCAP_DIVIDED : PCAP_TIMES;
	interface->factor = 1;
	up = n > NS_DECIMALS ? n - NS_DECIMALS : NS_DECIMALS - n;
	while (up--)
		interface->factor *= 10;
	interface->known.resolution_ns =
		n > NS_DECIMALS ? 1 : (uint32_t)interface->factor;
	return 0;
}

static int offset_set(struct sluice_pcap *pcap, struct pcap_interface *interface,
		      int64_t offset_s)
{
	if (__builtin_mul_overflow(offset_s, (int64_t)PCAPNG_NS_PER_S,
				   &interface->offset_ns))
		return pcapng_fail_block(pcap, "an offset of time of seconds",
				  (uint64_t)offset_s);
	return 0;
}

/* The draft counts bits, and its example is 4: writers do either. */
static uint32_t fcs_bytes(uint8_t length)
{
	return length < FCS_BITS_MIN ? length : length / 8;
}

/* Of those that matter here the length must be right. */
static uint16_t option_bytes(uint16_t code)
{
	switch (code) {
	case OPTION_SPEED:
	case OPTION_OFFSET:
	case OPTION_SPEED_OUT:
		return 8;
	case OPTION_RESOLUTION:
	case OPTION_FCS:
		return 1;
	default:
		return 0;
	}
}

static int interface_option(struct sluice_pcap *pcap,
			    struct pcap_interface *interface,
			    const struct pcapng_option *option)
{
	uint16_t wanted = option_bytes(option->code);

	if (wanted && option->bytes != wanted)
		return pcapng_fail_block(pcap, "an option that cannot have a length of",
				  option->bytes);
	switch (option->code) {
	case OPTION_NAME:
		name_copy(interface->known.name, sizeof(interface->known.name),
			  option);
		return 0;
	case OPTION_SPEED_OUT:
		if (interface->known.speed_bits_ps)
			return 0;
		/* fall through */
	case OPTION_SPEED:
		interface->known.speed_bits_ps = pcap_get64(pcap, option->value);
		return 0;
	case OPTION_RESOLUTION:
		return resolution_set(pcap, interface, option->value[0]);
	case OPTION_FCS:
		interface->known.fcs_bytes = fcs_bytes(option->value[0]);
		return 0;
	case OPTION_OFFSET:
		return offset_set(pcap, interface,
				  (int64_t)pcap_get64(pcap, option->value));
	default:
		return 0;
	}
}

/* The options from at to end, each of which is taken for the interface. Returns 0 or -1. */
static int options_take(struct sluice_pcap *pcap,
			struct pcap_interface *interface, const uint8_t *at,
			const uint8_t *end, uint32_t length,
			int (*take)(struct sluice_pcap *pcap,
				    struct pcap_interface *interface,
				    const struct pcapng_option *option))
{
	struct pcapng_option option;
	int got;

	while ((got = pcapng_option_next(pcap, &at, end, &option)) > 0)
		if (take(pcap, interface, &option) < 0)
			return -1;
	return got < 0 ? pcapng_fail_block(pcap, "an option beyond its end of",
					   length) : 0;
}

int pcapng_interface_block(struct sluice_pcap *pcap, const uint8_t *block,
			   uint32_t length)
{
	struct pcap_interface *interface;

	if (length < INTERFACE_MIN_BYTES)
		return pcapng_fail_block(pcap, "an impossible length of", length);
	interface = pcap_interface_add(pcap);
	if (!interface)
		return -1;
	interface->known.link_type = pcap_get16(pcap, block + 8);
	interface->known.snap_bytes = pcap_get32(pcap, block + 12);
	interface->known.resolution_ns = 1000;
	interface->known.section_first = pcap->section_first;
	interface->factor = 1000;
	if (options_take(pcap, interface, block + 16,
			 block + length - PCAPNG_TRAILER_BYTES, length,
			 interface_option) < 0)
		return -1;
	pcap_interface_added(pcap);
	return 0;
}

/* ---- what is missing ---- */

/* one is no more than COUNT_MAX_PKTS. */
static uint64_t dropped_add(uint64_t one, uint64_t other)
{
	return other > COUNT_MAX_PKTS - one ? COUNT_MAX_PKTS : one + other;
}

/* Let the interface and info know the higher of both ways. */
static void dropped_note(struct sluice_pcap *pcap, struct pcap_interface *interface)
{
	uint64_t pkts = dropped_add(interface->if_dropped_pkts,
				    interface->os_dropped_pkts);

	if (pkts < interface->between_dropped_pkts)
		pkts = interface->between_dropped_pkts;
	pcap->info.dropped_pkts += pkts - interface->known.dropped_pkts;
	interface->known.dropped_pkts = pkts;
}

void pcapng_interface_dropped(struct sluice_pcap *pcap, uint32_t interface,
			      uint64_t pkts)
{
	struct pcap_interface *one = &pcap->interfaces[interface];

	one->between_dropped_pkts = dropped_add(one->between_dropped_pkts, pkts);
	dropped_note(pcap, one);
}

static int statistics_option(struct sluice_pcap *pcap,
			     struct pcap_interface *interface,
			     const struct pcapng_option *option)
{
	uint64_t *highest = option->code == OPTION_RECEIVED ?
			    &interface->known.received_pkts :
			    option->code == OPTION_IF_DROPPED ?
			    &interface->if_dropped_pkts :
			    option->code == OPTION_OS_DROPPED ?
			    &interface->os_dropped_pkts : NULL;
	uint64_t pkts;

	if (!highest)
		return 0;
	if (option->bytes != sizeof(pkts))
		return pcapng_fail_block(pcap, "an option that cannot have a length of",
				  option->bytes);
	pkts = pcap_get64(pcap, option->value);
	/* What writers have in place of a count that they do not know. */
	if (pkts == UINT64_MAX)
		return 0;
	interface->known.has_dropped_count |= option->code != OPTION_RECEIVED;
	if (pkts > COUNT_MAX_PKTS)
		pkts = COUNT_MAX_PKTS;
	if (*highest < pkts)
		*highest = pkts;
	return 0;
}

int pcapng_statistics_block(struct sluice_pcap *pcap, const uint8_t *block,
			    uint32_t length)
{
	struct pcap_interface *interface;
	uint32_t number;

	if (length < STATISTICS_MIN_BYTES)
		return pcapng_fail_block(pcap, "an impossible length of", length);
	number = pcap_get32(pcap, block + 8);
	if (number >= pcap->info.interfaces - pcap->section_first)
		return pcapng_fail_block(pcap, "statistics of an interface that is not there, number",
				  number);
	interface = &pcap->interfaces[pcap->section_first + number];
	if (options_take(pcap, interface, block + 20,
			 block + length - PCAPNG_TRAILER_BYTES, length,
			 statistics_option) < 0)
		return -1;
	interface->known.has_statistics = true;
	dropped_note(pcap, interface);
	return 0;
}
