// SPDX-License-Identifier: GPL-2.0
/* A capture that is being written; see feed.h. */
#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/pcap.h"
#include "../lib/refuse.h"
#include "../lib/sandbox.h"

#define BUFFER_BYTES	65536u
#define PIPE_BYTES	(1 << 20)
#define LOOK_NS		10000000	/* how often a file is looked at that has not grown */

/* What comes through the pipe: this, and what it is of. */
enum message_kind { MESSAGE_VANTAGE, MESSAGE_PACKET, MESSAGE_END, MESSAGE_UNSEEN,
		    MESSAGE_MAC_CONTROL };

struct message {
	uint32_t kind;
	uint32_t bytes;
};

#define ERROR_BYTES	sizeof(((struct scope_file_result *)NULL)->error)

struct scope_feed {
	int fd;
	bool has_vantage;
	bool has_ended;
	struct scope_vantage vantage;
	uint64_t unseen_pkts;
	struct scope_mac_control mac_control[SCOPE_DIRECTIONS];
	char error[ERROR_BYTES];
	size_t bytes;			/* in buffer */
	_Alignas(8) uint8_t buffer[BUFFER_BYTES];
};

/* ---- in the process that parses ---- */

/* Standard input is the capture there, standard output the pipe. */
struct writer {
	size_t bytes;
	uint8_t buffer[BUFFER_BYTES];
};

static void bytes_write(const uint8_t *from, size_t bytes)
{
	while (bytes) {
		ssize_t written = write(STDOUT_FILENO, from, bytes);

		if (written < 0 && errno == EINTR)
			continue;
		/* Who reads has gone. */
		if (written <= 0)
			_exit(1);
		from += written;
		bytes -= (size_t)written;
	}
}

static void writer_flush(struct writer *writer)
{
	bytes_write(writer->buffer, writer->bytes);
	writer->bytes = 0;
}

static void message_write(struct writer *writer, enum message_kind kind,
			  const void *from, size_t bytes)
{
	struct message message = { kind, (uint32_t)bytes };

	if (writer->bytes + sizeof(message) + bytes > sizeof(writer->buffer))
		writer_flush(writer);
	memcpy(writer->buffer + writer->bytes, &message, sizeof(message));
	memcpy(writer->buffer + writer->bytes + sizeof(message), from, bytes);
	writer->bytes += sizeof(message) + bytes;
}

static void vantage_write(const struct scope_vantage *vantage, void *data)
{
	struct writer *writer = data;

	message_write(writer, MESSAGE_VANTAGE, vantage, sizeof(*vantage));
	writer_flush(writer);
}

/* Its payload lies in this process: what it begins with goes with it. */
static void packet_write(const struct scope_packet *packet, bool is_last,
			 void *data)
{
	struct scope_packet copy = *packet;
	struct writer *writer = data;

	scope_packet_settle(&copy);
	copy.has_flow = false;
	copy.is_next = false;
	message_write(writer, MESSAGE_PACKET, &copy, sizeof(copy));
	if (is_last)
		writer_flush(writer);
}

static void unseen_write(uint64_t pkts, void *data)
{
	struct writer *writer = data;

	message_write(writer, MESSAGE_UNSEEN, &pkts, sizeof(pkts));
	writer_flush(writer);
}

static void mac_control_write(const struct scope_mac_control sums[SCOPE_DIRECTIONS],
			      void *data)
{
	struct writer *writer = data;

	message_write(writer, MESSAGE_MAC_CONTROL, sums,
		      SCOPE_DIRECTIONS * sizeof(*sums));
	writer_flush(writer);
}

static void end_write(struct writer *writer, const char *error)
{
	char text[ERROR_BYTES] = "";

	strncpy(text, error, sizeof(text) - 1);
	message_write(writer, MESSAGE_END, text, sizeof(text));
	writer_flush(writer);
}

