/* How positive is a sentence? Reads it word by word; each step updates the answer. */
#include <sluice.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  if (count != 3) return fprintf(stderr, "usage: sentiment MODEL.sluice TEXT\n"), 2;
  sluice_model_t *model;
  sluice_stream_t *stream;
  sluice_error error;
  sluice_options options = {.size = sizeof options, .flags = SLUICE_OPEN_SEALED};
  if (sluice_open_file(arguments[1], &options, &model, &error) ||
      sluice_stream_create(model, 1, &stream, &error))
    return fprintf(stderr, "%s: %s\n", arguments[1], error.message), 1;
  if (!sluice_reads_tokens(model) || sluice_output_size(model) != 1)
    return fprintf(stderr, "%s: expected a model that reads words and has one output\n", arguments[1]), 1;

  float answer = 0;
  int32_t token;
  sluice_status status = SLUICE_WRONG_INPUT; /* until there is a word */
  for (size_t at = 0; sluice_next_token(model, arguments[2], strlen(arguments[2]), &at, &token);)
    if ((status = sluice_step_token(stream, token, &answer))) break;
  if (status) return fprintf(stderr, "%s: %s\n", arguments[1], sluice_status_text(status)), 1;
  printf("%s %.3f\n", answer >= 0.5f ? "positive" : "negative", answer);

  sluice_stream_destroy(stream);
  sluice_close(model);
}
