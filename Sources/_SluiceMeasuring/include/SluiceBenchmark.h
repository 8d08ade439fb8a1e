#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What only a benchmark asks of the machine.

/// The time stamp counter, read when everything before it is done and before anything after begins.
/// 0 where this is not written for the CPU.
static inline uint64_t sluice_time_stamp(void) {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
  return (uint64_t)high << 32 | low;
#else
  return 0;
#endif
}

/// Moves the calling thread to `core` and keeps it there. Whether that could be done.
static inline bool sluice_pin_to(int core) {
  uint64_t cores[16] = {0};
  if (core < 0 || core >= 1024) return false;
  cores[core / 64] = 1ull << core % 64;
  return syscall(SYS_sched_setaffinity, 0, sizeof cores, cores) == 0;
}

/// Sets how the thread computes with floats, MXCSR, and returns what it was; nothing elsewhere.
static inline uint32_t sluice_set_float_word(uint32_t word) {
#if defined(__x86_64__)
  uint32_t before;
  __asm__ volatile("stmxcsr %0\n\tldmxcsr %1" : "=m"(before) : "m"(word) : "memory");
  return before;
#else
  return word;
#endif
}

/// Tells the optimiser that the bytes at `at` are read, and may be written, by someone else.
static inline void sluice_keep(void *_Nonnull at) { __asm__ volatile("" : : "r"(at) : "memory"); }

/// `size` zero bytes of whole pages, asked to be huge ones (2 MiB) if `huge`; or NULL.
static inline void *_Nullable sluice_map_pages(size_t size, bool huge) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  if (huge) madvise(pages, size, MADV_HUGEPAGE);
  return pages;
}
