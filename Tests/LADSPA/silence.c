/* Silence after loud sound takes no longer:
 *     silence PLUGIN [LABEL RATE]...
 * Prints times; the exit status is 0 where none is more than a tenth above that of loud sound. */
#include "host.h"

#include <time.h>

enum { length = 24000 };

static float y[length];

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The time of a block, if it is less than `least`. */
static void measure(hosted *one, const float *x, double *least) {
  double start = seconds();
  run_block(one, x, y, length);
  double taken = seconds() - start;
  if (taken < *least) *least = taken;
}

/* Blocks of silence, and of what is nearly silence, each right behind loud ones: the fastest of up to 300 rounds, since others run
 * here, too. */
static bool is_steady(LADSPA_Descriptor_Function all, const char *label, unsigned long rate) {
  static float noise[length], quiet[length], faint[length];
  hosted one;
  uint64_t seed = 3;
  if (!host_plugin(&one, find_descriptor(all, label), rate)) exit(2);
  one.descriptor->activate(one.handle);
  double loud = 1, silent = 1, nearly = 1;
  for (int i = 0; i < length; i++) noise[i] = 0.5f * next_number(&seed), faint[i] = noise[i] * 1e-39f;
  for (int round = 0; round < 300; round++) {
    measure(&one, noise, &loud), measure(&one, quiet, &silent);
    measure(&one, noise, &loud), measure(&one, faint, &nearly);
    if (round > 20 && silent < 1.1 * loud && nearly < 1.1 * loud) break;
  }
  printf("  %-10s loud %6.1f ns a sample, silent %6.1f, denormal %6.1f\n", label, loud / length * 1e9, silent / length * 1e9,
         nearly / length * 1e9);
  one.descriptor->cleanup(one.handle);
  free(one.controls);
  return silent < 1.1 * loud && nearly < 1.1 * loud;
}

int main(int count, char **arguments) {
  if (count < 4) return 2;
  LADSPA_Descriptor_Function all = load_plugin(arguments[1]);
  int failed = 0;
  for (int i = 2; i + 1 < count; i += 2) failed += !is_steady(all, arguments[i], strtoul(arguments[i + 1], NULL, 10));
  return failed != 0;
}
