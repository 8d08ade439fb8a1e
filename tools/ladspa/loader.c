/* Opens another model beside the one that runs. run() tells by an atomic number which, finds it in an atomic pointer, and leaves
 * the old one in another; the thread looks there some fifty times a second, since waking it would be a system call. */
#include "plugin.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { pause_ns = 20000000 };

struct loader {
  const plugin_blob *blob;
  _Atomic(size_t) wanted;
  _Atomic(running_model *) incoming; /* from the thread to run() */
  _Atomic(running_model *) outgoing; /* from run() to the thread */
  size_t loaded; /* the last that was tried, well or not; with the mutex */
  bool is_over;
  pthread_t thread;
  pthread_mutex_t mutex; /* never in run() */
  pthread_cond_t end;
};

/* What is left over, and what is wanted; with the mutex. */
static void work(loader *loader) {
  running_close(atomic_exchange(&loader->outgoing, NULL));
  size_t wanted = atomic_load(&loader->wanted);
  if (wanted == loader->loaded) return;
  /* One that run() has not taken yet is no longer wanted. Where it takes it now, its own one comes back first. */
  running_close(atomic_exchange(&loader->incoming, NULL));
  loader->loaded = wanted;
  const plugin_blob *blob = library_choice(loader->blob, wanted);
  atomic_store(&loader->incoming, blob ? running_open(blob) : NULL);
}

static void *loop(void *context) {
  loader *loader = context;
  pthread_mutex_lock(&loader->mutex);
  while (!loader->is_over) {
    work(loader);
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += pause_ns;
    if (time.tv_nsec >= 1000000000) time.tv_sec++, time.tv_nsec -= 1000000000;
    pthread_cond_timedwait(&loader->end, &loader->mutex, &time);
  }
  pthread_mutex_unlock(&loader->mutex);
  return NULL;
}

/* A thread of ordinary priority, whatever its creator has, that no signal of the host's reaches. */
static bool start(loader *loader) {
  pthread_attr_t attributes;
  sigset_t all, before;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool is_started = pthread_create(&loader->thread, &attributes, loop, loader) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return is_started;
}

loader *loader_create(const plugin_blob *blob) {
  loader *made = calloc(1, sizeof *made);
  pthread_condattr_t monotonic;
  if (!made) return NULL;
  made->blob = blob;
  pthread_mutex_init(&made->mutex, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&made->end, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (start(made)) return made;
  plugin_say("%s: there is no thread that could open another model: 'Model' does nothing", blob->label);
  free(made);
  return NULL;
}

void loader_destroy(loader *loader) {
  if (!loader) return;
  pthread_mutex_lock(&loader->mutex);
  loader->is_over = true;
  pthread_cond_signal(&loader->end);
  pthread_mutex_unlock(&loader->mutex);
  pthread_join(loader->thread, NULL);
  running_close(atomic_load(&loader->incoming));
  running_close(atomic_load(&loader->outgoing));
  pthread_cond_destroy(&loader->end);
  pthread_mutex_destroy(&loader->mutex);
  free(loader);
}

void loader_settle(loader *loader, size_t wanted, running_model **current) {
  pthread_mutex_lock(&loader->mutex);
  atomic_store(&loader->wanted, wanted);
  work(loader);
  running_model *next = atomic_exchange(&loader->incoming, NULL);
  if (next) {
    running_close(*current);
    *current = next;
  }
  pthread_mutex_unlock(&loader->mutex);
}

void loader_switch(loader *loader, size_t wanted, running_model **current) {
  atomic_store_explicit(&loader->wanted, wanted, memory_order_relaxed);
  if (!atomic_load_explicit(&loader->incoming, memory_order_relaxed) || atomic_load(&loader->outgoing)) return;
  running_model *next = atomic_exchange(&loader->incoming, NULL);
  if (!next) return;
  /* Where models compute alike, the sound goes on without a cold start. */
  if (next->vad) sluice_vad_carry((*current)->vad, next->vad);
  else sluice_stream_carry((*current)->stream, next->stream);
  atomic_store(&loader->outgoing, *current);
  *current = next;
}
