// SPDX-License-Identifier: GPL-2.0
/* The frame parser on every kind of header, cut, damaged and hostile ones too. */
#include <stdlib.h>

#include "../../user/lib/frame.h"
#include "../../user/lib/frame_plain.h"
#include "../../user/lib/pcap.h"
#include "../../user/lib/udp_stamp.h"
#include "core_random.h"
#include "user_tap.h"

/* Ethernet, IPv4, UDP with a stamp. */
static const uint8_t udp_frame[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 52, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 1, 1, 10, 0, 0, 1,
	0x27, 0x11, 0x13, 0x89, 0, 32, 0, 0,
	0x53, 0x4c, 0x55, 0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5,
	0x17, 0x97, 0x9c, 0xfe, 0x36, 0x2a, 0, 7,
};

static void test_frames(void)
{
	struct sluice_frame frame;
	struct sluice_udp_stamp stamp = { 0 };
	uint8_t vlan[sizeof(udp_frame) + 4], copy[24];
	char text[64];

	tap_ok(sluice_frame_parse(udp_frame, sizeof(udp_frame), 1, &frame) &&
	       frame.has_ports && frame.key.source_port == 10001 &&
	       frame.key.destination_port == 5001 && frame.payload_bytes == 24 &&
	       frame.payload_captured_bytes == 24, "UDP over IPv4");
	tap_ok(sluice_udp_stamp_get(frame.payload, 24, &stamp) &&
	       stamp.source == 9 && stamp.sequence == 5 &&
	       stamp.departure_real_ns == 1700000000000000007ull, "its stamp");
	tap_ok(!sluice_udp_stamp_get(frame.payload, 23, &stamp), "a cut stamp is none");
	sluice_udp_stamp_put(copy, &stamp);
	tap_ok(!memcmp(copy, frame.payload, 24), "a stamp written is the stamp read");
	sluice_flow_address_print(&frame.key, true, text, sizeof(text));
	tap_text(text, "10.0.1.1", "the source as text");
	memcpy(vlan, udp_frame, 12);
	memcpy(vlan + 12, (uint8_t[]){ 0x81, 0, 0, 7 }, 4);
	memcpy(vlan + 16, udp_frame + 12, sizeof(udp_frame) - 12);
	tap_ok(sluice_frame_parse(vlan, sizeof(vlan), 1, &frame) &&
	       frame.key.source_port == 10001 && frame.payload_bytes == 24,
	       "the same inside a VLAN");
}

/* Every prefix of exactly its size (ASan watches), and with every byte changed. */
static void test_frame_damage(void)
{
	struct sluice_frame frame;
	unsigned int parsed = 0;

	for (uint32_t size = 0; size <= sizeof(udp_frame); size++) {
		uint8_t *exact = malloc(size ? size : 1);

		memcpy(exact, udp_frame, size);
		parsed += sluice_frame_parse(exact, size, 1, &frame);
		parsed += sluice_frame_parse(exact, size, 101, &frame);
		free(exact);
	}
	tap_u64(parsed, sizeof(udp_frame) - 34 + 1, "every prefix: IP from 34 bytes on");
	for (uint32_t at = 12; at < 42; at++)
		for (int value = 0; value < 256; value++) {
			uint8_t *exact = malloc(sizeof(udp_frame));

			memcpy(exact, udp_frame, sizeof(udp_frame));
			exact[at] = (uint8_t)value;
			if (sluice_frame_parse(exact, sizeof(udp_frame), 1, &frame) &&
			    frame.payload && frame.payload_captured_bytes)
				parsed += frame.payload[frame.payload_captured_bytes - 1];
			free(exact);
		}
	tap_ok(parsed > 0, "every header byte changed: nothing read outside");
}

/* Ethernet, IPv4, TCP with 4 bytes of payload. */
static const uint8_t tcp_frame[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 1, 1, 10, 0, 0, 1,
	0x27, 0x11, 0x13, 0x89, 0xfe, 0xdc, 0xba, 0x98, 0, 0, 0, 1,
	0x50, 0x18, 2, 0, 0, 0, 0, 0, 'd', 'a', 't', 'a',
};

