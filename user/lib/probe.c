// SPDX-License-Identifier: GPL-2.0
/* Questions to the kernel; see probe.h. */
#include "probe.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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

int sluice_probe_bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}
