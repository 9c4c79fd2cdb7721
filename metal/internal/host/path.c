//go:build linux

/* The order of paths: which of two lanes of a simdgroup comes first where the text is carried out. */
#include "internal.h"

static unsigned depth_of(const struct msl_path *p) {
  unsigned n = 0;
  for (; p; p = p->outer) n++;
  return n;
}

static int order(uintptr_t a, uintptr_t b) { return a < b ? -1 : a > b; }

/* The call or loop at this depth, the outermost being 1; where the lane is in none so deep, the operation itself. */
struct step {
  uintptr_t id;
  unsigned turn;
  bool last;
};

static struct step step_of(const struct msl_lane *lane, unsigned depth, unsigned at) {
  if (at > depth) return (struct step){(uintptr_t)lane->site, 0, true};
  const struct msl_path *p = lane->path;
  for (; depth > at; depth--) p = p->outer;
  return (struct step){p->id, p->turn, false};
}

/* Below 0, 0 or above 0, as a comes before b, with b or after it. Both wait at an operation. */
int host_compare_paths(const struct msl_lane *a, const struct msl_lane *b) {
  if (a->site == b->site && a->digest == b->digest) return 0;
  unsigned depth_a = depth_of(a->path), depth_b = depth_of(b->path);
  for (unsigned at = 1;; at++) {
    struct step x = step_of(a, depth_a, at), y = step_of(b, depth_b, at);
    int by = order(x.id, y.id);
    if (!by) by = order(x.turn, y.turn);
    if (by || x.last || y.last) return by ? by : (int)y.last - (int)x.last;
  }
}
