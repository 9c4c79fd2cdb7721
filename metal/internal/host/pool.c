//go:build linux

/* The device's own threads. They take threadgroups from the oldest job that has some left; several jobs may be under
 * way at once. A thread is started when there is first work for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "internal.h"

static bool exhausted(struct job *job) {
  return atomic_load(&job->failed) || atomic_load(&job->cancelled) || atomic_load(&job->next) >= (job->only ? 1 : job->total);
}

static struct job *find_job(gpu_device *d) {
  for (struct job *j = d->jobs; j; j = j->following)
    if (!exhausted(j)) return j;
  return NULL;
}

/* Which threadgroup is the n-th to start. */
static uint64_t threadgroup_at(const gpu_device *d, const struct job *job, uint64_t n) {
  switch (d->options.order) {
  case HOST_REVERSE: return job->total - 1 - n;
  case HOST_RANDOM: return (uint64_t)(((unsigned __int128)n * job->stride + job->shift) % job->total);
  default: return n;
  }
}

static void work_on(struct worker *w, struct job *job) {
  while (!atomic_load_explicit(&job->failed, memory_order_relaxed) &&
         !atomic_load_explicit(&job->cancelled, memory_order_relaxed)) {
    uint64_t n = atomic_fetch_add(&job->next, 1);
    if (n >= (job->only ? 1 : job->total)) return;
    host_run_group(w, job, job->only ? job->only - 1 : threadgroup_at(w->device, job, n));
  }
}

static void finish_if_last(struct job *job) {
  if (job->active || !exhausted(job)) return;
  job->ended = gpu_now();
  atomic_store(&job->done, true);
  pthread_cond_signal(&job->finished);
}

/* To wake a thread takes tens of microseconds, more than a small dispatch. So before a thread sleeps it looks for news
 * for about that long, without the lock. */
static const double patience = 30e-6;

#define SPIN_UNTIL(news) \
  for (double until = gpu_now() + patience; !(news) && gpu_now() < until;) \
    for (int i = 0; i < 32 && !(news); i++) host_pause()

static void host_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

static void *serve(void *argument) {
  struct worker *w = argument;
  gpu_device *d = w->device;
  w->thread = pthread_self();
  host_signal_stack();
  bool has_looked = false;
  pthread_mutex_lock(&d->lock);
  while (!d->ending) {
    struct job *job = find_job(d);
    if (!job && !has_looked) {
      uint64_t posted = atomic_load(&d->posted);
      w->looking = true;
      pthread_mutex_unlock(&d->lock);
      SPIN_UNTIL(atomic_load(&d->posted) != posted);
      pthread_mutex_lock(&d->lock);
      w->looking = false;
      has_looked = true;
      continue;
    }
    has_looked = false;
    if (!job) {
      pthread_cond_wait(&d->work, &d->lock);
      continue;
    }
    if (job->active++ == 0 && job->started == 0) job->started = gpu_now();
    atomic_store(&w->job, job);
    pthread_mutex_unlock(&d->lock);
    work_on(w, job);
    pthread_mutex_lock(&d->lock);
    atomic_store(&w->job, NULL);
    w->group->job = NULL;
    job->active--;
    finish_if_last(job);
  }
  pthread_mutex_unlock(&d->lock);
  host_release_signal_stack();
  return NULL;
}

static bool start_worker(gpu_device *d, char *message, size_t message_bytes) {
  struct worker *w = calloc(1, sizeof *w);
  if (!w) return false;
  w->device = d;
  if (!host_map_worker(w, message, message_bytes)) {
    free(w);
    return false;
  }
  sigset_t mine, old;
  sigfillset(&mine);
  pthread_sigmask(SIG_SETMASK, &mine, &old);
  host_block_signals(); /* inherited by the thread */
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  int error = pthread_create(&w->thread, &attributes, serve, w);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (error) {
    host_unmap_worker(w);
    free(w);
    gpu_refuse(message, message_bytes, GPU_NO_MEMORY, "no thread for a worker: %s", strerror(error));
    return false;
  }
  d->workers[d->started_workers++] = w;
  return true;
}

