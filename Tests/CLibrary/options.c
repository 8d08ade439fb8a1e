/* How a model is opened: versions of sluice_options, and limits for blobs that are not trusted.
 * options MODEL.sluice */
#include "check.h"

static const char *path;

static sluice_status opened_with(const void *options, sluice_error *error) {
  sluice_model_t *model;
  sluice_status status = sluice_open_file(path, options, &model, error);
  CHECK((status == SLUICE_OK) == (model != NULL));
  sluice_close(model);
  return status;
}

static void versions(void) {
  TEST("options of any version: what is missing is 0, what is not known must be 0");
  sluice_error error;
  CHECK(sizeof(sluice_options) == 32);
  CHECK(opened_with(NULL, NULL) == SLUICE_OK);
  /* A later version's, longer than the library's. */
  static union {
    sluice_options options;
    unsigned char bytes[8192];
  } later;
  size_t known = sizeof(sluice_options), sizes[] = {known, known + 1, known + 8, 512, 4096};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    memset(&later, 0, sizeof later);
    memset(later.bytes + sizes[i], 0xFF, 64);
    later.options.size = sizes[i];
    CHECK(opened_with(&later, &error) == SLUICE_OK);
    for (size_t at = known; at < sizes[i]; at++) {
      later.bytes[at] = 1;
      CHECK(opened_with(&later, &error) == SLUICE_BAD_ARGUMENT);
      CHECK(strstr(error.message, "does not know"));
      later.bytes[at] = 0;
      if (at > known + 40 && at < sizes[i] - 2) at = sizes[i] - 2;
    }
  }
  TEST("a size that was never set");
  size_t wrong[] = {0, 1, 8, 31, 4097, 1 << 20, SIZE_MAX / 2, SIZE_MAX};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    memset(&later, 0, sizeof later);
    later.options.size = wrong[i];
    CHECK(opened_with(&later, &error) == SLUICE_BAD_ARGUMENT);
    CHECK(strstr(error.message, "sizeof(sluice_options)"));
  }
  memset(&later, 0, sizeof later);
  later.options.size = known;
  later.options.flags = 32;
  CHECK(opened_with(&later, &error) == SLUICE_BAD_ARGUMENT && strstr(error.message, "flag"));
  later.options.flags = 0, later.options.isa = (sluice_isa)77;
  CHECK(opened_with(&later, &error) == SLUICE_BAD_ARGUMENT && strstr(error.message, "instruction set"));
}

/* The first number of a message. */
static uint64_t number(const char *message) {
  while (*message && (*message < '0' || *message > '9')) message++;
  return strtoull(message, NULL, 10);
}

static void limits(void) {
  TEST("limits: refused with what it takes, before memory is taken; taken with just as much");
  sluice_options options = {.size = sizeof options, .max_step_operations = 1};
  sluice_error error;
  sluice_model_t *model;
  CHECK(sluice_open_file(path, &options, &model, &error) == SLUICE_ABOVE_LIMIT && model == NULL);
  CHECK(error.status == SLUICE_ABOVE_LIMIT && strstr(error.message, "operations; max_step_operations is 1."));
  uint64_t operations = number(error.message);
  CHECK(operations > 100);
  options.max_step_operations = operations;
  CHECK(opened_with(&options, &error) == SLUICE_OK);
  options.max_step_operations = operations - 1;
  CHECK(opened_with(&options, &error) == SLUICE_ABOVE_LIMIT);
  options.max_step_operations = UINT64_MAX, options.max_stream_bytes = UINT64_MAX;
  CHECK(opened_with(&options, &error) == SLUICE_OK);
  for (uint64_t bytes = 1; bytes < 200; bytes++) {
    options.max_stream_bytes = bytes;
    CHECK(opened_with(&options, &error) == SLUICE_ABOVE_LIMIT);
  }

  CHECK(sluice_open_file(path, NULL, &model, &error) == SLUICE_OK);
  size_t one = sluice_stream_size(model, 1), two = sluice_stream_size(model, 2);
  sluice_close(model);
  options.max_stream_bytes = one - 1;
  CHECK(opened_with(&options, &error) == SLUICE_ABOVE_LIMIT && number(error.message) == one);
  CHECK(strstr(error.message, "bytes; max_stream_bytes is "));
  options.max_stream_bytes = one;
  CHECK(sluice_open_file(path, &options, &model, &error) == SLUICE_OK);
  sluice_stream_t *stream;
  sluice_batch_t *batch;
  CHECK(sluice_stream_create(model, 1, &stream, &error) == SLUICE_OK);
  sluice_stream_destroy(stream);
  CHECK(sluice_stream_create(model, 2, &stream, &error) == SLUICE_ABOVE_LIMIT && stream == NULL);
  CHECK(number(error.message) == two);
  CHECK(sluice_stream_create(model, SIZE_MAX, &stream, &error) == SLUICE_ABOVE_LIMIT && !stream);
  sluice_status status = sluice_batch_create(model, 3, &batch, &error);
  CHECK(status == (sluice_batch_size(model, 1) > one ? SLUICE_ABOVE_LIMIT : SLUICE_OK));
  sluice_batch_destroy(batch);
  sluice_close(model);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  path = arguments[1];
  versions();
  limits();
  return finish("options");
}
