#ifndef SLUICE_FUZZER_H
#define SLUICE_FUZZER_H

// The interface of libFuzzer: what it calls, and the one function of its own that mutators call.

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

// How the thread computes with floats: what the runtime must neither use nor change, but
// for the flag of inexact results where it is not trapped.

static inline uint32_t fuzzer_control(void) {
#if defined(__x86_64__)
  // Not the builtins: the compiler moves calls and arithmetic across those.
  uint32_t word;
  __asm__ volatile("stmxcsr %0" : "=m"(word) : : "memory");
  return word;
#else
  return 0;
#endif
}

static inline void fuzzer_set_control(uint32_t value) {
#if defined(__x86_64__)
  __asm__ volatile("ldmxcsr %0" : : "m"(value) : "memory");
#else
  (void)value;
#endif
}

#endif
