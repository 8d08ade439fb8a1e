#pragma once
#include <stdbool.h>

/// Whether this CPU and its kernel run the AVX2 build: x86-64-v3.
static inline bool sluice_cpu_has_avx2(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("x86-64-v3");
#else
  return false;
#endif
}

/// Whether this CPU and its kernel run the AVX-512 build: x86-64-v4 and VNNI.
static inline bool sluice_cpu_has_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}
