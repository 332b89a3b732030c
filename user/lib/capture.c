// SPDX-License-Identifier: GPL-2.0
/* Frames at a tap; see capture.h. The ring is TPACKET_V3: packet_mmap(7). */
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pcap.h"
#include "units.h"

/* Headers with two tags, IPv6 with an extension, and all TCP options. */
#define BLOCK_BYTES	(256u << 10)
#define BLOCKS_MIN	4u
/* Only tells the kernel how many frames there may be; V3 packs them closer. */
#define SLOT_BYTES	2048u
#define VLAN_TAG_BYTES	4u

/**
 * struct sluice_capture - a packet socket and its ring
 * @fd: the socket
 * @ring: the ring
 * @blocks: of it
 * @block: the next one to read
 * @has_sizes: packets come with the length of their segments
 */
struct sluice_capture {
	int fd;
	uint8_t *ring;
	unsigned int blocks;
	unsigned int block;
	bool has_sizes;
};

static int option_set(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) ?
	       -errno : 0;
}

/*
 * Only the directions asked for, and only the first bytes of a packet, go into the
 * ring. A jump of 0 goes on to the next step, of 1 over it.
 */
static int filter_set(int fd, const struct sluice_capture_config *config)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING,
			 !config->has_sent, !config->has_received),
		BPF_STMT(BPF_RET | BPF_K, SLUICE_CAPTURE_SNAP_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {
		.len = sizeof(steps) / sizeof(steps[0]), .filter = steps,
	};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) ? -errno : 0;
}

/*
 * Stamped here, and not with the departure that a frame carries: that takes one of
 * the bits. The NIC's own stamp, which received frames may have without our
 * asking, is another clock.
 */
static int stamps_set(int fd, const struct sluice_capture_config *config)
{
	return option_set(fd, PACKET_TIMESTAMP,
			  config->has_received && !config->wants_hardware_stamps ?
			  SOF_TIMESTAMPING_RX_SOFTWARE :
			  SOF_TIMESTAMPING_RAW_HARDWARE);
}

static int ring_make(struct sluice_capture *capture, uint32_t ring_bytes)
{
	unsigned int blocks = ring_bytes / BLOCK_BYTES;

	if (blocks < BLOCKS_MIN)
		blocks = BLOCKS_MIN;
	for (;; blocks /= 2) {
		struct tpacket_req3 request = {
			.tp_block_size = BLOCK_BYTES, .tp_block_nr = blocks,
			.tp_frame_size = SLOT_BYTES,
			.tp_frame_nr = BLOCK_BYTES / SLOT_BYTES * blocks,
			.tp_retire_blk_tov = SLUICE_CAPTURE_DELAY_MS,
		};

		if (!setsockopt(capture->fd, SOL_PACKET, PACKET_RX_RING,
				&request, sizeof(request)))
			break;
		if (errno != ENOMEM || blocks <= BLOCKS_MIN)
			return -errno;
	}
	capture->blocks = blocks;
	capture->ring = mmap(NULL, (size_t)BLOCK_BYTES * blocks,
			     PROT_READ | PROT_WRITE, MAP_SHARED, capture->fd,
			     0);
	if (capture->ring == MAP_FAILED) {
		capture->ring = NULL;
		return -errno;
	}
	return 0;
}

static int capture_set_up(struct sluice_capture *capture,
			  const struct sluice_capture_config *config)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = config->ifindex,
	};
	int err = option_set(capture->fd, PACKET_VERSION, TPACKET_V3);

	if (!err)
		err = stamps_set(capture->fd, config);
	capture->has_sizes = !err &&
			     !option_set(capture->fd, PACKET_VNET_HDR, 1);
	if (!err)
		err = filter_set(capture->fd, config);
	if (!err)
		err = ring_make(capture, config->ring_bytes);
	if (!err && bind(capture->fd, (struct sockaddr *)&address,
			 sizeof(address)))
		err = -errno;
	return err;
}

int sluice_capture_open_for(struct sluice_capture **ret,
			    const struct sluice_capture_config *config)
{
	struct sluice_capture *capture = calloc(1, sizeof(*capture));
	int err;

	if (!capture)
		return -ENOMEM;
	/* Protocol 0: nothing comes before it is bound. */
	capture->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	err = capture->fd < 0 ? -errno :
	      capture_set_up(capture, config);
	if (err) {
		sluice_capture_close(capture);
		return err;
	}
	*ret = capture;
	return 0;
}

int sluice_capture_open(struct sluice_capture **ret, int ifindex,
			uint32_t ring_bytes)
{
	struct sluice_capture_config config = {
		.ifindex = ifindex, .ring_bytes = ring_bytes, .has_sent = true,
	};

	return sluice_capture_open_for(ret, &config);
}

