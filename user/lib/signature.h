/* SPDX-License-Identifier: GPL-2.0 */
/*
 * With whose key a module's file is signed, as the kernel's sign-file does it.
 *
 * Part of libsluice: nothing here prints or exits.
 */
#ifndef SLUICE_SIGNATURE_H
#define SLUICE_SIGNATURE_H

#include <stddef.h>

/* More than any module has, packed or not. */
#define SLUICE_SIGNATURE_MODULE_BYTES_MAX (16 * 1024 * 1024)

/*
 * Is the module's file (plain, or packed with xz or zstd) signed with the key of
 * that certificate (DER)? 1: it is, 0: with another, -ENOKEY: with none at all;
 * -EINVAL: the certificate is none, -EOPNOTSUPP: the module cannot be unpacked,
 * -ENOMEM. Whether the signature is a true one is for the kernel to say.
 */
int sluice_signature_look(const char *module, size_t module_bytes,
			  const char *certificate, size_t certificate_bytes);

#endif
