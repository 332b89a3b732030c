// SPDX-License-Identifier: GPL-2.0
/*
 * From flow to number: open addressing with linear probing. Both directions of a
 * connection share a slot, because packets of the one follow those of the other,
 * and a new flow looks for its other direction. Of IPv4 the slot has all of the
 * key; of IPv6 a hash of the addresses, so a key is read only where it is most
 * likely the right one. Growing reads no key at all.
 */
#include "frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pages.h"

#define SLOTS_FIRST	1024u
/* At least: then most flows lie where their hash says. */
#define SLOTS_PER_FLOW	2u
#define FLOWS_MAX	(1u << 28)

/* Of a flow and of its other direction the same, but for is_back. */
struct pair {
	uint64_t addresses;		/* IPv6: their hash */
	uint64_t ports;			/* protocol, version */
	bool is_back;			/* it is the direction from the higher end */
};

struct slot {
	uint64_t addresses;
	uint64_t ports;
	uint32_t number[2];		/* + 1, of each direction; 0: unseen; both 0: free */
	uint64_t reserved;		/* no slot lies in two lines */
};

struct sluice_flows {
	struct sluice_flow_key *keys;
	struct slot *slots;
	uint32_t count;
	uint32_t slot_mask;
	uint64_t secret[SLUICE_FLOW_KEY_WORDS];
};

static_assert(sizeof(struct sluice_flow_key) == SLUICE_FLOW_KEY_WORDS * sizeof(uint64_t),
	      "a key is five words");

/* Both halves of the product: every bit of a and b reaches every bit of it. */
static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t ports_of(const struct sluice_flow_key *key,
				uint64_t low, uint64_t high)
{
	return (uint64_t)key->ip_version << 40 | (uint64_t)key->protocol << 32 |
	       high << 16 | low;
}

static struct pair pair_of_long(const struct sluice_flows *flows,
				const struct sluice_flow_key *key)
{
	const uint64_t *secret = flows->secret;
	uint32_t source = key->source_port, destination = key->destination_port;
	int order = memcmp(key->source, key->destination, sizeof(key->source));
	bool is_back = order ? order > 0 : source > destination;
	uint64_t word[SLUICE_FLOW_KEY_WORDS];
	int low = is_back ? 2 : 0;

	for (int i = 0; i < SLUICE_FLOW_KEY_WORDS; i++)
		word[i] = sluice_flow_key_word(key, i);
	return (struct pair){
		/* multiplications that do not wait for each other */
		.addresses = fold(word[low] ^ secret[0],
				  word[low + 1] ^ secret[1]) +
			     3 * fold(word[2 - low] ^ secret[2],
				      word[3 - low] ^ secret[3]),
		.ports = is_back ? ports_of(key, destination, source) :
				   ports_of(key, source, destination),
		.is_back = is_back,
	};
}

/* Without a branch: which end is the higher one is not to be foreseen. */
static inline struct pair pair_of(const struct sluice_flows *flows,
				  const struct sluice_flow_key *key)
{
	uint32_t source, destination;
	uint64_t from, to, low, high;

	if (key->ip_version != 4)
		return pair_of_long(flows, key);
	memcpy(&source, key->source, sizeof(source));
	memcpy(&destination, key->destination, sizeof(destination));
	from = (uint64_t)source << 16 | key->source_port;
	to = (uint64_t)destination << 16 | key->destination_port;
	low = from < to ? from : to;
	high = from < to ? to : from;
	return (struct pair){
		.addresses = low >> 16 | high >> 16 << 32,
		.ports = ports_of(key, low & UINT16_MAX, high & UINT16_MAX),
		.is_back = from > to,
	};
}

static inline uint32_t hash_of(const struct sluice_flows *flows,
			       uint64_t addresses, uint64_t ports)
{
	return (uint32_t)fold(addresses ^ flows->secret[0],
			      ports ^ flows->secret[4]);
}

static inline bool is_free(const struct slot *slot)
{
	return !(slot->number[0] | slot->number[1]);
}

static size_t slots_bytes(uint32_t slots)
{
	return slots * sizeof(struct slot);
}

static size_t keys_bytes(uint32_t slots)
{
	return slots / SLOTS_PER_FLOW * sizeof(struct sluice_flow_key);
}

static int flows_resize(struct sluice_flows *flows, uint32_t slots)
{
	struct slot *table = sluice_pages_take(slots_bytes(slots));
	struct sluice_flow_key *keys;

	if (!table)
		return -1;
	keys = flows->keys ?
	       sluice_pages_grow(flows->keys, keys_bytes(flows->slot_mask + 1),
				 keys_bytes(slots)) :
	       sluice_pages_take(keys_bytes(slots));
	if (!keys) {
		sluice_pages_give(table, slots_bytes(slots));
		return -1;
	}
	flows->keys = keys;
	for (uint32_t i = 0; flows->count && i <= flows->slot_mask; i++) {
		const struct slot *slot = &flows->slots[i];
		uint32_t at;

		if (is_free(slot))
			continue;
		at = hash_of(flows, slot->addresses, slot->ports) & (slots - 1);
		while (!is_free(&table[at]))
			at = (at + 1) & (slots - 1);
		table[at] = *slot;
	}
	sluice_pages_give(flows->slots, slots_bytes(flows->slot_mask + 1));
	flows->slots = table;
	flows->slot_mask = slots - 1;
	return 0;
}

