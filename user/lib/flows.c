// SPDX-License-Identifier: GPL-2.0
/*
 * From flow to number: open addressing with linear probing over a dense array of
 * keys. A slot has the hash beside the number, so a key is read only where it is
 * most likely the right one, and growing reads no key at all.
 */
#include "frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pages.h"

#define SLOTS_FIRST	1024u
/* At least: then most flows lie where their hash says, and a guess at that is right. */
#define SLOTS_PER_FLOW	4u
#define FLOWS_MAX	(1u << 28)

struct slot {
	uint32_t hash;
	uint32_t number;		/* + 1; 0: free */
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

/*
 * An IPv4 key is two words: one multiplication; of IPv6 two that do not wait for
 * each other, and one that does.
 */
static inline uint32_t key_hash(const struct sluice_flows *flows,
				const struct sluice_flow_key *key)
{
	const uint64_t *secret = flows->secret;
	uint64_t word[SLUICE_FLOW_KEY_WORDS];

	for (int i = 0; i < SLUICE_FLOW_KEY_WORDS; i++)
		word[i] = sluice_flow_key_word(key, i);
	if (key->ip_version == 4)
		return (uint32_t)fold((word[0] << 32 ^ word[2]) ^ secret[0],
				      word[4] ^ secret[1]);
	return (uint32_t)fold(fold(word[0] ^ secret[0], word[1] ^ secret[1]) ^
			      fold(word[2] ^ secret[2], word[3] ^ secret[3]),
			      word[4] ^ secret[4]);
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
		uint32_t at = slot->hash & (slots - 1);

		if (!slot->number)
			continue;
		while (table[at].number)
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

/* The slot of a flow, or the free one where it belongs. */
static inline struct slot *slot_of(const struct sluice_flows *flows,
				   const struct sluice_flow_key *key,
				   uint32_t hash)
{
	uint32_t at = hash & flows->slot_mask;
	struct slot *slot;

	for (;;) {
		slot = &flows->slots[at];
		if (!slot->number || (slot->hash == hash &&
				      sluice_flow_key_is(&flows->keys[slot->number - 1],
							key)))
			return slot;
		at = (at + 1) & flows->slot_mask;
	}
}

uint32_t sluice_flows_prepare(const struct sluice_flows *flows,
			      const struct sluice_flow_key *key)
{
	uint32_t hash = key_hash(flows, key);

	__builtin_prefetch(&flows->slots[hash & flows->slot_mask]);
	return hash;
}

int64_t sluice_flows_guess(const struct sluice_flows *flows, uint32_t hash)
{
	const struct slot *slot = &flows->slots[hash & flows->slot_mask];

	if (!slot->number || slot->hash != hash)
		return -1;
	__builtin_prefetch(&flows->keys[slot->number - 1]);
	return slot->number - 1;
}

/* Rare, so that a look-up has few registers to save. */
static __attribute__((noinline))
int64_t flows_add(struct sluice_flows *flows, const struct sluice_flow_key *key,
		  uint32_t hash)
{
	struct slot *slot;

	if (flows->count == (flows->slot_mask + 1) / SLOTS_PER_FLOW &&
	    (flows->count >= FLOWS_MAX ||
	     flows_resize(flows, (flows->slot_mask + 1) * 2) < 0))
		return -1;
	slot = slot_of(flows, key, hash);
	flows->keys[flows->count] = *key;
	slot->hash = hash;
	slot->number = ++flows->count;
	return flows->count - 1;
}

int64_t sluice_flows_number_prepared(struct sluice_flows *flows,
				     const struct sluice_flow_key *key,
				     uint32_t hash)
{
	const struct slot *slot = slot_of(flows, key, hash);

	if (!slot->number)
		return flows_add(flows, key, hash);
	return slot->number - 1;
}

int64_t sluice_flows_find(struct sluice_flows *flows,
			  const struct sluice_flow_key *key)
{
	const struct slot *slot = slot_of(flows, key, key_hash(flows, key));

	if (!slot->number)
		return -1;
	return slot->number - 1;
}

int64_t sluice_flows_number(struct sluice_flows *flows,
			    const struct sluice_flow_key *key)
{
	return sluice_flows_number_prepared(flows, key, key_hash(flows, key));
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
