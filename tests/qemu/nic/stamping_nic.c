// SPDX-License-Identifier: GPL-2.0
/*
 * stamping_nic: a network device that receives frames of its own making and stamps
 * them as a NIC does, for testing what reads such stamps, and what has a NIC send at
 * times of its own clock.
 *
 * The wire carries frames that begin exactly @gap_ns apart. The NIC stamps each by
 * a clock of its own (a PHC, at the time 10^9 s when it is loaded) and interrupts
 * once for @batch of them, so that the stack sees them in trains:
 *
 *	stamps		|   |   |   |   |   |   |   |		gap_ns
 *	interrupt	            ||||            ||||	batch * gap_ns
 *
 * Stamping is off at first, and is one switch for all programs. It stamps what it
 * receives if the filter is "all", and nothing otherwise.
 *
 * It takes launch times by its clock, when it was told to (TC_SETUP_QDISC_ETF), and
 * writes down what they are; the frames themselves go nowhere.
 *
 * /proc/stamping_nic shows the state in one line; what is written to it:
 *
 *	send FRAMES GAP_NS BATCH	receive so many
 *	step NS				set the clock, forward or back
 *	tai				set it to CLOCK_TAI
 *	forget				forget what was launched
 *	config TX_TYPE RX_FILTER	what another program may do by SIOCSHWTSTAMP
 *
 * The parameters may be changed at any time.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/net_tstamp.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/pkt_cls.h>
#include <net/pkt_sched.h>

#include "channels.h"
#include "launches.h"

#define NIC_PAYLOAD_BYTES	972u	/* frames of 1014 bytes */
#define NIC_CLOCK_START_NS	(1000000000ll * NSEC_PER_SEC)
#define NIC_PORT		9u
#define NIC_GAP_MAX_NS		NSEC_PER_SEC
#define NIC_BATCH_MAX		64u	/* what one poll may hand over */
/* From the write to the first frame. */
#define NIC_START_NS		NSEC_PER_MSEC

static bool ptp_only;
module_param(ptp_only, bool, 0644);
MODULE_PARM_DESC(ptp_only, "the NIC can stamp packets of PTP alone");
static bool no_get;
module_param(no_get, bool, 0644);
MODULE_PARM_DESC(no_get, "the driver does not tell how it is configured");
static bool no_set;
module_param(no_set, bool, 0644);
MODULE_PARM_DESC(no_set, "the driver keeps its configuration, and says so");
static bool no_clock;
module_param(no_clock, bool, 0644);
MODULE_PARM_DESC(no_clock, "the driver does not tell which clock it stamps by");
static uint unstamped_nth;
module_param(unstamped_nth, uint, 0644);
MODULE_PARM_DESC(unstamped_nth, "each n-th frame has no stamp (0: all have)");
static bool swaps;
module_param(swaps, bool, 0644);
MODULE_PARM_DESC(swaps, "of two frames the second comes first, as from two queues");
static bool has_cookies;
module_param(has_cookies, bool, 0644);
MODULE_PARM_DESC(has_cookies, "an address stands where the stamp does, as igc has it");

static bool no_launch;
module_param(no_launch, bool, 0644);
MODULE_PARM_DESC(no_launch, "the NIC has no launch times");
static uint tx_queues = 1;
module_param(tx_queues, uint, 0444);
MODULE_PARM_DESC(tx_queues, "it sends by so many queues");
static uint launch_queues = 1;
module_param(launch_queues, uint, 0644);
MODULE_PARM_DESC(launch_queues, "the first of them that have launch times: two of four have them of i210");

/**
 * struct nic - the device
 * @dev: of the kernel
 * @napi: hands over what an interrupt told
 * @timer: the interrupt
 * @ptp: its clock, of the kernel
 * @ptp_info: what that can do
 * @ahead_ns: of the clock, of CLOCK_MONOTONIC; written by anybody
 * @config: how it stamps; under RTNL
 * @sets: how often that was written through the kernel; under RTNL
 * @lock: of what follows
 * @frames: of the run
 * @done: of them, handed over
 * @gap_ns: from the begin of one to that of the next
 * @batch: frames an interrupt
 * @start_ns: the first, CLOCK_MONOTONIC
 * @launching: queues that were told to send at launch times, a bit each; under RTNL
 * @launch_setups: how often it was told either; under RTNL
 * @launches: since it was told to forget
 */
