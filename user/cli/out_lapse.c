// SPDX-License-Identifier: GPL-2.0
/* Options that have lapsed; see out_lapse.h. */
#include "out_lapse.h"

#include "../lib/word.h"

void out_lapse_format(const struct sluice_lapse *lapse,
		      const struct sluice_link *link, char *text,
		      size_t text_size)
{
	char what[SLUICE_LAPSE_SIZE], fix[SLUICE_LAPSE_SIZE];
	char again[SLUICE_WORD_SIZE + 48] = "", word[SLUICE_WORD_SIZE];

	text[0] = '\0';
	if (!lapse->cause)
		return;
	sluice_lapse_say(lapse, what);
	sluice_lapse_fix(lapse, link, fix);
	sluice_word_make(link->name, word);
	/* Without the first step the second is refused. */
	if (lapse->is_over &&
	    (*fix || lapse->cause != SLUICE_LAPSE_QUEUES))
		snprintf(again, sizeof(again), "%s'sluice on %s %s TIME'",
			 *fix ? ", then " : "", word, sluice_lapse_option(lapse));
	snprintf(text, text_size, "%s%s%s%s%s%s", what,
		 *fix || *again ? ": " : "", *fix ? "'" : "", fix,
		 *fix ? "'" : "", again);
}

void out_lapse(FILE *out, const char *indent, const struct sluice_lapse *lapse,
	       const struct sluice_link *link)
{
	char text[OUT_LAPSE_SIZE];

	out_lapse_format(lapse, link, text, sizeof(text));
	if (*text)
		fprintf(out, "%s%s\n", indent, text);
}

void out_lapse_json(json_t *object, const struct sluice_lapse *lapse)
{
	if (!object || !lapse->cause)
		return;
	json_object_set_new(object, "lapse",
			    json_pack("{s:s, s:s, s:b}",
				      "option", sluice_lapse_option(lapse),
				      "cause", sluice_lapse_key(lapse),
				      "is_over", lapse->is_over));
}