static void test_tcp_sequence(void)
{
	struct sluice_frame frame;

	tap_ok(sluice_frame_parse(tcp_frame, sizeof(tcp_frame), 1, &frame) &&
	       frame.payload_bytes == 4 && frame.tcp_sequence == 0xfedcba98,
	       "the sequence number of TCP");
	tap_ok(sluice_frame_parse(tcp_frame, 53, 1, &frame) &&
	       !frame.payload_bytes && !frame.tcp_sequence,
	       "none when TCP's header is cut");
}

static void test_ipv6(void)
{
	uint8_t packet[40 + 8 + 8 + 4] = { 0x60, 0, 0, 0, 0, 20, 0, 64 };
	struct sluice_frame frame;
	char text[64];

	packet[23] = 1;			/* ::1 */
	packet[40] = 17;		/* hop-by-hop, then UDP */
	packet[48] = 0x27;
	packet[49] = 0x11;
	packet[53] = 12;
	tap_ok(sluice_frame_parse(packet, sizeof(packet), 101, &frame) &&
	       frame.key.source_port == 10001 && frame.key.protocol == 17 &&
	       frame.payload_bytes == 4, "UDP behind an IPv6 extension header");
	sluice_flow_address_print(&frame.key, true, text, sizeof(text));
	tap_text(text, "::1", "an IPv6 source as text");
	sluice_flow_end_print(&frame.key, true, text, sizeof(text));
	tap_text(text, "[::1]:10001", "and with its port");
	frame.key.source_port = 0;
	sluice_flow_end_print(&frame.key, true, text, sizeof(text));
	tap_text(text, "::1", "and where it has none");
	packet[41] = 255;
	tap_ok(sluice_frame_parse(packet, sizeof(packet), 101, &frame) &&
	       !frame.has_ports, "an extension header beyond the frame");
}

/* ---- layers, put in front of each other ---- */

struct stack {
	uint8_t data[512];
	size_t begin;			/* data[begin..] is the packet so far */
};

static void push(struct stack *stack, const void *bytes, size_t size)
{
	stack->begin -= size;
	memcpy(stack->data + stack->begin, bytes, size);
}

static void push_hex(struct stack *stack, const char *hex)
{
	uint8_t bytes[64];
	size_t size = 0;

	for (; hex[0] && hex[1] && size < sizeof(bytes); hex += 2) {
		unsigned int value;

		if (sscanf(hex, "%2x", &value) != 1)
			abort();
		bytes[size++] = (uint8_t)value;
	}
	push(stack, bytes, size);
}

static size_t stack_bytes(const struct stack *stack)
{
	return sizeof(stack->data) - stack->begin;
}

static void push_ipv4(struct stack *stack, uint8_t protocol)
{
	size_t total = stack_bytes(stack) + 20;
	uint8_t ip[20] = { 0x45, 0, (uint8_t)(total >> 8), (uint8_t)total, 0, 0,
			   0x40, 0, 64, protocol, 0, 0, 10, 9, 9, 1, 10, 9, 9, 2 };

	push(stack, ip, sizeof(ip));
}

static void push_ipv6(struct stack *stack, uint8_t next)
{
	size_t length = stack_bytes(stack);
	uint8_t ip[40] = { 0x60, 0, 0, 0, (uint8_t)(length >> 8), (uint8_t)length,
			   next, 64 };

	ip[23] = 1;
	ip[39] = 2;
	push(stack, ip, sizeof(ip));
}

static void push_udp(struct stack *stack, uint16_t port)
{
	uint8_t udp[8] = { 0xc3, 0x50, (uint8_t)(port >> 8), (uint8_t)port };

	push(stack, udp, sizeof(udp));
}

static void push_ethernet(struct stack *stack, uint16_t type)
{
	uint8_t ethernet[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2,
				 (uint8_t)(type >> 8), (uint8_t)type };

	push(stack, ethernet, sizeof(ethernet));
}

/* The packet of tcp_frame without its link header. */
static struct stack inside(void)
{
	struct stack stack = { .begin = sizeof(stack.data) };

	push(&stack, tcp_frame + 14, sizeof(tcp_frame) - 14);
	return stack;
}

