// SPDX-License-Identifier: GPL-2.0
/* Would Secure Boot or lockdown let the module in? */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_parts.h"
#include "module.h"
#include "signature.h"
#include "version.h"

/* Variables of EFI carry four bytes of attributes before their value. */
#define EFI_ATTRIBUTES_BYTES 4
#define EFI_FOLDER "/sys/firmware/efi/efivars/"
#define SECURE_BOOT EFI_FOLDER "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
/* Shim's: the owner's keys, and those that wait for the owner at the next boot. */
#define ENROLLED_KEYS EFI_FOLDER "MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
#define WAITING_KEYS EFI_FOLDER "MokNew-605dab50-e046-4300-abb6-3dd810dd8b23"

/* More than any firmware's list of keys, or a key, has. */
#define KEYS_BYTES_MAX (256 * 1024)

/* How DKMS signs again; forced or not, its "install" takes what is built. */
#define SIGN_AGAIN \
	"dkms build --force sluice/" SLUICE_VERSION " -k %s && dkms install --force sluice/" SLUICE_VERSION " -k %s"

/* Is Secure Boot on? 1, 0, or -errno; -ENOENT: nobody has mounted efivarfs. */
static int secure_boot(const struct doctor *doctor)
{
	char *bytes = NULL;
	long length = doctor_bytes(doctor, &bytes, EFI_ATTRIBUTES_BYTES + 1,
				   SECURE_BOOT);
	int ret;

	if (length > EFI_ATTRIBUTES_BYTES)
		ret = bytes[EFI_ATTRIBUTES_BYTES] == 1;
	else if (length >= 0)
		ret = -EINVAL;
	else if (length != -ENOENT)
		ret = (int)length;
	else if (doctor_has(doctor, "/sys/firmware/efi") &&
		 !doctor_has_entries(doctor, EFI_FOLDER))
		ret = -ENOENT;
	else
		ret = 0;
	free(bytes);
	return ret;
}

/*
 * Who wants a signature: a phrase, "" if nobody does. Returns 0 or -errno. What
 * the kernel says of itself counts; where it says nothing, because securityfs is
 * not mounted, those of distributions want one under Secure Boot. Under Secure
 * Boot they set by themselves what somebody else may have set: then that is said.
 */
static int signature_wanted(const struct doctor *doctor, char *who,
			    size_t who_size)
{
	char line[DOCTOR_LINE_SIZE];
	int is_on = secure_boot(doctor);
	bool is_known;

	who[0] = '\0';
	is_known = !doctor_line(doctor, line, sizeof(line),
				"/sys/module/module/parameters/sig_enforce") &&
		   *line == 'Y';
	if (is_known) {
		snprintf(who, who_size, "module.sig_enforce is set");
	} else if (!doctor_line(doctor, line, sizeof(line),
				"/sys/kernel/security/lockdown")) {
		is_known = true;
		if (*line && !strstr(line, "[none]"))
			snprintf(who, who_size,
				 "the kernel is locked down (%.64s)", line);
	} else {
		is_known = doctor_has_entries(doctor, "/sys/kernel/security");
	}
	if (is_on > 0 && (!is_known || *who))
		snprintf(who, who_size, "Secure Boot is on");
	return is_known || is_on > 0 ? 0 : is_on;
}

/* The last line of a file that sets mok_certificate, as DKMS reads it. */
static void setting_read(const struct doctor *doctor, const char *file,
			 char *path, size_t path_size)
{
	char *text = NULL, *line, *rest = NULL;

	if (doctor_bytes(doctor, &text, KEYS_BYTES_MAX, "%s", file) > 0)
		for (line = strtok_r(text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest)) {
			int at = 0;

			(void)sscanf(line, " mok_certificate=%n", &at);
			if (!at)
				continue;
			line += at + (line[at] == '"');
			snprintf(path, path_size, "%.*s",
				 (int)strcspn(line, "\" \t"), line);
		}
	free(text);
}

/* The certificate that DKMS was told to sign with; "": none, or it is not there. */
static void certificate_set(const struct doctor *doctor, char *path,
			    size_t path_size)
{
	const char *root = doctor->patient->root;
	char pattern[PATH_MAX];
	glob_t files;
	size_t i;

	path[0] = '\0';
	setting_read(doctor, "/etc/dkms/framework.conf", path, path_size);
	if (snprintf(pattern, sizeof(pattern),
		     "%s/etc/dkms/framework.conf.d/*.conf",
		     root) < (int)sizeof(pattern) &&
	    !glob(pattern, 0, NULL, &files)) {
		for (i = 0; i < files.gl_pathc; i++)
			setting_read(doctor, files.gl_pathv[i] + strlen(root),
				     path, path_size);
		globfree(&files);
	}
	if (!doctor_has(doctor, "%s", path))
		path[0] = '\0';
}

