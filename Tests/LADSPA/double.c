/* A plugin that breaks its promise in run(), as $HOW says, so that the proof is proven. */
#include <ladspa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int blocks;
static float *output;

static LADSPA_Handle instantiate(const LADSPA_Descriptor *descriptor, unsigned long rate) {
  (void)descriptor, (void)rate;
  return &blocks;
}

static void connect(LADSPA_Handle handle, unsigned long port, LADSPA_Data *data) {
  (void)handle;
  if (port == 1) output = data;
}

static void nothing(LADSPA_Handle handle) { (void)handle; }

static void run(LADSPA_Handle handle, unsigned long count) {
  (void)handle;
  memset(output, 0, count * sizeof *output);
  const char *how = getenv("HOW");
  if (++blocks != 300 || !how) return;
  if (strcmp(how, "allocate") == 0) free(malloc(100));
  if (strcmp(how, "lock") == 0) pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex);
  if (strcmp(how, "call") == 0) getppid();
  if (strcmp(how, "nan") == 0) output[0] = strtof("nan", NULL);
}

static const LADSPA_PortDescriptor ports[] = {
    LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT, LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT, LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT};
static const char *const names[] = {"Input", "Output", "Model"};
static const LADSPA_PortRangeHint hints[3];
static const LADSPA_Descriptor descriptor = {
    .UniqueID = 1, .Label = "double", .Name = "double", .Maker = "", .Copyright = "None", .PortCount = 3,
    .PortDescriptors = ports, .PortNames = names, .PortRangeHints = hints, .instantiate = instantiate,
    .connect_port = connect, .activate = nothing, .run = run, .cleanup = nothing};

const LADSPA_Descriptor *ladspa_descriptor(unsigned long index) { return index == 0 ? &descriptor : NULL; }
