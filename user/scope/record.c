// SPDX-License-Identifier: GPL-2.0
/* Packets of a device into a pcapng file; see record.h. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../lib/pcap.h"
#include "../lib/refuse.h"
#include "pcapng_write.h"
#include "record_parts.h"
#include "record_ring.h"

#define WRITE_BYTES	(1u << 20)	/* at once: a lock is taken for each */
#define WAKE_BYTES	(256u << 10)	/* that wait before the thread is woken */
#define WAKE_NS		200000000	/* or so long */
#define STALLED_NS	UINT64_C(2000000000)
#define TAG_AT		12u		/* behind both addresses of Ethernet */
#define TAG_BYTES	4u
#define SNAP_BYTES	(SLUICE_CAPTURE_SNAP_BYTES + TAG_BYTES)

/**
 * struct scope_record - a recording
 * @config: how; path is used while it is opened only
 * @fd: the file
 * @thread: writes
 * @lock: of what follows
 * @wakes: there is much to write, or the end
 * @ring: blocks
 * @state: figures
 * @is_running: the thread has begun
 * @is_ending: it is to end when all is written
 * @run: of the trigger; the adding thread's alone, as what follows
 * @until_ns: to be recorded
 * @last_ns: of the newest packet
 * @pkts: by interface, that there were
 * @block: being made
 */
struct scope_record {
	struct scope_record_config config;
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wakes;
	struct scope_ring ring;
	struct scope_record_state state;
	bool is_running;
	bool is_ending;
	struct scope_trigger_run run;
	uint64_t until_ns;
	uint64_t last_ns;
	uint64_t pkts[2];
	uint8_t block[4 * SCOPE_PCAPNG_ROOM];
};

static bool has_trigger(const struct scope_trigger *trigger)
{
	return trigger->burst_bytes || trigger->is_loss || trigger->is_rto;
}

/* ---- the file ---- */

/*
 * Until a pipe has room. A reader may take as long as it likes, but for the end: then one
 * that takes nothing for STALLED_NS is not waited for any longer.
 */
static bool room_wait(struct scope_record *record, uint64_t *waited_ns)
{
	struct pollfd room = { .fd = record->fd, .events = POLLOUT };
	bool is_ending;

	if (poll(&room, 1, WAKE_NS / 1000000)) {
		*waited_ns = 0;
		return true;
	}
	pthread_mutex_lock(&record->lock);
	is_ending = record->is_ending;
	pthread_mutex_unlock(&record->lock);
	*waited_ns = is_ending ? *waited_ns + WAKE_NS : 0;
	return *waited_ns < STALLED_NS;
}

/* Returns how much was written; less than asked for: *ret_err says why. */
static size_t all_write(struct scope_record *record, const uint8_t *data,
			size_t bytes, int *ret_err)
{
	uint64_t waited_ns = 0;
	size_t done = 0;

	while (done < bytes) {
		ssize_t more = write(record->fd, data + done, bytes - done);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0 && errno == EAGAIN) {
			if (room_wait(record, &waited_ns))
				continue;
			*ret_err = -ETIMEDOUT;
			break;
		}
		if (more <= 0) {
			*ret_err = more ? -errno : -EIO;
			break;
		}
		done += (size_t)more;
	}
	return done;
}

/*
 * A part of a block at the end of the file makes it a damaged one. Blocks are
 * walked from the start of the file as it is there, for the ring may have lost
 * the block by now.
 */
static void file_cut(int fd)
{
	uint32_t head[2];
	off_t whole = 0, size = lseek(fd, 0, SEEK_END);

	while (size > 0 && pread(fd, head, sizeof(head), whole) ==
			   (ssize_t)sizeof(head) &&
	       head[1] >= 12 && whole + (off_t)head[1] <= size)
		whole += head[1];
	/* A device or a pipe cannot be cut, and has nothing to cut. */
	if (size > 0 && ftruncate(fd, whole))
		return;
}

