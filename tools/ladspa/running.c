/* An opened model with the stream that runs it. */
#include "plugin.h"

#include <stdlib.h>

/* Of a model that is in the way: none that is meant for sound takes more. */
static const uint64_t most_stream_bytes = 256 << 20;

running_model *running_open(const plugin_blob *blob) {
  sluice_error error = {0};
  const char *reason;
  /* Sealed: who rewrites the file changes nothing under a running stream. */
  sluice_options options = {
      .size = sizeof options, .flags = SLUICE_OPEN_SEALED, .max_stream_bytes = most_stream_bytes};
  running_model *opened = calloc(1, sizeof *opened);
  if (!opened) return plugin_say("%s: memory ran out", blob->path), NULL;
  sluice_status status = sluice_open_file(blob->path, &options, &opened->model, &error);
  if (!status) {
    plugin_shape shape = shape_of(opened->model, &reason);
    if (!shape_is(&shape, &blob->shape)) {
      plugin_say("%s: is another kind of model than when the plugin was loaded", blob->path);
      return running_close(opened), NULL;
    }
    status = shape.kind == kind_voice_activity
                 ? sluice_vad_create(opened->model, NULL, &opened->vad, &error)
                 : sluice_stream_create(opened->model, shape.kind == kind_amplifier ? piece : 1, &opened->stream, &error);
  }
  if (!status) return opened;
  plugin_say("%s: %s", blob->path, error.message);
  return running_close(opened), NULL;
}

void running_close(running_model *running) {
  if (!running) return;
  sluice_vad_destroy(running->vad);
  sluice_stream_destroy(running->stream);
  sluice_close(running->model);
  free(running);
}

void running_reset(running_model *running) {
  sluice_vad_reset(running->vad);
  sluice_stream_reset(running->stream);
}
