//go:build linux

/* The copies of a checked job's buffers, made page by page when a page is first accessed: a buffer may reach over gigabytes
 * of which a kernel touches a few rows. A small buffer is copied at once, for some accesses are not heard of (check.c). */
#include <string.h>

#include "check.h"

/* The copy's bytes from `offset` on hold what the buffer holds; both ends are cut to the buffer. */
void host_check_fetch(struct region *r, uint64_t offset, uint64_t bytes) {
  if (offset >= r->all_bytes || bytes == 0) return;
  uint64_t last = offset + bytes - 1;
  if (last >= r->all_bytes) last = r->all_bytes - 1;
  for (uint64_t page = offset / COPY_PAGE; page <= last / COPY_PAGE; page++) {
    if (r->fetched[page]) continue;
    r->fetched[page] = 1;
    if (!r->original) continue; /* bound bytes were there from the beginning */
    uint64_t from = page * COPY_PAGE, left = r->all_bytes - from;
    uint64_t n = left < COPY_PAGE ? left : COPY_PAGE;
    memcpy(r->copy + from, r->original->contents + from, n);
    memcpy(r->before + from, r->copy + from, n);
  }
}

uint64_t host_check_pages(uint64_t bytes) { return (bytes + COPY_PAGE - 1) / COPY_PAGE; }

/* The next page from *page on that was accessed, as bytes [*from, *to); false: there is none. */
bool host_check_next_page(const struct region *r, uint64_t *page, uint64_t *from, uint64_t *to) {
  uint64_t pages = host_check_pages(r->all_bytes);
  const unsigned char *next = *page < pages ? memchr(r->fetched + *page, 1, pages - *page) : NULL;
  if (!next) return false;
  *page = (uint64_t)(next - r->fetched);
  *from = *page * COPY_PAGE;
  *to = *from + COPY_PAGE < r->all_bytes ? *from + COPY_PAGE : r->all_bytes;
  ++*page;
  return true;
}
