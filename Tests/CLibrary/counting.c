/* The steps that KernelProbe counts, through the C library: callgrind counts within `measured...` functions, and
 * tools/check-instructions holds the counts beside those of the package.
 *   counting FOLDER   a blob and its inputs a name, in the order of FOLDER/names */
#include "check.h"

enum { steps = 16 };
/* As wide as the widest of them. */
static float x[steps * 4096], y[steps * 4096];

__attribute__((noinline)) static void measured_steps(sluice_stream_t *stream, size_t inputs) {
  for (size_t t = 0; t < steps; t++) CHECK(sluice_step(stream, x + t * inputs, y) == SLUICE_OK);
}

__attribute__((noinline)) static void measured_block(sluice_stream_t *stream) {
  CHECK(sluice_process(stream, x, steps, y) == SLUICE_OK);
}

__attribute__((noinline)) static void measured_batch(sluice_batch_t *batch) {
  CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_OK);
}

int main(int count, char **arguments) {
  char name[512], path[1024];
  if (count != 2) return 2;
  snprintf(path, sizeof path, "%s/names", arguments[1]);
  FILE *names = fopen(path, "r");
  for (int index = 0; names && fscanf(names, "%511s", name) == 1; index++) {
    sluice_model_t *model;
    sluice_stream_t *stream;
    sluice_batch_t *batch;
    sluice_error error;
    snprintf(path, sizeof path, "%s/%d.sluice", arguments[1], index);
    CHECK(open_file(path, 0, SLUICE_ISA_AVX2, &model, &error) == SLUICE_OK);
    size_t inputs = sluice_input_size(model), size;
    CHECK(inputs <= 4096 && sluice_output_size(model) <= 4096);
    CHECK(sluice_stream_create(model, 0, &stream, &error) == SLUICE_OK);
    CHECK(sluice_batch_create(model, steps, &batch, &error) == SLUICE_OK);
    snprintf(path, sizeof path, "%s/%d.f32", arguments[1], index);
    float *values = read_file(path, &size);
    CHECK(size == steps * inputs * sizeof *values);
    memcpy(x, values, size);
    free(values);
    /* Once outside, so that no symbol is left to be bound. */
    CHECK(sluice_process(stream, x, steps, y) == SLUICE_OK);
    /* Beside each name the instructions that a call may take to look at its outputs and states. */
    size_t numbers = sluice_output_size(model) + sluice_state_size(model) / sizeof(float);
    size_t looks = 2 * numbers / 5 + 32 * sluice_layer_count(model);
    printf("%s/step %zu\n%s/block %zu\n%s/batch %zu\n", name, looks, name, looks, name, steps * looks);
    measured_steps(stream, inputs);
    measured_block(stream);
    measured_batch(batch);
    sluice_batch_destroy(batch);
    sluice_stream_destroy(stream);
    sluice_close(model);
  }
  if (names) fclose(names);
  return failures || !checks;
}
