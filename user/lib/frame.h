/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the bytes of a captured frame to its flow: Ethernet with VLAN tags, the
 * other link types of pcap.h, IPv4, IPv6 with extension headers, TCP and UDP.
 * IPsec's AH and the extension headers of IPv6 are gone over. In tunnels
 * (VXLAN, GENEVE, GRE and NVGRE, IP in IP, MPLS, PPPoE) the flow is
 * that of the innermost packet that is understood. A frame may be cut anywhere
 * by the snap length; nothing beyond captured_bytes is read.
 */
#ifndef SLUICE_FRAME_H
#define SLUICE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SLUICE_PROTOCOL_TCP	6
#define SLUICE_PROTOCOL_UDP	17

#define SLUICE_TCP_FIN		0x01u
#define SLUICE_TCP_SYN		0x02u
#define SLUICE_TCP_RST		0x04u
#define SLUICE_TCP_ACK		0x10u
#define SLUICE_TCP_ECE		0x40u
#define SLUICE_TCP_CWR		0x80u

/* Who talks to whom, in one direction. Unused bytes are 0: compare with memcmp. */
struct sluice_flow_key {
	uint8_t source[16];		/* IPv4: the first 4 bytes */
	uint8_t destination[16];
	uint16_t source_port;		/* host order; 0 where there is none */
	uint16_t destination_port;
	uint8_t protocol;
	uint8_t ip_version;		/* 4 or 6 */
	uint16_t reserved;
};

#define SLUICE_FLOW_KEY_WORDS	5

/* One word of a key. Copying all of them at once costs a way over the stack. */
static inline uint64_t sluice_flow_key_word(const struct sluice_flow_key *key,
					    int number)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)key + number * 8, sizeof(value));
	return value;
}

/* Ports and protocol are the last word: they differ most often. */
static inline bool sluice_flow_key_is(const struct sluice_flow_key *a,
				      const struct sluice_flow_key *b)
{
	uint64_t differ = 0;

	if (sluice_flow_key_word(a, 4) != sluice_flow_key_word(b, 4))
		return false;
	for (int i = 0; i < SLUICE_FLOW_KEY_WORDS - 1; i++)
		differ |= sluice_flow_key_word(a, i) ^ sluice_flow_key_word(b, i);
	return !differ;
}

/* Tunnels around one packet that are looked into. */
#define SLUICE_TUNNELS_MAX	4

struct sluice_frame {
	struct sluice_flow_key key;
	const uint8_t *payload;		/* of TCP or UDP; NULL if not captured */
	uint32_t payload_captured_bytes;
	uint32_t payload_bytes;		/* by the IP and TCP or UDP headers */
	uint32_t header_bytes;		/* of all layers, as far as they are understood */
	uint32_t tcp_sequence;
	uint32_t tcp_ack;
	uint16_t tcp_window;		/* not scaled */
	uint8_t tcp_flags;		/* SLUICE_TCP_… */
	bool tcp_has_dsack;		/* its first SACK block tells of a duplicate */
	bool has_ports;
	bool has_transport;		/* payload_bytes, and TCP's fields, are known */
	uint8_t tunnels;		/* around this packet; VLAN tags are none, a
					 * stack of MPLS labels is one */
};

/*
 * Returns true and fills *ret_frame if the bytes are an IP packet whose flow
 * is known, false for everything else (ARP, fragments other than the first
 * keep their flow without ports).
 */
bool sluice_frame_parse(const uint8_t *data, uint32_t captured_bytes,
			uint32_t link_type, struct sluice_frame *ret_frame);

/*
 * Of what is no IP packet: whether it is a frame of MAC control (IEEE 802.3 clause 31):
 * PAUSE, PFC, and the frames that fill the gaps of a paced flow. The MAC at the other end
 * of the line takes them off it, so they are of this line alone.
 *
 * By 31.4.1 that is told by the type right behind the addresses, whatever the
 * destination (it may be the other station's own). Behind a VLAN tag it is another frame:
 * the MAC finds the tag's type there, and hands it on as data. Of captures with
 * cooked headers their protocol is that type.
 */
bool sluice_frame_is_mac_control(const uint8_t *data, uint32_t captured_bytes,
				 uint32_t link_type);

/* Whether headers of that link type are understood. */
bool sluice_frame_reads(uint32_t link_type);

/* "10.1.1.1" or "fd00::1"; text holds at least 46 bytes. */
void sluice_flow_address_print(const struct sluice_flow_key *key,
			       bool is_source, char *text, size_t text_size);

/* "10.1.1.1:80" or "[fd00::1]:80", the address alone if there is no port; 56 bytes. */
#define SLUICE_FLOW_END_SIZE	56u
void sluice_flow_end_print(const struct sluice_flow_key *key, bool is_source,
			   char *text, size_t text_size);

/* "tcp", "udp", or "ip" for all others. */
const char *sluice_flow_protocol_name(const struct sluice_flow_key *key);

/*
 * From flow to a small number, in the order of first sight. Which flows a
 * capture has is chosen by whom it shows: the hash has a random key, so nobody
 * can choose flows that are slow to find.
 */
struct sluice_flows;

struct sluice_flows *sluice_flows_create(void);		/* NULL: no memory */
void sluice_flows_free(struct sluice_flows *flows);	/* accepts NULL */

/* The flow's number, from 0; new flows are added. -1: no memory. */
int64_t sluice_flows_number(struct sluice_flows *flows,
			    const struct sluice_flow_key *key);
/*
 * The same in two steps, for batches: first this for all of them, which returns
 * the key's hash and starts to fetch what the second step reads; then
 * sluice_flows_number_prepared for all. Worth it from some thousand flows on.
 */
uint32_t sluice_flows_prepare(const struct sluice_flows *flows,
			      const struct sluice_flow_key *key);
int64_t sluice_flows_number_prepared(struct sluice_flows *flows,
				     const struct sluice_flow_key *key,
				     uint32_t hash);
/*
 * Between the two: the number that the second step will most likely return, -1 if
 * there is none. What is kept of the flow may be fetched meanwhile.
 */
int64_t sluice_flows_guess(const struct sluice_flows *flows,
			   const struct sluice_flow_key *key, uint32_t hash);
/* The same without adding: -1 if the flow was never seen. */
int64_t sluice_flows_find(struct sluice_flows *flows,
			  const struct sluice_flow_key *key);
uint32_t sluice_flows_count(const struct sluice_flows *flows);
/* Valid until a flow is added. */
const struct sluice_flow_key *sluice_flows_key(const struct sluice_flows *flows,
					       uint32_t number);

#endif
