/* What hosts are told of a blob. */
#include "plugin.h"

#include <string.h>

#define RANGE (LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE)
#define SWITCH LADSPA_HINT_TOGGLED

enum {
  audio_in = LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT,
  audio_out = LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT,
  control_in = LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT,
  control_out = LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT,
};

/* The ports of one kind of plugin. */
typedef struct port_table {
  unsigned long count;
  LADSPA_PortDescriptor ports[port_most];
  const char *names[port_most];
  LADSPA_PortRangeHint hints[port_most]; /* those of each kind alone */
} port_table;

#define PORTS audio_in, audio_out, control_in, control_out
#define NAMES "Input", "Output", "Model", "latency"

static const port_table tables[] = {
    [kind_amplifier] = {6,
                        {PORTS, control_in, control_in},
                        {NAMES, "Gain (dB)", "Wet"},
                        {[port_gain] = {RANGE | LADSPA_HINT_DEFAULT_0, -40, 40},
                         [port_drive_wet] = {RANGE | LADSPA_HINT_DEFAULT_1, 0, 1}}},
    [kind_voice_activity] = {7,
                             {PORTS, control_out, control_out, control_in},
                             {NAMES, "Probability", "Speech", "Gate"},
                             {[port_probability] = {RANGE, 0, 1},
                              [port_speech] = {SWITCH, 0, 0},
                              [port_gate] = {SWITCH | LADSPA_HINT_DEFAULT_0, 0, 0}}},
    [kind_denoiser] = {5,
                       {PORTS, control_in},
                       {NAMES, "Wet"},
                       {[port_wet] = {RANGE | LADSPA_HINT_DEFAULT_1, 0, 1}}},
};

void descriptor_fill(plugin_blob *blob, size_t others) {
  const port_table *table = &tables[blob->shape.kind];
  memcpy(blob->hints, table->hints, sizeof blob->hints);
  blob->hints[port_model] = (LADSPA_PortRangeHint){
      RANGE | LADSPA_HINT_INTEGER | LADSPA_HINT_DEFAULT_0, 0, (LADSPA_Data)others};
  blob->hints[port_latency] = (LADSPA_PortRangeHint){LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_INTEGER, 0, 0};
  blob->descriptor = (LADSPA_Descriptor){
      .Label = blob->label,
      .Properties = LADSPA_PROPERTY_HARD_RT_CAPABLE,
      .Name = blob->name,
      .Maker = "Sluice",
      .Copyright = "MIT; the model's is its author's",
      .PortCount = table->count,
      .PortDescriptors = table->ports,
      .PortNames = table->names,
      .PortRangeHints = blob->hints,
      .ImplementationData = blob,
      .instantiate = plugin_instantiate,
      .connect_port = plugin_connect,
      .activate = plugin_activate,
      .run = plugin_run,
      .cleanup = plugin_cleanup,
  };
}
