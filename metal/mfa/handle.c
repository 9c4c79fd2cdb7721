/* Handles: numbers that name objects, never addresses of them.
 *
 * A handle is a slot's index and the slot's generation, which grows when the slot is used again, under a mark in the
 * top 16 bits that no user-space pointer carries. So a stale handle, a foreign pointer and garbage all miss, without
 * anything being dereferenced.
 */
#include <stdlib.h>

#include "internal.h"

_Static_assert(sizeof(void *) == 8, "handles need 64 bits");

enum { KIND_BITS = 2, INDEX_BITS = 22, GENERATION_BITS = 24, MARK = 0x4d46 };
#define LAST_GENERATION ((1u << GENERATION_BITS) - 1)
#define NO_SLOT UINT32_MAX

typedef struct {
  mfa_object *object; /* NULL: free */
  uint32_t generation;
  uint32_t next_free;
} slot;

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static slot *slots;
static uint32_t slot_count, slot_capacity, first_free = NO_SLOT;

static bool grow(void) {
  uint32_t capacity = slot_capacity ? slot_capacity * 2 : 64;
  if (capacity > 1u << INDEX_BITS) return false;
  slot *larger = realloc(slots, capacity * sizeof *larger);
  if (!larger) return false;
  slots = larger;
  slot_capacity = capacity;
  return true;
}

static uint32_t take_slot(void) {
  if (first_free != NO_SLOT) {
    uint32_t index = first_free;
    first_free = slots[index].next_free;
    return index;
  }
  if (slot_count == slot_capacity && !grow()) return NO_SLOT;
  slots[slot_count].generation = 0;
  return slot_count++;
}

void *mfa_handle_create(mfa_object *object) {
  pthread_mutex_lock(&table_lock);
  uint32_t index = take_slot();
  uint64_t handle = 0;
  if (index != NO_SLOT) {
    slots[index].object = object;
    handle = (uint64_t)MARK << 48 | (uint64_t)slots[index].generation << (INDEX_BITS + KIND_BITS) |
             (uint64_t)index << KIND_BITS | object->kind;
  }
  pthread_mutex_unlock(&table_lock);
  return (void *)(uintptr_t)handle;
}

/* The slot that a handle names, or NULL. Under the lock. */
static slot *find(void *handle, mfa_object_kind kind) {
  uint64_t bits = (uintptr_t)handle;
  uint32_t index = bits >> KIND_BITS & ((1u << INDEX_BITS) - 1);
  uint32_t generation = bits >> (INDEX_BITS + KIND_BITS) & LAST_GENERATION;
  if (bits >> 48 != MARK || (bits & 3) != kind || index >= slot_count) return NULL;
  slot *s = &slots[index];
  return s->object && s->object->kind == kind && s->generation == generation ? s : NULL;
}

mfa_object *mfa_handle_acquire(void *handle, mfa_object_kind kind) {
  pthread_mutex_lock(&table_lock);
  slot *s = find(handle, kind);
  mfa_object *object = s ? s->object : NULL;
  if (object) mfa_object_retain(object);
  pthread_mutex_unlock(&table_lock);
  return object;
}

bool mfa_handle_destroy(void *handle, mfa_object_kind kind) {
  pthread_mutex_lock(&table_lock);
  slot *s = find(handle, kind);
  mfa_object *object = s ? s->object : NULL;
  if (object) {
    s->object = NULL;
    if (s->generation < LAST_GENERATION) { /* else the slot retires: its handles must stay stale */
      s->generation++;
      s->next_free = first_free;
      first_free = (uint32_t)(s - slots);
    }
  }
  pthread_mutex_unlock(&table_lock);
  if (object) mfa_object_release(object);
  return object != NULL;
}

void mfa_object_retain(mfa_object *object) { atomic_fetch_add(&object->references, 1); }

void mfa_object_release(mfa_object *object) {
  if (atomic_fetch_sub(&object->references, 1) == 1) object->finish(object);
}
