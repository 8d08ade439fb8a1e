// The allocator's entry points, counted and passed on to glibc's. Defined in an executable, they
// serve every library in the process, Swift's included.
#include "AllocationCounter.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t allocations, releases;

#ifndef SLUICE_RTSAN
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);
extern void __libc_free(void *);

static void count(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

void *malloc(size_t size) {
  count(&allocations);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(&allocations);
  return __libc_calloc(number, size);
}

// A new block counts as an allocation, a moved or grown one as both.
void *realloc(void *memory, size_t size) {
  count(&allocations);
  if (memory) count(&releases);
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  count(&allocations);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(&allocations);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  count(&allocations);
  void *block = __libc_memalign(alignment, size);
  if (!block) return ENOMEM;
  *memory = block;
  return 0;
}

void *valloc(size_t size) {
  count(&allocations);
  return __libc_valloc(size);
}

void *pvalloc(size_t size) {
  count(&allocations);
  return __libc_pvalloc(size);
}

void free(void *memory) {
  if (memory) count(&releases);
  __libc_free(memory);
}

#endif

allocation_counts allocation_counter_read(void) {
  return (allocation_counts){__atomic_load_n(&allocations, __ATOMIC_RELAXED),
                             __atomic_load_n(&releases, __ATOMIC_RELAXED)};
}

void misbehave_leak(void) {
  void *volatile memory = malloc(100);
  (void)memory;
}
