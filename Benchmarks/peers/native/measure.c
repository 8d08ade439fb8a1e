/* What a program in C pays for libsluice: measure (steps | checks | blocks | streams) MODEL.sluice...
 *
 * steps    a step of one stream, entered with each of six control words of the floats
 * checks   the same with and without the look for NaN
 * blocks   1,000 steps a call, by the stream's block size
 * streams  a step of 64 streams
 *
 * Nanoseconds, the median of many rows of calls; every column of a line takes its turn again and again, so
 * that a neighbour's noise falls on all of them alike. `limit`: the time in which this core reads the weights
 * once and does nothing else. A line a model; words are separated by blanks, for programs to read. */
#include <float.h>
#include <immintrin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "SluiceBenchmark.h"
#include "SluiceLimits.h"
#include "sluice.h"

enum { turns = 400, most_columns = 8, block = 1000, streams = 64 };
static double times[most_columns][turns];
static float *x, *y;

static void ended(const char *path, const char *what) {
  fprintf(stderr, "%s: %s\n", path, what);
  exit(1);
}

static int ascending(const void *a, const void *b) {
  double first = *(const double *)a, second = *(const double *)b;
  return (first > second) - (first < second);
}

static double median(int column, int count) {
  qsort(times[column], (size_t)count, sizeof(double), ascending);
  return times[column][count / 2];
}

static void fill(float *values, size_t count) {
  uint32_t state = 7;
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525 + 1013904223;
    values[i] = (float)(state >> 8) / (1 << 23) - 1;
  }
}

static sluice_model_t *opened(const char *path) {
  sluice_model_t *model;
  sluice_error error;
  if (sluice_open_file(path, NULL, &model, &error)) ended(path, error.message);
  size_t inputs = sluice_input_size(model), outputs = sluice_output_size(model);
  free(x), free(y);
  x = calloc((inputs + outputs) * block, sizeof *x);
  y = calloc((inputs + outputs) * block, sizeof *y);
  if (!x || !y) ended(path, "out of memory");
  fill(x, inputs * block);
  return model;
}

/* A read waits for an earlier write whose address ends in the same twelve bits: small layers are measured at
 * eight places of the stream within a page. */
enum { places = 8 };

static sluice_stream_t *created(const char *path, const sluice_model_t *model, size_t size, size_t place) {
  sluice_stream_t *stream;
  sluice_error error;
  size_t bytes = sluice_stream_size(model, size);
  char *memory = aligned_alloc(4096, (bytes + 2 * 4096) / 4096 * 4096);
  if (!memory) ended(path, "out of memory");
  if (sluice_stream_init(model, size, memory + place * 4096 / places, bytes, &stream, &error))
    ended(path, error.message);
  return stream;
}

/* Nanoseconds in which the core reads the weights, at its best. */
static double read_limit(const sluice_model_t *model) {
  size_t bytes = 0;
  for (size_t index = 0; index < sluice_layer_count(model); index++) {
    sluice_layer_info layer = {.size = sizeof layer};
    if (sluice_model_layer(model, index, &layer) == SLUICE_OK) bytes += layer.weight_bytes;
  }
  bytes = (bytes + 63) / 64 * 64;
  void *weights = aligned_alloc(64, bytes);
  if (!weights) return 0;
  memset(weights, 1, bytes);
  int width = __builtin_cpu_supports("avx512f") ? 64 : 32;
  double forwards = sluice_read_rate(weights, bytes, width, false, 20000000);
  double both = sluice_read_rate(weights, bytes, width, true, 20000000);
  free(weights);
  return (double)bytes / (both > forwards ? both : forwards);
}

/* Nanoseconds of one of `count` calls. */
static double of_steps(sluice_stream_t *stream, size_t inputs, int count) {
  uint64_t start = sluice_nanoseconds();
  for (int t = 0; t < count; t++) sluice_step(stream, x + (size_t)(t & 3) * inputs, y);
  return (double)(sluice_nanoseconds() - start) / count;
}

/* How many calls take some 20 microseconds. */
static int calls(double nanoseconds) {
  int count = (int)(20000 / (nanoseconds + 1)) & ~3;
  return count < 4 ? 4 : count;
}

static const unsigned words[] = {0x1F80, 0x1FA0, 0x1FB0, 0x1FBF, 0x9FC0, 0x9FE0};

