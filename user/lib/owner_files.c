// SPDX-License-Identifier: GPL-2.0
/*
 * Owners that are known by their files: systemd-networkd and NetworkManager,
 * whose files are both made of [sections] and key=value lines. See owner.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "owner.h"

/* ---- files of sections ---- */

/*
 * Call @line for every section (key is "") and every key in it. Returns false
 * if the file cannot be read.
 */
static bool sections_read(const char *path,
			  void (*line)(const char *section, const char *key,
				       char *value, void *data),
			  void *data)
{
	char section[64] = "", text[1024], nothing[1] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	while (fgets(text, sizeof(text), file)) {
		char *key = text + strspn(text, " \t");
		char *value = strchr(key, '=');
		size_t length = strlen(key);

		while (length && isspace((unsigned char)key[length - 1]))
			key[--length] = '\0';
		if (*key == '[' && key[length - 1] == ']') {
			snprintf(section, sizeof(section), "%.*s",
				 (int)length - 2, key + 1);
			line(section, "", nothing, data);
		} else if (*key != '#' && *key != ';' && value) {
			for (length = (size_t)(value - key); length &&
			     isspace((unsigned char)key[length - 1]); length--)
				;
			*value++ = '\0';
			key[length] = '\0';
			line(section, key, value + strspn(value, " \t"), data);
		}
	}
	fclose(file);
	return true;
}

/* Call @take for every file of a folder until it returns true. */
static bool folder_search(const char *root, const char *folder,
			  const char *suffix,
			  bool (*take)(const char *path, void *data),
			  void *data)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool is_found = false;
	struct stat status;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", root, folder);
	dir = opendir(path);
	while (dir && !is_found && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);

		if (length < strlen(suffix) || strcmp(suffix, entry->d_name +
						      length - strlen(suffix)))
			continue;
		if (snprintf(path, sizeof(path), "%s%s/%s", root, folder,
			     entry->d_name) >= (int)sizeof(path) ||
		    stat(path, &status) || !S_ISREG(status.st_mode))
			continue;
		is_found = take(path, data);
	}
	if (dir)
		closedir(dir);
	return is_found;
}

/* ---- systemd-networkd ---- */

/* The sections of systemd.network(5) that set a root or other qdisc. */
static const char *const qdisc_sections[] = {
	"BFIFO", "BandMultiQueueing", "CAKE", "ControlledDelay",
	"DeficitRoundRobinScheduler", "EnhancedTransmissionSelection",
	"FairQueueing", "FairQueueingControlledDelay", "FlowQueuePIE",
	"GenericRandomEarlyDetection", "HeavyHitterFilter",
	"HierarchyTokenBucket", "NetworkEmulator", "PFIFO", "PFIFOFast",
	"PFIFOHeadDrop", "PIE", "QDisc", "QuickFairQueueing",
	"StochasticFairBlue", "StochasticFairnessQueueing",
	"TokenBucketFilter", "TrivialLinkEqualizer", NULL,
};

struct networkd {
	const struct sluice_link *link;
	char qdisc_section[64];	/* of the file that is being read, "" if none */
	bool is_named;		/* it names the device */
	char network_file[PATH_MAX];	/* the device's own, by networkd's state */
	char dropins[PATH_MAX];
	char path[PATH_MAX];	/* the file that was found */
};

/*
 * "eth* !eth1": some word matches and none that begins with ! does. A list that
 * begins with ! is one of exceptions, and such a list means all others.
 */
static bool names_match(char *names, const char *name)
{
	bool are_exceptions = *names == '!';
	bool is_match = are_exceptions;
	char *rest = NULL, *word;

	for (word = strtok_r(names, " \t", &rest); word;
	     word = strtok_r(NULL, " \t", &rest)) {
		bool is_exception = are_exceptions || *word == '!';

		if (fnmatch(word + (*word == '!'), name, 0))
			continue;
		if (is_exception)
			return false;
		is_match = true;
	}
	return is_match;
}