struct nic {
	struct net_device *dev;
	struct napi_struct napi;
	struct hrtimer timer;
	struct ptp_clock *ptp;
	struct ptp_clock_info ptp_info;
	atomic64_t ahead_ns;
	struct hwtstamp_config config;
	u32 sets;
	spinlock_t lock;
	u32 frames;
	u32 done;
	u32 gap_ns;
	u32 batch;
	u64 start_ns;
	u32 launching;
	u32 launch_setups;
	struct nic_launches launches;
};

static struct net_device *nic_dev;

/* ---- the clock ---- */

static struct nic *nic_of(struct ptp_clock_info *info)
{
	return container_of(info, struct nic, ptp_info);
}

static u64 nic_clock_ns(const struct nic *nic, u64 mono_ns)
{
	return mono_ns + atomic64_read(&nic->ahead_ns);
}

static int nic_gettime(struct ptp_clock_info *info, struct timespec64 *ts,
		       struct ptp_system_timestamp *system)
{
	ptp_read_system_prets(system);
	*ts = ns_to_timespec64(nic_clock_ns(nic_of(info), ktime_get_ns()));
	ptp_read_system_postts(system);
	return 0;
}

static int nic_settime(struct ptp_clock_info *info, const struct timespec64 *ts)
{
	atomic64_set(&nic_of(info)->ahead_ns,
		     timespec64_to_ns(ts) - ktime_get_ns());
	return 0;
}

static int nic_adjtime(struct ptp_clock_info *info, s64 delta_ns)
{
	atomic64_add(delta_ns, &nic_of(info)->ahead_ns);
	return 0;
}

/* It runs as CLOCK_MONOTONIC does, whatever it is told. */
static int nic_adjfine(struct ptp_clock_info *info, long scaled_ppm)
{
	return 0;
}

static int nic_enable(struct ptp_clock_info *info,
		      struct ptp_clock_request *request, int on)
{
	return -EOPNOTSUPP;
}

static const struct ptp_clock_info nic_ptp_info = {
	.owner = THIS_MODULE,
	.name = "stamping_nic",
	.max_adj = 1,
	.gettimex64 = nic_gettime,
	.settime64 = nic_settime,
	.adjtime = nic_adjtime,
	.adjfine = nic_adjfine,
	.enable = nic_enable,
};

/* ---- what it is asked ---- */

#ifdef NIC_HAVE_KERNEL_TS_INFO
#define nic_ts_info kernel_ethtool_ts_info
#else
#define nic_ts_info ethtool_ts_info
#endif

static int nic_get_ts_info(struct net_device *dev, struct nic_ts_info *info)
{
	struct nic *nic = netdev_priv(dev);

	info->so_timestamping = SOF_TIMESTAMPING_RX_HARDWARE |
				SOF_TIMESTAMPING_RAW_HARDWARE |
				SOF_TIMESTAMPING_RX_SOFTWARE |
				SOF_TIMESTAMPING_SOFTWARE;
	info->phc_index = no_clock ? -1 : ptp_clock_index(nic->ptp);
	info->tx_types = BIT(HWTSTAMP_TX_OFF) | BIT(HWTSTAMP_TX_ON);
	info->rx_filters = BIT(HWTSTAMP_FILTER_NONE) |
			   BIT(HWTSTAMP_FILTER_PTP_V2_EVENT);
	if (!ptp_only)
		info->rx_filters |= BIT(HWTSTAMP_FILTER_ALL);
	return 0;
}

static int nic_config_get(struct nic *nic, struct hwtstamp_config *ret)
{
	if (no_get)
		return -EOPNOTSUPP;
	*ret = nic->config;
	return 0;
}

/* What it cannot, it tells by what it has then: so the ioctl is defined. */
static int nic_config_set(struct nic *nic, struct hwtstamp_config *config)
{
	if (config->tx_type > HWTSTAMP_TX_ON || config->flags)
		return -ERANGE;
	if (config->rx_filter == HWTSTAMP_FILTER_ALL && ptp_only)
		return -ERANGE;
	nic->sets++;
	if (!no_set)
		nic->config = *config;
	*config = nic->config;
	return 0;
}

#ifdef NIC_HAVE_NDO_HWTSTAMP
static int nic_hwtstamp_get(struct net_device *dev,
			    struct kernel_hwtstamp_config *kernel)
{
	struct hwtstamp_config config;
	int err = nic_config_get(netdev_priv(dev), &config);

	if (!err)
		hwtstamp_config_to_kernel(kernel, &config);
	return err;
}

static int nic_hwtstamp_set(struct net_device *dev,
			    struct kernel_hwtstamp_config *kernel,
			    struct netlink_ext_ack *extack)
{
	struct hwtstamp_config config;
	int err;

