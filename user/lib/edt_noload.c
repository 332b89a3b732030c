// SPDX-License-Identifier: GPL-2.0
/* In place of edt_load.c where sluice is built without clang or libbpf. */
#include <errno.h>

#include "edt.h"

int sluice_edt_load(const struct edt_config *config, int *ret_fd,
		    bool *ret_has_sockets)
{
	(void)config;
	(void)ret_fd;
	*ret_has_sockets = false;
	return -EOPNOTSUPP;
}
