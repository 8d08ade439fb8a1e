/* The caller's way with floats: rounding, flush to zero, masks and flags of exceptions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

static inline uint64_t control(void) {
#if defined(__x86_64__)
  uint32_t word;
  __asm__ volatile("stmxcsr %0" : "=m"(word) : : "memory");
  return word;
#elif defined(__aarch64__)
  uint64_t control, flags;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control), "=r"(flags) : : "memory");
  return flags << 32 | control;
#else
  return 0;
#endif
}

static inline void set_control(uint64_t value) {
#if defined(__x86_64__)
  uint32_t word = (uint32_t)value;
  __asm__ volatile("ldmxcsr %0" : : "m"(word) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(value & 0xFFFFFFFF), "r"(value >> 32) : "memory");
#else
  (void)value;
#endif
}

/* Whether a call may leave `after` where `way` was: the inexact flag may be set, as by any arithmetic,
 * unless it is trapped. Nothing else changes, and on Arm nothing at all. */
static inline bool is_kept(uint64_t way, uint64_t after) {
#if defined(__x86_64__)
  return after == way || after == (way | (way >> 7 & 0x20));
#else
  return after == way;
#endif
}

static const uint64_t controls[] = {
#if defined(__x86_64__)
    /* Rounded to nearest, down, up and to zero, nothing else being asked for. */
    0x1F80, 0x3F80, 0x5F80, 0x7F80,
    /* Results flushed to zero, denormal operands taken as zero, both as audio programs have it. */
    0x9F80, 0x1FC0, 0x9FC0,
    /* All exceptions trapped; what is inexact alone; denormal operands alone. */
    0x0000, 0x0F80, 0x1E80,
    /* All flags set, and everything at once. */
    0x1FBF, 0xFFFF,
#elif defined(__aarch64__)
    /* Rounded to nearest, up, down and to zero; flushed to zero; default NaN. */
    0x0, 0x400000, 0x800000, 0xC00000, 0x1000000, 0x2000000, 0x3000000, 0x3C00000,
    /* Flags set: all of them, one of them, and saturation. */
    0x9Full << 32, 0x10ull << 32, 0x8000000ull << 32, (0x9Full << 32) | 0x1C00000,
#else
    0,
#endif
};
enum { control_count = sizeof controls / sizeof *controls };
