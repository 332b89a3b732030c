// SPDX-License-Identifier: GPL-2.0
/*
 * Options: parse all, check all, then apply all under the lock (M2). A refused
 * request changes nothing and says which option is wrong and what is right.
 */
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/netlink.h>
#include <net/pkt_sched.h>

#include "sch_sluice.h"

#define SLUICE_RATE_RANGE "0 (none) or 1000 to 2000000000000 bytes/s"

/* Attributes carry a range in the policy and a sentence for people. */
static SLUICE_COMPAT_RANGE sluice_range_rate = {
	.max = SLUICE_RATE_MAX_BYTES_PS,
};
static SLUICE_COMPAT_RANGE sluice_range_burst_ns = {
	.max = SLUICE_BURST_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_limit = {
	.min = 1,
	.max = SLUICE_LIMIT_MAX_PKTS,
};
static SLUICE_COMPAT_RANGE sluice_range_horizon = {
	.min = SLUICE_HORIZON_MIN_NS,
	.max = SLUICE_TIME_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_offload_horizon = {
	.max = SLUICE_OFFLOAD_HORIZON_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_gap_frames = {
	.max = SLUICE_GAP_FRAMES_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_timer_slack = {
	.max = SLUICE_TIMER_SLACK_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_smooth = {
	.max = SLUICE_SMOOTH_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_time = {
	.max = SLUICE_TIME_MAX_NS,
};
static SLUICE_COMPAT_RANGE sluice_range_interval = {
	.min = SLUICE_CODEL_INTERVAL_MIN_NS,
	.max = SLUICE_TIME_MAX_NS,
};

static const struct nla_policy sluice_policy[TCA_SLUICE_MAX + 1] = {
	[TCA_SLUICE_RATE_BYTES_PS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_rate),
	[TCA_SLUICE_OVERHEAD_BYTES] =
		NLA_POLICY_MAX(NLA_U32, SLUICE_OVERHEAD_MAX_BYTES),
	[TCA_SLUICE_MAXRATE_BYTES_PS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_rate),
	[TCA_SLUICE_GAIN_PERCENT] =
		NLA_POLICY_RANGE(NLA_U32, SLUICE_GAIN_MIN_PERCENT,
				 SLUICE_GAIN_MAX_PERCENT),
	[TCA_SLUICE_GAIN_SS_PERCENT] =
		NLA_POLICY_RANGE(NLA_U32, SLUICE_GAIN_MIN_PERCENT,
				 SLUICE_GAIN_MAX_PERCENT),
	[TCA_SLUICE_BURST_FRAMES] =
		NLA_POLICY_MAX(NLA_U32, SLUICE_BURST_MAX_FRAMES),
	[TCA_SLUICE_BURST_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_burst_ns),
	[TCA_SLUICE_LIMIT_PKTS] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &sluice_range_limit),
	[TCA_SLUICE_FLOW_LIMIT_PKTS] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &sluice_range_limit),
	[TCA_SLUICE_HORIZON_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_horizon),
	/* A time, or "off", which lies outside of any one range. */
	[TCA_SLUICE_CE_THRESHOLD_NS] = { .type = NLA_U64 },
	[TCA_SLUICE_CODEL_TARGET_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_time),
	[TCA_SLUICE_CODEL_INTERVAL_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_interval),
	[TCA_SLUICE_PAD] = { .type = NLA_REJECT },
	[TCA_SLUICE_TRAIN_FRAMES] =
		NLA_POLICY_RANGE(NLA_U32, 1, SLUICE_TRAIN_MAX_FRAMES),
	[TCA_SLUICE_OFFLOAD_HORIZON_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_offload_horizon),
	/* A time, or "auto". */
	[TCA_SLUICE_FORWARD_NS] = { .type = NLA_U64 },
	[TCA_SLUICE_SMOOTH_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_smooth),
	[TCA_SLUICE_GAP_FRAMES_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_gap_frames),
	[TCA_SLUICE_TIMER_SLACK_NS] =
		NLA_POLICY_FULL_RANGE(NLA_U64, &sluice_range_timer_slack),
};

static const char * const sluice_sentence[TCA_SLUICE_MAX + 1] = {
	[TCA_SLUICE_RATE_BYTES_PS] =
		"sluice: rate must be " SLUICE_RATE_RANGE,
	[TCA_SLUICE_OVERHEAD_BYTES] =
		"sluice: overhead must be 0 to 256 bytes",
	[TCA_SLUICE_MAXRATE_BYTES_PS] =
		"sluice: maxrate must be " SLUICE_RATE_RANGE,
	[TCA_SLUICE_GAIN_PERCENT] =
		"sluice: gain must be 25 to 400 percent",
	[TCA_SLUICE_GAIN_SS_PERCENT] =
		"sluice: gain_ss must be 25 to 400 percent",
	[TCA_SLUICE_BURST_FRAMES] =
		"sluice: burst must be 0 (automatic) or 1 to 64 frames",
	[TCA_SLUICE_BURST_NS] =
		"sluice: burst must be 0 (automatic) or 1 to 1000000000 ns",
	[TCA_SLUICE_LIMIT_PKTS] =
		"sluice: limit must be 1 to 16777216 packets",
	[TCA_SLUICE_FLOW_LIMIT_PKTS] =
		"sluice: flow_limit must be 1 to 16777216 packets",
	[TCA_SLUICE_HORIZON_NS] =
		"sluice: horizon must be 1000 to 1000000000000 ns",
	[TCA_SLUICE_CE_THRESHOLD_NS] =
		"sluice: ce_threshold must be 0 to 1000000000000 ns or 2^64-1 (off)",
	[TCA_SLUICE_CODEL_TARGET_NS] =
		"sluice: codel_target must be 0 (off) to 1000000000000 ns",
	[TCA_SLUICE_CODEL_INTERVAL_NS] =
		"sluice: codel_interval must be 1000000 to 1000000000000 ns",
	[TCA_SLUICE_TRAIN_FRAMES] =
		"sluice: train must be 1 to 64 frames",
	[TCA_SLUICE_OFFLOAD_HORIZON_NS] =
		"sluice: offload_horizon must be 0 (off) to 10000000 ns",
	[TCA_SLUICE_FORWARD_NS] =
		"sluice: forward must be 0 (off), 10000 to 100000000 ns or 2^64-1 (auto)",
	[TCA_SLUICE_SMOOTH_NS] =
		"sluice: smooth must be 0 (off) or 10000 to 100000000 ns",
	[TCA_SLUICE_GAP_FRAMES_NS] =
		"sluice: gap_frames must be 0 (off) or 20000 to 1000000 ns",
	[TCA_SLUICE_TIMER_SLACK_NS] =
		"sluice: timer_slack must be 0 to 200000 ns",
};

/* A sentence of a table, which NL_SET_ERR_MSG_ATTR does not take. */
static int sluice_refuse(struct netlink_ext_ack *extack,
			 const struct nlattr *attr, const char *sentence)
{
	if (extack) {
		extack->_msg = sentence;
		extack->bad_attr = attr;
	}
	return -EINVAL;
}

/**
 * sluice_options_default - the options that hold without any
 * @config: what to fill
 */
void sluice_options_default(struct sluice_config *config)
{
	*config = (struct sluice_config) {
		.overhead_bytes = PACE_OVERHEAD_DEFAULT_BYTES,
		.gain_percent = SLUICE_GAIN_DEFAULT_PERCENT,
		.gain_ss_percent = SLUICE_GAIN_SS_DEFAULT_PERCENT,
		.train_frames = 1,
		.limit_pkts = 10000,
		.flow_limit_pkts = 100,
		.horizon_ns = 10ULL * NSEC_PER_SEC,
		.ce_threshold_ns = SLUICE_CE_THRESHOLD_OFF,
		.codel.target_ns = PACE_CODEL_TARGET_DEFAULT_NS,
		.codel.interval_ns = PACE_CODEL_INTERVAL_DEFAULT_NS,
	};
}

static int sluice_options_check_repeats(struct nlattr *opt,
					struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	u32 seen = 0;
	int rem;

	BUILD_BUG_ON(TCA_SLUICE_MAX >= 32);
	nla_for_each_nested(attr, opt, rem) {
		u32 bit;

		if (nla_type(attr) > TCA_SLUICE_MAX)
			return sluice_refuse(extack, attr,
				"sluice: option is unknown to this module; its version and the command's differ");
		bit = 1U << nla_type(attr);
		if (seen & bit)
			return sluice_refuse(extack, attr,
				"sluice: option is given twice; give it once");
		seen |= bit;
	}
	return 0;
}

static void sluice_take_u32(u32 *value, const struct nlattr *attr)
{
	if (attr)
		*value = nla_get_u32(attr);
}

static void sluice_take_u64(u64 *value, const struct nlattr *attr)
{
	if (attr)
		*value = nla_get_u64(attr);
}

/* Ranges that a policy cannot say, and options that exclude each other. */
static int sluice_options_check(const struct sluice_config *config,
				struct nlattr **tb,
				struct netlink_ext_ack *extack)
{
	if (config->rate_bytes_ps &&
	    config->rate_bytes_ps < SLUICE_RATE_MIN_BYTES_PS)
		return sluice_refuse(extack, tb[TCA_SLUICE_RATE_BYTES_PS],
				sluice_sentence[TCA_SLUICE_RATE_BYTES_PS]);
	if (config->maxrate_bytes_ps &&
	    config->maxrate_bytes_ps < SLUICE_RATE_MIN_BYTES_PS)
		return sluice_refuse(extack, tb[TCA_SLUICE_MAXRATE_BYTES_PS],
				sluice_sentence[TCA_SLUICE_MAXRATE_BYTES_PS]);
	if (config->ce_threshold_ns > SLUICE_TIME_MAX_NS &&
	    config->ce_threshold_ns != SLUICE_CE_THRESHOLD_OFF)
		return sluice_refuse(extack, tb[TCA_SLUICE_CE_THRESHOLD_NS],
				sluice_sentence[TCA_SLUICE_CE_THRESHOLD_NS]);
	if (config->forward_ns && config->forward_ns != SLUICE_FORWARD_AUTO &&
	    (config->forward_ns < SLUICE_SMOOTH_MIN_NS ||
	     config->forward_ns > SLUICE_SMOOTH_MAX_NS))
		return sluice_refuse(extack, tb[TCA_SLUICE_FORWARD_NS],
				sluice_sentence[TCA_SLUICE_FORWARD_NS]);
	if (config->smooth_ns && config->smooth_ns < SLUICE_SMOOTH_MIN_NS)
		return sluice_refuse(extack, tb[TCA_SLUICE_SMOOTH_NS],
				sluice_sentence[TCA_SLUICE_SMOOTH_NS]);
	if (config->gap_frames_ns &&
	    config->gap_frames_ns < SLUICE_GAP_FRAMES_MIN_NS)
		return sluice_refuse(extack, tb[TCA_SLUICE_GAP_FRAMES_NS],
				sluice_sentence[TCA_SLUICE_GAP_FRAMES_NS]);
	if (config->gap_frames_ns && config->offload_horizon_ns)
		return sluice_refuse(extack, tb[TCA_SLUICE_GAP_FRAMES_NS],
			"sluice: departures are kept by gap_frames or by offload_horizon; set one to 0");
	if (config->burst_ns && config->burst_frames)
		return sluice_refuse(extack, tb[TCA_SLUICE_BURST_NS],
			"sluice: burst is set in frames and in time; set one to 0");
	return 0;
}

/**
 * sluice_options_parse - from attributes to options
 * @config: the options in force; changed to what they shall be, or left in an
 *	undefined state on error
 * @opt: TCA_OPTIONS, NULL for none
 * @extack: gets the sentence
 *
 * Setting the burst in one unit takes back the other.
 *
 * Return: 0 or -EINVAL.
 * Context: RTNL held.
 */
int sluice_options_parse(struct sluice_config *config, struct nlattr *opt,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TCA_SLUICE_MAX + 1];
	int err;

	if (!opt)
		return 0;
	err = sluice_options_check_repeats(opt, extack);
	if (err)
		return err;
	err = nla_parse_nested(tb, TCA_SLUICE_MAX, opt, sluice_policy, extack);
	if (err) {
		const struct nlattr *bad = extack ? extack->bad_attr : NULL;

		/* Without the nested flag it is @opt itself that is blamed. */
		if (bad && bad != opt && nla_type(bad) <= TCA_SLUICE_MAX &&
		    sluice_sentence[nla_type(bad)])
			sluice_refuse(extack, bad,
				      sluice_sentence[nla_type(bad)]);
		return err;
	}

	if (tb[TCA_SLUICE_BURST_FRAMES] && !tb[TCA_SLUICE_BURST_NS])
		config->burst_ns = 0;
	if (tb[TCA_SLUICE_BURST_NS] && !tb[TCA_SLUICE_BURST_FRAMES])
		config->burst_frames = 0;
	sluice_take_u64(&config->rate_bytes_ps, tb[TCA_SLUICE_RATE_BYTES_PS]);
	sluice_take_u32(&config->overhead_bytes, tb[TCA_SLUICE_OVERHEAD_BYTES]);
	sluice_take_u64(&config->maxrate_bytes_ps,
			tb[TCA_SLUICE_MAXRATE_BYTES_PS]);
	sluice_take_u32(&config->gain_percent, tb[TCA_SLUICE_GAIN_PERCENT]);
	sluice_take_u32(&config->gain_ss_percent,
			tb[TCA_SLUICE_GAIN_SS_PERCENT]);
	sluice_take_u32(&config->burst_frames, tb[TCA_SLUICE_BURST_FRAMES]);
	sluice_take_u32(&config->train_frames, tb[TCA_SLUICE_TRAIN_FRAMES]);
	sluice_take_u64(&config->burst_ns, tb[TCA_SLUICE_BURST_NS]);
	sluice_take_u32(&config->limit_pkts, tb[TCA_SLUICE_LIMIT_PKTS]);
	sluice_take_u32(&config->flow_limit_pkts,
			tb[TCA_SLUICE_FLOW_LIMIT_PKTS]);
	sluice_take_u64(&config->horizon_ns, tb[TCA_SLUICE_HORIZON_NS]);
	sluice_take_u64(&config->ce_threshold_ns,
			tb[TCA_SLUICE_CE_THRESHOLD_NS]);
	sluice_take_u64(&config->offload_horizon_ns,
			tb[TCA_SLUICE_OFFLOAD_HORIZON_NS]);
	sluice_take_u64(&config->forward_ns, tb[TCA_SLUICE_FORWARD_NS]);
	sluice_take_u64(&config->smooth_ns, tb[TCA_SLUICE_SMOOTH_NS]);
	sluice_take_u64(&config->gap_frames_ns, tb[TCA_SLUICE_GAP_FRAMES_NS]);
	sluice_take_u64(&config->timer_slack_ns, tb[TCA_SLUICE_TIMER_SLACK_NS]);
	sluice_take_u64(&config->codel.target_ns,
			tb[TCA_SLUICE_CODEL_TARGET_NS]);
	sluice_take_u64(&config->codel.interval_ns,
			tb[TCA_SLUICE_CODEL_INTERVAL_NS]);
	return sluice_options_check(config, tb, extack);
}

/*
 * A full frame on the wire. Some devices take any MTU up to 2^31 - 1, some none,
 * and a credit has to stay a positive number of 32 bits.
 */
static u32 sluice_quantum_bytes(struct Qdisc *sch,
				const struct sluice_config *config)
{
	return clamp_t(u32, psched_mtu(qdisc_dev(sch)) + config->overhead_bytes,
		       PACE_FRAME_MIN_BYTES, PACE_BYTES_LIMIT - 1);
}

/* Auto: each flow has one of the times of core/path.h. */
static void sluice_smooth_prepare(struct sluice_sched *q)
{
	u32 floor_bytes = SLUICE_SMOOTH_FLOOR_FRAMES * q->quantum_bytes;
	bool is_auto = q->config.forward_ns == SLUICE_FORWARD_AUTO;
	u32 time;

	for (time = 0; time < PACE_PATH_TIMES; time++)
		pace_smooth_prepare(&q->forward[time],
				    is_auto ? pace_path_time_ns(time) :
					      q->config.forward_ns,
				    floor_bytes);
	pace_smooth_prepare(&q->smooth, q->config.smooth_ns, floor_bytes);
}

/* All qdiscs, RTNL. */
static LIST_HEAD(sluice_all);

/**
 * sluice_options_attach - a qdisc wants to hear of other lengths of frames
 * @q: the qdisc
 *
 * Context: RTNL held. Before it goes it calls sluice_options_detach().
 */
void sluice_options_attach(struct sluice_sched *q)
{
	ASSERT_RTNL();
	list_add(&q->all_link, &sluice_all);
}

/**
 * sluice_options_detach - the reverse
 * @q: the qdisc
 *
 * Context: RTNL held.
 */
void sluice_options_detach(struct sluice_sched *q)
{
	ASSERT_RTNL();
	list_del(&q->all_link);
}

/* A burst in frames, a turn and the floor of smooth are so many full frames. */
static int sluice_options_notify(struct notifier_block *block,
				 unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct sluice_sched *q;

	if (event != NETDEV_CHANGEMTU)
		return NOTIFY_DONE;
	list_for_each_entry(q, &sluice_all, all_link) {
		if (qdisc_dev(q->sch) != dev)
			continue;
		sch_tree_lock(q->sch);
		q->quantum_bytes = sluice_quantum_bytes(q->sch, &q->config);
		sluice_smooth_prepare(q);
		sch_tree_unlock(q->sch);
	}
	return NOTIFY_DONE;
}

static struct notifier_block sluice_options_notifier = {
	.notifier_call = sluice_options_notify,
};

/**
 * sluice_options_register - hear of other lengths of frames
 *
 * Return: 0 or -errno.
 * Context: module init.
 */
int sluice_options_register(void)
{
	return register_netdevice_notifier(&sluice_options_notifier);
}

/**
 * sluice_options_unregister - the reverse
 *
 * Context: module exit.
 */
void sluice_options_unregister(void)
{
	unregister_netdevice_notifier(&sluice_options_notifier);
}

/* What options need beside memory of the qdisc: some of it may not be had. */
struct sluice_means {
	struct sluice_table table;
	struct sluice_device *device;
};

static int sluice_means_get(struct sluice_sched *q,
			    const struct sluice_config *config,
			    struct sluice_means *means,
			    struct netlink_ext_ack *extack)
{
	int err;

	means->device = q->device;
	if (config->rate_bytes_ps && !means->device) {
		means->device = sluice_device_get(q->sch);
		if (!means->device)
			return -ENOMEM;
	}
	err = sluice_table_make(&means->table, &q->table, config->limit_pkts);
	if (err)
		goto put_device;
	/* The last: what a driver has set up need not be taken back. */
	if (config->offload_horizon_ns)
		err = sluice_launch_begin(q, config, extack);
	else if (config->gap_frames_ns)
		err = sluice_gap_begin(q, extack);
	if (!err)
		return 0;
	sluice_table_free(&means->table);
put_device:
	if (means->device != q->device)
		sluice_device_put(means->device);
	return err;
}

/**
 * sluice_options_apply - put checked options in force
 * @sch: the qdisc
 * @config: what sluice_options_parse() made
 * @extack: gets a sentence when the device cannot what is asked; may be NULL
 *
 * Nothing is reset: packets, clocks and counters stay. Packets beyond a smaller
 * limit stay too, and new ones are refused until they have left.
 *
 * Return: 0, -ENOMEM when there is no memory for a table of flows that is as
 * large as the limit says, or as sluice_launch_begin() and sluice_gap_begin();
 * nothing has changed then.
 * Context: RTNL held, may sleep; takes the root lock.
 */
int sluice_options_apply(struct Qdisc *sch, const struct sluice_config *config,
			 struct netlink_ext_ack *extack)
{
	struct sluice_sched *q = qdisc_priv(sch);
	u64 rate_bytes_ps = config->rate_bytes_ps ?: PACE_RATE_UNLIMITED;
	struct sluice_device *unused = NULL;
	struct sluice_means means;
	int err;

	err = sluice_means_get(q, config, &means, extack);
	if (err)
		return err;

	sch_tree_lock(sch);
	if (!config->rate_bytes_ps) {
		sluice_device_step_back(q);
		unused = means.device;
		means.device = NULL;
	}
	q->device = means.device;
	q->launch_until_ns = 0;
	q->launch_early_ns = (config->offload_horizon_ns +
			      config->gap_frames_ns) >> SLUICE_LAUNCH_EARLY_SHIFT;
	q->config = *config;
	q->config_serial++;
	q->burst_is_set = config->burst_ns || config->burst_frames;
	sluice_unusual_find(q);
	q->quantum_bytes = sluice_quantum_bytes(sch, config);
	pace_rate_set(&q->device_rate, rate_bytes_ps);
	sluice_smooth_prepare(q);
	WRITE_ONCE(sch->limit, config->limit_pkts);
	sluice_table_replace(q, &means.table);
	q->idle_until_ns = 0;
	/* Whoever was to wake it may not do so any more, or too late. */
	if (sch->q.qlen)
		qdisc_watchdog_schedule_ns(&q->watchdog, ktime_get_ns());
	sch_tree_unlock(sch);
	if (!config->offload_horizon_ns)
		sluice_launch_end(q);
	if (!config->gap_frames_ns)
		sluice_gap_end(q);
	sluice_device_put(unused);
	sluice_table_free(&means.table);
	return 0;
}

static int sluice_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, TCA_SLUICE_PAD);
}

/**
 * sluice_options_dump - Qdisc_ops.dump
 * @sch: the qdisc
 * @skb: the message
 *
 * Return: its length, or -1 when it is full.
 * Context: RTNL held; takes the root lock for a copy.
 */
int sluice_options_dump(struct Qdisc *sch, struct sk_buff *skb)
{
	struct sluice_sched *q = qdisc_priv(sch);
	struct sluice_config config;
	struct nlattr *opts;

	sch_tree_lock(sch);
	config = q->config;
	sch_tree_unlock(sch);

	opts = nla_nest_start(skb, TCA_OPTIONS);
	if (!opts)
		return -1;
	if (sluice_put_u64(skb, TCA_SLUICE_RATE_BYTES_PS,
			   config.rate_bytes_ps) ||
	    nla_put_u32(skb, TCA_SLUICE_OVERHEAD_BYTES,
			config.overhead_bytes) ||
	    sluice_put_u64(skb, TCA_SLUICE_MAXRATE_BYTES_PS,
			   config.maxrate_bytes_ps) ||
	    nla_put_u32(skb, TCA_SLUICE_GAIN_PERCENT, config.gain_percent) ||
	    nla_put_u32(skb, TCA_SLUICE_GAIN_SS_PERCENT,
			config.gain_ss_percent) ||
	    nla_put_u32(skb, TCA_SLUICE_BURST_FRAMES, config.burst_frames) ||
	    nla_put_u32(skb, TCA_SLUICE_TRAIN_FRAMES, config.train_frames) ||
	    sluice_put_u64(skb, TCA_SLUICE_BURST_NS, config.burst_ns) ||
	    nla_put_u32(skb, TCA_SLUICE_LIMIT_PKTS, config.limit_pkts) ||
	    nla_put_u32(skb, TCA_SLUICE_FLOW_LIMIT_PKTS,
			config.flow_limit_pkts) ||
	    sluice_put_u64(skb, TCA_SLUICE_HORIZON_NS, config.horizon_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_CE_THRESHOLD_NS,
			   config.ce_threshold_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_OFFLOAD_HORIZON_NS,
			   config.offload_horizon_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_FORWARD_NS, config.forward_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_SMOOTH_NS, config.smooth_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_GAP_FRAMES_NS,
			   config.gap_frames_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_TIMER_SLACK_NS,
			   config.timer_slack_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_CODEL_TARGET_NS,
			   config.codel.target_ns) ||
	    sluice_put_u64(skb, TCA_SLUICE_CODEL_INTERVAL_NS,
			   config.codel.interval_ns)) {
		nla_nest_cancel(skb, opts);
		return -1;
	}
	return nla_nest_end(skb, opts);
}
