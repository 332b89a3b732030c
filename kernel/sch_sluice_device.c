// SPDX-License-Identifier: GPL-2.0
/*
 * The device clock (P2), shared by all sluice qdiscs that feed one wire.
 *
 * Below mq every transmit queue has a sluice of its own, each with a root lock,
 * a timer and often a CPU of its own. A rate is a promise about the wire, so
 * they share one clock, and the frames of all queues leave at least their wire
 * time apart.
 *
 * Who may send? A queue that has a frame due takes the device, sends the frame
 * and lets go. If it comes too early it waits in line, and when the clock says
 * so the device's timer gives the device to the first in line and wakes it, so
 * that each frame wakes one queue, and queues take turns frame by frame. One that
 * was woken and does not come (its CPU is busy) loses its turn after
 * SLUICE_TURN_NS; one whose ring is full is not woken.
 *
 * A queue that is alone on its device never waits in line: its own watchdog
 * wakes it.
 *
 * Locks: devices come and go under RTNL. device->lock protects the rest; it is
 * taken with a root lock held, never the other way round, and in the timer's
 * hard interrupt.
 */
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "sch_sluice_path.h"

static LIST_HEAD(sluice_devices);

static void sluice_device_arm(struct sluice_device *device, u64 at_ns)
{
	lockdep_assert_held(&device->lock);
	device->timer_ns = at_ns;
	hrtimer_start(&device->timer, ns_to_ktime(at_ns),
		      HRTIMER_MODE_ABS_PINNED);
}

/* The device is free again: somebody may be in line. */
static void sluice_device_let_go(struct sluice_device *device)
{
	lockdep_assert_held(&device->lock);
	device->owner = NULL;
	device->owner_is_woken = false;
	if (!list_empty(&device->line))
		sluice_device_arm(device,
				  pace_clock_departure_ns(&device->clock));
}

/*
 * Take the first of the line that can send. For one whose ring is full or paused
 * waking is in vain. It is left out: whoever makes room asks it for frames, and
 * then it gets in line again. Returns NULL when there is none.
 */
static struct sluice_sched *sluice_device_first(struct sluice_device *device)
{
	struct sluice_sched *q;

	while (!list_empty(&device->line)) {
		q = list_first_entry(&device->line, struct sluice_sched,
				     device_line);
		list_del_init(&q->device_line);
		if (!(q->sch->flags & TCQ_F_ONETXQUEUE) ||
		    !netif_xmit_frozen_or_stopped(q->sch->dev_queue))
			return q;
	}
	return NULL;
}

/*
 * The timer has come: wake the first in line. If the last one that was woken has
 * not sent yet, it goes to the end of the line. Returns who was woken, or NULL.
 */
static struct Qdisc *sluice_device_turn(struct sluice_device *device,
					u64 now_ns)
{
	struct sluice_sched *q;

	lockdep_assert_held(&device->lock);
	if (device->owner && !device->owner_is_woken)
		return NULL;	/* it sends just now, and will let go */
	if (device->owner) {
		list_add_tail(&device->owner->device_line, &device->line);
		device->owner = NULL;
	}
	q = sluice_device_first(device);
	if (!q)
		return NULL;
	device->owner = q;
	device->owner_is_woken = true;
	device->due_ns = device->timer_ns;
	sluice_device_arm(device, now_ns + SLUICE_TURN_NS);
	return q->sch;
}

static enum hrtimer_restart sluice_device_timer(struct hrtimer *timer)
{
	struct sluice_device *device =
		container_of(timer, struct sluice_device, timer);
	struct Qdisc *sch;
	unsigned long flags;

