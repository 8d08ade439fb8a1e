#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What a machine can do at most, measured: for benchmarks, never on a step's path.
/// Assembly, so that no compiler shortens or removes the work.

/// `count` multiplications, a multiple of 8, each waiting for the one before.
/// 3 cycles each on every x86-64 core since 2008. False where this is not written for the CPU.
static inline bool sluice_multiply_chain(size_t count) {
#if defined(__x86_64__)
  uint64_t value = 3;
  for (size_t i = 0; i < count; i += 8)
    __asm__ volatile(
        "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0\n\t"
        "imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0"
        : "+r"(value));
  return true;
#else
  return false;
#endif
}

/// Reads `count` bytes, a multiple of 256 from a 64-byte aligned address, in loads of `width` bytes
/// (64, 32 or 16; on Arm 16 whatever is asked for), which the CPU must have. False where this is not
/// written for the CPU.
static inline bool sluice_read(const void *_Nonnull bytes, size_t count, int width) {
#if defined(__x86_64__)
  const char *at = (const char *)bytes;
  const char *end = at + count;
  if (width == 64) {
    for (; at < end; at += 256)
      __asm__ volatile(
          "vmovaps (%0), %%zmm0\n\tvmovaps 64(%0), %%zmm1\n\t"
          "vmovaps 128(%0), %%zmm2\n\tvmovaps 192(%0), %%zmm3"
          : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  } else if (width == 32) {
    for (; at < end; at += 256)
      __asm__ volatile(
          "vmovaps (%0), %%ymm0\n\tvmovaps 32(%0), %%ymm1\n\t"
          "vmovaps 64(%0), %%ymm2\n\tvmovaps 96(%0), %%ymm3\n\t"
          "vmovaps 128(%0), %%ymm0\n\tvmovaps 160(%0), %%ymm1\n\t"
          "vmovaps 192(%0), %%ymm2\n\tvmovaps 224(%0), %%ymm3"
          : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  } else {
    for (; at < end; at += 64)
      __asm__ volatile(
          "movaps (%0), %%xmm0\n\tmovaps 16(%0), %%xmm1\n\t"
          "movaps 32(%0), %%xmm2\n\tmovaps 48(%0), %%xmm3"
          : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  }
  // Upper halves in use slow down the SSE code that follows.
  if (width > 16) __asm__ volatile("vzeroupper" : : : "memory");
  return true;
#elif defined(__aarch64__)
  const char *at = (const char *)bytes;
  for (const char *end = at + count; at < end; at += 64)
    __asm__ volatile("ldp q0, q1, [%0]\n\tldp q2, q3, [%0, #32]"
                     : : "r"(at) : "v0", "v1", "v2", "v3", "memory");
  return true;
#else
  return false;
#endif
}

/// Keeps the calling thread on the core that it runs on. The core's number, or -1 where the system
/// does not allow it.
static inline int sluice_pin_to_core(void) {
  unsigned core = 0;
  uint64_t cores[16] = {0};
  if (syscall(SYS_getcpu, &core, NULL, NULL) != 0 || core >= 1024) return -1;
  cores[core / 64] = 1ull << core % 64;
  return syscall(SYS_sched_setaffinity, 0, sizeof cores, cores) == 0 ? (int)core : -1;
}
