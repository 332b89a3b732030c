/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The far end of the wire: an ideal TCP receiver. It answers SYN and FIN, acknowledges
 * the second of two frames, and a train once, as a receiver with GRO does.
 *
 * A part of cost_wire.c and not a unit of its own: what is counted there are
 * instructions, and calls between units would be some.
 */
#ifndef COST_FAR_H
#define COST_FAR_H

/* GRO merges what comes within one interrupt, up to 64 KiB. */
#define WIRE_GRO_SEGMENTS	44u

static void wire_event_add(struct wire *wire, struct wire_flow *flow, u16 port,
			   u64 at_ns, bool is_syn)
{
	struct wire_event *event;

	event = &wire->events[wire->event_head % WIRE_EVENTS];
	WARN_ON_ONCE(wire->event_head - wire->event_tail >= WIRE_EVENTS);
	event->at_ns = at_ns;
	event->port = port;
	event->ack = flow->next;
	event->segments = flow->unacked;
	event->is_syn = is_syn;
	flow->event = wire->event_head++;
	flow->unacked = 0;
}

/* May the flow's last acknowledgement say this as well? */
static bool wire_event_grow(struct wire *wire, struct wire_flow *flow,
			    u64 at_ns, u32 frames)
{
	struct wire_event *event = &wire->events[flow->event % WIRE_EVENTS];

	if (flow->event < wire->event_tail || flow->event >= wire->event_head ||
	    event->is_syn || event->at_ns + interrupt_ns < at_ns ||
	    event->segments + frames > WIRE_GRO_SEGMENTS)
		return false;
	event->ack = flow->next;
	event->segments += frames;
	flow->unacked = 0;
	return true;
}

static void wire_receive(struct wire *wire, const struct tcphdr *tcp,
			 u32 payload_bytes, u32 frames, u64 at_ns)
{
	u16 port = ntohs(tcp->source);
	struct wire_flow *flow = &wire->flows[port % WIRE_FLOWS];
	u32 end = ntohl(tcp->seq) + payload_bytes + tcp->syn + tcp->fin;

	lockdep_assert_held(&wire->lock);
	if (tcp->syn) {
		memset(flow, 0, sizeof(*flow));
		flow->next = end;
		wire_event_add(wire, flow, port, at_ns, true);
		return;
	}
	if (end == ntohl(tcp->seq))
		return;
	/* No frame is lost here: what is not next was sent once more. */
	if (before(flow->next, end))
		flow->next = end;
	flow->unacked += frames;
	if (!tcp->fin && wire_event_grow(wire, flow, at_ns, frames))
		return;
	if (flow->unacked >= 2 || tcp->fin)
		wire_event_add(wire, flow, port, at_ns, false);
}

static struct sk_buff *wire_ack(struct wire *wire,
				const struct wire_event *event)
{
	u32 options_bytes = event->is_syn ? 8 : 0;
	struct sk_buff *skb = napi_alloc_skb(&wire->napi, 128);
	struct ethhdr *eth;
	struct tcphdr *tcp;
	struct iphdr *ip;
	u8 *options;

	if (!skb)
		return NULL;
	eth = skb_put_zero(skb, sizeof(*eth));
	memcpy(eth->h_dest, wire->dev->dev_addr, ETH_ALEN);
	eth->h_source[0] = 2;
	eth->h_proto = htons(ETH_P_IP);
	ip = skb_put_zero(skb, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = IPPROTO_TCP;
	ip->frag_off = htons(IP_DF);
	ip->saddr = htonl(0x0a000002);
	ip->daddr = htonl(0x0a000001);
	ip->tot_len = htons(sizeof(*ip) + sizeof(*tcp) + options_bytes);
	ip_send_check(ip);
	tcp = skb_put_zero(skb, sizeof(*tcp));
	tcp->source = htons(5001);
	tcp->dest = htons(event->port);
	tcp->seq = htonl(event->is_syn ? 0 : 1);
	tcp->ack_seq = htonl(event->ack);
	tcp->doff = (sizeof(*tcp) + options_bytes) / 4;
	tcp->ack = 1;
	tcp->syn = event->is_syn;
	tcp->window = htons(65535);
	if (event->is_syn) {
		static const u8 mss_and_scale[] = {
			2, 4, 1460 >> 8, 1460 & 255, 1, 3, 3, 14,
		};

		options = skb_put(skb, sizeof(mss_and_scale));
		memcpy(options, mss_and_scale, sizeof(mss_and_scale));
	}
	skb->protocol = eth_type_trans(skb, wire->dev);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return skb;
}

#endif