/* Nothing of ours is open but these two, and nobody is left to be told. */
static void process_begin(int in_fd, int out_fd, pid_t parent)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	in_fd = fcntl(in_fd, F_DUPFD, 16);
	out_fd = fcntl(out_fd, F_DUPFD, 16);
	if (dup2(in_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 ||
	    close_range(2, ~0u, 0) || sluice_privileges_drop() ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
}

/* Copies a file, and what is added to it, until nobody reads. */
static _Noreturn void follower_run(int fd, int to_fd, pid_t parent)
{
	static uint8_t buffer[BUFFER_BYTES];
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct pollfd reader = { .fd = STDOUT_FILENO };
	char error[256];

	process_begin(fd, to_fd, parent);
	if (sluice_sandbox_enter(SLUICE_SANDBOX_FILE, error, sizeof(error)))
		_exit(1);
	for (;;) {
		ssize_t got = read(STDIN_FILENO, buffer, sizeof(buffer));

		if (got < 0 && errno != EINTR)
			_exit(1);
		if (got > 0)
			bytes_write(buffer, (size_t)got);
		else if (nanosleep(&pause, NULL) && errno != EINTR)
			_exit(1);
		if (poll(&reader, 1, 0) > 0 && reader.revents & POLLERR)
			_exit(0);
	}
}

/* A file has an end; what reads it through a pipe waits for more. */
static int follower_start(int fd)
{
	pid_t parent = getpid(), child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (!child)
		follower_run(fd, ends[1], parent);
	close(ends[1]);
	if (child > 0)
		return ends[0];
	close(ends[0]);
	return -EAGAIN;
}

static _Noreturn void parser_run(const struct scope_feed_config *config, int fd,
				 int to_fd, pid_t parent)
{
	static struct scope_file_result result;
	static struct writer writer;
	struct scope_file_config file = {
		.path = { strcmp(config->path, "-") ? config->path :
						      "standard input" },
		.label = { config->label }, .fd = { STDIN_FILENO }, .files = 1,
		.line_rate_bits_ps = config->line_rate_bits_ps,
		.filter = config->filter, .interface = config->interface,
		.opened = vantage_write, .receive = packet_write,
		.unseen = unseen_write, .mac_control = mac_control_write,
		.data = &writer,
	};
	struct pollfd first = { .fd = STDIN_FILENO, .events = POLLIN };
	struct stat status;
	char error[256];

	sluice_pcap_prepare(fd);
	if (!fstat(fd, &status) && S_ISREG(status.st_mode))
		fd = follower_start(fd);
	process_begin(fd, to_fd, parent);
	if (sluice_sandbox_enter(SLUICE_SANDBOX_FILE, error, sizeof(error)))
		_exit(1);
	/* A FIFO that nobody writes to yet has not ended. */
	poll(&first, 1, -1);
	if (scope_files_read(&file, &result) < 0 || result.is_cut)
		end_write(&writer, result.error);
	else
		end_write(&writer, "");
	_exit(0);
}

/* ---- here ---- */

/* Does not wait for who writes to a FIFO; reading does. */
static int capture_open(const char *path)
{
	int fd = !strcmp(path, "-") ? dup(STDIN_FILENO) :
		 open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && strcmp(path, "-"))
		(void)fcntl(fd, F_SETFL, 0);
	return fd < 0 ? -errno : fd;
}

int scope_feed_from(struct scope_feed **ret, int fd)
{
	struct scope_feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return -ENOMEM;
	feed->fd = fd;
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	*ret = feed;
	return 0;
}

int scope_feed_open(struct scope_feed **ret,
		    const struct scope_feed_config *config, char *error,
		    size_t error_size)
{
	int fd = capture_open(config->path), ends[2];
	pid_t parent = getpid(), child = -1;

	if (fd < 0)
		return sluice_refuse(fd, error, error_size,
				     "%s: cannot be opened: %s", config->path,
				     strerror(-fd));
	if (!pipe2(ends, O_CLOEXEC)) {
		child = fork();
		if (!child)
			parser_run(config, fd, ends[1], parent);
		close(ends[1]);
		if (child > 0 && !scope_feed_from(ret, ends[0])) {
			close(fd);
			return 0;
		}
		close(ends[0]);
	}
	close(fd);
	return sluice_refuse(-EAGAIN, error, error_size,
			     "%s: there is no process to read it with",
			     config->path);
}

void scope_feed_close(struct scope_feed *feed)
{
	if (!feed)
		return;
	close(feed->fd);
	free(feed);
}

int scope_feed_fd(const struct scope_feed *feed)
{
	return feed->fd;
}

/* Once, and in front of all packets. */
static int vantage_take(struct scope_feed *feed, const uint8_t *from)
{
	struct scope_vantage *vantage = &feed->vantage;

	if (feed->has_vantage)
		return -EPROTO;
	memcpy(vantage, from, sizeof(*vantage));
	vantage->name[sizeof(vantage->name) - 1] = '\0';
	vantage->clock[sizeof(vantage->clock) - 1] = '\0';
	if ((unsigned int)vantage->stamp > SCOPE_STAMP_SOFTIRQ)
		return -EPROTO;
	feed->has_vantage = true;
	return 0;
}

