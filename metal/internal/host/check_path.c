//go:build linux

/* The paths of accesses: an access keeps a digest of its path, and what that stands for is remembered here, as far as
 * there is room. Of two racing lanes of a simdgroup it tells which comes first where lanes run in step. */
#include <stdlib.h>

#include "check.h"

#define DEEPEST 8
#define KNOWN (1u << 12)

struct known_path {
  uint32_t digest;
  bool there;
  uint8_t depth; /* above DEEPEST: too deep to be kept */
  struct {
    uint32_t id, turn;
  } steps[DEEPEST]; /* the outermost first */
};

static struct known_path *place_of(struct check *c, uint32_t digest) {
  if (!c->paths) c->paths = calloc(KNOWN, sizeof *c->paths);
  return c->paths ? &c->paths[digest % KNOWN] : NULL;
}

uint32_t host_check_path(struct check *c, const struct msl_lane *lane) {
  uint32_t digest = (uint32_t)(lane->digest >> 32 ^ lane->digest);
  struct known_path *known = place_of(c, digest);
  if (!known || (known->there && known->digest == digest)) return digest;
  unsigned depth = 0;
  for (const struct msl_path *p = lane->path; p; p = p->outer) depth++;
  known->there = true;
  known->digest = digest;
  known->depth = depth > DEEPEST ? DEEPEST + 1 : (uint8_t)depth;
  if (depth > DEEPEST) return digest;
  for (const struct msl_path *p = lane->path; p; p = p->outer) {
    depth--;
    known->steps[depth].id = p->id;
    known->steps[depth].turn = p->turn;
  }
  return digest;
}

bool host_check_path_order(struct check *c, uint32_t a, uint32_t b, int *order) {
  *order = 0;
  if (a == b) return a != 0;
  const struct known_path *x = place_of(c, a), *y = place_of(c, b);
  if (!x || !y || !x->there || !y->there || x->digest != a || y->digest != b || x->depth > DEEPEST || y->depth > DEEPEST)
    return false;
  for (unsigned i = 0; i < x->depth && i < y->depth; i++) {
    if (x->steps[i].id != y->steps[i].id) *order = x->steps[i].id < y->steps[i].id ? -1 : 1;
    else if (x->steps[i].turn != y->steps[i].turn) *order = x->steps[i].turn < y->steps[i].turn ? -2 : 2;
    if (*order) break;
  }
  return true; /* one lies in what the other is in: their lines tell */
}
