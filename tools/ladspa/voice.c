/* Voice activity: sound passes through as it is, or silent while nobody speaks; beside it stands the probability of speech. */
#include "plugin.h"

/* What sound is multiplied with: 1 unless the gate is on. */
static float opening(const plugin *plugin) {
  return control(plugin->ports[role_gate], 0, 1, 0) > 0 ? plugin->speech : 1;
}

void voice_begin(plugin *plugin) {
  plugin->probability = plugin->speech = 0;
  ramp_jump(&plugin->wet, opening(plugin));
}

/* Samples for the model. */
static void listen(plugin *plugin, const float *x, size_t count) {
  sluice_vad_event event = {.size = sizeof event};
  for (size_t at = 0, taken = 0; at < count; at += taken) {
    if (sluice_vad_push_f32(plugin->running->vad, x + at, count - at, &taken, &event)) {
      /* No longer finite: as if it had just begun. */
      running_reset(plugin->running);
      plugin->probability = plugin->speech = 0;
    } else if (event.what & SLUICE_VAD_FRAME) {
      plugin->probability = event.probability;
      plugin->speech = event.what & SLUICE_VAD_SPEECH ? 1.0f : 0;
    }
  }
}

void voice_run(plugin *plugin, const float *input, float *output, unsigned long count) {
  float x[piece];
  for (unsigned long at = 0; at < count;) {
    size_t taken = count - at < piece ? count - at : piece;
    for (size_t i = 0; i < taken; i++) x[i] = input ? usable(input[at + i]) : 0;
    listen(plugin, x, taken);
    ramp_aim(&plugin->wet, opening(plugin));
    for (size_t i = 0; i < taken; i++) {
      float wet = ramp_next(&plugin->wet);
      if (output) output[at + i] = wet == 1 && input ? input[at + i] : wet * x[i];
    }
    at += taken;
  }
  if (plugin->ports[role_probability]) *plugin->ports[role_probability] = plugin->probability;
  if (plugin->ports[role_speech]) *plugin->ports[role_speech] = plugin->speech;
}