static void address_format(const struct sluice_link *link, char *text,
			   size_t text_size)
{
	size_t i, length = 0;

	text[0] = '\0';
	for (i = 0; i < link->address_bytes && length < text_size; i++)
		length += (size_t)snprintf(text + length, text_size - length,
					   "%s%02x", i ? ":" : "",
					   link->address[i]);
}

static void network_line(const char *section, const char *key, char *value,
			 void *data)
{
	struct networkd *networkd = data;
	char address[4 * SLUICE_LINK_ADDRESS_SIZE];
	unsigned int i;

	if (!*key) {
		for (i = 0; qdisc_sections[i]; i++)
			if (!strcmp(qdisc_sections[i], section))
				snprintf(networkd->qdisc_section,
					 sizeof(networkd->qdisc_section), "%s",
					 section);
		return;
	}
	if (strcmp(section, "Match"))
		return;
	address_format(networkd->link, address, sizeof(address));
	if (!strcmp(key, "Name"))
		networkd->is_named |= names_match(value, networkd->link->name);
	else if (!strcmp(key, "MACAddress") && *address)
		networkd->is_named |= strcasestr(value, address) != NULL;
}

static bool network_file_take(const char *path, void *data)
{
	struct networkd *networkd = data;

	networkd->qdisc_section[0] = '\0';
	networkd->is_named = false;
	if (!sections_read(path, network_line, networkd) ||
	    !*networkd->qdisc_section || !networkd->is_named)
		return false;
	snprintf(networkd->path, sizeof(networkd->path), "%s", path);
	return true;
}

static void netif_line(const char *section, const char *key, char *value,
		       void *data)
{
	struct networkd *networkd = data;

	(void)section;
	if (!strcmp(key, "NETWORK_FILE"))
		snprintf(networkd->network_file, sizeof(networkd->network_file),
			 "%s", value);
	else if (!strcmp(key, "NETWORK_FILE_DROPINS"))
		snprintf(networkd->dropins, sizeof(networkd->dropins), "%s",
			 value);
}

/* The files that networkd itself says it took for the device. */
static bool networkd_running(const char *root, struct networkd *networkd)
{
	char *rest = NULL, *file;
	char path[PATH_MAX];

	networkd->qdisc_section[0] = '\0';
	file = networkd->network_file;
	while (file) {
		if (*file && snprintf(path, sizeof(path), "%s%s", root, file) <
		    (int)sizeof(path) &&
		    sections_read(path, network_line, networkd) &&
		    *networkd->qdisc_section) {
			snprintf(networkd->path, sizeof(networkd->path), "%s",
				 path);
			return true;
		}
		file = strtok_r(rest ? NULL : networkd->dropins, "\":", &rest);
	}
	return false;
}

bool sluice_owner_networkd(const char *root, const struct sluice_link *link,
			   char *error, size_t error_size)
{
	static const char *const folders[] = {
		"/etc/systemd/network", "/run/systemd/network",
		"/usr/local/lib/systemd/network", "/usr/lib/systemd/network",
	};
	struct networkd networkd = { .link = link };
	bool is_found = false;
	char path[PATH_MAX];
	unsigned int i;

	snprintf(path, sizeof(path), "%s/run/systemd/netif/links/%d", root,
		 link->ifindex);
	if (sections_read(path, netif_line, &networkd))
		is_found = networkd_running(root, &networkd);
	else
		for (i = 0; !is_found &&
		     i < sizeof(folders) / sizeof(folders[0]); i++)
			is_found = folder_search(root, folders[i], ".network",
						 network_file_take, &networkd);
	if (is_found)
		snprintf(error, error_size,
			 "%s belongs to systemd-networkd ([%s] in %s): delete that section and run 'networkctl reload', or add --takeover",
			 link->name, networkd.qdisc_section,
			 networkd.path + strlen(root));
	return is_found;
}

/* ---- NetworkManager ---- */

struct manager {
	const struct sluice_link *link;
	bool is_unmanaged;
	char uuid[64];		/* of the device's connection, "" if not known */
	bool is_ours;		/* the profile that is being read is the device's */
	bool has_qdisc;		/* it sets a qdisc */
	char path[PATH_MAX];	/* the file that was found */
};

