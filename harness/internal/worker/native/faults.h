/* A front before whatever handles SIGSEGV and SIGBUS in a process. */
#ifndef ATTEST_FAULTS_H
#define ATTEST_FAULTS_H

#include <stddef.h>
#include <stdint.h>

/* What the front notes, in memory that another process may see. */
typedef struct {
  uint64_t count; /* of faults inside watched memory */
  uint64_t address; /* of the first */
  uint64_t signal;
} fault_note;

enum { WATCHED_REGIONS = 2 };

/* Puts the front before the handlers there are. Notes go to note from now on. */
void faults_watch(fault_note *note);
/* Watches bytes from base on, in place of what this slot watched before; 0 bytes: nothing. */
void faults_region(int slot, uintptr_t base, size_t bytes);
/* Puts the front first again, where somebody went around the C library to be it. */
void faults_rearm(void);

void print_by_lines(void);

#endif