	hwtstamp_config_from_kernel(&config, kernel);
	err = nic_config_set(netdev_priv(dev), &config);
	if (!err)
		hwtstamp_config_to_kernel(kernel, &config);
	return err;
}
#else
static int nic_eth_ioctl(struct net_device *dev, struct ifreq *ifr, int command)
{
	struct hwtstamp_config config;
	int err = -EOPNOTSUPP;

	if (command == SIOCGHWTSTAMP)
		err = nic_config_get(netdev_priv(dev), &config);
	if (command == SIOCSHWTSTAMP) {
		if (copy_from_user(&config, ifr->ifr_data, sizeof(config)))
			return -EFAULT;
		err = nic_config_set(netdev_priv(dev), &config);
	}
	if (err)
		return err;
	return copy_to_user(ifr->ifr_data, &config, sizeof(config)) ?
	       -EFAULT : 0;
}
#endif

static const struct ethtool_ops nic_ethtool_ops = {
	.get_ts_info = nic_get_ts_info,
	.get_channels = nic_get_channels,
	.set_channels = nic_set_channels,
};

/* ---- frames ---- */

/* UDP from 10.9.9.2 to 10.9.9.1; the sum of UDP may be left out. */
static struct sk_buff *nic_frame(struct nic *nic)
{
	struct sk_buff *skb = napi_alloc_skb(&nic->napi, ETH_FRAME_LEN);
	struct ethhdr *eth;
	struct udphdr *udp;
	struct iphdr *ip;

	if (!skb)
		return NULL;
	eth = skb_put_zero(skb, sizeof(*eth));
	ether_addr_copy(eth->h_dest, nic->dev->dev_addr);
	eth->h_source[0] = 2;
	eth->h_proto = htons(ETH_P_IP);
	ip = skb_put_zero(skb, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->frag_off = htons(IP_DF);
	ip->saddr = htonl(0x0a090902);
	ip->daddr = htonl(0x0a090901);
	ip->tot_len = htons(sizeof(*ip) + sizeof(*udp) + NIC_PAYLOAD_BYTES);
	ip_send_check(ip);
	udp = skb_put_zero(skb, sizeof(*udp));
	udp->source = htons(NIC_PORT);
	udp->dest = htons(NIC_PORT);
	udp->len = htons(sizeof(*udp) + NIC_PAYLOAD_BYTES);
	skb_put_zero(skb, NIC_PAYLOAD_BYTES);
	skb->protocol = eth_type_trans(skb, nic->dev);
	return skb;
}

static void nic_stamp(struct nic *nic, struct sk_buff *skb, u32 number,
		      u64 mono_ns)
{
	struct skb_shared_hwtstamps *stamps = skb_hwtstamps(skb);

	if (READ_ONCE(nic->config.rx_filter) != HWTSTAMP_FILTER_ALL)
		return;
	if (unstamped_nth && number % unstamped_nth == 0)
		return;
	if (has_cookies) {
		stamps->netdev_data = nic;
		skb_shinfo(skb)->tx_flags |= SKBTX_HW_TSTAMP_NETDEV;
		return;
	}
	stamps->hwtstamp = ns_to_ktime(nic_clock_ns(nic, mono_ns));
}

static void nic_arm(struct nic *nic)
{
	u32 batch = min(nic->batch, nic->frames - nic->done);

	lockdep_assert_held(&nic->lock);
	if (batch)
		hrtimer_start(&nic->timer,
			      ns_to_ktime(nic->start_ns + (u64)nic->gap_ns *
					  (nic->done + batch)),
			      HRTIMER_MODE_ABS);
}

static enum hrtimer_restart nic_interrupt(struct hrtimer *timer)
{
	struct nic *nic = container_of(timer, struct nic, timer);

	napi_schedule(&nic->napi);
	return HRTIMER_NORESTART;
}

/* How many of a batch the wire has carried whole: all, or none yet. */
static u32 nic_ready(const struct nic *nic, u32 most)
{
	u32 count = min3(nic->batch, nic->frames - nic->done, most);
	u64 end_ns = nic->start_ns + (u64)nic->gap_ns * (nic->done + count);

	lockdep_assert_held(&nic->lock);
	return ktime_get_ns() < end_ns ? 0 : count;
}

/* The batch that an interrupt has told. */
static int nic_poll(struct napi_struct *napi, int budget)
{
	struct nic *nic = container_of(napi, struct nic, napi);
	u32 first, count, i, gap_ns;
	u64 start_ns;

	if (!budget)
		return 0;
	spin_lock_bh(&nic->lock);
	first = nic->done;
	count = nic_ready(nic, budget);
	gap_ns = nic->gap_ns;
	start_ns = nic->start_ns;
	nic->done += count;
	spin_unlock_bh(&nic->lock);
	for (i = 0; i < count; i++) {
		u32 number = swaps && (i ^ 1) < count ? i ^ 1 : i;
		struct sk_buff *skb = nic_frame(nic);

		if (!skb)
			continue;
		number += first;
		nic_stamp(nic, skb, number, start_ns + (u64)number * gap_ns);
		napi_gro_receive(napi, skb);
	}
	if (count == budget)
		return budget;
	if (napi_complete_done(napi, count)) {
		spin_lock_bh(&nic->lock);
		nic_arm(nic);
		spin_unlock_bh(&nic->lock);
	}
	return count;
}

/* ---- the device ---- */

static netdev_tx_t nic_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nic *nic = netdev_priv(dev);