/* The flow is that of tcp_frame, behind so many tunnels; every prefix is safe. */
static void expect_inside(const struct stack *stack, uint32_t link_type,
			  unsigned int tunnels, const char *claim)
{
	uint32_t size = (uint32_t)stack_bytes(stack);
	struct sluice_frame frame, cut;

	tap_ok(sluice_frame_parse(stack->data + stack->begin, size, link_type,
				  &frame) &&
	       frame.key.source_port == 10001 && frame.key.source[2] == 1 &&
	       frame.tcp_sequence == 0xfedcba98 && frame.payload_bytes == 4 &&
	       frame.header_bytes == size - 4 && frame.tunnels == tunnels &&
	       frame.payload == stack->data + stack->begin + size - 4, claim);
	for (uint32_t i = 0; i < size; i++) {
		uint8_t *exact = malloc(i ? i : 1);

		memcpy(exact, stack->data + stack->begin, i);
		sluice_frame_parse(exact, i, link_type, &cut);
		free(exact);
	}
}

static void test_ip_in_ip(void)
{
	struct stack stack = inside();

	push_ipv4(&stack, 4);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "IPv4 in IPv4");
	stack = inside();
	push_ipv6(&stack, 4);
	push_ethernet(&stack, 0x86dd);
	expect_inside(&stack, 1, 1, "IPv4 in IPv6");
	stack = inside();
	for (int i = 0; i < 4; i++)
		push_ipv4(&stack, 4);
	expect_inside(&stack, SLUICE_LINKTYPE_RAW, 4, "four tunnels");
}

static void test_ipv6_in(void)
{
	struct sluice_frame frame;
	struct stack stack = { .begin = sizeof(stack.data) };

	push_hex(&stack, "64617461");
	push_udp(&stack, 7);
	push_ipv6(&stack, 17);
	push_ipv4(&stack, 41);
	push_ethernet(&stack, 0x0800);
	tap_ok(sluice_frame_parse(stack.data + stack.begin,
				  (uint32_t)stack_bytes(&stack), 1, &frame) &&
	       frame.key.ip_version == 6 && frame.key.destination_port == 7 &&
	       frame.payload_bytes == 4 && frame.tunnels == 1, "IPv6 in IPv4 (SIT)");
}

static void test_too_deep(void)
{
	struct sluice_frame frame;
	struct stack stack = inside();

	for (int i = 0; i < 5; i++)
		push_ipv4(&stack, 4);
	tap_ok(sluice_frame_parse(stack.data + stack.begin,
				  (uint32_t)stack_bytes(&stack),
				  SLUICE_LINKTYPE_IPV4, &frame) &&
	       frame.tunnels == 4 && frame.key.protocol == 4 && !frame.has_ports,
	       "a fifth is not looked into: the flow is that of the fourth");
}

static void test_gre(void)
{
	struct stack stack = inside();

	push_hex(&stack, "00000800");
	push_ipv4(&stack, 47);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "GRE");
	stack = inside();
	push_hex(&stack, "b0000800" "00000000" "0000002a" "00000001");
	push_ipv4(&stack, 47);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "GRE with checksum, key and sequence");
	stack = inside();
	push_ethernet(&stack, 0x0800);
	push_hex(&stack, "20006558" "00002a01");
	push_ipv4(&stack, 47);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "NVGRE");
}

/* A checksum of 12 bytes. */
#define AUTH	"04" "0000" "00000100" "00000001" "0102030405060708090a0b0c"