	/* Under the lock, or the qdisc could leave the line and be freed. */
	rcu_read_lock();
	spin_lock_irqsave(&device->lock, flags);
	sch = sluice_device_turn(device, ktime_get_ns());
	if (sch)
		__netif_schedule(qdisc_root(sch));
	spin_unlock_irqrestore(&device->lock, flags);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/**
 * sluice_device_take - take the device for one frame, if its time has come
 * @q: the qdisc; it has a rate
 * @now_ns: the present
 * @ret_due_ns: when its turn was due, if it was woken for it; else unchanged
 *
 * Return: true if the qdisc has the device now. It calls sluice_device_sent() or
 * sluice_device_release() next.
 * Context: dequeue, root lock held.
 */
bool sluice_device_take(struct sluice_sched *q, u64 now_ns, u64 *ret_due_ns)
{
	struct sluice_device *device = q->device;
	unsigned long flags;
	bool is_ready;

	spin_lock_irqsave(&device->lock, flags);
	is_ready = !pace_before(now_ns, pace_clock_departure_ns(&device->clock));
	if (device->owner == q) {
		if (device->owner_is_woken)
			*ret_due_ns = device->due_ns;
		device->owner_is_woken = false;
	} else {
		is_ready = is_ready && !device->owner &&
			   list_empty(&device->line);
	}
	if (is_ready)
		device->owner = q;
	else if (device->owner == q)
		sluice_device_let_go(device);
	spin_unlock_irqrestore(&device->lock, flags);
	return is_ready;
}

/**
 * sluice_device_sent - account for the frame that the device was taken for
 * @q: the qdisc
 * @due_ns: when the frame was due by its flow
 * @now_ns: the present
 * @wire_bytes: its L1 bytes
 *
 * Return: when the frame was due by the device, too.
 * Context: dequeue, root lock held.
 */
u64 sluice_device_sent(struct sluice_sched *q, u64 due_ns, u64 now_ns,
		       u32 wire_bytes)
{
	struct sluice_device *device = q->device;
	unsigned long flags;

	spin_lock_irqsave(&device->lock, flags);
	due_ns = pace_later_of(due_ns, pace_clock_departure_ns(&device->clock));
	pace_clock_not_before(&device->clock, due_ns);
	pace_clock_forgive(&device->clock, now_ns,
			   sluice_catch_up_ns(q, &q->device_rate));
	pace_clock_advance(&device->clock, &q->device_rate, wire_bytes);
	sluice_device_let_go(device);
	spin_unlock_irqrestore(&device->lock, flags);
	return due_ns;
}

/**
 * sluice_device_release - give the device back without a frame
 * @q: the qdisc; it need not have it
 *
 * Context: dequeue, root lock held.
 */
void sluice_device_release(struct sluice_sched *q)
{
	struct sluice_device *device = q->device;
	unsigned long flags;

	spin_lock_irqsave(&device->lock, flags);
	if (device->owner == q)
		sluice_device_let_go(device);
	spin_unlock_irqrestore(&device->lock, flags);
}

/**
 * sluice_device_sleep - a qdisc may not send now: how does it wake up?
 * @q: the qdisc
 * @now_ns: the present
 * @wake_ns: when its flows have a frame to send; on return, when to wake up
 *
 * Return: false if a frame is due and the qdisc stands in line: it will be
 * woken; true if it has to wake up by itself.
 * Context: dequeue, root lock held.
 */
bool sluice_device_sleep(struct sluice_sched *q, u64 now_ns, u64 *wake_ns)
{
	struct sluice_device *device = q->device;
	bool is_in_line = false;
	unsigned long flags;
	u64 free_ns;

	spin_lock_irqsave(&device->lock, flags);
	free_ns = pace_clock_departure_ns(&device->clock);
	if (device->n_users == 1) {
		*wake_ns = pace_later_of(*wake_ns, free_ns);
	} else if (!pace_before(now_ns, *wake_ns)) {
		is_in_line = true;
		if (list_empty(&device->line) && !device->owner)
			sluice_device_arm(device, free_ns);
		if (list_empty(&q->device_line))
			list_add_tail(&q->device_line, &device->line);
	}
	spin_unlock_irqrestore(&device->lock, flags);
	return !is_in_line;
}

/**
 * sluice_device_step_back - leave the line and let go, for reset and destroy
 * @q: the qdisc; with or without a device
 *
 * Context: root lock held, or nobody else uses the qdisc.
 */
void sluice_device_step_back(struct sluice_sched *q)
{
	struct sluice_device *device = q->device;
	unsigned long flags;

	if (!device)
		return;
	spin_lock_irqsave(&device->lock, flags);
	list_del_init(&q->device_line);
	if (device->owner == q)
		sluice_device_let_go(device);
	spin_unlock_irqrestore(&device->lock, flags);
}

/**
 * sluice_feeds_the_wire - does a qdisc feed its queue by itself
 * @sch: the qdisc
 *
 * A child of a qdisc with classes has the rate of its class, which is not the
 * wire's.
 *
 * Return: true for the root, and below mq.
 * Context: RTNL held.
 */
bool sluice_feeds_the_wire(struct Qdisc *sch)
{
	const struct Qdisc *root = rtnl_dereference(qdisc_dev(sch)->qdisc);

	if (sch->parent == TC_H_ROOT)
		return true;
	return root && TC_H_MAJ(sch->parent) == root->handle &&
	       (!strcmp(root->ops->id, "mq") ||
		!strcmp(root->ops->id, "mqprio"));
}

/**
 * sluice_device_get - the device whose clock a qdisc is to use
 * @sch: the qdisc
 *
 * Return: the one that the others on its wire have, or a new one; NULL without
 * memory. Give it back with sluice_device_put().
 * Context: RTNL held, may sleep.
 */
struct sluice_device *sluice_device_get(struct Qdisc *sch)
{
	struct net_device *dev = sluice_feeds_the_wire(sch) ? qdisc_dev(sch) :
							      NULL;
	struct sluice_device *device;

	ASSERT_RTNL();
	list_for_each_entry(device, &sluice_devices, link)
		if (dev && device->dev == dev) {
			spin_lock_irq(&device->lock);
			device->n_users++;
			spin_unlock_irq(&device->lock);
			return device;
		}
	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return NULL;
	device->dev = dev;
	device->n_users = 1;
	spin_lock_init(&device->lock);
	INIT_LIST_HEAD(&device->line);
	sluice_compat_hrtimer_setup(&device->timer, sluice_device_timer,
				    CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
	list_add(&device->link, &sluice_devices);
	return device;
}

/**
 * sluice_device_put - a qdisc uses a device's clock no more
 * @device: the device, NULL: nothing to do
 *
 * Context: RTNL held, may sleep; no qdisc that gave it back is in line.
 */
void sluice_device_put(struct sluice_device *device)
{
	unsigned int n_users;

	ASSERT_RTNL();
	if (!device)
		return;
	spin_lock_irq(&device->lock);
	n_users = --device->n_users;
	spin_unlock_irq(&device->lock);
	if (n_users)
		return;
	list_del(&device->link);
	hrtimer_cancel(&device->timer);
	kfree(device);
}