void sluice_capture_close(struct sluice_capture *capture)
{
	if (!capture)
		return;
	if (capture->ring)
		munmap(capture->ring, (size_t)BLOCK_BYTES * capture->blocks);
	if (capture->fd >= 0)
		close(capture->fd);
	free(capture);
}

int sluice_capture_fd(const struct sluice_capture *capture)
{
	return capture->fd;
}

static uint32_t segment_bytes(const struct sluice_capture *capture,
			      const struct tpacket3_hdr *header)
{
	const struct virtio_net_hdr *sizes;

	if (!capture->has_sizes)
		return 0;
	sizes = (const void *)((const uint8_t *)header + header->tp_mac -
			       sizeof(*sizes));
	return sizes->gso_type == VIRTIO_NET_HDR_GSO_NONE ? 0 :
							    sizes->gso_size;
}

/* The tag that stands beside the packet. */
static uint32_t tag_of(const struct tpacket3_hdr *header)
{
	uint32_t protocol = header->tp_status & TP_STATUS_VLAN_TPID_VALID ?
			    header->hv1.tp_vlan_tpid : ETH_P_8021Q;

	return header->tp_status & TP_STATUS_VLAN_VALID ?
	       protocol << 16 | (header->hv1.tp_vlan_tci & 0xffff) : 0;
}

static void packet_read(const struct sluice_capture *capture,
			const struct tpacket3_hdr *header,
			struct sluice_captured *ret)
{
	const struct sockaddr_ll *address = (const void *)
		((const uint8_t *)header + TPACKET_ALIGN(sizeof(*header)));
	bool is_ethernet = address->sll_hatype == ARPHRD_ETHER ||
			   address->sll_hatype == ARPHRD_LOOPBACK;

	*ret = (struct sluice_captured){
		.real_ns = header->tp_sec * SLUICE_NSEC_PER_SEC +
			   header->tp_nsec,
		.data = (const uint8_t *)header + header->tp_mac,
		.captured_bytes = header->tp_snaplen,
		.bytes = header->tp_len,
		.tag = tag_of(header),
		.segment_bytes = segment_bytes(capture, header),
		.link_type = is_ethernet ? SLUICE_LINKTYPE_ETHERNET :
					   SLUICE_LINKTYPE_RAW,
		.is_received = address->sll_pkttype != PACKET_OUTGOING,
		.has_hardware_stamp = header->tp_status &
				      TP_STATUS_TS_RAW_HARDWARE,
	};
	if (ret->tag)
		ret->bytes += VLAN_TAG_BYTES;
}

int sluice_capture_drain(struct sluice_capture *capture,
			 int (*receive)(const struct sluice_captured *captured,
					void *data),
			 void *data)
{
	/* Once around: where frames come faster than they are taken it would not end. */
	unsigned int left = capture->blocks;
	int err = 0, down;
	socklen_t size = sizeof(down);

	/* A device that goes down is an error until it has been asked for. */
	(void)getsockopt(capture->fd, SOL_SOCKET, SO_ERROR, &down, &size);
	while (!err && left--) {
		struct tpacket_block_desc *block = (void *)
			(capture->ring + (size_t)capture->block * BLOCK_BYTES);
		struct tpacket_hdr_v1 *status = &block->hdr.bh1;
		const uint8_t *at;
		uint32_t i;

		if (!(__atomic_load_n(&status->block_status, __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER))
			break;
		at = (const uint8_t *)block + status->offset_to_first_pkt;
		for (i = 0; !err && i < status->num_pkts; i++) {
			const struct tpacket3_hdr *header = (const void *)at;
			struct sluice_captured captured;

			packet_read(capture, header, &captured);
			err = receive(&captured, data);
			at += header->tp_next_offset;
		}
		__atomic_store_n(&status->block_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		capture->block = (capture->block + 1) % capture->blocks;
	}
	return err;
}

/*
 * A full ring freezes, and what comes until it thaws is dropped. Without a
 * freeze a drop is a packet that could not be described.
 */
int sluice_capture_losses(struct sluice_capture *capture,
			  struct sluice_capture_losses *ret)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t size = sizeof(stats);

	if (getsockopt(capture->fd, SOL_PACKET, PACKET_STATISTICS, &stats,
		       &size))
		return -errno;
	*ret = (struct sluice_capture_losses){
		.missed_pkts = stats.tp_freeze_q_cnt ? stats.tp_drops : 0,
		.unshown_pkts = stats.tp_freeze_q_cnt ? 0 : stats.tp_drops,
	};
	return 0;
}