static void test_auth(void)
{
	struct stack stack = { .begin = sizeof(stack.data) }, tunnel = inside();
	struct sluice_frame frame;
	uint32_t bytes;

	push_hex(&stack, "64617461");
	push_udp(&stack, 7);
	push_hex(&stack, "11" AUTH);
	push_ipv4(&stack, 51);
	push_ethernet(&stack, 0x0800);
	bytes = (uint32_t)stack_bytes(&stack);
	tap_ok(sluice_frame_parse(stack.data + stack.begin, bytes, 1, &frame) &&
	       frame.key.protocol == 17 && frame.key.destination_port == 7 &&
	       frame.payload_bytes == 4 && !frame.tunnels &&
	       frame.header_bytes == 14 + 20 + 24 + 8,
	       "UDP behind IPsec's AH in IPv4");
	tap_ok(sluice_frame_parse(stack.data + stack.begin, 14 + 20 + 23, 1,
				  &frame) &&
	       frame.key.protocol == 51 && !frame.has_ports,
	       "AH that is cut: its own protocol, and no ports");
	stack.data[stack.begin + 14 + 20 + 1] = 255;
	tap_ok(sluice_frame_parse(stack.data + stack.begin, bytes, 1, &frame) &&
	       frame.key.protocol == 51 && !frame.has_ports,
	       "AH that is longer than its packet");
	for (unsigned int count = 4; count < 6; count++) {
		stack = (struct stack){ .begin = sizeof(stack.data) };
		push_hex(&stack, "64617461");
		push_udp(&stack, 7);
		push_hex(&stack, "11" AUTH);
		for (unsigned int i = 1; i < count; i++)
			push_hex(&stack, "33" AUTH);
		push_ipv4(&stack, 51);
		push_ethernet(&stack, 0x0800);
		tap_ok(sluice_frame_parse(stack.data + stack.begin,
					  (uint32_t)stack_bytes(&stack), 1, &frame) &&
		       frame.key.protocol == (count == 4 ? 17 : 51) &&
		       frame.key.destination_port == (count == 4 ? 7 : 0) &&
		       frame.header_bytes == 14 + 20 + 4 * 24 + (count == 4 ? 8 : 0),
		       count == 4 ? "four of AH, one behind the other" :
				    "more of them are not gone over");
	}
	push_hex(&tunnel, "04" AUTH);
	push_ipv4(&tunnel, 51);
	push_ethernet(&tunnel, 0x0800);
	expect_inside(&tunnel, 1, 1, "IPv4 behind AH");
}

static void test_gre_unknown(void)
{
	static const char *const headers[] = { "00010800", "40000800", "0000880b" };
	struct sluice_frame frame;
	bool is_outer = true;

	for (int i = 0; i < 3; i++) {
		struct stack stack = inside();

		push_hex(&stack, headers[i]);
		push_ipv4(&stack, 47);
		push_ethernet(&stack, 0x0800);
		is_outer &= sluice_frame_parse(stack.data + stack.begin,
					       (uint32_t)stack_bytes(&stack), 1,
					       &frame) &&
			    frame.key.protocol == 47 && !frame.tunnels;
	}
	tap_ok(is_outer, "PPTP, routing and unknown payload: the flow is the tunnel's");
}

static void test_overlays(void)
{
	struct stack stack = inside();

	push_ethernet(&stack, 0x0800);
	push_hex(&stack, "0800000000002a00");
	push_udp(&stack, 4789);
	push_ipv4(&stack, 17);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "VXLAN");
	stack = inside();
	push_ethernet(&stack, 0x0800);
	push_hex(&stack, "0800000000002a00");
	push_udp(&stack, 8472);
	push_ipv6(&stack, 17);
	push_ethernet(&stack, 0x86dd);
	expect_inside(&stack, 1, 1, "VXLAN on Linux's port, over IPv6");
	stack = inside();
	push_ethernet(&stack, 0x0800);
	push_hex(&stack, "0200655800002a00" "0102030405060708");
	push_udp(&stack, 6081);
	push_ipv4(&stack, 17);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "GENEVE with options");
	stack = inside();
	push_hex(&stack, "0000080000002a00");
	push_udp(&stack, 6081);
	push_ipv4(&stack, 17);
	push_ethernet(&stack, 0x0800);
	expect_inside(&stack, 1, 1, "GENEVE with IPv4 at once");
}

static void test_labels(void)
{
	struct stack stack = inside();

	push_hex(&stack, "00010040" "00020140");
	push_ethernet(&stack, 0x8847);
	expect_inside(&stack, 1, 1, "MPLS, two labels");
	stack = inside();
	push_hex(&stack, "11000001002e0021");
	push_ethernet(&stack, 0x8864);
	expect_inside(&stack, 1, 1, "PPPoE");
	stack = inside();
	push_hex(&stack, "00020140");
	push_hex(&stack, "11000001002e0281");
	push_hex(&stack, "00078864");
	push_ethernet(&stack, 0x88a8);
	expect_inside(&stack, 1, 2, "MPLS in PPPoE in a VLAN");
	stack = inside();
	push_hex(&stack, "00088100" "00090800");
	push_ethernet(&stack, 0x88a8);
	expect_inside(&stack, 1, 0, "QinQ is no tunnel");
}