static void steps(const char *path, const sluice_model_t *model) {
  sluice_stream_t *at[places];
  for (size_t place = 0; place < places; place++) at[place] = created(path, model, 1, place);
  size_t inputs = sluice_input_size(model);
  int count = calls(of_steps(at[0], inputs, 64));
  unsigned caller = _mm_getcsr();
  int rows = count == 4 ? 100 : turns;
  for (int turn = 0; turn < rows; turn++)
    for (int word = 0; word < 6; word++) {
      sluice_stream_t *stream = at[turn % places];
      _mm_setcsr(words[word]);
      of_steps(stream, inputs, 4);
      _mm_setcsr(words[word]);
      times[word][turn] = of_steps(stream, inputs, count);
      _mm_setcsr(caller);
    }
  double best = DBL_MAX, worst = 0;
  for (int word = 0; word < 6; word++) {
    double time = median(word, rows);
    if (time < best) best = time;
    if (time > worst) worst = time;
    printf(" %10.1f", time);
  }
  printf(" %10.1f %10.1f", worst - best, read_limit(model));
}

static void checks(const char *path, const sluice_model_t *model) {
  sluice_stream_t *at[places];
  for (size_t place = 0; place < places; place++) at[place] = created(path, model, 1, place);
  size_t inputs = sluice_input_size(model);
  int count = calls(of_steps(at[0], inputs, 64));
  for (int turn = 0; turn < turns; turn++)
    for (int looks = 0; looks < 2; looks++) {
      sluice_stream_t *stream = at[turn % places];
      sluice_stream_check(stream, looks);
      times[looks][turn] = of_steps(stream, inputs, count);
    }
  double without = median(0, turns), with = median(1, turns);
  printf(" %10.1f %10.1f %10.1f", without, with, with - without);
}

static const size_t sizes[] = {0, 16, 32, 64, 125, 250, 500, 1000};

static void blocks(const char *path, const sluice_model_t *model) {
  sluice_stream_t *stream[8];
  for (size_t size = 0; size < 8; size++) stream[size] = created(path, model, sizes[size], size);
  int rows = 15;
  for (int turn = 0; turn < rows; turn++)
    for (int size = 0; size < 8; size++) {
      uint64_t start = sluice_nanoseconds();
      sluice_process(stream[size], x, block, y);
      double time = (double)(sluice_nanoseconds() - start);
      times[size][turn] = time / block;
      if (turn == 0 && size == 0) rows = time > 3e7 ? 7 : time > 1e6 ? 41 : 201;
    }
  double best = DBL_MAX, own = 0;
  for (int size = 0; size < 8; size++) {
    double time = median(size, rows);
    if (size == 0) own = time;
    if (time < best) best = time;
    printf(" %10.1f", time);
  }
  printf(" %10.3f %10.0f", own / best, (double)sluice_stream_size(model, 0) / 1024);
}

static void many(const char *path, const sluice_model_t *model) {
  sluice_batch_t *batch;
  sluice_error error;
  if (sluice_batch_create(model, streams, &batch, &error)) ended(path, error.message);
  size_t inputs = sluice_input_size(model);
  for (int turn = -10; turn < turns; turn++) {
    uint64_t start = sluice_nanoseconds();
    sluice_batch_step(batch, x + (size_t)(turn & 1) * streams * inputs, y, NULL);
    if (turn >= 0) times[0][turn] = (double)(sluice_nanoseconds() - start) / streams;
  }
  printf(" %10.1f %10.0f", median(0, turns), (double)sluice_batch_size(model, streams) / 1024);
  sluice_batch_destroy(batch);
}

int main(int count, char **arguments) {
  static const struct {
    const char *name, *heading;
    void (*run)(const char *, const sluice_model_t *);
  } modes[] = {
      {"steps", "1F80 1FA0 1FB0 1FBF 9FC0 9FE0 spread limit", steps},
      {"checks", "without with more", checks},
      {"blocks", "default 16 32 64 125 250 500 1000 of_best KiB", blocks},
      {"streams", "a_stream KiB", many},
  };
  for (size_t mode = 0; mode < 4 && count > 2; mode++) {
    if (strcmp(arguments[1], modes[mode].name)) continue;
    printf("%-28s", arguments[1]);
    char heading[128];
    snprintf(heading, sizeof heading, "%s", modes[mode].heading);
    for (char *word = strtok(heading, " "); word; word = strtok(NULL, " ")) printf(" %10s", word);
    printf("\n");
    for (int file = 2; file < count; file++) {
      sluice_model_t *model = opened(arguments[file]);
      const char *name = strrchr(arguments[file], '/');
      printf("%-28s", name ? name + 1 : arguments[file]);
      modes[mode].run(arguments[file], model);
      printf("\n");
      fflush(stdout);
      sluice_close(model);
    }
    return 0;
  }
  fprintf(stderr, "usage: measure (steps | checks | blocks | streams) MODEL.sluice...\n");
  return 2;
}
