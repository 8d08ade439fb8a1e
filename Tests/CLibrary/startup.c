/* What a process pays until its first step, beside a process that does nothing.
 *   startup MODEL.sluice     opens the model, makes a stream, takes a step and ends
 *   startup                  ends
 *   startup --beside OTHER MODEL.sluice  runs both by turns, this program and OTHER without an argument: medians
 *                            of milliseconds from spawn to end, and of memory; OTHER is linked to nothing of ours
 * Built with SLUICE_NONE there is nothing of the library in it. */
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#ifdef SLUICE_NONE
int main(void) { return 0; }
#else
#include <sluice.h>

extern char **environ;

/* What took a step: 0, or why not. */
static int first_step(const char *path) {
  static float x[4096], y[4096];
  sluice_model_t *model;
  sluice_stream_t *stream;
  sluice_error error;
  if (sluice_open_file(path, NULL, &model, &error)) return fprintf(stderr, "%s\n", error.message), 1;
  bool reads_tokens = sluice_reads_tokens(model);
  if ((!reads_tokens && sluice_input_size(model) > 4096) || sluice_output_size(model) > 4096)
    return fprintf(stderr, "%s: more than 4096 features\n", path), 1;
  if (sluice_stream_create(model, 1, &stream, &error)) return fprintf(stderr, "%s\n", error.message), 1;
  return reads_tokens ? sluice_step_token(stream, 1, y) : sluice_step(stream, x, y);
}

struct run {
  double milliseconds;
  double kibibytes;
};

static struct run run(char *const arguments[]) {
  struct timespec start, end;
  struct rusage usage;
  pid_t child;
  int status;
  clock_gettime(CLOCK_MONOTONIC, &start);
  if (posix_spawn(&child, arguments[0], NULL, NULL, arguments, environ) ||
      wait4(child, &status, 0, &usage) != child || status) {
    fprintf(stderr, "%s: did not end well\n", arguments[0]);
    exit(1);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  return (struct run){
    1e3 * (double)(end.tv_sec - start.tv_sec) + 1e-6 * (double)(end.tv_nsec - start.tv_nsec),
    (double)usage.ru_maxrss};
}

static int by_time(const void *a, const void *b) {
  double x = ((const struct run *)a)->milliseconds, y = ((const struct run *)b)->milliseconds;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  if (count == 1) return 0;
  if (strcmp(arguments[1], "--beside")) return first_step(arguments[1]);
  if (count != 4) return 2;
  enum { turns = 301 };
  static struct run ours[turns], empty[turns];
  char *const with[] = {arguments[0], arguments[3], NULL}, *const without[] = {arguments[2], NULL};
  for (int turn = 0; turn < turns; turn++) ours[turn] = run(with), empty[turn] = run(without);
  qsort(ours, turns, sizeof *ours, by_time);
  qsort(empty, turns, sizeof *empty, by_time);
  struct run middle = ours[turns / 2], none = empty[turns / 2];
  double ratio = middle.milliseconds / none.milliseconds;
  printf("from spawn to the end behind a first step %.3f ms and %.0f KiB, of an empty program %.3f ms and %.0f KiB: "
         "%.2f\n", middle.milliseconds, middle.kibibytes, none.milliseconds, none.kibibytes, ratio);
  return 0;
}
#endif
