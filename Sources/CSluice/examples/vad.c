/* Where is speech? Reads samples of 16 bits at the model's rate from standard input; prints segments, in seconds. */
#include <sluice.h>
#include <stdio.h>

int main(int count, char **arguments) {
  sluice_model_t *model = NULL;
  sluice_vad_t *vad = NULL;
  sluice_error error;
  if (count != 2) return fprintf(stderr, "usage: vad MODEL.sluice <SAMPLES\n"), 2;
  if (sluice_open_file(arguments[1], NULL, &model, &error) || sluice_vad_create(model, NULL, &vad, &error))
    return fprintf(stderr, "%s: %s\n", arguments[1], error.message), 1;
  double rate = (double)sluice_vad_sample_rate(vad);
  sluice_vad_event event = {.size = sizeof event};
  int16_t samples[256];
  for (size_t read, taken; (read = fread(samples, 2, 256, stdin)) > 0;)
    for (size_t at = 0; at < read; at += taken) {
      if (sluice_vad_push_s16(vad, samples + at, read - at, &taken, &event)) return 1;
      if (event.what & SLUICE_VAD_SEGMENT) printf("%.3f %.3f\n", event.start / rate, event.end / rate);
    }
  while (sluice_vad_flush(vad, &event) == SLUICE_OK && event.what)
    if (event.what & SLUICE_VAD_SEGMENT) printf("%.3f %.3f\n", event.start / rate, event.end / rate);
  sluice_vad_destroy(vad);
  sluice_close(model);
}