	if (skb->len >= NIC_PAYLOAD_BYTES &&
	    READ_ONCE(nic->launching) & BIT(skb_get_queue_mapping(skb))) {
		spin_lock_bh(&nic->lock);
		nic_launches_add(&nic->launches, ktime_to_ns(skb->tstamp),
				 nic_clock_ns(nic, ktime_get_ns()));
		spin_unlock_bh(&nic->lock);
	}
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static int nic_setup_tc(struct net_device *dev, enum tc_setup_type type,
			void *data)
{
	const struct tc_etf_qopt_offload *etf = data;
	struct nic *nic = netdev_priv(dev);

	if (type != TC_SETUP_QDISC_ETF || no_launch)
		return -EOPNOTSUPP;
	if (etf->queue < 0 || etf->queue >= launch_queues)
		return -EINVAL;
	nic->launch_setups++;
	WRITE_ONCE(nic->launching, etf->enable ?
		   nic->launching | BIT(etf->queue) :
		   nic->launching & ~BIT(etf->queue));
	return 0;
}

static int nic_open(struct net_device *dev)
{
	struct nic *nic = netdev_priv(dev);

	napi_enable(&nic->napi);
	netif_tx_start_all_queues(dev);
	return 0;
}

static int nic_stop(struct net_device *dev)
{
	struct nic *nic = netdev_priv(dev);

	netif_tx_stop_all_queues(dev);
	/* Without frames that are left nobody arms it again. */
	spin_lock_bh(&nic->lock);
	nic->frames = nic->done;
	spin_unlock_bh(&nic->lock);
	hrtimer_cancel(&nic->timer);
	napi_disable(&nic->napi);
	return 0;
}

static const struct net_device_ops nic_ops = {
	.ndo_open = nic_open,
	.ndo_stop = nic_stop,
	.ndo_start_xmit = nic_start_xmit,
	.ndo_setup_tc = nic_setup_tc,
#ifdef NIC_HAVE_NDO_HWTSTAMP
	.ndo_hwtstamp_get = nic_hwtstamp_get,
	.ndo_hwtstamp_set = nic_hwtstamp_set,
#else
	.ndo_eth_ioctl = nic_eth_ioctl,
#endif
};

static void nic_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &nic_ops;
	dev->ethtool_ops = &nic_ethtool_ops;
	dev->flags |= IFF_NOARP;
	eth_hw_addr_random(dev);
}

/* ---- /proc/stamping_nic ---- */

static int nic_show(struct seq_file *file, void *unused)
{
	struct nic *nic = netdev_priv(nic_dev);
	struct nic_launches launches;

	spin_lock_bh(&nic->lock);
	launches = nic->launches;
	spin_unlock_bh(&nic->lock);
	rtnl_lock();
	seq_printf(file, "is_launching=%u launch_setups=%u launched=%u kept=%u gap_min_ns=%llu gap_max_ns=%llu ",
		   hweight32(nic->launching), nic->launch_setups, launches.frames,
		   launches.kept, launches.gap_min_ns, launches.gap_max_ns);
	seq_printf(file, "tx_type=%d rx_filter=%d sets=%u left=%u clock=%d ahead_ns=%lld\n",
		   nic->config.tx_type, nic->config.rx_filter, nic->sets,
		   READ_ONCE(nic->frames) - READ_ONCE(nic->done),
		   ptp_clock_index(nic->ptp), atomic64_read(&nic->ahead_ns));
	rtnl_unlock();
	return 0;
}

