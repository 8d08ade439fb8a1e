/* What the C library costs beside the steps themselves. All times are the least of many.
 * times denormals MODEL.sluice...   steps over denormal inputs and states, against ordinary ones
 * times check MODEL.sluice...       looking for NaN and infinity after each step
 * times open MODEL.sluice...        opening, with and without the hash, and refusing a damaged file */
#include "check.h"

#include <math.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static float x[1024], y[1024];

/* Nanoseconds of a step. */
static double step_time(sluice_stream_t *stream) {
  enum { steps = 64 };
  double start = now();
  for (int t = 0; t < steps; t++) sluice_step(stream, x, y);
  return (now() - start) / steps;
}

static void least(double *value, double other) {
  if (*value == 0 || other < *value) *value = other;
}

static double denormals(const sluice_model_t *model) {
  double normal = 0, tiny = 0;
  sluice_stream_t *stream = open_stream(model, 1);
  bool is_tiny = true;
  for (int turn = 0; turn < 400; turn++) {
    for (size_t i = 0; i < sluice_input_size(model); i++)
      x[i] = turn % 2 ? 3e-40f * (float)(i + 1) : 0.3f * (float)(i % 3);
    sluice_stream_reset(stream);
    step_time(stream);
    least(turn % 2 ? &tiny : &normal, step_time(stream));
    /* Denormal, or what became of it, but nothing else. */
    for (size_t i = 0; turn % 2 && i < sluice_output_size(model); i++)
      is_tiny = is_tiny && fabsf(y[i]) < 1.2e-38f;
  }
  sluice_stream_destroy(stream);
  CHECK(is_tiny);
  printf("%7.1f ns, over denormals %7.1f ns: %.2f", normal, tiny, tiny / normal);
  return tiny / normal;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Weights come from a cache that others use too: the median of what neighbouring turns differ by. */
static double check(const sluice_model_t *model) {
  enum { turns = 2000 };
  static double differences[turns];
  double without = 0, with = 0;
  sluice_stream_t *stream = open_stream(model, 1);
  fill(x, sluice_input_size(model), 3);
  for (int turn = 0; turn < turns; turn++) {
    double times[2];
    for (int half = 0; half < 2; half++) {
      bool checks = half ^ (turn % 2);
      sluice_stream_check(stream, checks);
      times[checks] = step_time(stream);
      least(checks ? &with : &without, times[checks]);
    }
    differences[turn] = times[1] - times[0];
  }
  sluice_stream_destroy(stream);
  qsort(differences, turns, sizeof *differences, ascending);
  double more = differences[turns / 2];
  printf("%7.1f ns, with the check %7.1f ns: %.1f ns more", without, with, more);
  return more;
}

static void open_times(const char *path) {
  size_t size;
  unsigned char *bytes = read_file(path, &size);
  double hashed = 0, unhashed = 0, sealed = 0, refused = 0;
  sluice_model_t *model;
  sluice_error error;
  for (int turn = 0; turn < 12; turn++) {
    double start = now();
    sluice_close(open_model(path, 0));
    least(&hashed, now() - start), start = now();
    sluice_close(open_model(path, SLUICE_OPEN_NO_HASH));
    least(&unhashed, now() - start), start = now();
    sluice_close(open_model(path, SLUICE_OPEN_SEALED));
    least(&sealed, now() - start);
    bytes[size - 1] ^= 1;
    start = now();
    CHECK(open_memory(bytes, size, 0, SLUICE_ISA_BEST, &model, &error) ==
          SLUICE_INVALID_MODEL);
    least(&refused, now() - start);
    bytes[size - 1] ^= 1;
  }
  printf("%.1f MiB: opened in %.2f ms, without the hash %.3f ms, a sealed copy %.2f ms; refused for "
         "its last byte in %.2f ms", (double)size / 1048576, hashed / 1e6, unhashed / 1e6,
         sealed / 1e6, refused / 1e6);
  free(bytes);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  bool good = true;
  for (int file = 2; file < count; file++) {
    const char *name = strrchr(arguments[file], '/');
    printf("%-32s ", name ? name + 1 : arguments[file]);
    if (strcmp(arguments[1], "open") == 0) {
      open_times(arguments[file]);
    } else {
      sluice_model_t *model = open_model(arguments[file], 0);
      CHECK(sluice_input_size(model) <= 1024 && sluice_output_size(model) <= 1024);
      if (strcmp(arguments[1], "check") == 0) good = check(model) <= 5 && good;
      else good = denormals(model) <= 1.1 && good;
      sluice_close(model);
    }
    printf("\n");
    fflush(stdout);
  }
  return good && !failures ? 0 : 1;
}
