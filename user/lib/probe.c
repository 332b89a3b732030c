// SPDX-License-Identifier: GPL-2.0
/* Questions to the kernel; see probe.h. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One reading takes some us on a NIC of PCIe, and mostly does. */
#define TAI_TRIES	20u
#define TAI_GOOD_NS	1000u

static int device_ask(const char *device, unsigned long request, void *data)
{
	struct ifreq ifr = { .ifr_data = data };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	err = ioctl(fd, request, &ifr) < 0 ? -errno : 0;
	close(fd);
	return err;
}

int sluice_probe_ethtool(const char *device, void *command)
{
	return device_ask(device, SIOCETHTOOL, command);
}

int sluice_probe_stamps(const char *device, unsigned long request,
			struct hwtstamp_config *config)
{
	return device_ask(device, request, config);
}

int sluice_probe_tai(int index, struct sluice_clock_distance *ret)
{
	char path[32];
	int fd, err;

	snprintf(path, sizeof(path), "/dev/ptp%d", index);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = sluice_clock_compare(sluice_clock_of(fd), CLOCK_TAI, TAI_TRIES,
				   TAI_GOOD_NS, ret);
	close(fd);
	return err;
}

int sluice_probe_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}