static int nic_send(struct nic *nic, u32 frames, u32 gap_ns, u32 batch)
{
	int err = 0;

	if (!gap_ns || gap_ns > NIC_GAP_MAX_NS || !batch ||
	    batch >= NIC_BATCH_MAX)
		return -EINVAL;
	rtnl_lock();
	if (!netif_running(nic->dev))
		err = -ENETDOWN;
	spin_lock_bh(&nic->lock);
	if (!err && nic->frames != nic->done)
		err = -EBUSY;
	if (!err) {
		nic->frames = frames;
		nic->done = 0;
		nic->gap_ns = gap_ns;
		nic->batch = batch;
		nic->start_ns = ktime_get_ns() + NIC_START_NS;
		nic_arm(nic);
	}
	spin_unlock_bh(&nic->lock);
	rtnl_unlock();
	return err;
}

static ssize_t nic_write(struct file *file, const char __user *text,
			 size_t bytes, loff_t *at)
{
	struct nic *nic = netdev_priv(nic_dev);
	u32 frames, gap_ns, batch;
	int tx_type, rx_filter, err = 0;
	char line[80];
	s64 step_ns;

	if (bytes >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, text, bytes))
		return -EFAULT;
	line[bytes] = '\0';
	if (sscanf(line, "send %u %u %u", &frames, &gap_ns, &batch) == 3) {
		err = nic_send(nic, frames, gap_ns, batch);
	} else if (sscanf(line, "step %lld", &step_ns) == 1) {
		atomic64_add(step_ns, &nic->ahead_ns);
	} else if (!strcmp(line, "tai\n")) {
		atomic64_set(&nic->ahead_ns, ktime_mono_to_any(0, TK_OFFS_TAI));
	} else if (!strcmp(line, "forget\n")) {
		spin_lock_bh(&nic->lock);
		memset(&nic->launches, 0, sizeof(nic->launches));
		spin_unlock_bh(&nic->lock);
	} else if (sscanf(line, "config %d %d", &tx_type, &rx_filter) == 2) {
		rtnl_lock();
		nic->config.tx_type = tx_type;
		nic->config.rx_filter = rx_filter;
		rtnl_unlock();
	} else {
		err = -EINVAL;
	}
	return err ? err : bytes;
}

static int nic_proc_open(struct inode *inode, struct file *file)
{
	return single_open(file, nic_show, NULL);
}

static const struct proc_ops nic_proc_ops = {
	.proc_open = nic_proc_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_write = nic_write,
	.proc_release = single_release,
};

/* ---- module ---- */

static void nic_timer_setup(struct nic *nic)
{
#ifdef NIC_HAVE_HRTIMER_SETUP
	hrtimer_setup(&nic->timer, nic_interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS);
#else
	hrtimer_init(&nic->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	nic->timer.function = nic_interrupt;
#endif
}

static int __init nic_init(void)
{
	struct nic *nic;
	int err;

	if (!tx_queues || tx_queues > BITS_PER_TYPE(nic->launching))
		return -EINVAL;
	nic_dev = alloc_netdev_mqs(sizeof(*nic), "stamped%d", NET_NAME_ENUM,
				   nic_setup, tx_queues, 1);
	if (!nic_dev)
		return -ENOMEM;
	nic = netdev_priv(nic_dev);
	nic->dev = nic_dev;
	spin_lock_init(&nic->lock);
	atomic64_set(&nic->ahead_ns, NIC_CLOCK_START_NS - ktime_get_ns());
	nic_timer_setup(nic);
	netif_napi_add(nic_dev, &nic->napi, nic_poll);
	nic->ptp_info = nic_ptp_info;
	nic->ptp = ptp_clock_register(&nic->ptp_info, NULL);
	if (IS_ERR_OR_NULL(nic->ptp)) {
		err = nic->ptp ? PTR_ERR(nic->ptp) : -EOPNOTSUPP;
		goto err_free;
	}
	err = register_netdev(nic_dev);
	if (err)
		goto err_unregister_clock;
	err = -ENOMEM;
	if (!proc_create("stamping_nic", 0600, NULL, &nic_proc_ops))
		goto err_unregister;
	return 0;

err_unregister:
	unregister_netdev(nic_dev);
err_unregister_clock:
	ptp_clock_unregister(nic->ptp);
err_free:
	netif_napi_del(&nic->napi);
	free_netdev(nic_dev);
	return err;
}

static void __exit nic_exit(void)
{
	struct nic *nic = netdev_priv(nic_dev);

	remove_proc_entry("stamping_nic", NULL);
	unregister_netdev(nic_dev);
	ptp_clock_unregister(nic->ptp);
	netif_napi_del(&nic->napi);
	free_netdev(nic_dev);
}

module_init(nic_init);
module_exit(nic_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A NIC that stamps frames of its own making, for tests");
