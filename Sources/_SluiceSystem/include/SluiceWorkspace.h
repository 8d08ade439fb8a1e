#pragma once
#include "SluiceModel.h"

/// The head of a workspace: the memory that a step, block or batch of one model needs while it runs, and nothing
/// that is remembered. One line; the floats lie behind it. A stream or batch has its own behind its states, or
/// shares one with others of its thread.
typedef struct {
  sluice_model *_Nonnull model;
  /// Whose calls of single steps stand at the end: where that stream's states lie. 0 for nobody's.
  uintptr_t owner;
  /// Steps of a block, or streams of a batch, that there is room for.
  intptr_t rows;
  /// The creator's reference, and one for each stream or batch that shares it.
  intptr_t references;
  /// Whether the memory is freed with the last reference.
  bool owns_memory;
  char padding[64 - 4 * sizeof(intptr_t) - 1];
} sluice_workspace;

static inline void sluice_workspace_retain(sluice_workspace *_Nonnull workspace) {
  __atomic_fetch_add(&workspace->references, 1, __ATOMIC_RELAXED);
}

static inline void sluice_workspace_release(sluice_workspace *_Nonnull workspace) {
  if (__atomic_fetch_sub(&workspace->references, 1, __ATOMIC_ACQ_REL) != 1) return;
  sluice_model_release(workspace->model);
  if (workspace->owns_memory) free(workspace);
}