static void test_link_types(void)
{
	static const struct {
		const char *header;
		uint32_t link_type;
		const char *claim;
	} cases[] = {
		{ "", 101, "raw IP" }, { "", 12, "raw IP, its number on some BSDs" },
		{ "", 14, "raw IP, its number on OpenBSD" },
		{ "", 228, "raw IPv4" },
		{ "02000000", 0, "BSD loopback, little endian" },
		{ "00000002", 0, "BSD loopback, big endian" },
		{ "00000002", 108, "OpenBSD loopback" },
		{ "00000001000602000000000100000800", 113, "Linux cooked" },
		{ "00000001000602000000000100008100" "00070800", 113,
		  "Linux cooked, in a VLAN" },
		{ "0800000000000002000100060200000000010000", 276,
		  "Linux cooked, version 2" },
	};
	struct sluice_frame frame;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stack stack = inside();

		push_hex(&stack, cases[i].header);
		expect_inside(&stack, cases[i].link_type, 0, cases[i].claim);
	}
	tap_ok(!sluice_frame_parse(tcp_frame, sizeof(tcp_frame), 105, &frame) &&
	       !sluice_frame_parse(tcp_frame, sizeof(tcp_frame),
				   SLUICE_LINKTYPE_NONE, &frame),
	       "other link types are no IP");
}

/* ---- what TCP says ---- */

/* tcp_frame with options: 32-bit words in hexadecimal; ACK is 1000. */
static bool parse_options(const char *options, struct sluice_frame *ret_frame)
{
	struct stack stack = { .begin = sizeof(stack.data) };
	uint8_t header[20] = { 0x27, 0x11, 0x13, 0x89, 0, 0, 0, 7, 0, 0, 3, 0xe8,
			       0, 0x50, 1, 0 };

	push_hex(&stack, options);
	header[12] = (uint8_t)((20 + strlen(options) / 2) / 4 << 4);
	push(&stack, header, sizeof(header));
	push_ipv4(&stack, 6);
	push_ethernet(&stack, 0x0800);
	return sluice_frame_parse(stack.data + stack.begin,
				  (uint32_t)stack_bytes(&stack), 1, ret_frame);
}

static bool is_dsack(const char *options)
{
	struct sluice_frame frame;

	return parse_options(options, &frame) && frame.has_transport &&
	       frame.tcp_has_dsack;
}

#define STAMPS	"0101080a0000000100000002"

static void test_tcp_fields(void)
{
	struct sluice_frame frame;

	tap_ok(parse_options(STAMPS, &frame) && frame.has_transport &&
	       frame.tcp_sequence == 7 && frame.tcp_ack == 1000 &&
	       frame.tcp_flags == (SLUICE_TCP_ACK | SLUICE_TCP_ECE) &&
	       frame.tcp_window == 256 && frame.payload_bytes == 0 &&
	       !frame.payload && frame.header_bytes == 66 && !frame.tcp_has_dsack,
	       "all fields of TCP");
	tap_ok(is_dsack(STAMPS "0101050a" "000001f4" "00000258"),
	       "a SACK block below the ACK is a duplicate");
	tap_ok(!is_dsack(STAMPS "0101050a" "000007d0" "00000834"),
	       "one above it is not");
	tap_ok(is_dsack("01010512" "000007d0" "00000834" "0000076c" "00000898"),
	       "one inside the second block is");
	tap_ok(!is_dsack("01010512" "0000076c" "00000898" "000007d0" "00000834"),
	       "one around the second block is not");
	tap_ok(!is_dsack("0101050a" "000001f4") && !is_dsack("05000000") &&
	       !is_dsack("0101ff00") && !is_dsack("01010105") &&
	       !is_dsack("00000000" "0101050a" "000001f4" "00000258"),
	       "options that are cut, endless or behind the end are none");
}

