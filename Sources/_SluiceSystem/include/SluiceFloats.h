#pragma once
#include <stdint.h>

/// How the calling thread computes with floats: MXCSR, or FPCR and FPSR on Arm.

#if defined(__x86_64__)
/// MXCSR of every step for each of a caller's flags: all six exceptions masked (bits 7 to 12), flush to
/// zero (15), inexact (5), and the caller's flags (0 to 5), which a step keeps.
#define SLUICE_WAY(flags) (0x9FA0 | (flags))
#define SLUICE_WAYS4(flags) \
  SLUICE_WAY(flags), SLUICE_WAY((flags) + 1), SLUICE_WAY((flags) + 2), SLUICE_WAY((flags) + 3)
#define SLUICE_WAYS16(flags) \
  SLUICE_WAYS4(flags), SLUICE_WAYS4((flags) + 4), SLUICE_WAYS4((flags) + 8), SLUICE_WAYS4((flags) + 12)
static const uint32_t sluice_ways[64] = {
    SLUICE_WAYS16(0), SLUICE_WAYS16(16), SLUICE_WAYS16(32), SLUICE_WAYS16(48)};
#undef SLUICE_WAY
#undef SLUICE_WAYS4
#undef SLUICE_WAYS16
#endif

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
  // From a table that nobody writes: loading a word from where it was just stored made some steps 60
  // cycles longer, by the place of code and stack.
  uint32_t caller;
  __asm__ volatile("stmxcsr %0" : "=m"(caller) : : "memory");
  __asm__ volatile("ldmxcsr %0" : : "m"(sluice_ways[caller & 0x3F]) : "memory");
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
///
/// On x86-64 the inexact flag stays set, as by any arithmetic, unless the caller traps it: loading
/// flags that are not those that the arithmetic left costs an Intel CPU 200 cycles, more than a small step.
static inline __attribute__((always_inline)) void sluice_end_floats(uint64_t caller) {
#if defined(__x86_64__)
  // The mask of inexact is bit 12, its flag bit 5.
  uint32_t word = (uint32_t)caller | ((uint32_t)caller >> 7 & 0x20);
  __asm__ volatile("ldmxcsr %0" : : "m"(word) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1"
                   :
                   : "r"(caller & 0xFFFFFFFF), "r"(caller >> 32)
                   : "memory");
#else
  (void)caller;
#endif
}
