/* The bits of models, as hashes of all their outputs, for another CPU's to be compared with.
 * hashes STEPS MODEL.sluice...    A line a model: steps, steps of the batch, name, a hash of each; exit
 *                                 status 1 where its ways give different bits. */
#include "check.h"

enum { longest = 100, period = 1009, streams = 5, most_batched = 20000 };

/* FNV-1a of the bits of floats. */
static uint64_t hash(uint64_t value, const float *floats, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, floats + i, sizeof bits);
    value = (value ^ bits) * 0x100000001B3u;
  }
  return value;
}

static const uint64_t start = 0xCBF29CE484222325u;
static size_t in, out;
/* A sequence that begins again after a prime number of steps, which no chunk's length divides. */
static float *x, *y;

static const float *input(size_t step) { return x + step % period * in; }

static uint64_t stepped(const sluice_model_t *model, size_t steps) {
  sluice_stream_t *stream = open_stream(model, 1);
  uint64_t value = start;
  for (size_t t = 0; t < steps; t++) {
    CHECK(sluice_step(stream, input(t), y) == SLUICE_OK);
    value = hash(value, y, out);
  }
  sluice_stream_destroy(stream);
  return value;
}

/* Chunks of any length; now and then the stream is saved, forgotten and restored into another with
 * another block, or forked, the fork going on while the original goes astray. */
static uint64_t moved(const sluice_model_t *model, size_t steps) {
  sluice_stream_t *stream = open_stream(model, 32), *next;
  size_t size = sluice_state_size(model);
  void *state = malloc(size);
  uint64_t value = start, seed = 11;
  for (size_t t = 0, turn = 0; t < steps; turn++) {
    size_t chunk = 1 + (size_t)((next_number(&seed) + 1) / 2 * (longest - 1));
    if (chunk > steps - t) chunk = steps - t;
    CHECK(sluice_process(stream, input(t), chunk, y) == SLUICE_OK);
    value = hash(value, y, chunk * out);
    t += chunk;
    if (turn % 16 == 3) {
      CHECK(sluice_stream_save(stream, state, size) == SLUICE_OK);
      sluice_stream_destroy(stream);
      stream = open_stream(model, 1 + turn % 50);
      CHECK(sluice_stream_restore(stream, state, size, NULL) == SLUICE_OK);
    } else if (turn % 16 == 11) {
      next = open_stream(model, 1 + turn % 50);
      CHECK(sluice_stream_fork(next, stream) == SLUICE_OK);
      CHECK(sluice_process(stream, input(7), 3, y) == SLUICE_OK);
      sluice_stream_destroy(stream);
      stream = next;
    }
  }
  sluice_stream_destroy(stream);
  free(state);
  return value;
}

/* One of a batch's streams is fed the sequence, the others run ahead of it. */
static uint64_t batched(const sluice_model_t *model, size_t steps, size_t fed) {
  sluice_batch_t *batch;
  if (sluice_batch_create(model, streams, &batch, NULL) != SLUICE_OK) exit(2);
  float *rows = malloc(streams * in * sizeof *rows);
  uint64_t value = start;
  for (size_t t = 0; t < steps; t++) {
    for (size_t row = 0; row < streams; row++)
      memcpy(rows + row * in, input(t + (row == fed ? 0 : 10 + row)), in * sizeof *rows);
    CHECK(sluice_batch_step(batch, rows, y, NULL) == SLUICE_OK);
    value = hash(value, y + fed * out, out);
  }
  free(rows);
  sluice_batch_destroy(batch);
  return value;
}

int main(int count, char **arguments) {
  long steps = count > 2 ? atol(arguments[1]) : 0;
  if (steps < 1) return 2;
  bool same = true;
  for (int file = 2; file < count; file++) {
    sluice_model_t *model = open_model(arguments[file], 0);
    in = sluice_input_size(model), out = sluice_output_size(model);
    x = malloc((period + longest) * in * sizeof *x);
    y = malloc((longest > streams ? longest : streams) * out * sizeof *y);
    fill(x, period * in, 21);
    /* A stretch of denormal numbers, whose products with weights below 1 are zero on every CPU. */
    for (size_t i = period / 2 * in; i < period * in; i++) x[i] *= 1e-39f;
    memcpy(x + period * in, x, longest * in * sizeof *x);
    /* A batch costs as much as all its streams. */
    long fewer = steps / streams > 0 ? steps / streams : 1;
    if (fewer > most_batched) fewer = most_batched;
    uint64_t one = stepped(model, steps), some = moved(model, steps), few = stepped(model, fewer);
    uint64_t first = batched(model, fewer, 1), last = batched(model, fewer, streams - 1);
    const char *name = strrchr(arguments[file], '/');
    printf("%8ld %6ld  %-32s %016llx %016llx\n", steps, fewer, name ? name + 1 : arguments[file],
           (unsigned long long)one, (unsigned long long)few);
    fflush(stdout);
    if (one != some || few != first || few != last) {
      fprintf(stderr, "%s: DIFFERENT BITS: steps %016llx, moved %016llx; batch %016llx, %016llx\n",
              arguments[file], (unsigned long long)one, (unsigned long long)some,
              (unsigned long long)first, (unsigned long long)last);
      same = false;
    }
    free(x), free(y);
    sluice_close(model);
  }
  return same && !failures ? 0 : 1;
}
