// SPDX-License-Identifier: GPL-2.0
/* Series of numbers in a compact form, for the page's script. */
#include "report_parts.h"

struct base64 {
	FILE *out;
	uint32_t bits;			/* not written yet */
	uint32_t held;			/* how many of them, in bytes */
};

static void base64_write(struct base64 *to, unsigned int characters)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned int i = 0; i < 4; i++)
		fputc(i < characters ? digits[to->bits >> (18 - 6 * i) & 63] :
				       '=', to->out);
	to->bits = 0;
	to->held = 0;
}

static void base64_byte(struct base64 *to, uint8_t byte)
{
	to->bits |= (uint32_t)byte << (16 - 8 * to->held);
	if (++to->held == 3)
		base64_write(to, 4);
}

/* How much it differs from the one before: sign in the last bit, seven bits a byte. */
static void delta_write(struct base64 *to, int64_t delta)
{
	uint64_t value = (uint64_t)delta << 1 ^ (delta < 0 ? UINT64_MAX : 0);

	while (value >= 128) {
		base64_byte(to, (uint8_t)(value | 128));
		value >>= 7;
	}
	base64_byte(to, (uint8_t)value);
}

void pack_print(FILE *out, const char *name, uint32_t count,
		uint64_t (*value)(const void *context, uint32_t i),
		const void *context)
{
	struct base64 to = { .out = out };
	uint64_t last = 0;

	fprintf(out, ",\n\"%s\":\"", name);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t now = value(context, i);

		delta_write(&to, (int64_t)(now - last));
		last = now;
	}
	if (to.held)
		base64_write(&to, to.held + 1);
	fputs("\"", out);
}
