/* The same where there is no file system: the model is linked into the program.
 *     sluice convert sentiment.sluice --object sentiment.o        (or --c-array model.c --symbol sentiment)
 *     gcc linked.c sentiment.o $(pkg-config --cflags --libs sluice) -o linked
 * The constants are named after the output, unless --symbol says how. */
#include <sluice.h>
#include <stdio.h>
#include <string.h>

extern const unsigned char sentiment[];
extern const size_t sentiment_size;

int main(int count, char **arguments) {
  if (count != 2) return fprintf(stderr, "usage: linked TEXT\n"), 2;
  sluice_model_t *model;
  sluice_stream_t *stream;
  sluice_error error;
  if (sluice_open_memory(sentiment, sentiment_size, NULL, &model, &error) ||
      sluice_stream_create(model, 1, &stream, &error))
    return fprintf(stderr, "%s\n", error.message), 1;
  if (!sluice_reads_tokens(model) || sluice_output_size(model) != 1)
    return fprintf(stderr, "expected a model that reads words and has one output\n"), 1;

  float answer = 0;
  int32_t token;
  sluice_status status = SLUICE_WRONG_INPUT; /* until there is a word */
  for (size_t at = 0; sluice_next_token(model, arguments[1], strlen(arguments[1]), &at, &token);)
    if ((status = sluice_step_token(stream, token, &answer))) break;
  if (status) return fprintf(stderr, "%s\n", sluice_status_text(status)), 1;
  printf("%s %.3f\n", answer >= 0.5f ? "positive" : "negative", answer);

  sluice_stream_destroy(stream);
  sluice_close(model);
}
