#pragma once
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "_SluiceContract.h"

/// What is told of one of the blob's layers, taken while opening: nothing that is asked of an open model reads
/// its records again.
typedef struct sluice_layer_facts {
  /// Names of the kind and of the type of weights, NUL-terminated; the layer's own, of `name_size` bytes.
  const uint8_t *_Nullable kind, *_Nullable storage, *_Nullable name;
  intptr_t name_size;
  intptr_t input_size, output_size;
  /// Floats of h and of C; 0 where there is none.
  intptr_t hidden_state_size, cell_state_size;
  intptr_t weight_bytes;
} sluice_layer_facts;

/// An open model: the immutable plan, shared by its streams and counted by them.
typedef struct {
  /// The validated blob, 64-byte aligned.
  const void *_Nonnull bytes;
  size_t byte_count;
  /// Whether `bytes` is a mapping of ours; otherwise the caller keeps it.
  bool is_mapped;
  /// Whether a layer reads from the sequence's end, so that it must be there as a whole.
  bool reads_backwards;
  /// Whether a block yields its last step's output alone.
  bool yields_last;
  /// Whether the last layer of a step can write where the caller wants its output.
  bool writes_output;
  /// Rows of `embedding_size` features, one a token id; NULL where the model reads features.
  const void *_Nullable embedding;
  /// The scales of an embedding's integers.
  const void *_Nullable embedding_scales;
  intptr_t embedding_size;
  sluice_storage embedding_storage;
  /// A hash of all that the model computes but for its numbers.
  uint64_t topology_hash;
  /// Features or ids read, and features written, at a step.
  intptr_t input_size, output_size;
  /// Floats of one row of input, of features or of an embedding's row, with its padding.
  intptr_t input_stride;
  /// Floats of all vectors that a stream remembers, and of those that last for a step: outputs of layers without
  /// a state, and scratch.
  intptr_t state_floats, step_floats;
  /// Floats of the longest vector, with its padding.
  intptr_t longest_stride;
  /// Floats of the longest projection of an input: a layer's gates times its stride.
  intptr_t longest_projection;
  /// Floats of the longest quantised x, and of the longest quantised h; 0 where there are none.
  intptr_t quantised_input, quantised_hidden;
  /// Floats of the longest projection of a compact layer's h; 0 where there is none.
  intptr_t compact_projection;
  /// Floats of the longest workspace of a recurrent layer over columns; 0 where there is none.
  intptr_t column_floats;
  intptr_t layer_count;
  sluice_layer *_Nonnull layers;
  /// One for each layer, used by those that have columns.
  sluice_columns *_Nonnull columns;
  /// Whether a layer reads another than the one before it.
  bool branches;
  /// Rows of a block that are in use at the same time, at least 2; an embedding's are the second.
  intptr_t slot_count;
  /// Of each of these, while the plan is made, the last of the blob's layers that reads it.
  int32_t *_Nonnull slots;
  /// The blob's layers, of which the plan has some several times and an embedding not at all.
  intptr_t record_count;
  sluice_layer_facts *_Nonnull facts;
  /// A multiplication and addition for each weight that a step reads, one for each output of each layer.
  intptr_t step_operations;
  /// A JSON object; NULL where there is none.
  const uint8_t *_Nullable metadata;
  intptr_t metadata_size;
  /// Labels of the outputs.
  intptr_t label_count;
  /// Steps of a block where the caller does not say.
  intptr_t block_size;
  intptr_t references;
} sluice_model;

/// 64-byte aligned memory, or NULL.
static inline void *_Nullable sluice_allocate(size_t size) {
  void *memory = NULL;
  return posix_memalign(&memory, 64, size) == 0 ? memory : NULL;
}

/// A model record with room for its layers and their facts behind it, all zero, one reference; or NULL.
static inline sluice_model *_Nullable sluice_model_allocate(intptr_t layer_count, intptr_t record_count) {
  size_t record = (sizeof(sluice_model) + 63) / 64 * 64;
  size_t layers = ((size_t)layer_count * sizeof(sluice_layer) + 63) / 64 * 64;
  size_t columns = (size_t)layer_count * sizeof(sluice_columns);
  size_t facts = (size_t)record_count * sizeof(sluice_layer_facts);
  size_t size = record + layers + columns + facts + ((size_t)layer_count + 2) * sizeof(int32_t);
  char *memory = sluice_allocate(size);
  if (!memory) return NULL;
  memset(memory, 0, size);
  sluice_model *model = (sluice_model *)memory;
  model->layers = (sluice_layer *)(memory + record);
  model->columns = (sluice_columns *)(memory + record + layers);
  model->facts = (sluice_layer_facts *)(memory + record + layers + columns);
  model->slots = (int32_t *)(memory + record + layers + columns + facts);
  model->record_count = record_count;
  model->slot_count = 2;
  model->layer_count = layer_count;
  model->references = 1;
  return model;
}

static inline void sluice_model_retain(sluice_model *_Nonnull model) {
  __atomic_fetch_add(&model->references, 1, __ATOMIC_RELAXED);
}

static inline void sluice_model_release(sluice_model *_Nonnull model) {
  if (__atomic_fetch_sub(&model->references, 1, __ATOMIC_ACQ_REL) != 1) return;
  if (model->is_mapped) munmap((void *)model->bytes, model->byte_count);
  free(model);
}
