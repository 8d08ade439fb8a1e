/* What the parts of the LADSPA plugin share. */
#pragma once
#include <ladspa.h>
#include <sluice.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a blob is for, which says how samples come to its model. */
typedef enum plugin_kind { kind_none, kind_amplifier, kind_voice_activity, kind_denoiser } plugin_kind;

/* What blobs have in common that can take each other's place while a plugin runs. */
typedef struct plugin_shape {
  plugin_kind kind;
  unsigned long rate; /* samples a second */
  size_t hop, context; /* of a frame, in samples; 0 for an amplifier */
} plugin_shape;

/* What a port is for; which ports a kind has, and in which order, stands in descriptor.c. */
typedef enum port_role {
  role_input, role_output, role_model, role_gain, role_wet, role_gate, role_probability, role_speech, role_latency,
  role_count
} port_role;

enum { port_most = 7 }; /* of a kind */

/* A blob that was found, and what a host is told of it. */
typedef struct plugin_blob {
  char *path, *label, *name;
  plugin_shape shape;
  size_t others; /* blobs of its shape that can take its place */
  LADSPA_Descriptor descriptor;
  const port_role *roles; /* of each port */
  LADSPA_PortDescriptor ports[port_most];
  const char *names[port_most];
  LADSPA_PortRangeHint hints[port_most];
} plugin_blob;

/* Blobs, in the order of their labels. */
typedef struct plugin_catalogue {
  plugin_blob *blobs;
  size_t count;
} plugin_catalogue;

/* A line on standard error. Not for run(). */
__attribute__((format(printf, 1, 2))) void plugin_say(const char *format, ...);

/* catalogue.c: the blobs of $SLUICE_MODELS, else those beside the plugin. */
void catalogue_fill(plugin_catalogue *catalogue);
void catalogue_empty(plugin_catalogue *catalogue);

/* shape.c: what a model is for; the reason, where for nothing here. */
plugin_shape shape_of(const sluice_model_t *model, const char **reason);
bool shape_is(const plugin_shape *a, const plugin_shape *b);

/* descriptor.c: describes a blob to hosts. */
void descriptor_fill(plugin_blob *blob);

/* running.c: an opened model with what runs it. */
typedef struct running_model {
  sluice_model_t *model;
  sluice_stream_t *stream; /* of an amplifier and a denoiser */
  sluice_vad_t *vad;
} running_model;

/* NULL where it cannot be made, which is said. */
running_model *running_open(const plugin_blob *blob);
void running_close(running_model *running);
/* To the initial state. [real-time] */
void running_reset(running_model *running);

/* library.c: blob number `index` of the shape of `blob`, 0 being that one, the others in the order of labels; NULL for
 * none. Never changes, so that any thread may ask. */
const plugin_blob *library_choice(const plugin_blob *blob, size_t index);

/* A value on its way to another, so that a control makes no click. */
typedef struct ramp {
  float value, target, step;
  unsigned left;
} ramp;

enum { ramp_length = 256 };

static inline void ramp_jump(ramp *ramp, float target) { *ramp = (struct ramp){target, target, 0, 0}; }

static inline void ramp_aim(ramp *ramp, float target) {
  if (target == ramp->target) return;
  ramp->target = target;
  ramp->step = (target - ramp->value) / ramp_length;
  ramp->left = ramp_length;
}

static inline float ramp_next(ramp *ramp) {
  if (ramp->left == 0) return ramp->value;
  return ramp->value = --ramp->left == 0 ? ramp->target : ramp->value + ramp->step;
}

/* A sample that no model chokes on: 0 for what is not finite or is denormal, at most 2^20. */
static inline float usable(float sample) {
  union { float number; uint32_t bits; } it = {sample};
  uint32_t exponent = it.bits & 0x7f800000u;
  if (exponent == 0 || exponent == 0x7f800000u) return 0;
  return sample > 0x1p20f ? 0x1p20f : sample < -0x1p20f ? -0x1p20f : sample;
}

/* What a host has set, within its range; `usual` where nothing is connected or it is no number. */
static inline float control(const LADSPA_Data *port, float least, float most, float usual) {
  if (!port || !(*port == *port)) return usual;
  return *port < least ? least : *port > most ? most : *port;
}

/* Of `wet` parts y and the rest x. */
static inline float mixed(float x, float y, float wet) {
  return wet >= 1 ? y : wet <= 0 ? x : wet * y + (1 - wet) * x;
}

/* loader.c: which model runs, and the thread that opens another one. */
typedef struct loader loader;
loader *loader_create(const plugin_blob *blob);
void loader_destroy(loader *loader);
/* Opens what is wanted at once, in the place of *current. Not for run(). */
void loader_settle(loader *loader, size_t wanted, running_model **current);
/* What is to run from this block on: takes over the state of *current, which the thread then closes. [real-time] */
void loader_switch(loader *loader, size_t wanted, running_model **current);

/* A running plugin. */
typedef struct stft stft;
typedef struct plugin {
  const plugin_blob *blob;
  LADSPA_Data *ports[role_count]; /* NULL where nothing is connected */
  running_model *running;
  loader *loader; /* NULL where there is nothing to choose */
  stft *stft; /* of a denoiser */
  ramp gain, wet;
  float probability, speech;
} plugin;

/* Samples that are taken at a time: a block of the model's stream. */
enum { piece = 64 };

/* amplifier.c, voice.c, denoiser.c: `count` samples from input to output, which may be the same. [real-time] */
void amplifier_run(plugin *plugin, const float *input, float *output, unsigned long count);
void voice_run(plugin *plugin, const float *input, float *output, unsigned long count);
void denoiser_run(plugin *plugin, const float *input, float *output, unsigned long count);

/* What is between blocks of a plugin that has just begun; controls start where they are, without a ramp. */
void amplifier_begin(plugin *plugin);
void voice_begin(plugin *plugin);
void denoiser_begin(plugin *plugin);

/* plugin.c: what a descriptor calls. */
LADSPA_Handle plugin_instantiate(const LADSPA_Descriptor *descriptor, unsigned long rate);
void plugin_connect(LADSPA_Handle handle, unsigned long port, LADSPA_Data *data);
void plugin_activate(LADSPA_Handle handle);
void plugin_run(LADSPA_Handle handle, unsigned long count);
void plugin_cleanup(LADSPA_Handle handle);
