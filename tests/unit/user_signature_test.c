// SPDX-License-Identifier: GPL-2.0
/* With whose key a module's file is signed (signature.h), and what the doctor says of it. */
#include <errno.h>
#include <lzma.h>
#include <zstd.h>

#include "../../user/lib/signature.h"
#include "user_doctor.h"

#define EFI "/sys/firmware/efi/efivars/"
#define SHIM "-605dab50-e046-4300-abb6-3dd810dd8b23"
#define SECURE_BOOT EFI "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define MODULE "/lib/modules/" FAKE_RELEASE "/updates/dkms/sch_sluice.ko.xz"
#define DKMS_KEY "/var/lib/dkms/mok.pub"
#define UBUNTU_KEY "/var/lib/shim-signed/mok/MOK.der"

/* The parts of two certificates that count: serial number and issuer, in DER. */
#define SERIAL		"\x02\x04\x11\x22\x33\x44"
#define OTHER_SERIAL	"\x02\x04\x11\x22\x33\x45"
#define ISSUER		"\x30\x05\x0c\x03mok"
#define CERTIFICATE(serial) \
	"\x30\x18\x30\x16\xa0\x03\x02\x01\x02" serial "\x30\x02\x05\x00" ISSUER
/* A message has the issuer elsewhere as well. */
#define MESSAGE		"\x30\x1d" ISSUER "other" ISSUER SERIAL
#define TRAILER(bytes) \
	"\0\0\2\0\0\0\0\0\0\0\0" bytes "~Module signature appended~\n"
#define PLAIN		"\x7f" "ELF and so on"
#define SIGNED		PLAIN MESSAGE TRAILER("\x1b")

#define CUT(text)	text, sizeof(text) - 1

static void looks(const char *module, size_t module_bytes, int wanted,
		  const char *claim)
{
	int got = sluice_signature_look(module, module_bytes,
					CUT(CERTIFICATE(SERIAL)));

	if (!tap_ok(got == wanted, claim))
		printf("# got %d, wanted %d\n", got, wanted);
}

static void test_plain(void)
{
	char certificate[] = CERTIFICATE(SERIAL);
	size_t bytes;

	looks(CUT(SIGNED), 1, "a module that the key has signed");
	looks(CUT(PLAIN), -ENOKEY, "a module without a signature");
	looks(CUT(PLAIN TRAILER("\x7f")), -ENOKEY,
	      "a signature that is longer than the module");
	looks(CUT("~Module signature appended~\n"), -EOPNOTSUPP,
	      "what is no module");
	looks(CUT(""), -EOPNOTSUPP, "an empty file");
	tap_ok(sluice_signature_look(CUT(SIGNED),
				     CUT(CERTIFICATE(OTHER_SERIAL))) == 0,
	       "another certificate of the same name");
	tap_ok(sluice_signature_look(CUT(SIGNED), CUT("-----BEGIN")) == -EINVAL,
	       "a certificate that is text");
	for (bytes = 0; bytes < sizeof(certificate) - 1; bytes++) {
		/* of its own size, so that the sanitizer sees where it ends */
		char *cut = malloc(bytes);

		memcpy(cut, certificate, bytes);
		if (sluice_signature_look(CUT(SIGNED), cut, bytes) != -EINVAL)
			break;
		free(cut);
	}
	tap_ok(bytes == sizeof(certificate) - 1,
	       "a certificate that is cut off anywhere");
}

static void test_packed(void)
{
	char packed[4096];
	size_t bytes = 0;

	if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL,
				    (const uint8_t *)SIGNED, sizeof(SIGNED) - 1,
				    (uint8_t *)packed, &bytes, sizeof(packed)))
		abort();
	looks(packed, bytes, 1, "packed with xz");
	looks(packed, bytes - 8, -EOPNOTSUPP, "packed with xz, and cut off");
	bytes = ZSTD_compress(packed, sizeof(packed), CUT(SIGNED), 3);
	looks(packed, bytes, 1, "packed with zstd");
	looks(packed, bytes - 8, -EOPNOTSUPP, "packed with zstd, and cut off");
	looks(CUT("\x1f\x8b\x08 gzip"), -EOPNOTSUPP, "packed with gzip");
}

static void test_doctor(void)
{
	host_begin();
	fake_host_put("/sys/module/sch_sluice", NULL);
	fake_host_put("/sys/module/module/parameters/sig_enforce", "Y\n");
	fake_host_put("/sys/kernel/security/lockdown",
		      "none [integrity] confidentiality\n");
	fake_host_put_bytes(SECURE_BOOT, "\6\0\0\0\1", 5);
	fake_host_put_bytes(MODULE, CUT(PLAIN));
	look(1);
	is("signature", PROBLEM, "Secure Boot is on: the kernel takes only signed modules, and DKMS has no key",
	   "apt install openssl && dkms build --force sluice/",
	   "Secure Boot is named, not what the kernel sets because of it");
	fake_host_put("/lib/modules/" FAKE_RELEASE "/modules.dep", "");
	look(1);
	is("signature", PROBLEM, "has no key", "apt install sluice-dkms",
	   "neither a key nor a module");
	fake_host_put("/lib/modules/" FAKE_RELEASE "/modules.dep",
		      "updates/dkms/sch_sluice.ko.xz:\n");
	fake_host_put_bytes(DKMS_KEY, CUT(CERTIFICATE(SERIAL)));
	fake_host_put_bytes(EFI "MokListRT" SHIM, CUT(CERTIFICATE(SERIAL)));
	look(1);
	is("signature", PROBLEM, "and this one is not, though DKMS has a key",
	   "dkms build --force sluice/", "an enrolled key, and a module that is not signed");
	fake_host_put_bytes(MODULE, CUT(SIGNED));
	look(1);
	is("signature", OK, "is enrolled", NULL, "an enrolled key that has signed the module");
	fake_host_put_bytes(UBUNTU_KEY, CUT(CERTIFICATE(OTHER_SERIAL)));
	look(1);
	is("signature", OK, DKMS_KEY, NULL, "of two keys the one that has signed");
	fake_host_put("/etc/dkms/framework.conf", "# mok_certificate=/none\n  mok_certificate=\"/root/own.der\"\n");
	look(1);
	is("signature", OK, DKMS_KEY, NULL, "DKMS was told a key that is not there");
	fake_host_put_bytes("/root/own.der", CUT(CERTIFICATE(OTHER_SERIAL)));
	look(1);
	is("signature", PROBLEM, "is signed with another than the one that DKMS signs with (/root/own.der)",
	   "dkms build --force sluice/", "the key that DKMS was told has not signed the module");
	fake_host_put("/etc/dkms/framework.conf.d/own.conf", "mok_certificate=" DKMS_KEY "\n");
	look(1);
	is("signature", OK, DKMS_KEY, NULL, "what DKMS was told last");
	fake_host_put(EFI "MokListRT" SHIM, NULL);
	look(1);
	is("signature", PROBLEM, "and the one that DKMS signs with is not",
	   "mokutil --import " DKMS_KEY, "a key that is not enrolled");
	fake_host_put_bytes(EFI "MokNew" SHIM, CUT(CERTIFICATE(SERIAL)));
	look(1);
	is("signature", PROBLEM, "waits to be", "reboot", "a key that waits to be enrolled");
	fake_host_end();
}

int main(void)
{
	test_plain();
	test_packed();
	test_doctor();
	sluice_findings_done(&findings);
	return tap_done();
}