/* The lock is held, and given up meanwhile. */
static void wait_a_while(struct scope_record *record)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += WAKE_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&record->wakes, &record->lock, &until);
}

static void *write_run(void *data)
{
	struct scope_record *record = data;
	const uint8_t *bytes = NULL;
	int err = 0;

	pthread_mutex_lock(&record->lock);
	record->is_running = true;
	pthread_cond_signal(&record->wakes);
	while (!err) {
		size_t count = scope_ring_next(&record->ring, &bytes), done;

		if (!count && record->is_ending)
			break;
		if (!count) {
			wait_a_while(record);
			continue;
		}
		if (count > WRITE_BYTES)
			count = WRITE_BYTES;
		pthread_mutex_unlock(&record->lock);
		/* What is marked stays where it is until it is said to be written. */
		done = all_write(record, bytes, count, &err);
		pthread_mutex_lock(&record->lock);
		scope_ring_written(&record->ring, done);
	}
	record->state.err = err;
	pthread_mutex_unlock(&record->lock);
	return NULL;
}

/* What the file begins with. */
static int head_write(struct scope_record *record)
{
	static const char *const words[] = { "", "burst ", "loss ", "rto " };
	const struct scope_trigger *trigger = &record->config.trigger;
	char comment[200];
	size_t bytes;
	int err = 0;

	if (has_trigger(trigger))
		snprintf(comment, sizeof(comment),
			 "trigger: %s%s%s(burst: %" PRIu64 " bytes in 1 ms); %.3f s around it; packets are cut after their headers",
			 words[trigger->burst_bytes != 0],
			 words[trigger->is_loss * 2], words[trigger->is_rto * 3],
			 trigger->burst_bytes,
			 (double)record->config.around_ns / 1e9);
	else
		snprintf(comment, sizeof(comment),
			 "no trigger: all packets up to %" PRIu64 " bytes; packets are cut after their headers",
			 record->config.ring_bytes);
	bytes = scope_pcapng_section(record->block, comment);
	for (unsigned int i = 0; i < 2; i++)
		bytes += scope_pcapng_interface(record->block + bytes,
						record->config.link_type,
						SNAP_BYTES,
						&record->config.vantage[i]);
	record->state.bytes = bytes;
	all_write(record, record->block, bytes, &err);
	return err;
}

/*
 * Not to read: whoever could read it himself would not be told that nobody else does any
 * more, and wait for that for ever. A reader may stop to read: whoever writes must be able
 * to end all the same.
 */
