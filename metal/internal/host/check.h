/* The checkers: what a checked device notices while a job runs on its one worker.
 *
 * The kernel works on copies of the device buffers that a job binds, each with room around it where every access is an
 * error. A page is copied when the kernel first accesses it, and what the kernel has written is copied back when the job
 * ends: no more than that, for buffers may wrap memory in common. Every two bytes of the copies, and of threadgroup memory,
 * have a cell: who last wrote and read them, and when in terms of barriers (epoch) and simdgroup operations (operation).
 * Two accesses by different threads are ordered when a barrier of the right kind lies between them, or an operation of a
 * simdgroup that both threads take part in; where they are not, and one of them changes the memory, it is a race.
 *
 * Accesses of three, five, six or seven bytes, which clang makes of small structs that functions return, are announced by
 * nobody. They read and write the copies, and no mistake of theirs is noticed.
 */
#ifndef ATTEST_HOST_CHECK_H
#define ATTEST_HOST_CHECK_H

#include "internal.h"

#define CELL_BYTES 2u
#define READERS 3u
#define ROOM_BYTES ((uint64_t)1 << 20) /* around a device buffer's copy */
#define COPY_PAGE 16384u               /* bytes of a buffer that are copied at once */
#define SMALL_BYTES ((uint64_t)1 << 20) /* of a buffer that is copied whole */
#define MEM_DEVICE 1u                  /* of mem_flags */
#define MEM_THREADGROUP 2u

/* Who, when and where. */
struct stamp {
  uint32_t group; /* of the threadgroup, counted from 1; 0: nobody */
  uint16_t thread;
  uint8_t mask;   /* bytes of the cell */
  uint8_t atomic;
  uint32_t epoch;     /* barriers that order this kind of memory */
  uint32_t barrier;   /* barriers of any kind: enough between a read and a later write */
  uint32_t operation; /* of the simdgroup */
  uint32_t site;  /* offset in the module */
  uint32_t path;  /* of the thread's path, a digest; 0: the module has none */
};

struct cell {
  struct stamp writer, readers[READERS];
  uint32_t written_by_group; /* in which threadgroup's run `written` holds */
  uint32_t written;          /* mask of bytes that have been written */
};

/* A device buffer's copy. */
struct region {
  gpu_buffer *original;      /* NULL where bytes were bound */
  unsigned char *copy;
  uint64_t first, bytes;     /* the part that bindings cover */
  uint64_t all_bytes;
  uint32_t slots;            /* that are bound to it */
  unsigned char *fetched;    /* by page: the copy holds it */
  unsigned char *written;    /* by byte: the kernel has written it */
  unsigned char *before;     /* what the copy held when it was fetched */
  struct cell *cells;
};

/* A store that has been announced and not yet been made: only what it changes counts. */
struct pending {
  bool open;
  bool sure;                 /* counts whatever it changes: the memory changes at another time */
  unsigned char *address;
  uint32_t bytes;
  struct stamp stamp;
  unsigned char before[64];
};

struct order {
  uint32_t operations;          /* of the simdgroup so far */
  uint32_t by_all;              /* the last one that every lane took part in */
  uint32_t by_two[32][32];      /* the last one that both took part in */
};

struct check {
  struct job *job;
  bool rerun;                   /* a second run, to compare with: it reports nothing, and its results are dropped */
  bool other_fill;              /* in which threadgroup memory holds something else at first */
  bool read_unwritten;          /* threadgroup memory was read that nothing had written */
  struct worker *worker;
  unsigned char *mapping;
  uint64_t mapping_bytes;
  struct region regions[GPU_MAX_BUFFERS];
  uint32_t region_count, last_region;
  unsigned char *fetched;       /* of all regions */
  uint64_t fetched_bytes;
  unsigned char *written;       /* of all regions */
  uint64_t written_bytes;
  unsigned char *before;        /* of all regions, as many */
  struct cell *cells;           /* all of them: device regions, then the arena */
  uint64_t cell_bytes;
  struct cell *arena_cells;
  uint32_t group;               /* counted from 1 */
  uint32_t device_epoch, local_epoch, barriers;
  struct order order[MAX_SIMDGROUPS];
  struct pending pending;
  uintptr_t module_low, module_high;
  struct known_path *paths;     /* check_path.c */
};

/* Hooks, from the places where they happen. */
void host_check_group(struct check *, struct group *);              /* a threadgroup begins */
void host_check_group_end(struct check *);
void host_check_operation(struct check *, struct msl_simdgroup *, unsigned mask);
void host_check_barrier(struct check *, struct group *, unsigned flags);
void host_check_diverged(struct check *, struct group *);
void host_check_fault(struct check *, struct worker *, struct msl_lane *, const char *words);
void host_check_access(const void *address, unsigned long bytes, unsigned kind, const void *site);
void host_check_copy(struct msl_lane *, const void *address, unsigned long bytes, unsigned kind);
void host_check_stray(struct msl_lane *, unsigned mask, unsigned missing, int line);

/* An access, as a report would tell of it. */
struct seen {
  uintptr_t address;
  uint32_t bytes;
  bool write;
  int line;                     /* where the runtime knows it itself */
  struct stamp stamp;
};

/* check_path.c. The digest of the path that a lane is on, and what it stands for. */
uint32_t host_check_path(struct check *, const struct msl_lane *);
/* How two of them follow each other where lanes run in step: -1 and 1, a comes before b or after it; -2 and 2, likewise, by
 * the turn of a loop; 0: as their lines do. False: that is not known. */
bool host_check_path_order(struct check *, uint32_t a, uint32_t b, int *order);

/* check_place.c: which object an address belongs to. */
struct found {
  struct cell *cells;           /* of the object's first byte */
  uint64_t offset;              /* from there, of the address */
  bool local;
  struct region *region;        /* where it is not local */
};
enum place { PLACE_UNWATCHED, PLACE_INSIDE, PLACE_OUTSIDE_DEVICE, PLACE_OUTSIDE_LOCAL, PLACE_NOWHERE };
enum place host_check_find(struct check *, uintptr_t address, uint64_t bytes, struct found *);
void host_check_name(struct check *, uintptr_t address, host_report *);

/* check_pages.c: which pages of a buffer the copy holds. */
void host_check_fetch(struct region *, uint64_t offset, uint64_t bytes);
uint64_t host_check_pages(uint64_t bytes);
bool host_check_next_page(const struct region *, uint64_t *page, uint64_t *from, uint64_t *to);

/* check_rerun.c: what a run's results depend on that nothing has written. */
gpu_status host_check_rerun(struct job *first, const struct job *plan, double deadline, size_t reports_before);

/* shadow.c */
void host_shadow_read(struct check *, const struct found *, const struct seen *);
void host_shadow_store(struct check *, struct pending *);
void host_shadow_initial(struct check *, const void *address, uint64_t bytes);

/* reports.c */
void host_report_add(struct check *, const host_report *);
size_t host_report_count(gpu_device *);
void host_report_withdraw(gpu_device *, size_t from, host_report_kind, const char *kernel);
void host_report_begin(struct check *, host_report *, host_report_kind, struct stamp);
void host_report_seen(struct check *, host_report_kind, const struct seen *, const struct stamp *other, bool other_wrote);
host_access host_access_of(struct check *, struct stamp);

#endif