static void device_line(const char *section, const char *key, char *value,
			void *data)
{
	struct manager *manager = data;

	if (strcmp(section, "device"))
		return;
	if (!strcmp(key, "managed"))
		manager->is_unmanaged = !strcmp(value, "false");
	else if (!strcmp(key, "connection-uuid"))
		snprintf(manager->uuid, sizeof(manager->uuid), "%s", value);
}

static void profile_line(const char *section, const char *key, char *value,
			 void *data)
{
	struct manager *manager = data;

	if (!strcmp(section, "connection") && *manager->uuid)
		manager->is_ours |= !strcmp(key, "uuid") &&
				    !strcmp(value, manager->uuid);
	else if (!strcmp(section, "connection"))
		manager->is_ours |= !strcmp(key, "interface-name") &&
				    !strcmp(value, manager->link->name);
	else if (!strcmp(section, "tc"))
		manager->has_qdisc |= !strncmp(key, "qdisc", 5);
}

static bool profile_take(const char *path, void *data)
{
	struct manager *manager = data;

	manager->is_ours = false;
	manager->has_qdisc = false;
	if (!sections_read(path, profile_line, manager) || !manager->is_ours ||
	    !manager->has_qdisc)
		return false;
	snprintf(manager->path, sizeof(manager->path), "%s", path);
	return true;
}

/* A script that sets qdiscs, and of this device or of whichever comes up. */
static bool dispatcher_take(const char *path, void *data)
{
	struct manager *manager = data;
	bool has_tc = false, has_device = false;
	char text[1024];
	FILE *file;

	file = access(path, X_OK) ? NULL : fopen(path, "re");
	if (!file)
		return false;
	while (fgets(text, sizeof(text), file)) {
		if (text[strspn(text, " \t")] == '#')
			continue;
		has_tc |= strstr(text, "tc ") && strstr(text, "qdisc ");
		has_device |= strstr(text, manager->link->name) ||
			      strstr(text, "$1") || strstr(text, "${1") ||
			      strstr(text, "DEVICE_IFACE") ||
			      strstr(text, "DEVICE_IP_IFACE");
	}
	fclose(file);
	if (has_tc && has_device)
		snprintf(manager->path, sizeof(manager->path), "%s", path);
	return has_tc && has_device;
}

bool sluice_owner_network_manager(const char *root,
				  const struct sluice_link *link, char *error,
				  size_t error_size)
{
	static const char *const profiles[] = {
		"/etc/NetworkManager/system-connections",
		"/run/NetworkManager/system-connections",
		"/usr/lib/NetworkManager/system-connections",
	};
	static const char *const scripts[] = {
		"/etc/NetworkManager/dispatcher.d",
		"/etc/NetworkManager/dispatcher.d/pre-up.d",
		"/usr/lib/NetworkManager/dispatcher.d",
		"/usr/lib/NetworkManager/dispatcher.d/pre-up.d",
	};
	struct manager manager = { .link = link };
	char path[PATH_MAX];
	unsigned int i;

	snprintf(path, sizeof(path), "%s/run/NetworkManager/devices/%d", root,
		 link->ifindex);
	(void)sections_read(path, device_line, &manager);
	if (manager.is_unmanaged)
		return false;
	for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		if (!folder_search(root, profiles[i], "", profile_take,
				   &manager))
			continue;
		snprintf(error, error_size,
			 "%s belongs to NetworkManager ([tc] in %s): 'nmcli connection modify PROFILE tc.qdiscs \"\"', or add --takeover",
			 link->name, manager.path + strlen(root));
		return true;
	}
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (!folder_search(root, scripts[i], "", dispatcher_take,
				   &manager))
			continue;
		snprintf(error, error_size,
			 "%s belongs to a dispatcher script of NetworkManager, which runs tc (%s): remove that script, or add --takeover",
			 link->name, manager.path + strlen(root));
		return true;
	}
	return false;
}
