/* Watches: what is counted, and that a watched step has the bits of another.
 * watching CALIBRATED-INT8.sluice PLAIN.sluice: the first was calibrated with inputs from -1 to 1. */
#include "check.h"

#include <math.h>

enum { steps = 50, most = 64 };
static float x[steps * most], y[most], expected[most];

static sluice_watch_counts read_counts(const sluice_watch_t *watch) {
  sluice_watch_counts counts = {.size = sizeof counts};
  CHECK(sluice_watch_read(watch, &counts) == SLUICE_OK);
  return counts;
}

static void counting(const sluice_model_t *model) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  sluice_stream_t *stream = open_stream(model, 1), *other = open_stream(model, 1);
  sluice_watch_t *watch;
  sluice_error error;
  CHECK(in <= most && out <= most && sluice_watch_create(model, &watch, &error) == SLUICE_OK);

  TEST("watched steps have the bits of others; inputs within the range are none outside");
  fill(x, steps * in, 3);
  for (size_t t = 0; t < steps; t++) {
    for (size_t i = 0; i < in; i++) x[t * in + i] *= 0.5f;
    CHECK(sluice_watch_step(watch, stream, x + t * in, y) == SLUICE_OK);
    CHECK(sluice_step(other, x + t * in, expected) == SLUICE_OK);
    CHECK(memcmp(y, expected, out * sizeof *y) == 0);
  }
  sluice_watch_counts counts = read_counts(watch);
  CHECK(counts.steps == steps && counts.inputs == steps * in && counts.inputs_outside == 0);
  CHECK(counts.values >= steps * in && counts.values_saturated == 0);

  TEST("what lies outside, and what is cut off, is counted: one input of a step, at ten times the range");
  x[0] = 10;
  CHECK(sluice_watch_step(watch, stream, x, y) == SLUICE_OK);
  counts = read_counts(watch);
  CHECK(counts.steps == steps + 1 && counts.inputs_outside == 1 && counts.values_saturated >= 1);
  uint64_t saturated = counts.values_saturated;
  CHECK(saturated < counts.values);

  TEST("x and y may be the same memory");
  memcpy(expected, x, in * sizeof *x);
  if (in >= out) CHECK(sluice_watch_step(watch, stream, expected, expected) == SLUICE_OK);
  CHECK(read_counts(watch).inputs_outside == (in >= out ? 2 : 1));

  TEST("latencies by powers of two");
  uint64_t times[] = {0, 1, 2, 3, 4, 1023, 1024, UINT64_MAX};
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) sluice_watch_latency(watch, times[i]);
  counts = read_counts(watch);
  CHECK(counts.latencies[0] == 2 && counts.latencies[1] == 2 && counts.latencies[2] == 1);
  CHECK(counts.latencies[9] == 1 && counts.latencies[10] == 1 && counts.latencies[63] == 1);
  CHECK(counts.longest == UINT64_MAX);

  TEST("a step that is refused is not counted; reset counts from 0");
  CHECK(sluice_watch_step(watch, stream, NULL, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_watch_step(watch, NULL, x, y) == SLUICE_BAD_ARGUMENT);
  CHECK(read_counts(watch).steps == counts.steps);
  x[0] = NAN;
  sluice_status status = sluice_watch_step(watch, stream, x, y);
  CHECK(status == SLUICE_OK || status == SLUICE_NOT_FINITE);
  CHECK(read_counts(watch).inputs_outside == counts.inputs_outside + 1);
  sluice_watch_reset(watch);
  counts = read_counts(watch);
  CHECK(counts.steps + counts.inputs + counts.values + counts.longest + counts.latencies[0] == 0);
  sluice_stream_reset(stream);
  x[0] = 10;
  CHECK(sluice_watch_step(watch, stream, x, y) == SLUICE_OK && read_counts(watch).inputs_outside == 1);
  sluice_watch_destroy(watch);
  sluice_stream_destroy(stream), sluice_stream_destroy(other);
}

static void others(const sluice_model_t *model, const sluice_model_t *plain) {
  TEST("of a model without range or stored scale nothing is known");
  sluice_watch_t *watch, *of_other;
  sluice_error error;
  sluice_stream_t *stream = open_stream(plain, 1);
  CHECK(sluice_watch_create(plain, &watch, &error) == SLUICE_OK);
  fill(x, most, 4);
  CHECK(sluice_watch_step(watch, stream, x, y) == SLUICE_OK);
  sluice_watch_counts counts = read_counts(watch);
  CHECK(counts.steps == 1 && counts.inputs == 0 && counts.values == 0);
  TEST("another model's stream, NULL, and a size that was never set");
  CHECK(sluice_watch_create(model, &of_other, &error) == SLUICE_OK);
  CHECK(sluice_watch_step(of_other, stream, x, y) == SLUICE_BAD_ARGUMENT);
  CHECK(read_counts(of_other).steps == 0);
  sluice_watch_destroy(of_other);
  counts.size = sizeof counts - 1;
  CHECK(sluice_watch_read(watch, &counts) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_watch_read(NULL, &counts) == SLUICE_BAD_ARGUMENT && sluice_watch_read(watch, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_watch_create(NULL, &of_other, &error) == SLUICE_BAD_ARGUMENT && !of_other);
  sluice_watch_latency(NULL, 1), sluice_watch_reset(NULL), sluice_watch_destroy(NULL);
  sluice_watch_destroy(watch);
  sluice_stream_destroy(stream);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  sluice_model_t *model = open_model(arguments[1], 0), *plain = open_model(arguments[2], 0);
  counting(model);
  others(model, plain);
  sluice_close(model), sluice_close(plain);
  return finish("watching");
}
