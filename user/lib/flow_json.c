// SPDX-License-Identifier: GPL-2.0
#include "flow_json.h"

static void set_address(json_t *object, const char *name,
			const struct sluice_flow_key *key, bool is_source)
{
	char address[46];

	sluice_flow_address_print(key, is_source, address, sizeof(address));
	json_object_set_new(object, name, json_string(address));
}

void sluice_flow_key_json(json_t *object, const struct sluice_flow_key *key)
{
	json_object_set_new(object, "protocol",
			    json_string(sluice_flow_protocol_name(key)));
	json_object_set_new(object, "ip_protocol", json_integer(key->protocol));
	set_address(object, "source_address", key, true);
	json_object_set_new(object, "source_port",
			    json_integer(key->source_port));
	set_address(object, "destination_address", key, false);
	json_object_set_new(object, "destination_port",
			    json_integer(key->destination_port));
}