/* IP's length is what there is: padding of Ethernet belongs to nobody. */
static void test_padding(void)
{
	uint8_t padded[sizeof(tcp_frame) + 6], broken[sizeof(tcp_frame)];
	struct sluice_frame frame;

	memset(padded, 0xff, sizeof(padded));
	memcpy(padded, tcp_frame, sizeof(tcp_frame));
	tap_ok(sluice_frame_parse(padded, sizeof(padded), 1, &frame) &&
	       frame.payload_bytes == 4 && frame.payload_captured_bytes == 4,
	       "padding is no payload");
	memcpy(broken, tcp_frame, sizeof(broken));
	broken[16] = broken[17] = 0;
	tap_ok(sluice_frame_parse(broken, sizeof(broken), 1, &frame) &&
	       frame.has_ports && frame.key.source_port == 10001 &&
	       !frame.has_transport && !frame.payload_bytes,
	       "a super-packet without a length: its flow, and no more");
	broken[17] = 19;
	tap_ok(!sluice_frame_parse(broken, sizeof(broken), 1, &frame),
	       "a length shorter than the header is no IP");
	memcpy(broken, tcp_frame, sizeof(broken));
	broken[20] = 0x20;
	tap_ok(sluice_frame_parse(broken, sizeof(broken), 1, &frame) &&
	       frame.has_ports && frame.tcp_sequence == 0xfedcba98,
	       "a first fragment has ports");
	broken[21] = 1;
	tap_ok(sluice_frame_parse(broken, sizeof(broken), 1, &frame) &&
	       !frame.has_ports && frame.key.protocol == 6 && !frame.has_transport,
	       "a later one has none");
}

/* As it is read where many are, on machines with wide registers. */
#ifdef SLUICE_HAS_WIDE
SLUICE_WIDE static bool parse_wide(const uint8_t *data, uint32_t size,
				   struct sluice_frame *ret)
{
	return frame_parse_wide(data, size, 1, ret);
}
#endif

static bool parse_many(const uint8_t *data, uint32_t size,
		       struct sluice_frame *ret)
{
#ifdef SLUICE_HAS_WIDE
	if (sluice_is_wide())
		return parse_wide(data, size, ret);
#endif
	return frame_parse(data, size, 1, ret);
}

/*
 * Plain packets behind Ethernet are read in one go, as raw IP header by header:
 * both ways say the same of them, whatever has been changed, wherever it is cut.
 */
static void test_two_ways(void)
{
	struct stack stacks[4] = { inside(), inside(), inside(), inside() };
	u64 state = 0x7a;
	unsigned int differ = 0, parsed = 0;

	for (int i = 0; i < 4; i++) {
		struct stack *stack = &stacks[i];

		stack->begin = sizeof(stack->data);
		push_hex(stack, "6461746164617461646174616461746164617461");
		if (i / 2)
			push_udp(stack, 7);
		else
			push_hex(stack, "271113890000000700000001" "8010010000000000"
				 "0101050a000001f400000258");
		if (i % 2)
			push_ipv6(stack, i / 2 ? 17 : 6);
		else
			push_ipv4(stack, i / 2 ? 17 : 6);
		push_ethernet(stack, i % 2 ? 0x86dd : 0x0800);
	}
	for (int round = 0; round < 400000; round++) {
		struct stack stack = stacks[random_below(&state, 4)];
		uint32_t size = (uint32_t)stack_bytes(&stack);
		uint8_t *data = stack.data + stack.begin;
		struct sluice_frame a, b, c;
		bool is_ip;

		for (u64 i = random_below(&state, 3); i; i--)
			data[14 + random_below(&state, 48)] =
				(uint8_t)(random_below(&state, 2) ? random_next(&state)
								  : random_below(&state, 70));
		if ((data[12] == 8 ? 4 : 6) != data[14] >> 4)
			continue;
		size -= (uint32_t)random_below(&state, 3) * 15;
		memset(&a, 0x55, sizeof(a));
		is_ip = sluice_frame_parse(data, size, 1, &a);
		memset(&c, 0xaa, sizeof(c));
		differ += is_ip != sluice_frame_parse(data + 14, size - 14, 101, &b) ||
			  is_ip != parse_many(data, size, &c);
		if (!is_ip)
			continue;
		parsed++;
		/* What lies between and behind the fields is nobody's. */
		differ += memcmp(&a, &c, offsetof(struct sluice_frame, tunnels) + 1) != 0;
		a.header_bytes -= 14;
		differ += memcmp(&a, &b, offsetof(struct sluice_frame, tunnels) + 1) != 0;
	}
	tap_u64(differ, 0, "the short ways and the long one say the same");
	tap_ok(parsed > 300000, "of many packets");
}

int main(void)
{
	test_frames();
	test_frame_damage();
	test_tcp_sequence();
	test_ipv6();
	test_ip_in_ip();
	test_ipv6_in();
	test_too_deep();
	test_gre();
	test_auth();
	test_gre_unknown();
	test_overlays();
	test_labels();
	test_link_types();
	test_tcp_fields();
	test_padding();
	test_two_ways();
	return tap_done();
}
