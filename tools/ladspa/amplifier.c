/* Amplifiers: a sample in, a sample out, without latency. */
#include "plugin.h"

#include <math.h>

static float gain_of(const LADSPA_Data *port) {
  float decibels = control(port, -40, 40, 0);
  return decibels == 0 ? 1 : powf(10, decibels / 20);
}

void amplifier_begin(plugin *plugin) {
  ramp_jump(&plugin->gain, gain_of(plugin->ports[role_gain]));
  ramp_jump(&plugin->wet, control(plugin->ports[role_wet], 0, 1, 1));
}

void amplifier_run(plugin *plugin, const float *input, float *output, unsigned long count) {
  float dry[piece], x[piece], y[piece];
  ramp_aim(&plugin->gain, gain_of(plugin->ports[role_gain]));
  ramp_aim(&plugin->wet, control(plugin->ports[role_wet], 0, 1, 1));
  for (unsigned long at = 0; at < count;) {
    size_t taken = count - at < piece ? count - at : piece;
    for (size_t i = 0; i < taken; i++) {
      dry[i] = input ? usable(input[at + i]) : 0;
      x[i] = usable(dry[i] * ramp_next(&plugin->gain));
    }
    /* An output that is not finite is silence, and the model begins anew: no input makes it stay so. */
    if (sluice_process(plugin->running->stream, x, taken, y)) running_reset(plugin->running);
    for (size_t i = 0; i < taken; i++) {
      float sample = mixed(dry[i], isfinite(y[i]) ? y[i] : 0, ramp_next(&plugin->wet));
      if (output) output[at + i] = sample;
    }
    at += taken;
  }
}
