#pragma once
#include <stdint.h>

#include "SluiceMessages.h"

/// States that outlive the process: a memfd for each model, of one head and slots of one size.

enum {
  sluice_slots_magic = 0x544C5353,
  sluice_slots_version = 1,
  /// Of the head, and of a slot before its two states.
  sluice_slots_head_size = 4096,
  sluice_slot_head_size = 128,
};

typedef struct {
  uint32_t magic, version;
  /// What any two models must have in common for the states of one to be states of the other.
  uint64_t topology;
  uint32_t state_floats, slot_bytes;
  uint64_t slot_count;
  uint8_t model[sluice_name_size];
} sluice_slots_head;

/// A stream: the state after its last request and the one before it, so that a kill at any instant leaves one whole.
typedef struct {
  uint32_t is_taken;
  /// Which of both is the last: written after everything else of it.
  uint32_t current;
  /// Steps that each has taken; 2^64 - 1 for none.
  uint64_t sequences[2];
  uint32_t user;
  uint32_t reserved;
  uint8_t name[sluice_name_size];
} sluice_slot;

/// What a thread of the data path has counted: written by it alone, read by any.
typedef struct {
  uint64_t requests, steps, refusals[sluice_outcome_count], deadline_misses;
  /// Requests by how long they took, in the order of the bounds of SluiceServing's Metrics, and all of them in
  /// nanoseconds.
  uint64_t latencies[16], latency_sum;
  /// Connections that are open, that were made, and that were closed because they did not read their replies.
  uint64_t connections, accepted, deaf;
  /// Nanoseconds that were spent on requests; rounds, which a watchdog looks at.
  uint64_t busy, rounds;
  uint64_t padding[8];
} sluice_counters;

/// What a model was fed and gave, of one row in each call: how many values, their sum and that of their squares. By
/// them who watches sees inputs drift.
typedef struct {
  uint64_t rows, inputs, outputs;
  double input_sum, input_squares, output_sum, output_squares;
} sluice_drift;

static inline void sluice_note_values(const float *_Nonnull values, intptr_t count, uint64_t *_Nonnull number,
                                      double *_Nonnull sum, double *_Nonnull squares) {
  float part = 0, square = 0;
  for (intptr_t index = 0; index < count; index++) {
    part += values[index];
    square += values[index] * values[index];
  }
  double total = *sum + part, total_square = *squares + square;
  __atomic_store(sum, &total, __ATOMIC_RELAXED);
  __atomic_store(squares, &total_square, __ATOMIC_RELAXED);
  __atomic_store_n(number, *number + (uint64_t)count, __ATOMIC_RELAXED);
}

static inline double sluice_noted(const double *_Nonnull sum) {
  double value;
  __atomic_load(sum, &value, __ATOMIC_RELAXED);
  return value;
}

/// A store that no earlier one may follow, in this process or in who maps the same pages.
static inline void sluice_publish(uint32_t *_Nonnull place, uint32_t value) {
  __atomic_store_n(place, value, __ATOMIC_RELEASE);
}

/// Counters of a thread that others read.
static inline void sluice_count(uint64_t *_Nonnull counter, uint64_t more) {
  // One writer each: no locked instruction.
  __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + more, __ATOMIC_RELAXED);
}

static inline uint64_t sluice_counted(const uint64_t *_Nonnull counter) {
  return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/// A place for one pointer that two threads hand over: what was there.
static inline void *_Nullable sluice_exchange(void *_Nullable *_Nonnull place, void *_Nullable value) {
  return __atomic_exchange_n(place, value, __ATOMIC_ACQ_REL);
}
