#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
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

/// Reads `count` bytes, a multiple of 64 from a 64-byte aligned address, once, in loads of `width` bytes
/// (64, 32 or 16; on Arm 16 whatever is asked for), which the CPU must have: in ascending order, or the
/// last 256 bytes first. False where this is not written for the CPU.
static inline bool sluice_read_once(const char *_Nonnull bytes, size_t count, int width,
                                    bool backwards) {
  const size_t groups = count / 256;
  const ptrdiff_t stride = backwards ? -256 : 256;
  const char *at = backwards && groups ? bytes + (groups - 1) * 256 : bytes;
#if defined(__x86_64__)
  if (width == 64) {
    for (size_t i = 0; i < groups; i++, at += stride)
      __asm__ volatile(
          "vmovaps (%0), %%zmm0\n\tvmovaps 64(%0), %%zmm1\n\t"
          "vmovaps 128(%0), %%zmm2\n\tvmovaps 192(%0), %%zmm3"
          : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  } else if (width == 32) {
    for (size_t i = 0; i < groups; i++, at += stride)
      __asm__ volatile(
          "vmovaps (%0), %%ymm0\n\tvmovaps 32(%0), %%ymm1\n\t"
          "vmovaps 64(%0), %%ymm2\n\tvmovaps 96(%0), %%ymm3\n\t"
          "vmovaps 128(%0), %%ymm0\n\tvmovaps 160(%0), %%ymm1\n\t"
          "vmovaps 192(%0), %%ymm2\n\tvmovaps 224(%0), %%ymm3"
          : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  } else {
    for (size_t i = 0; i < groups; i++, at += stride)
      __asm__ volatile(
          "movaps (%0), %%xmm0\n\tmovaps 16(%0), %%xmm1\n\t"
          "movaps 32(%0), %%xmm2\n\tmovaps 48(%0), %%xmm3\n\t"
          "movaps 64(%0), %%xmm0\n\tmovaps 80(%0), %%xmm1\n\t"
          "movaps 96(%0), %%xmm2\n\tmovaps 112(%0), %%xmm3\n\t"
          "movaps 128(%0), %%xmm0\n\tmovaps 144(%0), %%xmm1\n\t"
          "movaps 160(%0), %%xmm2\n\tmovaps 176(%0), %%xmm3\n\t"
          "movaps 192(%0), %%xmm0\n\tmovaps 208(%0), %%xmm1\n\t"
          "movaps 224(%0), %%xmm2\n\tmovaps 240(%0), %%xmm3"
          : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  }
  // Upper halves in use slow down the SSE code that follows.
  if (width > 16) __asm__ volatile("vzeroupper" : : : "memory");
  for (at = bytes + groups * 256; at < bytes + count; at += 64)
    __asm__ volatile(
        "movaps (%0), %%xmm0\n\tmovaps 16(%0), %%xmm1\n\t"
        "movaps 32(%0), %%xmm2\n\tmovaps 48(%0), %%xmm3"
        : : "r"(at) : "xmm0", "xmm1", "xmm2", "xmm3", "memory");
  return true;
#elif defined(__aarch64__)
  for (size_t i = 0; i < groups; i++, at += stride)
    __asm__ volatile(
        "ldp q0, q1, [%0]\n\tldp q2, q3, [%0, #32]\n\t"
        "ldp q0, q1, [%0, #64]\n\tldp q2, q3, [%0, #96]\n\t"
        "ldp q0, q1, [%0, #128]\n\tldp q2, q3, [%0, #160]\n\t"
        "ldp q0, q1, [%0, #192]\n\tldp q2, q3, [%0, #224]"
        : : "r"(at) : "v0", "v1", "v2", "v3", "memory");
  for (at = bytes + groups * 256; at < bytes + count; at += 64)
    __asm__ volatile("ldp q0, q1, [%0]\n\tldp q2, q3, [%0, #32]"
                     : : "r"(at) : "v0", "v1", "v2", "v3", "memory");
  return true;
#else
  (void)at, (void)width;
  return false;
#endif
}

/// Nanoseconds of the monotonic clock.
static inline uint64_t sluice_nanoseconds(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/// Bytes a nanosecond at which this core reads `count` bytes from a 64-byte aligned address again and
/// again, those beyond whole lines left out: the best of ten runs or more, for about `duration`
/// nanoseconds. 0 where this is not written for the CPU, or nothing is read.
///
/// If `alternating`, every second pass goes from the end to the start, as kernels go: what was read last
/// is then still in the nearest cache.
static inline double sluice_read_rate(const void *_Nonnull bytes, size_t count, int width,
                                      bool alternating, uint64_t duration) {
  count -= count % 64;
  if (count == 0) return 0;
  // A run takes some 20 microseconds, so that the clock's own time does not count, and an even number
  // of passes.
  const size_t passes = (1000000 / count ? 1000000 / count : 1) * 2;
  const uint64_t start = sluice_nanoseconds();
  uint64_t now = start, best = UINT64_MAX;
  for (int run = 0; run < 10 || now - start < duration; run++) {
    const uint64_t before = sluice_nanoseconds();
    for (size_t pass = 0; pass < passes; pass++)
      if (!sluice_read_once((const char *)bytes, count, width, alternating && pass & 1)) return 0;
    now = sluice_nanoseconds();
    if (now - before < best) best = now - before;
  }
  return (double)count * (double)passes / (double)(best ? best : 1);
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
