// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel modules, and sysctls and offloads of the guest's name spaces.
 *
 * A veth takes super-packets whole. A NIC sends frames: with every kind of
 * segmentation switched off at the device, the stack still builds
 * super-packets, and they are cut between the qdisc and the device, which is
 * where a NIC with TSO would cut them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static void sysctl_write(const char *name, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("cannot set sysctl %s to %s", name, value);
	close(fd);
}

static int ethtool(int fd, const char *dev, void *command)
{
	struct ifreq request = { .ifr_data = command };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", dev);
	return ioctl(fd, SIOCETHTOOL, &request);
}

static unsigned int features_count(int fd, const char *dev)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} sset = { .info = { .cmd = ETHTOOL_GSSET_INFO,
			     .sset_mask = 1ull << ETH_SS_FEATURES } };

	if (ethtool(fd, dev, &sset) || !sset.info.sset_mask)
		die("cannot count the features of %s", dev);
	return sset.count;
}

static bool is_segmentation(const char *feature)
{
	size_t length = strlen(feature);
	static const char tail[] = "segmentation";

	if (!strcmp(feature, "rx-gro") || !strcmp(feature, "rx-lro") ||
	    !strcmp(feature, "tx-gso-list") || !strcmp(feature, "tx-gso-partial"))
		return true;
	return length > strlen(tail) && !strncmp(feature, "tx-", 3) &&
	       (strstr(feature, tail) != NULL);
}

static void offload_off(const char *dev)
{
	struct ethtool_gstrings *names;
	struct ethtool_sfeatures *wanted;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned int count, i;

	if (fd < 0)
		die("cannot open a socket");
	count = features_count(fd, dev);
	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	wanted = calloc(1, sizeof(*wanted) +
			   (count + 31) / 32 * sizeof(wanted->features[0]));
	if (!names || !wanted)
		die("out of memory");
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	if (ethtool(fd, dev, names))
		die("cannot list the features of %s", dev);
	wanted->cmd = ETHTOOL_SFEATURES;
	wanted->size = (count + 31) / 32;
	for (i = 0; i < count; i++)
		if (is_segmentation((char *)names->data + i * ETH_GSTRING_LEN))
			wanted->features[i / 32].valid |= 1u << i % 32;
	if (ethtool(fd, dev, wanted) < 0)
		die("cannot switch off the offloads of %s", dev);
	free(names);
	free(wanted);
	close(fd);
}

/* Lines "sysctl NS NAME VALUE…" and "offload NS DEV". */
static void setup_line(char *line)
{
	char *verb = strsep(&line, " "), *ns = strsep(&line, " ");
	char *name = strsep(&line, " ");

	if (!name)
		die("setup: a line is too short");
	netns_enter(ns);
	if (!strcmp(verb, "sysctl") && line)
		sysctl_write(name, line);
	else if (!strcmp(verb, "offload"))
		offload_off(name);
	else
		die("setup: unknown line %s", verb);
}

int module_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die("cannot load %s", path);
	close(fd);
	return 0;
}

int setup_main(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		die("cannot read %s", path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		setup_line(line);
	}
	fclose(file);
	return 0;
}
