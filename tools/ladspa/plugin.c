/* One running plugin, from instantiate to cleanup. */
#include "plugin.h"
#include "stft.h"

#include <stdlib.h>

/* Which blob the control names: as whole numbers that a host rounds or not. */
static size_t wanted(const plugin *plugin) {
  float most = (float)plugin->blob->others;
  return (size_t)(control(plugin->ports[role_model], 0, most, 0) + 0.5f);
}

LADSPA_Handle plugin_instantiate(const LADSPA_Descriptor *descriptor, unsigned long rate) {
  const plugin_blob *blob = descriptor->ImplementationData;
  const plugin_shape *shape = &blob->shape;
  if (rate != shape->rate)
    return plugin_say("%s: is for %lu samples a second, and the host has %lu", blob->label, shape->rate, rate), NULL;
  plugin *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  made->blob = blob;
  made->running = running_open(blob);
  if (shape->kind == kind_denoiser) made->stft = stft_create(shape->hop + shape->context, shape->hop);
  if (!made->running || (shape->kind == kind_denoiser && !made->stft)) return plugin_cleanup(made), NULL;
  if (blob->others > 0) made->loader = loader_create(blob);
  plugin_activate(made);
  return made;
}

void plugin_connect(LADSPA_Handle handle, unsigned long port, LADSPA_Data *data) {
  plugin *plugin = handle;
  if (port < plugin->blob->descriptor.PortCount) plugin->ports[plugin->blob->roles[port]] = data;
}

void plugin_activate(LADSPA_Handle handle) {
  plugin *plugin = handle;
  if (plugin->loader) loader_settle(plugin->loader, wanted(plugin), &plugin->running);
  running_reset(plugin->running);
  /* Controls start where they are. */
  switch (plugin->blob->shape.kind) {
    case kind_amplifier: amplifier_begin(plugin); break;
    case kind_voice_activity: voice_begin(plugin); break;
    case kind_denoiser: denoiser_begin(plugin); break;
    case kind_none: break;
  }
}

void plugin_run(LADSPA_Handle handle, unsigned long count) {
  plugin *plugin = handle;
  const plugin_shape *shape = &plugin->blob->shape;
  const float *input = plugin->ports[role_input];
  float *output = plugin->ports[role_output], latency = 0;
  if (plugin->loader) loader_switch(plugin->loader, wanted(plugin), &plugin->running);
  switch (shape->kind) {
    case kind_amplifier: amplifier_run(plugin, input, output, count); break;
    case kind_voice_activity: voice_run(plugin, input, output, count); break;
    case kind_denoiser:
      denoiser_run(plugin, input, output, count);
      latency = (float)stft_latency(shape->hop + shape->context);
      break;
    case kind_none: break;
  }
  if (plugin->ports[role_latency]) *plugin->ports[role_latency] = latency;
}

void plugin_cleanup(LADSPA_Handle handle) {
  plugin *plugin = handle;
  /* ffmpeg 5 cleans up what it could not instantiate, too. */
  if (!plugin) return;
  loader_destroy(plugin->loader);
  running_close(plugin->running);
  stft_destroy(plugin->stft);
  free(plugin);
}