/* An address of that process and a number of a flow there mean nothing here. */
static int packet_take(const struct scope_feed *feed, const uint8_t *from,
		       int (*receive)(const struct scope_packet *packet,
				      void *data),
		       void *data)
{
	struct scope_packet packet;

	memcpy(&packet, from, sizeof(packet));
	if (!feed->has_vantage || packet.direction >= SCOPE_DIRECTIONS)
		return -EPROTO;
	packet.frame.payload = NULL;
	packet.frame.payload_captured_bytes = 0;
	packet.has_flow = false;
	packet.is_next = false;
	return receive(&packet, data);
}

static int mac_control_take(struct scope_feed *feed, const uint8_t *from)
{
	memcpy(feed->mac_control, from, sizeof(feed->mac_control));
	for (uint32_t i = 0; i < SCOPE_DIRECTIONS; i++)
		if (feed->mac_control[i].frames > INT64_MAX ||
		    feed->mac_control[i].wire_bytes > INT64_MAX)
			return -EPROTO;
	return 0;
}

static int message_take(struct scope_feed *feed, const struct message *message,
			const uint8_t *from,
			int (*receive)(const struct scope_packet *packet,
				       void *data),
			void *data)
{
	if (message->kind == MESSAGE_PACKET &&
	    message->bytes == sizeof(struct scope_packet))
		return packet_take(feed, from, receive, data);
	if (message->kind == MESSAGE_VANTAGE &&
	    message->bytes == sizeof(feed->vantage))
		return vantage_take(feed, from);
	if (message->kind == MESSAGE_UNSEEN &&
	    message->bytes == sizeof(feed->unseen_pkts)) {
		memcpy(&feed->unseen_pkts, from, sizeof(feed->unseen_pkts));
		return feed->unseen_pkts > INT64_MAX ? -EPROTO : 0;
	}
	if (message->kind == MESSAGE_MAC_CONTROL &&
	    message->bytes == sizeof(feed->mac_control))
		return mac_control_take(feed, from);
	if (message->kind != MESSAGE_END ||
	    message->bytes != sizeof(feed->error))
		return -EPROTO;
	memcpy(feed->error, from, sizeof(feed->error));
	feed->error[sizeof(feed->error) - 1] = '\0';
	feed->has_ended = true;
	return 0;
}

/* All messages that are whole. */
static int buffer_take(struct scope_feed *feed,
		       int (*receive)(const struct scope_packet *packet,
				      void *data),
		       void *data)
{
	struct message message;
	size_t at = 0;
	int err = 0;

	while (!err && feed->bytes - at >= sizeof(message)) {
		memcpy(&message, feed->buffer + at, sizeof(message));
		if (message.bytes > sizeof(feed->buffer) - sizeof(message))
			return -EPROTO;
		if (feed->bytes - at - sizeof(message) < message.bytes)
			break;
		err = message_take(feed, &message,
				   feed->buffer + at + sizeof(message), receive,
				   data);
		at += sizeof(message) + message.bytes;
	}
	feed->bytes -= at;
	memmove(feed->buffer, feed->buffer + at, feed->bytes);
	return err;
}

int scope_feed_drain(struct scope_feed *feed,
		     int (*receive)(const struct scope_packet *packet,
				    void *data),
		     void *data)
{
	int err = 0;

	while (!err && !feed->has_ended) {
		ssize_t got = read(feed->fd, feed->buffer + feed->bytes,
				   sizeof(feed->buffer) - feed->bytes);

		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (!got) {
			/* It says when it ends; here it was ended. */
			feed->has_ended = true;
			snprintf(feed->error, sizeof(feed->error),
				 "reading the capture ended without a word: was its process killed?");
			break;
		}
		feed->bytes += (size_t)got;
		err = buffer_take(feed, receive, data);
	}
	return err ? err : feed->has_ended;
}

const struct scope_vantage *scope_feed_vantage(const struct scope_feed *feed)
{
	return feed->has_vantage ? &feed->vantage : NULL;
}

uint64_t scope_feed_unseen_pkts(const struct scope_feed *feed)
{
	return feed->unseen_pkts;
}

const struct scope_mac_control *scope_feed_mac_control(const struct scope_feed *feed)
{
	return feed->mac_control;
}

const char *scope_feed_error(const struct scope_feed *feed)
{
	return feed->error;
}