/* As sluice_signature_look() of the module for the running kernel, or -errno. */
static int module_look(const struct doctor *doctor, const char *certificate)
{
	char path[PATH_MAX], *module = NULL, *key = NULL;
	long module_bytes, key_bytes;
	int ret;

	if (!sluice_module_path(doctor->patient->root, doctor->patient->release,
				path, sizeof(path)))
		return -ENOENT;
	module_bytes = doctor_bytes(doctor, &module,
				    SLUICE_SIGNATURE_MODULE_BYTES_MAX, "%s",
				    path);
	key_bytes = doctor_bytes(doctor, &key, KEYS_BYTES_MAX, "%s",
				 certificate);
	if (module_bytes < 0 || key_bytes < 0)
		ret = (int)(module_bytes < 0 ? module_bytes : key_bytes);
	else
		ret = sluice_signature_look(module, (size_t)module_bytes, key,
					    (size_t)key_bytes);
	free(module);
	free(key);
	return ret;
}

/*
 * The certificate that DKMS signs with: what it was told, or of Ubuntu's and its
 * own the one that has signed. "": there is none.
 */
static void certificate_find(const struct doctor *doctor, char *path,
			     size_t path_size)
{
	static const char *const keys[] = {
		"/var/lib/shim-signed/mok/MOK.der", "/var/lib/dkms/mok.pub",
	};
	unsigned int i;

	certificate_set(doctor, path, path_size);
	if (*path)
		return;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (doctor_has(doctor, "%s", keys[i]) &&
		    (!*path || module_look(doctor, keys[i]) > 0))
			snprintf(path, path_size, "%s", keys[i]);
}

/* 1: a variable of the firmware has the key, 0: it has not, -errno. */
static int key_is_in(const struct doctor *doctor, const char *variable,
		     const char *path)
{
	char *key = NULL, *list = NULL;
	long key_bytes = doctor_bytes(doctor, &key, KEYS_BYTES_MAX, "%s", path);
	long list_bytes = doctor_bytes(doctor, &list, KEYS_BYTES_MAX, "%s",
				       variable);
	int ret;

	if (key_bytes < 0)
		ret = (int)key_bytes;
	else if (!key_bytes)
		ret = -EINVAL;
	else if (list_bytes == -ENOENT)
		ret = 0;
	else if (list_bytes < 0)
		ret = (int)list_bytes;
	else
		ret = memmem(list, (size_t)list_bytes, key,
			     (size_t)key_bytes) != NULL;
	free(key);
	free(list);
	return ret;
}

/* There is a key: is it enrolled? */
static void enrolled_say(struct doctor *doctor, const char *who,
			 const char *key)
{
	int enrolled = key_is_in(doctor, ENROLLED_KEYS, key);

	if (enrolled > 0) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%s, and the key that DKMS signs with (%s) is enrolled",
			   who, key);
	} else if (enrolled < 0) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "%s, and whether the key that DKMS signs with (%s) is enrolled cannot be read: %s",
			   who, key, strerror(-enrolled));
		doctor_fix(doctor, "sudo mokutil --test-key %s", key);
	} else if (key_is_in(doctor, WAITING_KEYS, key) > 0) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s: the kernel takes only modules signed with an enrolled key, and the one that DKMS signs with waits to be: after this command, choose 'Enroll MOK' and confirm",
			   who);
		doctor_fix(doctor, "reboot");
	} else {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s: the kernel takes only modules signed with an enrolled key, and the one that DKMS signs with is not: after this command, reboot and confirm",
			   who);
		doctor_fix(doctor, "mokutil --import %s", key);
	}
}

static void key_say(struct doctor *doctor, const char *who)
{
	const char *release = doctor->patient->release;
	char key[PATH_MAX], module[PATH_MAX];
	int signature;

	certificate_find(doctor, key, sizeof(key));
	if (!*key) {
		doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
			   "%s: the kernel takes only signed modules, and DKMS has no key here to sign with",
			   who);
		if (sluice_module_path(doctor->patient->root, release, module,
				       sizeof(module)))
			doctor_fix(doctor, "apt install openssl && " SIGN_AGAIN,
				   release, release);
		else
			doctor_fix(doctor, "apt install sluice-dkms");
		return;
	}
	signature = module_look(doctor, key);
	if (signature && signature != -ENOKEY) {
		enrolled_say(doctor, who, key);
		return;
	}
	doctor_say(doctor, SLUICE_SEVERITY_PROBLEM,
		   signature ? "%s: the kernel takes only signed modules, and this one is not, though DKMS has a key (%s)" :
		   "%s: the kernel takes only modules signed with an enrolled key, and this one is signed with another than the one that DKMS signs with (%s)",
		   who, key);
	doctor_fix(doctor, SIGN_AGAIN, release, release);
}

void doctor_check_signature(struct doctor *doctor)
{
	char who[DOCTOR_LINE_SIZE];
	int err = signature_wanted(doctor, who, sizeof(who));

	if (err == -ENOENT) {
		doctor_say(doctor, SLUICE_SEVERITY_UNKNOWN,
			   "whether Secure Boot wants signed modules is not known: efivarfs is not mounted");
		doctor_fix(doctor,
			   "mount -t efivarfs efivarfs /sys/firmware/efi/efivars");
	} else if (err) {
		doctor_say_unread(doctor, "the state of Secure Boot", err);
	} else if (!*who) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "modules need no signature");
	} else if (doctor_has(doctor, "/sys/module/sch_sluice")) {
		doctor_say(doctor, SLUICE_SEVERITY_OK,
			   "%s, and the kernel has taken the module", who);
	} else {
		key_say(doctor, who);
	}
}