struct sluice_flows *sluice_flows_create(void)
{
	struct sluice_flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return NULL;
	/* Early in a boot there may be no random bits: then these. */
	if (getrandom(flows->secret, sizeof(flows->secret), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(flows->secret))
		for (int i = 0; i < SLUICE_FLOW_KEY_WORDS; i++)
			flows->secret[i] = 0x9e3779b97f4a7c15ull * (2 * i + 1);
	if (flows_resize(flows, SLOTS_FIRST) < 0) {
		sluice_flows_free(flows);
		return NULL;
	}
	return flows;
}

void sluice_flows_free(struct sluice_flows *flows)
{
	if (!flows)
		return;
	sluice_pages_give(flows->keys, keys_bytes(flows->slot_mask + 1));
	sluice_pages_give(flows->slots, slots_bytes(flows->slot_mask + 1));
	free(flows);
}

/* Where the slot has only a hash: does it hold the key, or the other direction's? */
static __attribute__((noinline))
bool slot_has_long(const struct sluice_flows *flows, const struct slot *slot,
		   const struct sluice_flow_key *key, bool is_back)
{
	const struct sluice_flow_key *other;

	if (slot->number[is_back])
		return sluice_flow_key_is(&flows->keys[slot->number[is_back] - 1],
					  key);
	other = &flows->keys[slot->number[!is_back] - 1];
	return !memcmp(other->source, key->destination, sizeof(key->source)) &&
	       !memcmp(other->destination, key->source, sizeof(key->source));
}

/* The slot of a flow, or the free one where it belongs. */
static inline struct slot *slot_of(const struct sluice_flows *flows,
				   const struct sluice_flow_key *key,
				   const struct pair *pair, uint32_t hash)
{
	uint32_t at = hash & flows->slot_mask;
	struct slot *slot;

	for (;;) {
		slot = &flows->slots[at];
		if (is_free(slot) ||
		    (slot->addresses == pair->addresses &&
		     slot->ports == pair->ports &&
		     (key->ip_version == 4 ||
		      slot_has_long(flows, slot, key, pair->is_back))))
			return slot;
		at = (at + 1) & flows->slot_mask;
	}
}

uint32_t sluice_flows_prepare(const struct sluice_flows *flows,
			      const struct sluice_flow_key *key)
{
	struct pair pair = pair_of(flows, key);
	uint32_t hash = hash_of(flows, pair.addresses, pair.ports);

	__builtin_prefetch(&flows->slots[hash & flows->slot_mask]);
	return hash;
}

int64_t sluice_flows_guess(const struct sluice_flows *flows,
			   const struct sluice_flow_key *key, uint32_t hash)
{
	const struct slot *slot = &flows->slots[hash & flows->slot_mask];
	struct pair pair = pair_of(flows, key);
	uint32_t number = slot->number[pair.is_back];

	if (!number || slot->addresses != pair.addresses ||
	    slot->ports != pair.ports)
		return -1;
	if (key->ip_version != 4)
		__builtin_prefetch(&flows->keys[number - 1]);
	return number - 1;
}

/* Rare, so that a look-up has few registers to save. */
static __attribute__((noinline))
int64_t flows_add(struct sluice_flows *flows, const struct sluice_flow_key *key,
		  const struct pair *pair, uint32_t hash)
{
	struct slot *slot;

	if (flows->count == (flows->slot_mask + 1) / SLOTS_PER_FLOW &&
	    (flows->count >= FLOWS_MAX ||
	     flows_resize(flows, (flows->slot_mask + 1) * 2) < 0))
		return -1;
	slot = slot_of(flows, key, pair, hash);
	flows->keys[flows->count] = *key;
	slot->addresses = pair->addresses;
	slot->ports = pair->ports;
	slot->number[pair->is_back] = ++flows->count;
	return flows->count - 1;
}

int64_t sluice_flows_number_prepared(struct sluice_flows *flows,
				     const struct sluice_flow_key *key,
				     uint32_t hash)
{
	struct pair pair = pair_of(flows, key);
	uint32_t number = slot_of(flows, key, &pair, hash)->number[pair.is_back];

	return number ? (int64_t)number - 1 : flows_add(flows, key, &pair, hash);
}

int64_t sluice_flows_find(struct sluice_flows *flows,
			  const struct sluice_flow_key *key)
{
	struct pair pair = pair_of(flows, key);
	uint32_t hash = hash_of(flows, pair.addresses, pair.ports);

	return (int64_t)slot_of(flows, key, &pair, hash)->number[pair.is_back] -
	       1;
}

int64_t sluice_flows_number(struct sluice_flows *flows,
			    const struct sluice_flow_key *key)
{
	struct pair pair = pair_of(flows, key);

	return sluice_flows_number_prepared(flows, key,
			hash_of(flows, pair.addresses, pair.ports));
}

uint32_t sluice_flows_count(const struct sluice_flows *flows)
{
	return flows->count;
}

const struct sluice_flow_key *sluice_flows_key(const struct sluice_flows *flows,
					       uint32_t number)
{
	return &flows->keys[number];
}
