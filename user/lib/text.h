/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of files and interfaces are any bytes; JSON, pages and terminals take text:
 * UTF-8 without characters that control anything (RFC 3629).
 */
#ifndef SLUICE_TEXT_H
#define SLUICE_TEXT_H

/* Bytes of the character at text, in UTF-8; 0: it is none, or not to be shown. */
static inline unsigned int sluice_character_bytes(const unsigned char *text)
{
	unsigned int bytes = *text < 0x80 ? 1 : *text >= 0xc2 && *text < 0xe0 ? 2 :
			     *text >= 0xe0 && *text < 0xf0 ? 3 :
			     *text >= 0xf0 && *text < 0xf5 ? 4 : 0;

	if (*text < ' ' || *text == 0x7f)
		return 0;
	for (unsigned int i = 1; i < bytes; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* longer than need be, of surrogates, beyond the last one; controls */
	if ((text[0] == 0xe0 && text[1] < 0xa0) ||
	    (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f) ||
	    (text[0] == 0xc2 && text[1] < 0xa0))
		return 0;
	return bytes;
}

/* What is none becomes "?". */
static inline void sluice_text_clean(char *text)
{
	while (*text) {
		unsigned int bytes =
			sluice_character_bytes((const unsigned char *)text);

		if (!bytes)
			*text = '?';
		text += bytes ? bytes : 1;
	}
}

#endif
