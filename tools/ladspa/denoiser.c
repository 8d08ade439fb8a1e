/* Denoisers: each frame's spectrum to one without noise, at any number of samples a call. */
#include "plugin.h"
#include "stft.h"

#include <math.h>

/* One spectrum through the model. */
static bool change(void *context, float *spectrum) {
  plugin *plugin = context;
  size_t count = sluice_output_size(plugin->running->model);
  bool is_good = sluice_step(plugin->running->stream, spectrum, spectrum) == SLUICE_OK;
  for (size_t i = 0; i < count; i++) is_good &= isfinite(spectrum[i]) != 0;
  /* No longer finite: silence for the frame, and the model begins anew. */
  if (!is_good) running_reset(plugin->running);
  return is_good;
}

void denoiser_begin(plugin *plugin) {
  stft_reset(plugin->stft);
  ramp_jump(&plugin->wet, control(plugin->ports[role_wet], 0, 1, 1));
}

void denoiser_run(plugin *plugin, const float *input, float *output, unsigned long count) {
  ramp_aim(&plugin->wet, control(plugin->ports[role_wet], 0, 1, 1));
  for (unsigned long i = 0; i < count; i++) {
    float late, clean = stft_next(plugin->stft, input ? usable(input[i]) : 0, &late, change, plugin);
    float sample = mixed(late, clean, ramp_next(&plugin->wet));
    if (output) output[i] = sample;
  }
}