static void add_job(gpu_device *d, struct job *job) {
  struct job **end = &d->jobs;
  while (*end) end = &(*end)->following;
  *end = job;
  atomic_fetch_add(&d->posted, 1);
}

/* Leaves a job of one threadgroup to a worker that looks for one; another job wants another worker. False: none looks. */
static bool hand_to_spinning_worker(gpu_device *d) {
  for (uint32_t i = 0; i < d->started_workers; i++) {
    if (!d->workers[i]->looking) continue;
    d->workers[i]->looking = false;
    return true;
  }
  return false;
}

static void remove_job(gpu_device *d, struct job *job) {
  struct job **at = &d->jobs;
  while (*at != job) at = &(*at)->following;
  *at = job->following;
}

static struct timespec monotonic(double seconds) {
  struct timespec t;
  t.tv_sec = (time_t)floor(seconds);
  t.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
  return t;
}

/* Waits for the job; after the deadline takes its workers off their lanes. The device's lock is held. */
static void await(gpu_device *d, struct job *job, double deadline) {
  if (job->total == 1) { /* else the workers need the processors */
    pthread_mutex_unlock(&d->lock);
    SPIN_UNTIL(atomic_load(&job->done));
    pthread_mutex_lock(&d->lock);
  }
  while (!job->done) {
    if (deadline <= 0) {
      pthread_cond_wait(&job->finished, &d->lock);
      continue;
    }
    double until = atomic_load(&job->cancelled) ? gpu_now() + 0.002 : deadline;
    struct timespec t = monotonic(until);
    if (pthread_cond_timedwait(&job->finished, &d->lock, &t) != ETIMEDOUT) continue;
    atomic_store(&job->cancelled, 1);
    for (uint32_t i = 0; i < d->started_workers; i++)
      if (atomic_load(&d->workers[i]->job) == job) host_interrupt(d->workers[i]);
    finish_if_last(job);
  }
}

/* Runs the job. deadline: of gpu_now's clock; 0: none. */
gpu_status host_run_job(gpu_device *d, struct job *job, double deadline, char *message, size_t message_bytes) {
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&job->finished, &clock);
  pthread_condattr_destroy(&clock);
  uint32_t wanted = job->only ? 1 : job->total < d->worker_count ? (uint32_t)job->total : d->worker_count;
  pthread_mutex_lock(&d->lock);
  while (d->started_workers < wanted)
    if (!start_worker(d, message, message_bytes)) break;
  if (d->started_workers == 0) {
    pthread_mutex_unlock(&d->lock);
    return GPU_NO_MEMORY;
  }
  add_job(d, job);
  if (wanted > 1)
    pthread_cond_broadcast(&d->work);
  else if (!hand_to_spinning_worker(d))
    pthread_cond_signal(&d->work);
  await(d, job, deadline);
  remove_job(d, job);
  pthread_mutex_unlock(&d->lock);
  pthread_cond_destroy(&job->finished);
  if (atomic_load(&job->failed)) return gpu_refuse(message, message_bytes, job->status, "%s", job->message);
  if (atomic_load(&job->cancelled))
    return gpu_refuse(message, message_bytes, GPU_EXECUTION,
                       "kernel %s: stopped at its deadline: %llu of %llu threadgroups had been started",
                       job->pipeline->entry->name,
                       (unsigned long long)(atomic_load(&job->next) < job->total ? atomic_load(&job->next) : job->total),
                       (unsigned long long)job->total);
  return GPU_OK;
}

void host_stop_workers(gpu_device *d) {
  pthread_mutex_lock(&d->lock);
  d->ending = true;
  pthread_cond_broadcast(&d->work);
  pthread_mutex_unlock(&d->lock);
  for (uint32_t i = 0; i < d->started_workers; i++) {
    pthread_join(d->workers[i]->thread, NULL);
    host_unmap_worker(d->workers[i]);
    free(d->workers[i]);
  }
  d->started_workers = 0;
}
