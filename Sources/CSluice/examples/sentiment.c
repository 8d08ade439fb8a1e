/* How positive is a sentence? Reads it word by word; each step updates the answer. */
#include <sluice.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: sentiment MODEL.sluice TEXT\n"), 2;
  sluice_model_t *model;
  sluice_stream_t *stream;
  sluice_error error;
  if (sluice_open_file(arguments[1], SLUICE_OPEN_SEALED, SLUICE_ISA_BEST, &model, &error) ||
      sluice_stream_create(model, 1, &stream, &error))
    return fprintf(stderr, "%s: %s\n", arguments[1], error.message), 1;

  float answer = 0;
  int32_t token;
  for (size_t at = 0; sluice_next_token(model, arguments[2], strlen(arguments[2]), &at, &token);)
    sluice_step_token(stream, token, &answer);
  printf("%s %.3f\n", answer >= 0.5f ? "positive" : "negative", answer);

  sluice_stream_destroy(stream);
  sluice_close(model);
}
