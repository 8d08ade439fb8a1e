/* What hosts are told of a blob. */
#include "plugin.h"

#define AUDIO(direction) (LADSPA_PORT_AUDIO | LADSPA_PORT_##direction)
#define CONTROL(direction) (LADSPA_PORT_CONTROL | LADSPA_PORT_##direction)
#define RANGE (LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE)

/* SoX asks for a usual value of outputs, too. */
static const struct {
  const char *name;
  LADSPA_PortDescriptor port;
  LADSPA_PortRangeHint hint;
} rows[role_count] = {
    [role_input] = {"Input", AUDIO(INPUT), {0, 0, 0}},
    [role_output] = {"Output", AUDIO(OUTPUT), {0, 0, 0}},
    [role_model] = {"Model", CONTROL(INPUT), {RANGE | LADSPA_HINT_INTEGER | LADSPA_HINT_DEFAULT_0, 0, 0}},
    [role_gain] = {"Gain (dB)", CONTROL(INPUT), {RANGE | LADSPA_HINT_DEFAULT_0, -40, 40}},
    [role_wet] = {"Wet", CONTROL(INPUT), {RANGE | LADSPA_HINT_DEFAULT_1, 0, 1}},
    [role_gate] = {"Gate", CONTROL(INPUT), {LADSPA_HINT_TOGGLED | LADSPA_HINT_DEFAULT_0, 0, 0}},
    [role_probability] = {"Probability", CONTROL(OUTPUT), {RANGE | LADSPA_HINT_DEFAULT_0, 0, 1}},
    [role_speech] = {"Speech", CONTROL(OUTPUT), {LADSPA_HINT_TOGGLED | LADSPA_HINT_DEFAULT_0, 0, 0}},
    [role_latency] = {"latency",
                      CONTROL(OUTPUT),
                      {LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_INTEGER | LADSPA_HINT_DEFAULT_0, 0, 0}},
};

/* The ports of each kind, role_count behind the last; SoX takes arguments for controls in this order. */
static const port_role orders[][port_most + 1] = {
    [kind_amplifier] = {role_input, role_output, role_model, role_gain, role_wet, role_latency, role_count},
    [kind_voice_activity] = {role_input, role_output, role_model, role_gate, role_probability, role_speech,
                             role_latency, role_count},
    [kind_denoiser] = {role_input, role_output, role_model, role_wet, role_latency, role_count},
};

void descriptor_fill(plugin_blob *blob) {
  unsigned long count = 0;
  blob->roles = orders[blob->shape.kind];
  for (; blob->roles[count] != role_count; count++) {
    port_role role = blob->roles[count];
    blob->ports[count] = rows[role].port;
    blob->names[count] = rows[role].name;
    blob->hints[count] = rows[role].hint;
    if (role == role_model) blob->hints[count].UpperBound = (LADSPA_Data)blob->others;
  }
  blob->descriptor = (LADSPA_Descriptor){
      .Label = blob->label,
      .Properties = LADSPA_PROPERTY_HARD_RT_CAPABLE,
      .Name = blob->name,
      .Maker = "Sluice",
      .Copyright = "MIT; the model's is its author's",
      .PortCount = count,
      .PortDescriptors = blob->ports,
      .PortNames = blob->names,
      .PortRangeHints = blob->hints,
      .ImplementationData = blob,
      .instantiate = plugin_instantiate,
      .connect_port = plugin_connect,
      .activate = plugin_activate,
      .run = plugin_run,
      .cleanup = plugin_cleanup,
  };
}
