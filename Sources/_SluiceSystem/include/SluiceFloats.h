#pragma once
#include <stdint.h>

/// How the calling thread computes with floats: MXCSR, or FPCR and FPSR on Arm.

/// Begins the one way in which every step is computed, whatever the caller's is: rounded to nearest,
/// no exception trapped, and results below 2^-126 zero. Such results cost an Intel CPU a hundred
/// cycles each; a small layer of them took up to twice the time here.
///
/// Operands stay as they are, since comparisons that pass them on would differ between instruction
/// sets. Arm flushes both or none: there an input below 2^-126 is zero even before a weight above 1.
///
/// Returns the caller's way, for `sluice_end_floats`.
static inline __attribute__((always_inline)) uint64_t sluice_begin_floats(void) {
#if defined(__x86_64__)
  // All six exceptions masked (bits 7 to 12), flush to zero (15). In memory that nobody writes: loading it
  // from where it was just stored made some steps 60 cycles longer, by the place of code and stack.
  static const uint32_t way = 0x9F80;
  uint32_t caller;
  __asm__ volatile("stmxcsr %0\n\tldmxcsr %1" : "=m"(caller) : "m"(way) : "memory");
  return caller;
#elif defined(__aarch64__)
  uint64_t caller, flags;
  // Flush to zero (24), for operands and results.
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr\n\tmsr fpcr, %2"
                   : "=&r"(caller), "=&r"(flags)
                   : "r"(1ull << 24)
                   : "memory");
  return flags << 32 | caller;
#else
  return 0;
#endif
}

/// Returns to the caller's way, its flags of exceptions included.
static inline __attribute__((always_inline)) void sluice_end_floats(uint64_t caller) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((uint32_t)caller);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1"
                   :
                   : "r"(caller & 0xFFFFFFFF), "r"(caller >> 32)
                   : "memory");
#else
  (void)caller;
#endif
}
