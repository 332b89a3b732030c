// SPDX-License-Identifier: GPL-2.0
/* json-check: is standard input one valid JSON array, without repeated keys? */
#include <jansson.h>

int main(void)
{
	json_error_t error;
	json_t *json = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	int is_array = json_is_array(json);

	if (!json)
		fprintf(stderr, "line %d: %s\n", error.line, error.text);
	else if (!is_array)
		fprintf(stderr, "valid JSON, but no array\n");
	json_decref(json);
	return !is_array;
}
