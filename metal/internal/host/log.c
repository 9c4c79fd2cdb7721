//go:build linux

/* os_log: the messages of kernels, kept with the device as lines until it is taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_MESSAGES 4096u /* kept; more are counted */
#define MAX_MESSAGE 512u

struct messages {
  char *lines[MAX_MESSAGES];
  size_t first, count, lost;
};

struct line {
  char text[MAX_MESSAGE];
  size_t used;
};

static void put(struct line *l, const char *text, size_t bytes) {
  if (bytes > sizeof l->text - 1 - l->used) bytes = sizeof l->text - 1 - l->used;
  memcpy(l->text + l->used, text, bytes);
  l->used += bytes;
  l->text[l->used] = 0;
}

/* One number, string or pointer by a conversion such as %-8.3f, its length modifiers taken out. */
static void put_value(struct line *l, const char *flags, char conversion, const struct msl_log_argument *a) {
  char format[48], text[128];
  double real;
  memcpy(&real, &a->bits, sizeof real);
  bool wants_real = strchr("aAeEfFgG", conversion) != NULL;
  if (conversion == 's' || a->kind == MSL_LOG_STRING) {
    const char *s = a->kind == MSL_LOG_STRING ? (const char *)a->bits : "?";
    put(l, s, strnlen(s, MAX_MESSAGE));
    return;
  }
  if (conversion == 'p') {
    snprintf(text, sizeof text, "0x%lx", a->bits);
  } else if (wants_real) {
    if (a->kind == MSL_LOG_SIGNED) real = (double)(long)a->bits;
    if (a->kind == MSL_LOG_UNSIGNED) real = (double)a->bits;
    snprintf(format, sizeof format, "%%%s%c", flags, conversion);
    snprintf(text, sizeof text, format, real);
  } else if (conversion == 'c') {
    snprintf(text, sizeof text, "%c", (int)a->bits);
  } else {
    unsigned long bits = a->kind == MSL_LOG_FLOAT ? (unsigned long)(long)real : a->bits;
    snprintf(format, sizeof format, "%%%sl%c", flags, conversion);
    snprintf(text, sizeof text, format, bits);
  }
  put(l, text, strlen(text));
}

/* printf's conversions, and %v4f for a vector of four. */
static void put_formatted(struct line *l, const char *format, unsigned count, const struct msl_log_argument *arguments) {
  unsigned at = 0;
  while (*format) {
    size_t plain = strcspn(format, "%");
    put(l, format, plain);
    format += plain;
    if (!*format) break;
    if (format[1] == '%') {
      put(l, "%", 1);
      format += 2;
      continue;
    }
    format++;
    char flags[24];
    size_t n = strspn(format, "-+ #0123456789.");
    if (n >= sizeof flags) n = sizeof flags - 1;
    memcpy(flags, format, n);
    flags[n] = 0;
    format += n;
    bool vector = *format == 'v';
    if (vector) format += 1 + strspn(format + 1, "0123456789");
    format += strspn(format, "hljztLq");
    char conversion = *format ? *format++ : 'd';
    if (!strchr("diouxXcspaAeEfFgG", conversion)) conversion = 'd';
    if (at >= count) {
      put(l, "?", 1);
      continue;
    }
    unsigned components = arguments[at].components;
    for (unsigned i = 0; i < components && at < count; i++, at++) {
      if (i) put(l, ",", 1);
      put_value(l, flags, conversion, &arguments[at]);
    }
  }
}

void host_log(struct msl_lane *lane, unsigned level, const char *subsystem, const char *category, const char *format,
              unsigned count, const struct msl_log_argument *arguments) {
  static const char *const names[] = {"log", "debug", "info", "error", "fault"};
  struct worker *w = group_of(lane)->worker;
  gpu_device *d = w->device;
  atomic_store_explicit(&w->critical, 1, memory_order_release); /* a deadline must not end this lane with the lock */
  struct line *l = malloc(sizeof *l);
  if (!l) {
    atomic_store_explicit(&w->critical, 0, memory_order_release);
    return;
  }
  l->used = 0;
  char place[160];
  snprintf(place, sizeof place, "%s: thread %u,%u,%u: ", names[level < 5 ? level : 0], lane->position_in_grid[0],
           lane->position_in_grid[1], lane->position_in_grid[2]);
  put(l, place, strlen(place));
  if (*subsystem || *category) {
    snprintf(place, sizeof place, "%.60s/%.60s: ", subsystem, category);
    put(l, place, strlen(place));
  }
  put_formatted(l, format, count, arguments);
  while (l->used && l->text[l->used - 1] == '\n') l->text[--l->used] = 0;
  pthread_mutex_lock(&d->lock);
  if (!d->messages) d->messages = calloc(1, sizeof *d->messages);
  struct messages *m = d->messages;
  char *kept = m && m->count < MAX_MESSAGES ? strdup(l->text) : NULL;
  if (kept)
    m->lines[(m->first + m->count++) % MAX_MESSAGES] = kept;
  else if (m)
    m->lost++;
  pthread_mutex_unlock(&d->lock);
  free(l);
  atomic_store_explicit(&w->critical, 0, memory_order_release);
}

bool host_take_message(gpu_device *d, char *line, size_t line_bytes) {
  bool taken = false;
  pthread_mutex_lock(&d->lock);
  struct messages *m = d->messages;
  if (m && m->count) {
    snprintf(line, line_bytes, "%s", m->lines[m->first]);
    free(m->lines[m->first]);
    m->first = (m->first + 1) % MAX_MESSAGES;
    m->count--;
    taken = true;
  } else if (m && m->lost) {
    snprintf(line, line_bytes, "%zu more messages were not kept", m->lost);
    m->lost = 0;
    taken = true;
  }
  pthread_mutex_unlock(&d->lock);
  return taken;
}

void host_drop_messages(gpu_device *d) {
  char line[MAX_MESSAGE];
  while (host_take_message(d, line, sizeof line)) {
  }
  free(d->messages);
  d->messages = NULL;
}
