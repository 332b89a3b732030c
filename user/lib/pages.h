/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that may become large: pages of its own, all 0, huge ones where there is
 * enough for them. What is asked for one small page at a time costs a fault each,
 * and what lies far apart in small ones a translation each.
 *
 * Bytes are above 0, and those that it was taken with.
 */
#ifndef SLUICE_PAGES_H
#define SLUICE_PAGES_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define SLUICE_PAGE_HUGE_BYTES	((size_t)2 << 20)

/* What they take: whole huge pages, or few small ones. */
static inline size_t sluice_pages_room(size_t bytes)
{
	size_t mask = SLUICE_PAGE_HUGE_BYTES - 1;

	return bytes < SLUICE_PAGE_HUGE_BYTES ? bytes : (bytes + mask) & ~mask;
}

static inline void sluice_pages_give(void *pages, size_t bytes)
{
	if (pages)
		munmap(pages, sluice_pages_room(bytes));
}

/* NULL: no memory. */
static inline void *sluice_pages_take(size_t bytes)
{
	size_t room = sluice_pages_room(bytes), more, front;
	char *pages;

	/* only what begins at a whole multiple can be one */
	more = bytes < SLUICE_PAGE_HUGE_BYTES ? 0 : SLUICE_PAGE_HUGE_BYTES;
	pages = mmap(NULL, room + more, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return NULL;
	if (!more)
		return pages;
	front = -(uintptr_t)pages & (SLUICE_PAGE_HUGE_BYTES - 1);
	if (front)
		munmap(pages, front);
	if (front < more)
		munmap(pages + front + room, more - front);
	(void)madvise(pages + front, room, MADV_HUGEPAGE);
	return pages + front;
}

/* More of them, with what is there: moved, not copied, where that is much. */
static inline void *sluice_pages_grow(void *pages, size_t bytes, size_t larger)
{
	void *moved = sluice_pages_take(larger);

	if (!moved)
		return NULL;
	if (bytes < SLUICE_PAGE_HUGE_BYTES) {
		memcpy(moved, pages, bytes);
		sluice_pages_give(pages, bytes);
	} else if (mremap(pages, sluice_pages_room(bytes),
			  sluice_pages_room(bytes),
			  MREMAP_MAYMOVE | MREMAP_FIXED, moved) == MAP_FAILED) {
		sluice_pages_give(moved, larger);
		return NULL;
	}
	return moved;
}

#endif
