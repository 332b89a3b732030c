// SPDX-License-Identifier: GPL-2.0
/* What the doctor says of gap frames: of a device that has them, and of a file that asks for them. */
#include "user_doctor.h"

#define CONF "/etc/sluice/eth0.conf"
/* A second queue, for a device that has room for two. */
#define SECOND "/sys/class/net/eth0/queues/tx-1/tx_maxrate"

/* What the kernel was told has changed. */
static void test_changed(void)
{
	host_begin();
	fake_host.nic.driver = "e1000e";
	options_put(TCA_SLUICE_GAP_FRAMES_NS, 200000);
	look(1);
	is("launch", OK, "kept by gap frames, handed over up to 200us ahead", NULL,
	   "gap: a NIC that sends what it is given");
	fake_host.nic.tx_pause = true;
	look(1);
	is("launch", PROBLEM, "the next gap frame ends the pause",
	   "ethtool -A eth0 autoneg off tx off", "gap: it may pause its partner");
	fake_host.nic.tx_pause = false;
	fake_host.nic.mbits_ps = (uint32_t)SPEED_UNKNOWN;
	look(1);
	is("launch", PROBLEM, "does not tell that any more",
	   "sluice on eth0 gap_frames off", "gap: no speed");
	devices[0].has_carrier = false;
	look(1);
	is("launch", OK, "kept by gap frames", NULL,
	   "gap: no link has no speed, which is as it should be");
	fake_host_put(SECOND, "0\n");
	devices[0].tx_queues = 2;
	look(1);
	is("launch", PROBLEM, "2 transmit queues by now",
	   "sluice on eth0 gap_frames off", "gap: a queue more");
	fake_host.nic.combined = 2;
	look(1);
	is("launch", PROBLEM, "they end with the next frame",
	   "ethtool -L eth0 combined 1", "gap: which the driver can take back");
	fake_host_end();
}

/* The kernel took an option back, and why. */
static void test_lapsed(void)
{
	struct tc_sluice_xstats xstats = { .gap_frames = 7 };

	host_begin();
	fake_host.nic.driver = "e1000e";
	options_put(TCA_SLUICE_LIMIT_PKTS, 77);
	fake_kernel.xstats = &xstats;
	fake_host_put(SECOND, "0\n");
	devices[0].tx_queues = 2;
	fake_host.nic.tx_pause = true;
	look(1);
	is("launch", OK, "departures are kept by timers", NULL,
	   "lapse: gap frames that the operator took back have not lapsed");
	xstats.gap_is_ended = 1;
	look(1);
	is("launch", PROBLEM, "kept by timers: gap_frames is off, because the device has 2 transmit queues now",
	   "sluice on eth0", "lapse: gap frames, by a queue more");
	fake_host.nic.combined = 2;
	look(1);
	is("launch", PROBLEM, "2 transmit queues now", "ethtool -L eth0 combined 1",
	   "lapse: which the driver can take back");
	fake_host_put(SECOND, NULL);
	devices[0].tx_queues = 1;
	look(1);
	is("launch", PROBLEM, "gap_frames is off, because the device may pause its link partner now",
	   "ethtool -A eth0 autoneg off tx off", "lapse: gap frames, by pause");
	fake_host.nic.tx_pause = false;
	look(1);
	is("launch", PROBLEM, "had more transmit queues for a while, or might have paused",
	   "sluice on eth0 gap_frames TIME", "lapse: gap frames, by what has gone");
	xstats.gap_is_ended = 0;
	xstats.offload_is_ended = 1;
	look(1);
	is("launch", PROBLEM, "offload_horizon is off, because the device has made its transmit queues anew",
	   "sluice on eth0 offload_horizon TIME", "lapse: launch times");
	fake_host_end();
}

/* They do not get to the line, or there is none. */
static void test_line(void)
{
	host_begin();
	options_put(TCA_SLUICE_GAP_FRAMES_NS, 200000);
	fake_host.nic.driver = "i40e";
	look(1);
	is("launch", PROBLEM, "(i40e) has the NIC drop PAUSE frames of the host, as gap frames are: the others leave back to back, up to 200us early",
	   "sluice on eth0 gap_frames off", "gap: a driver that drops them");
	fake_host.nic.driver = "iavf";
	look(1);
	is("launch", PROBLEM, "a virtual function (iavf)", "gap_frames off",
	   "gap: a virtual function");
	fake_host.nic.driver = "virtio_net";
	look(1);
	is("launch", PROBLEM, "NIC (virtio_net) has no line", "gap_frames off",
	   "gap: a virtual machine's NIC");
	snprintf(devices[0].kind, sizeof(devices[0].kind), "tun");
	look(1);
	is("launch", PROBLEM, "kind tun has no line", "gap_frames off",
	   "gap: a tap");
	fake_host_end();

	host_begin();
	fake_host.nic.driver = "veth";
	snprintf(devices[0].kind, sizeof(devices[0].kind), "veth");
	options_put(TCA_SLUICE_GAP_FRAMES_NS, 20000);
	look(1);
	is("launch", NOTE, "without a line behind it frames leave up to 20us early",
	   "sluice on eth0 gap_frames off", "gap: a veth");
	fake_host_end();
}

static void test_conf(void)
{
	with_file(CONF, "gap_frames 200us\n", "conf", OK, "", NULL,
		  "gap: a file that asks for them");
	host_begin();
	fake_host_put(CONF, "gap_frames 200us\n");
	fake_host_put(SECOND, "0\n");
	devices[0].tx_queues = 2;
	look(1);
	is("conf", PROBLEM, "needs eth0 to have one transmit queue, and it has 2, so 'sluice apply' refuses the file",
	   "${EDITOR:-vi} /etc/sluice/eth0.conf",
	   "gap: a file, and two queues that stay");
	fake_host.nic.combined = 2;
	look(1);
	is("conf", PROBLEM, "and it has 2", "ethtool -L eth0 combined 1",
	   "gap: and two that need not");
	fake_host.nic.driver = "ice";
	look(1);
	is("conf", PROBLEM, "is not for eth0: its driver (ice)",
	   "${EDITOR:-vi} /etc/sluice/eth0.conf",
	   "gap: and a driver that drops them");
	fake_host_end();
}

int main(void)
{
	test_changed();
	test_lapsed();
	test_line();
	test_conf();
	sluice_findings_done(&findings);
	return tap_done();
}
