/* What a model is for, by its metadata and sizes. */
#include "plugin.h"

#include <string.h>

/* A whole number of the metadata from `least` to `most`; false where there is none. */
static bool whole(const sluice_model_t *model, const char *pointer, double least, double most, size_t *value) {
  double number;
  if (sluice_metadata_number(model, pointer, &number) || !(number >= least && number <= most)) return false;
  *value = (size_t)number;
  return (double)*value == number;
}

plugin_shape shape_of(const sluice_model_t *model, const char **reason) {
  plugin_shape shape = {kind_none, 48000, 0, 0}, none = shape;
  char task[64] = "";
  size_t inputs = sluice_input_size(model), outputs = sluice_output_size(model), rate;
  bool is_told = whole(model, "/sample_rate", 1, 1e7, &rate);
  if (is_told) shape.rate = rate;
  *reason = "it reads tokens, or whole sequences alone";
  if (sluice_reads_tokens(model) || !sluice_is_streamable(model) || sluice_yields_last(model)) return none;
  *reason = "it is of no task that is known here, and no amplifier, which reads a sample and writes one";
  if (sluice_metadata_text(model, "/task", task, sizeof task, NULL)) {
    if (inputs == 1 && outputs == 1) shape.kind = kind_amplifier;
    return shape;
  }
  bool has_frame = is_told && whole(model, "/hop", 1, 1 << 20, &shape.hop) &&
                   whole(model, "/context", 0, 1 << 20, &shape.context);
  size_t size = shape.hop + shape.context;
  if (strcmp(task, "voice-activity") == 0) {
    *reason = "it says that it is for voice activity, but not of frames that it reads";
    if (has_frame && sluice_vad_size(model) > 0) shape.kind = kind_voice_activity;
  } else if (strcmp(task, "denoising") == 0) {
    *reason = "it says that it is for denoising, but not of frames whose spectra it reads and writes";
    if (has_frame && size % 2 == 0 && inputs == size + 2 && outputs == inputs) shape.kind = kind_denoiser;
  }
  return shape;
}

bool shape_is(const plugin_shape *a, const plugin_shape *b) {
  return a->kind == b->kind && a->rate == b->rate && a->hop == b->hop && a->context == b->context;
}
