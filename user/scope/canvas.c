// SPDX-License-Identifier: GPL-2.0
/* Lines of text for a terminal; see canvas.h. */
#include "canvas.h"

#include <stdarg.h>
#include <string.h>

#define COLUMNS_MIN	24u	/* a rate with its label */
#define COLUMNS_MAX	256u	/* wider than a history and a line can be */
#define ROWS_MIN	4u

void canvas_begin(struct canvas *canvas, FILE *out, unsigned int columns,
		  unsigned int rows, bool is_utf8)
{
	*canvas = (struct canvas){
		.out = out, .is_utf8 = is_utf8,
		.columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns,
		.rows_left = (rows < ROWS_MIN ? ROWS_MIN : rows) - 1,
	};
	if (canvas->columns > COLUMNS_MAX)
		canvas->columns = COLUMNS_MAX;
	canvas->line.room = canvas->columns;
}

void canvas_put(struct canvas *canvas, const char *text)
{
	struct canvas_line *line = &canvas->line;

	while (*text && line->columns < line->room) {
		size_t bytes = 1;

		while ((text[bytes] & 0xc0) == 0x80)
			bytes++;
		if (line->bytes + bytes >= sizeof(line->text))
			return;
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			line->text[line->bytes] = '.';
		else
			memcpy(line->text + line->bytes, text, bytes);
		line->bytes += bytes;
		line->columns++;
		text += bytes;
	}
}

void canvas_printf(struct canvas *canvas, const char *format, ...)
{
	char text[CANVAS_LINE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	canvas_put(canvas, text);
}

/* Of the first bytes of text. */
static unsigned int columns_of(const char *text, size_t bytes)
{
	unsigned int columns = 0;

	for (size_t i = 0; i < bytes; i++)
		columns += (text[i] & 0xc0) != 0x80;
	return columns;
}

static bool has_room(const struct canvas *canvas, const char *text, size_t bytes)
{
	return canvas->line.columns + columns_of(text, bytes) <=
	       canvas->line.room;
}

void canvas_part(struct canvas *canvas, const char *format, ...)
{
	char text[CANVAS_LINE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (has_room(canvas, text, strlen(text)))
		canvas_put(canvas, text);
}

void canvas_sentence(struct canvas *canvas, const char *format, ...)
{
	char text[CANVAS_LINE_BYTES], *word = text;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	while (*word) {
		size_t blanks = strspn(word, " ");
		size_t bytes = blanks + strcspn(word + blanks, " ");
		char after = word[bytes];

		if (canvas->line.columns && !has_room(canvas, word, bytes)) {
			canvas_end_line(canvas);
			word += blanks;
			bytes -= blanks;
		}
		word[bytes] = '\0';
		canvas_put(canvas, word);
		word[bytes] = after;
		word += bytes;
	}
	canvas_end_line(canvas);
}

void canvas_name(struct canvas *canvas, const char *name, unsigned int column)
{
	unsigned int room = canvas->line.room;
	bool is_cut = canvas->line.columns + columns_of(name, strlen(name)) >
		      column;

	canvas->line.room = is_cut ? column - 1 : column;
	canvas_put(canvas, name);
	canvas->line.room = room;
	if (is_cut)
		canvas_put(canvas, canvas->is_utf8 ? "…" : "+");
	canvas_pad(canvas, column);
}

void canvas_pad(struct canvas *canvas, unsigned int columns)
{
	while (canvas->line.columns < columns &&
	       canvas->line.columns < canvas->line.room)
		canvas_put(canvas, " ");
}

void canvas_end_line(struct canvas *canvas)
{
	struct canvas_line *line = &canvas->line;

	while (line->bytes && line->text[line->bytes - 1] == ' ')
		line->bytes--;
	if (canvas->rows_left) {
		canvas->rows_left--;
		fwrite(line->text, 1, line->bytes, canvas->out);
		fputc('\n', canvas->out);
	}
	line->bytes = 0;
	line->columns = 0;
	line->room = canvas->columns;
}

void canvas_foot(struct canvas *canvas, const char *const *wordings)
{
	while (canvas->rows_left)
		canvas_end_line(canvas);
	canvas->rows_left = 1;
	while (wordings[1] && !has_room(canvas, *wordings, strlen(*wordings)))
		wordings++;
	canvas_put(canvas, *wordings);
	canvas_end_line(canvas);
}

void canvas_bar(struct canvas *canvas, double share, unsigned int cells)
{
	static const char *const eighths[] = {
		"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"
	};
	unsigned int parts = share <= 0 ? 0 : share >= 1 ? cells * 8 :
			     (unsigned int)(share * cells * 8 + .5);

	/* something is not nothing */
	if (!parts && share > 0)
		parts = 1;
	if (!canvas->is_utf8) {
		for (parts = parts && parts < 4 ? 1 : (parts + 4) / 8; parts;
		     parts--)
			canvas_put(canvas, "#");
		return;
	}
	for (; parts >= 8; parts -= 8)
		canvas_put(canvas, "█");
	canvas_put(canvas, eighths[parts]);
}

void canvas_height(struct canvas *canvas, double share)
{
	static const char *const utf8[] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"
	};
	static const char *const ascii[] = {
		" ", ".", ".", ":", ":", "|", "|", "#", "#"
	};
	unsigned int step = share <= 0 ? 0 : share >= 1 ? 8 :
			    1 + (unsigned int)(share * 7.5);

	canvas_put(canvas, canvas->is_utf8 ? utf8[step] :
							 ascii[step]);
}
