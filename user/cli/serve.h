/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One document over HTTP/1.0, for a program that pulls it now and then.
 *
 * One request at a time, without threads: each has two seconds to arrive and two
 * to be answered, and at most 4096 bytes. Who waits stands in the kernel's line.
 * GET /metrics gets the document, everything else a sentence.
 */
#ifndef SLUICE_SERVE_H
#define SLUICE_SERVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

/**
 * struct serve_document - what is served
 * @type: its media type
 * @write: writes it to @out; 0, or -1 with a sentence in @error
 * @data: for @write
 */
struct serve_document {
	const char *type;
	int (*write)(FILE *out, void *data, char *error, size_t error_size);
	void *data;
};

/*
 * Read "PORT", "ADDRESS:PORT" or "[ADDRESS]:PORT"; 127.0.0.1 unless an address is
 * given. ":PORT", which is all addresses elsewhere, is refused. Returns the size of the
 * address, or -EINVAL with a phrase.
 */
int serve_address_parse(const char *text, struct sockaddr_storage *ret,
			char *error, size_t error_size);

/* A socket that listens there, or -errno. */
int serve_open(const struct sockaddr_storage *address, socklen_t size);

/* Answer until SIGTERM or SIGINT comes; 0 then, or -errno. */
int serve_run(int fd, const struct serve_document *document);

#endif
