/* The one function that hosts find: the catalogue, made when it is first asked for. */
#include "plugin.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static plugin_catalogue catalogue;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void plugin_say(const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  fprintf(stderr, "sluice_ladspa: %s\n", line);
}

/* FNV-1a of a label, brought to the IDs that are free for experiments, 1 to 1000: a blob has the same one wherever it lies,
 * unless another label has it, too, and comes before. */
static unsigned long number_of(const char *label) {
  uint32_t hash = 2166136261u;
  for (; *label; label++) hash = (hash ^ (unsigned char)*label) * 16777619u;
  return hash % 1000 + 1;
}

/* The first ID from that of the label on that no blob before has. */
static unsigned long free_number(size_t index) {
  unsigned long number = number_of(catalogue.blobs[index].label);
  for (size_t i = 0; i < index && index < 1000;)
    if (catalogue.blobs[i++].descriptor.UniqueID == number) number = number % 1000 + 1, i = 0;
  return number;
}

static void fill(void) {
  catalogue_fill(&catalogue);
  for (size_t i = 0; i < catalogue.count; i++) {
    plugin_blob *blob = &catalogue.blobs[i];
    while (library_choice(blob, blob->others + 1)) blob->others++;
    descriptor_fill(blob);
    blob->descriptor.UniqueID = free_number(i);
  }
}

__attribute__((destructor)) static void empty(void) { catalogue_empty(&catalogue); }

const plugin_blob *library_choice(const plugin_blob *blob, size_t index) {
  if (index == 0) return blob;
  for (size_t i = 0; i < catalogue.count; i++) {
    const plugin_blob *other = &catalogue.blobs[i];
    if (other != blob && shape_is(&other->shape, &blob->shape) && --index == 0) return other;
  }
  return NULL;
}

__attribute__((visibility("default"))) const LADSPA_Descriptor *ladspa_descriptor(unsigned long index) {
  pthread_once(&once, fill);
  return index < catalogue.count ? &catalogue.blobs[index].descriptor : NULL;
}
