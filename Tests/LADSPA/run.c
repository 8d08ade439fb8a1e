/* Runs samples through a plugin:
 *     run PLUGIN LABEL RATE QUANTUM INPUT OUTPUT [CONTROL=VALUE[@SAMPLE]]... [--in-place] [--print CONTROL]
 * INPUT and OUTPUT are float32 without a header. QUANTUM 0 takes blocks of changing sizes. A CONTROL with @SAMPLE is set from the
 * block on in which that sample lies; --print prints that output control behind each block. */
#include "host.h"

typedef struct setting {
  LADSPA_Data *control;
  float value;
  size_t from;
} setting;

static setting setting_of(hosted *hosted, char *text) {
  char *equals = strchr(text, '='), *at = strchr(text, '@');
  if (!equals) exit(2);
  *equals = 0;
  return (setting){control_named(hosted, text), strtof(equals + 1, NULL), at ? strtoul(at + 1, NULL, 10) : 0};
}

int main(int count, char **arguments) {
  if (count < 7) return 2;
  hosted hosted;
  if (!host_plugin(&hosted, find_descriptor(load_plugin(arguments[1]), arguments[2]), strtoul(arguments[3], NULL, 10)))
    return fprintf(stderr, "no instance of %s\n", arguments[2]), 1;
  size_t quantum = strtoul(arguments[4], NULL, 10), settings_count = 0;
  FILE *input = fopen(arguments[5], "rb"), *output = fopen(arguments[6], "wb");
  setting settings[16];
  bool in_place = false;
  const LADSPA_Data *printed = NULL;
  for (int i = 7; i < count; i++) {
    if (strcmp(arguments[i], "--in-place") == 0) in_place = true;
    else if (strcmp(arguments[i], "--print") == 0 && i + 1 < count) printed = control_named(&hosted, arguments[++i]);
    else if (settings_count < 16) settings[settings_count++] = setting_of(&hosted, arguments[i]);
  }
  enum { most = 65536 };
  float *x = malloc(most * sizeof *x), *y = in_place ? x : malloc(most * sizeof *y);
  if (!input || !output || !x || !y || quantum > most) return 2;
  for (size_t i = 0; i < settings_count; i++)
    if (settings[i].from == 0) *settings[i].control = settings[i].value;
  hosted.descriptor->activate(hosted.handle);
  uint64_t seed = 1;
  for (size_t at = 0, read;; at += read) {
    size_t wanted = quantum ? quantum : (size_t)(1 + (next_number(&seed) + 1) * 1000);
    if ((read = fread(x, sizeof *x, wanted, input)) == 0) break;
    for (size_t i = 0; i < settings_count; i++)
      if (settings[i].from >= at && settings[i].from < at + read) *settings[i].control = settings[i].value;
    run_block(&hosted, x, y, read);
    if (fwrite(y, sizeof *y, read, output) != read) return 2;
    if (printed) printf("%.9g\n", *printed);
  }
  fclose(output);
  hosted.descriptor->cleanup(hosted.handle);
  return 0;
}
