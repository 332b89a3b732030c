// SPDX-License-Identifier: GPL-2.0
/* With whose key a module's file is signed; see signature.h. */
#include "signature.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "pcap_xz.h"

/*
 * The end of a signed module: a PKCS #7 message, 12 bytes of which the last four
 * are the message's length (big endian), and this text. See struct
 * module_signature in the kernel's include/linux/module_signature.h.
 */
static const char mark[] = "~Module signature appended~\n";
#define MARK_BYTES (sizeof(mark) - 1)
#define TRAILER_BYTES 12u

/* Tags of ASN.1 that are met in a certificate (RFC 5280, 4.1). */
enum der_tag {
	DER_INTEGER = 0x02,
	DER_SEQUENCE = 0x30,
	DER_VERSION = 0xa0,
};

/* A piece of bytes that belong to somebody else. */
struct piece {
	const uint8_t *at;
	size_t bytes;
};

/*
 * Takes the first element off @rest. @whole gets it with its tag and length,
 * @inside what it holds. False: there is none of that tag.
 */
static bool der_take(struct piece *rest, enum der_tag tag, struct piece *whole,
		     struct piece *inside)
{
	size_t head = 2, length, n;

	if (rest->bytes < head || rest->at[0] != tag)
		return false;
	length = rest->at[1];
	if (length & 0x80) {
		n = length & 0x7f;
		if (n < 1 || n > 3 || rest->bytes < head + n)
			return false;
		for (length = 0; n; n--)
			length = length << 8 | rest->at[head++];
	}
	if (length > rest->bytes - head)
		return false;
	*inside = (struct piece){ rest->at + head, length };
	*whole = (struct piece){ rest->at, head + length };
	rest->at += head + length;
	rest->bytes -= head + length;
	return true;
}

/* Who made a certificate, and which of theirs it is: what a signature names. */
static bool certificate_read(struct piece rest, struct piece *issuer,
			     struct piece *serial)
{
	struct piece whole, inside;

	if (!der_take(&rest, DER_SEQUENCE, &whole, &inside))
		return false;
	rest = inside;
	if (!der_take(&rest, DER_SEQUENCE, &whole, &inside))
		return false;
	rest = inside;
	/* a certificate of version 1 does not say so */
	(void)der_take(&rest, DER_VERSION, &whole, &inside);
	return der_take(&rest, DER_INTEGER, serial, &inside) &&
	       der_take(&rest, DER_SEQUENCE, &whole, &inside) &&
	       der_take(&rest, DER_SEQUENCE, issuer, &inside);
}

static int xz_unpack(const char *packed, size_t packed_bytes, char *plain,
		     size_t *plain_bytes)
{
	const struct pcap_xz_library *liblzma;
	lzma_stream xz = LZMA_STREAM_INIT;
	const char *why;
	lzma_ret got;

	liblzma = pcap_xz_load(&why);
	if (!liblzma)
		return -EOPNOTSUPP;
	if (liblzma->stream_decoder(&xz, UINT64_MAX, 0) != LZMA_OK)
		return -ENOMEM;
	xz.next_in = (const uint8_t *)packed;
	xz.avail_in = packed_bytes;
	xz.next_out = (uint8_t *)plain;
	xz.avail_out = *plain_bytes;
	got = liblzma->code(&xz, LZMA_FINISH);
	*plain_bytes -= xz.avail_out;
	liblzma->end(&xz);
	return got == LZMA_STREAM_END ? 0 : -EOPNOTSUPP;
}

static int zstd_unpack(const char *packed, size_t packed_bytes, char *plain,
		       size_t *plain_bytes)
{
	size_t got = ZSTD_decompress(plain, *plain_bytes, packed, packed_bytes);

	if (ZSTD_isError(got))
		return -EOPNOTSUPP;
	*plain_bytes = got;
	return 0;
}

/* The message of a plain module; no bytes: it has none. */
static struct piece message_find(const char *module, size_t module_bytes)
{
	const struct piece none = { NULL, 0 };
	const uint8_t *length;
	size_t bytes;

	if (module_bytes < MARK_BYTES + TRAILER_BYTES ||
	    memcmp(module + module_bytes - MARK_BYTES, mark, MARK_BYTES))
		return none;
	module_bytes -= MARK_BYTES;
	length = (const uint8_t *)module + module_bytes - 4;
	module_bytes -= TRAILER_BYTES;
	bytes = (size_t)length[0] << 24 | (size_t)length[1] << 16 |
		(size_t)length[2] << 8 | length[3];
	if (bytes > module_bytes)
		return none;
	return (struct piece){
		(const uint8_t *)module + module_bytes - bytes, bytes
	};
}

/* A message names its signer by issuer and serial number, one behind the other. */
static bool names(struct piece message, struct piece issuer,
		  struct piece serial)
{
	while (message.bytes >= issuer.bytes + serial.bytes) {
		const uint8_t *at = memmem(message.at, message.bytes, issuer.at,
					   issuer.bytes);

		if (!at)
			return false;
		at += issuer.bytes;
		message.bytes -= (size_t)(at - message.at);
		message.at = at;
		if (message.bytes >= serial.bytes &&
		    !memcmp(at, serial.at, serial.bytes))
			return true;
	}
	return false;
}

int sluice_signature_look(const char *module, size_t module_bytes,
			  const char *certificate, size_t certificate_bytes)
{
	struct piece issuer, serial, message;
	size_t plain_bytes = SLUICE_SIGNATURE_MODULE_BYTES_MAX;
	int (*unpack)(const char *, size_t, char *, size_t *) = NULL;
	char *plain = NULL;
	int ret = 0;

	if (!certificate_read((struct piece){ (const uint8_t *)certificate,
					      certificate_bytes },
			      &issuer, &serial))
		return -EINVAL;
	if (module_bytes >= PCAP_XZ_MAGIC_BYTES &&
	    pcap_xz_is((const uint8_t *)module))
		unpack = xz_unpack;
	else if (module_bytes >= 4 && !memcmp(module, "\x28\xb5\x2f\xfd", 4))
		unpack = zstd_unpack;
	else if (module_bytes < 4 || memcmp(module, "\x7f" "ELF", 4))
		return -EOPNOTSUPP;
	if (unpack) {
		plain = malloc(plain_bytes);
		if (!plain)
			return -ENOMEM;
		ret = unpack(module, module_bytes, plain, &plain_bytes);
		module = plain;
		module_bytes = plain_bytes;
	}
	if (!ret) {
		message = message_find(module, module_bytes);
		ret = message.bytes ? names(message, issuer, serial) : -ENOKEY;
	}
	free(plain);
	return ret;
}
