// SPDX-License-Identifier: GPL-2.0
/* One document over HTTP; see serve.h. */
#include "serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../lib/refuse.h"
#include "../lib/units.h"

#define REQUEST_BYTES	4096
#define PATIENCE_MS	2000
/* Those who come while one is served. */
#define BACKLOG		16
#define PORT_MAX	65535
/* Between two tries when there are no descriptors or no memory. */
#define PAUSE_MS	100

/* ---- the address ---- */

static int port_parse(const char *text, in_port_t *ret, char *error,
		      size_t error_size)
{
	uint64_t port;
	int err = sluice_parse_count(text, &port, error, error_size);

	if (err)
		return err;
	if (!port || port > PORT_MAX)
		return sluice_refuse(-EINVAL, error, error_size,
				     "port '%s' is out of range; it must be from 1 to 65535",
				     text);
	*ret = htons((uint16_t)port);
	return 0;
}

/* "::1", or "fe80::1%eth0" of a link of this host; -1: it is none. */
static int in6_parse(char *text, struct sockaddr_in6 *ret)
{
	char *zone = strchr(text, '%');

	if (zone) {
		*zone++ = '\0';
		ret->sin6_scope_id = if_nametoindex(zone);
		if (!ret->sin6_scope_id)
			return -1;
	}
	return inet_pton(AF_INET6, text, &ret->sin6_addr) == 1 ? 0 : -1;
}

int serve_address_parse(const char *text, struct sockaddr_storage *ret,
			char *error, size_t error_size)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	size_t length = colon ? (size_t)(colon - text) : 0;
	char address[INET6_ADDRSTRLEN + IF_NAMESIZE + 3] = "127.0.0.1";
	int err;

	memset(ret, 0, sizeof(*ret));
	/* Elsewhere that is every address, which nobody here shall get unasked. */
	if (colon == text)
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' names no address: [::]%s is all addresses of this host, and %s alone 127.0.0.1",
				     text, text, *port ? port : "a port");
	if (length >= sizeof(address))
		goto err_address;
	if (length)
		snprintf(address, sizeof(address), "%.*s", (int)length, text);
	if (*address == '[' && length > 2 && address[length - 1] == ']') {
		address[length - 1] = '\0';
		if (in6_parse(address + 1, in6))
			goto err_address;
		ret->ss_family = AF_INET6;
		err = port_parse(port, &in6->sin6_port, error, error_size);
		return err ? err : (int)sizeof(*in6);
	}
	if (inet_pton(AF_INET, address, &in->sin_addr) != 1)
		goto err_address;
	ret->ss_family = AF_INET;
	err = port_parse(port, &in->sin_port, error, error_size);
	return err ? err : (int)sizeof(*in);

err_address:
	return sluice_refuse(-EINVAL, error, error_size,
			     "'%s' is no address and port such as 127.0.0.1:9977 or [::1]:9977",
			     text);
}

int serve_open(const struct sockaddr_storage *address, socklen_t size)
{
	int fd = socket(address->ss_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, err;

	if (fd < 0)
		return -errno;
	/* A restart need not wait for connections that have ended. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, (const struct sockaddr *)address, size) &&
	    !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* ---- one client ---- */

/**
 * struct client - a connection and how long it may last
 * @fd: the connection
 * @stop: readable when the program shall end
 * @deadline_ms: CLOCK_MONOTONIC
 */
struct client {
	int fd;
	int stop;
	int64_t deadline_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait for the connection; false: too late, or the program shall end. */
static bool client_wait(const struct client *client, short events)
{
	struct pollfd fds[] = {
		{ .fd = client->fd, .events = events },
		{ .fd = client->stop, .events = POLLIN },
	};
	int64_t left_ms = client->deadline_ms - now_ms();

	if (left_ms <= 0 || poll(fds, 2, (int)left_ms) <= 0)
		return false;
	return !fds[1].revents;
}

/* All of the head of a request; its length, 0 when it does not come or fit. */
static size_t request_receive(const struct client *client, char *request)
{
	size_t length = 0;

	while (length < REQUEST_BYTES - 1 && client_wait(client, POLLIN)) {
		ssize_t got = recv(client->fd, request + length,
				   REQUEST_BYTES - 1 - length, MSG_DONTWAIT);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return 0;
		length += (size_t)got;
		request[length] = '\0';
		if (strlen(request) != length)
			return 0;
		if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n"))
			return length;
	}
	return 0;
}

static void client_send(const struct client *client, const char *data,
			size_t length)
{
	while (length && client_wait(client, POLLOUT)) {
		ssize_t sent = send(client->fd, data, length,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (sent <= 0)
			return;
		data += sent;
		length -= (size_t)sent;
	}
}

static void answer_send(struct client *client, const char *status,
			const char *type, const char *body, size_t length)
{
	char head[256];
	int head_length;

	head_length = snprintf(head, sizeof(head),
			       "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			       status, type, length);
	client->deadline_ms = now_ms() + PATIENCE_MS;
	client_send(client, head, (size_t)head_length);
	client_send(client, body, length);
	/* What the client still sends must not make the kernel reset it. */
	shutdown(client->fd, SHUT_WR);
	while (client_wait(client, POLLIN)) {
		char rest[1024];

		if (recv(client->fd, rest, sizeof(rest), MSG_DONTWAIT) <= 0)
			break;
	}
}

static void sentence_send(struct client *client, const char *status,
			  const char *sentence)
{
	answer_send(client, status, "text/plain; charset=utf-8", sentence,
		    strlen(sentence));
}

static void document_send(struct client *client,
			  const struct serve_document *document)
{
	char error[512] = "out of memory\n", *body = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&body, &length);
	int err = out ? document->write(out, document->data, error,
					sizeof(error) - 1) : -1;

	if (out && fclose(out))
		err = -1;
	if (err)
		sentence_send(client, "500 Internal Server Error", error);
	else
		answer_send(client, "200 OK", document->type, body, length);
	free(body);
}

/* "GET /metrics", also with a query or as an old client writes it. */
static bool is_path(const char *path, const char *wanted)
{
	size_t length = strlen(wanted);

	return !strncmp(path, wanted, length) &&
	       strchr(" ?\r\n", path[length]) && path[length];
}

static void client_serve(struct client *client,
			 const struct serve_document *document)
{
	char request[REQUEST_BYTES];

	client->deadline_ms = now_ms() + PATIENCE_MS;
	if (!request_receive(client, request))
		sentence_send(client, "400 Bad Request",
			      "a request has 2 seconds and 4096 bytes\n");
	else if (strncmp(request, "GET ", 4))
		sentence_send(client, "405 Method Not Allowed",
			      "only GET is known here\n");
	else if (!is_path(request + 4, "/metrics"))
		sentence_send(client, "404 Not Found",
			      "the metrics are at /metrics\n");
	else
		document_send(client, document);
}

/* ---- all of them ---- */

static int stop_open(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -1;
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int serve_run(int fd, const struct serve_document *document)
{
	struct client client = { .stop = stop_open() };
	int err = client.stop < 0 ? -errno : 0;

	while (!err) {
		struct pollfd fds[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = client.stop, .events = POLLIN },
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			err = -errno;
		if (err || fds[1].revents)
			break;
		client.fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (client.fd < 0) {
			/* It has gone again, or there is no room for it. */
			if (errno != EAGAIN)
				poll(&fds[1], 1, PAUSE_MS);
			continue;
		}
		client_serve(&client, document);
		close(client.fd);
	}
	if (client.stop >= 0)
		close(client.stop);
	return err;
}
