/* What every host of the tests shares: loads a plugin, and connects each port. */
#pragma once
#include <dlfcn.h>
#include <ladspa.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_ports = 8, port_input = 0, port_output = 1 };

static inline const LADSPA_Descriptor *find_descriptor(LADSPA_Descriptor_Function all, const char *label) {
  const LADSPA_Descriptor *descriptor;
  for (unsigned long i = 0; (descriptor = all(i)); i++)
    if (!label || strcmp(descriptor->Label, label) == 0) return descriptor;
  return NULL;
}

static inline LADSPA_Descriptor_Function load_plugin(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) fprintf(stderr, "%s\n", dlerror()), exit(2);
  LADSPA_Descriptor_Function function;
  *(void **)&function = dlsym(library, "ladspa_descriptor");
  if (!function) exit(2);
  return function;
}

/* A plugin of which every port is connected: controls to places of their own, set to their usual values. */
typedef struct hosted {
  const LADSPA_Descriptor *descriptor;
  LADSPA_Handle handle;
  LADSPA_Data *controls; /* [most_ports], which stay where they are */
} hosted;

static inline bool host_plugin(hosted *hosted, const LADSPA_Descriptor *descriptor, unsigned long rate) {
  memset(hosted, 0, sizeof *hosted);
  hosted->descriptor = descriptor;
  if (!(hosted->controls = calloc(most_ports, sizeof *hosted->controls))) exit(2);
  if (!descriptor || !(hosted->handle = descriptor->instantiate(descriptor, rate))) return false;
  for (unsigned long port = 0; port < descriptor->PortCount && port < most_ports; port++) {
    if (LADSPA_IS_HINT_DEFAULT_1(descriptor->PortRangeHints[port].HintDescriptor)) hosted->controls[port] = 1;
    if (LADSPA_IS_PORT_CONTROL(descriptor->PortDescriptors[port]))
      descriptor->connect_port(hosted->handle, port, &hosted->controls[port]);
  }
  return true;
}

/* The control of a name; none: exit. */
static inline LADSPA_Data *control_named(hosted *hosted, const char *name) {
  for (unsigned long port = 0; port < hosted->descriptor->PortCount; port++)
    if (strcmp(hosted->descriptor->PortNames[port], name) == 0) return &hosted->controls[port];
  fprintf(stderr, "%s has no port '%s'\n", hosted->descriptor->Label, name);
  exit(2);
}

static inline void run_block(hosted *hosted, const float *input, float *output, unsigned long count) {
  hosted->descriptor->connect_port(hosted->handle, port_input, (float *)input);
  hosted->descriptor->connect_port(hosted->handle, port_output, output);
  hosted->descriptor->run(hosted->handle, count);
}

/* Numbers in [-1, 1), the same every time. */
static inline float next_number(uint64_t *seed) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(*seed >> 32) / 2147483648.0f;
}