int scope_record_fifo(const char *path)
{
	struct stat status;
	int fd;

	if (stat(path, &status))
		return -errno;
	if (!S_ISFIFO(status.st_mode))
		return -EINVAL;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* To read, too, because what is damaged is looked for. */
static int file_open(const struct scope_record_config *config)
{
	int fd = config->is_fifo ? config->fifo_fd :
		 open(config->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0644);

	return fd < 0 ? -errno : fd;
}

/* Returns when it runs: in a sandbox, which may be entered then, a thread cannot start. */
static int thread_start(struct scope_record *record)
{
	int err = -pthread_create(&record->thread, NULL, write_run, record);

	if (err)
		return err;
	pthread_mutex_lock(&record->lock);
	while (!record->is_running)
		pthread_cond_wait(&record->wakes, &record->lock);
	pthread_mutex_unlock(&record->lock);
	return 0;
}

int scope_record_open(struct scope_record **ret,
		      const struct scope_record_config *config, char *error,
		      size_t error_size)
{
	struct scope_record *record = calloc(1, sizeof(*record));
	int err;

	if (!record || scope_ring_init(&record->ring, config->ring_bytes)) {
		free(record);
		return sluice_refuse(-ENOMEM, error, error_size,
				     "there is no memory for a ring of %" PRIu64 " bytes",
				     config->ring_bytes);
	}
	record->config = *config;
	/* Without a trigger it has begun, and does not end by itself. */
	if (!has_trigger(&config->trigger)) {
		record->until_ns = UINT64_MAX;
		scope_ring_mark(&record->ring, 0, 0, &record->state.bytes);
	}
	pthread_mutex_init(&record->lock, NULL);
	pthread_cond_init(&record->wakes, NULL);
	record->fd = file_open(config);
	err = record->fd < 0 ? record->fd : head_write(record);
	if (!err)
		err = thread_start(record);
	if (!err) {
		*ret = record;
		return 0;
	}
	sluice_refuse(err, error, error_size, "%s cannot be recorded to: %s",
		      config->path, strerror(-err));
	if (record->fd >= 0) {
		file_cut(record->fd);
		close(record->fd);
	}
	scope_ring_done(&record->ring);
	free(record);
	return err;
}

/* ---- packets ---- */

static uint64_t file_max(const struct scope_record *record)
{
	return record->config.ring_bytes *
	       (has_trigger(&record->config.trigger) ?
		SCOPE_RECORD_FILE_RINGS : 1);
}

/*
 * The lock is held: the block of a packet, and what the trigger means for it. Returns
 * false if it should be in the file, and there is no room for it.
 */
static bool block_take(struct scope_record *record, size_t bytes,
		       uint64_t time_ns, const char *fired)
{
	struct scope_record_state *state = &record->state;
	uint64_t marked = 0;

	if ((record->ring.is_open || fired) &&
	    state->bytes + bytes > file_max(record))
		state->is_full = true;
	state->has_ended = state->is_full && !has_trigger(&record->config.trigger);
	if (record->ring.is_open && (time_ns > record->until_ns ||
				     state->is_full))
		scope_ring_close(&record->ring);
	if (fired && !state->is_full) {
		state->triggers++;
		state->pkts += scope_ring_mark(&record->ring, time_ns >
					       record->config.around_ns ?
					       time_ns -
					       record->config.around_ns : 0,
					       file_max(record) - state->bytes -
					       bytes,
					       &marked);
		state->bytes += marked;
		record->until_ns = time_ns + record->config.around_ns;
	}
	if (!scope_ring_add(&record->ring, record->block, (uint32_t)bytes)) {
		state->unrecorded_pkts += record->ring.is_open;
		return !record->ring.is_open;
	}
	if (!record->ring.is_open)
		return true;
	state->pkts++;
	state->bytes += bytes;
	if (record->ring.head - record->ring.mark[0].begin >= WAKE_BYTES)
		pthread_cond_signal(&record->wakes);
	return true;
}

/* The bytes as they are on the wire: the tag lies beside them in the kernel. Returns how many. */
static uint32_t tag_put(const struct sluice_captured *captured, uint8_t *to)
{
	for (unsigned int i = 0; i < TAG_BYTES; i++)
		to[TAG_AT + i] = (uint8_t)(captured->tag >> (24 - 8 * i));
	memcpy(to, captured->data, TAG_AT);
	memcpy(to + TAG_AT + TAG_BYTES, captured->data + TAG_AT,
	       captured->captured_bytes - TAG_AT);
	return captured->captured_bytes + TAG_BYTES;
}

/*
 * It passed, whether it is in the file or not. A recording that has ended is no part of
 * what passes later.
 */
static void count(struct scope_record *record, const struct scope_pcapng_packet *one)
{
	if (record->state.has_ended)
		return;
	record->pkts[one->interface]++;
	record->last_ns = one->time_ns;
}

void scope_record_add(struct scope_record *record,
		      const struct sluice_captured *captured,
		      const struct scope_packet *packet, uint32_t wire_bytes,
		      const struct scope_flow_event *event)
{
	const char *fired = scope_trigger_take(&record->config.trigger,
					       &record->run, packet,
					       wire_bytes, event);
	struct scope_pcapng_packet one = {
		.interface = packet->direction == SCOPE_IN,
		.time_ns = captured->real_ns,
		.data = captured->data,
		.captured_bytes = captured->captured_bytes,
		.bytes = captured->bytes,
		.direction = packet->direction,
	};
	uint8_t tagged[SNAP_BYTES];
	char comment[32];
	size_t bytes;
	bool has_room;

	if (captured->link_type != record->config.link_type ||
	    captured->captured_bytes > SLUICE_CAPTURE_SNAP_BYTES) {
		count(record, &one);
		return;
	}
	if (captured->tag && captured->captured_bytes >= TAG_AT &&
	    captured->link_type == SLUICE_LINKTYPE_ETHERNET) {
		one.captured_bytes = tag_put(captured, tagged);
		one.data = tagged;
	}
	if (fired) {
		snprintf(comment, sizeof(comment), "trigger: %s", fired);
		one.comment = comment;
	}
	bytes = scope_pcapng_packet(record->block, &one);
	pthread_mutex_lock(&record->lock);
	has_room = block_take(record, bytes, one.time_ns, fired);
	pthread_mutex_unlock(&record->lock);
	/* What is said to be missing is not once more what triggers leave out. */
	if (has_room)
		count(record, &one);
}

void scope_record_look(struct scope_record *record,
		       struct scope_record_state *ret)
{
	const uint8_t *bytes;

	pthread_mutex_lock(&record->lock);
	*ret = record->state;
	ret->is_waiting = scope_ring_next(&record->ring, &bytes) != 0;
	pthread_mutex_unlock(&record->lock);
}

/* ---- the end ---- */

/*
 * What is missing is counted for both directions together. The first has it, so that
 * whoever adds up all interfaces counts it once, and the second leaves it open: it
 * may be its as well.
 */
static int tail_write(struct scope_record *record,
		      const struct scope_live_losses *losses)
{
	uint64_t dropped_pkts = scope_live_unseen_pkts(losses) +
				record->state.unrecorded_pkts;
	char comment[256];
	size_t bytes = 0;
	int err = 0;

	snprintf(comment, sizeof(comment),
		 "missed, in either direction, while it was looked at: %" PRIu64 "; no room to record: %" PRIu64 "; triggers: %" PRIu64,
		 losses->missed_pkts, record->state.unrecorded_pkts,
		 record->state.triggers);
	if (losses->unshown_pkts)
		snprintf(comment + strlen(comment),
			 sizeof(comment) - strlen(comment),
			 "; not shown by the kernel: %" PRIu64,
			 losses->unshown_pkts);
	if (losses->unstamped_pkts)
		snprintf(comment + strlen(comment),
			 sizeof(comment) - strlen(comment),
			 "; not stamped by the NIC, and not here: %" PRIu64,
			 losses->unstamped_pkts);
	for (uint32_t i = 0; i < 2; i++)
		bytes += scope_pcapng_statistics(record->block + bytes, i,
						 record->last_ns,
						 record->pkts[i],
						 i && dropped_pkts ? NULL :
						 &dropped_pkts,
						 comment);
	record->state.bytes += bytes;
	all_write(record, record->block, bytes, &err);
	return err;
}

void scope_record_close(struct scope_record *record,
			const struct scope_live_losses *losses,
			struct scope_record_state *ret)
{
	pthread_mutex_lock(&record->lock);
	scope_ring_close(&record->ring);
	record->is_ending = true;
	pthread_cond_signal(&record->wakes);
	pthread_mutex_unlock(&record->lock);
	pthread_join(record->thread, NULL);
	if (!record->state.err)
		record->state.err = tail_write(record, losses);
	if (record->state.err)
		file_cut(record->fd);
	if (close(record->fd) && !record->state.err)
		record->state.err = -errno;
	*ret = record->state;
	pthread_mutex_destroy(&record->lock);
	pthread_cond_destroy(&record->wakes);
	scope_ring_done(&record->ring);
	free(record);
}
