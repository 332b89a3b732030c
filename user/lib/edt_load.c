// SPDX-License-Identifier: GPL-2.0
/* Loading the program of a device's rate; see edt.h. */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../bpf/edt_find.h"
#include "bpf_image.h"
#include "edt.h"

SLUICE_BPF_IMAGE(sluice_edt_image, "build/bpf/edt.bpf.o");
SLUICE_BPF_IMAGE(sluice_edt_typed_image, "build/bpf/edt_typed.bpf.o");
SLUICE_BPF_IMAGE(sluice_edt_find_image, "build/bpf/edt_find.bpf.o");

/* Rates that no other word of a socket has by chance: 64 bits, and their difference is not 1. */
#define RATE_KNOWN_BYTES_PS	UINT64_C(0x31d7c5a9f2684e0b)
#define RATE_LOWER_BYTES_PS	UINT64_C(0x1f3a96e48c72d05d)
#define RATE_HIGHER_BYTES_PS	UINT64_C(0x5be20f7713c8a964)

/* ---- where sk_pacing_rate lies ---- */

/*
 * The rate is the lower of what was asked for so far, so a higher one, asked for later,
 * leaves it alone and is found only where the application's wish is kept.
 */
static int rates_ask(int fd, uint64_t bytes_ps)
{
	const uint64_t higher_bytes_ps = RATE_HIGHER_BYTES_PS;

	return setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_ps,
			  sizeof(bytes_ps)) ||
	       setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &higher_bytes_ps,
			  sizeof(higher_bytes_ps)) ? -errno : 0;
}

/* @fds: a pair, of which the second one's filter looks for its own word. Returns 0 if it is not there. */
static uint32_t word_find(const int fds[2], int map_fd, uint64_t word)
{
	struct edt_find find = { .wanted = word };
	const uint32_t first = 0;

	if (bpf_map_update_elem(map_fd, &first, &find, BPF_ANY) ||
	    send(fds[0], "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1 ||
	    bpf_map_lookup_elem(map_fd, &first, &find))
		return 0;
	return (uint32_t)find.at_bytes;
}

/* Of two rates, so that it is no chance. Returns 0 if it was not found. */
static uint32_t rate_find_by(const int fds[2], int map_fd)
{
	uint32_t at_bytes;

	if (rates_ask(fds[1], RATE_KNOWN_BYTES_PS))
		return 0;
	at_bytes = word_find(fds, map_fd, RATE_KNOWN_BYTES_PS);
	if (!at_bytes || rates_ask(fds[1], RATE_LOWER_BYTES_PS) ||
	    word_find(fds, map_fd, RATE_LOWER_BYTES_PS) != at_bytes)
		return 0;
	return at_bytes;
}

static uint32_t rate_find(void)
{
	struct bpf_object *object = sluice_bpf_image_open(&sluice_edt_find_image);
	struct bpf_program *program = NULL;
	int fds[2] = { -1, -1 }, program_fd, map_fd;
	uint32_t at_bytes = 0;

	if (!object || bpf_object__load(object))
		goto out;
	program = bpf_object__find_program_by_name(object, EDT_FIND_NAME);
	program_fd = program ? bpf_program__fd(program) : -1;
	map_fd = bpf_object__find_map_fd_by_name(object, EDT_FIND_MAP_NAME);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) ||
	    setsockopt(fds[1], SOL_SOCKET, SO_ATTACH_BPF, &program_fd,
		       sizeof(program_fd)))
		goto out;
	at_bytes = rate_find_by(fds, map_fd);
out:
	if (fds[0] >= 0) {
		close(fds[0]);
		close(fds[1]);
	}
	bpf_object__close(object);
	return at_bytes;
}

/* ---- the program ---- */

static int config_set(struct bpf_object *object, const struct edt_config *config)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object,
							   EDT_CONFIG_NAME);
	const uint32_t first = 0;

	return map ? bpf_map__update_elem(map, &first, sizeof(first), config,
					  sizeof(*config), BPF_ANY) : -ENOENT;
}

/* Before it is loaded. The one with the kernel's types has to be told nothing. */
static int sockets_set(struct bpf_object *object, uint32_t rate_at_bytes)
{
	struct bpf_map *constants = bpf_object__find_map_by_name(object,
								 ".rodata");
	struct bpf_map *sockets = bpf_object__find_map_by_name(object,
							EDT_SOCKETS_NAME);
	size_t bytes = 0;
	void *values = constants ?
		       (void *)bpf_map__initial_value(constants, &bytes) : NULL;

	if (!values || bytes != sizeof(rate_at_bytes) || !sockets)
		return -ENOENT;
	memcpy(values, &rate_at_bytes, sizeof(rate_at_bytes));
	return bpf_map__set_autocreate(sockets, rate_at_bytes != 0);
}

static int object_load(const struct sluice_bpf_image *image,
		       const struct edt_config *config, uint32_t rate_at_bytes,
		       int *ret_fd)
{
	struct bpf_object *object = sluice_bpf_image_open(image);
	struct bpf_program *program = NULL;
	int err = object ? 0 : -errno;

	if (!err && image != &sluice_edt_typed_image)
		err = sockets_set(object, rate_at_bytes);
	if (!err)
		err = bpf_object__load(object);
	if (!err)
		err = config_set(object, config);
	if (!err)
		program = bpf_object__find_program_by_name(object, EDT_NAME);
	if (!err && !program)
		err = -ENOENT;
	/* It keeps its maps. */
	if (!err) {
		*ret_fd = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 0);
		err = *ret_fd < 0 ? -errno : 0;
	}
	bpf_object__close(object);
	return err;
}

/* What a kernel lets it see of sockets, and how, is found by trying. */
int sluice_edt_load(const struct edt_config *config, int *ret_fd,
		    bool *ret_has_sockets)
{
	libbpf_print_fn_t print = libbpf_set_print(sluice_bpf_silent);
	uint32_t rate_at_bytes = 0;
	int err = object_load(&sluice_edt_typed_image, config, 0, ret_fd);

	if (err)
		rate_at_bytes = rate_find();
	if (rate_at_bytes)
		err = object_load(&sluice_edt_image, config, rate_at_bytes,
				  ret_fd);
	*ret_has_sockets = !err;
	if (err)
		err = object_load(&sluice_edt_image, config, 0, ret_fd);
	libbpf_set_print(print);
	return err;
}
