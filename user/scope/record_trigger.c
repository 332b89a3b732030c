// SPDX-License-Identifier: GPL-2.0
/* What a recording waits for; see record.h. */
#include "record_parts.h"

#include <errno.h>
#include <string.h>

#include "../lib/refuse.h"
#include "../lib/units.h"

#define BURST		"burst:"
#define MS_NS		1000000u
#define MS_BITS_BYTES	8000u	/* of one bit/s in a byte a millisecond */

int scope_trigger_parse(const char *text, struct scope_trigger *trigger,
			char *error, size_t error_size)
{
	const char *burst = text + strlen(BURST);
	char why[256];
	uint64_t value;

	if (!strcmp(text, "loss")) {
		trigger->is_loss = true;
		return 0;
	}
	if (!strcmp(text, "rto")) {
		trigger->is_rto = true;
		return 0;
	}
	if (strncmp(text, BURST, strlen(BURST)))
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is no trigger: it must be burst:RATE, burst:BYTES, loss or rto",
				     text);
	if (!sluice_parse_rate(burst, &value, why, sizeof(why)))
		value /= MS_BITS_BYTES;
	else if (sluice_parse_size(burst, &value, why, sizeof(why)))
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is neither a rate nor a size in '%s': 8gbit, 100kB",
				     burst, text);
	if (!value)
		return sluice_refuse(-EINVAL, error, error_size,
				     "'%s' is less than a byte in a millisecond",
				     text);
	trigger->burst_bytes = value;
	return 0;
}

const char *scope_trigger_take(const struct scope_trigger *trigger,
			       struct scope_trigger_run *run,
			       const struct scope_packet *packet,
			       uint32_t wire_bytes,
			       const struct scope_flow_event *event)
{
	uint64_t millisecond = packet->time_ns / MS_NS;
	bool is_burst = false;

	/* Gap frames fill the line: they would be a burst all the time. */
	if (trigger->burst_bytes && !packet->is_mac_control) {
		uint64_t *bytes = &run->bytes[packet->direction];

		if (millisecond != run->millisecond[packet->direction]) {
			run->millisecond[packet->direction] = millisecond;
			*bytes = 0;
		}
		/* once in a millisecond */
		is_burst = *bytes < trigger->burst_bytes &&
			   *bytes + wire_bytes >= trigger->burst_bytes;
		*bytes += wire_bytes;
	}
	if (trigger->is_rto && event->is_timeout)
		return "rto";
	if (trigger->is_loss && event->is_retransmitted)
		return "loss";
	return is_burst ? "burst" : NULL;
}
