/* What a host may do to a plugin:
 *     robust PLUGIN
 * of $SLUICE_MODELS, with the labels amplifier, again (the same blob), other (another network), denoiser, voice, and voice-again
 * (the same blob). */
#include "host.h"

#include <math.h>
#include <time.h>
#ifdef __x86_64__
#include <xmmintrin.h>
#endif

enum { length = 24000, model_port = 2 };

static int checks, failures;

#define CHECK(condition)                                                                    \
  do {                                                                                      \
    checks++;                                                                               \
    if (!(condition)) failures++, fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
  } while (0)

static LADSPA_Descriptor_Function all;
static float noise[length], expected[length], found[length];

static unsigned long rate_of(const char *label) {
  return strchr("vd", label[0]) ? 16000 : 48000;
}

static hosted open_plugin(const char *label) {
  hosted hosted;
  if (!host_plugin(&hosted, find_descriptor(all, label), rate_of(label))) fprintf(stderr, "no instance of %s\n", label), exit(2);
  hosted.descriptor->activate(hosted.handle);
  return hosted;
}

static void close_plugin(hosted *hosted) {
  hosted->descriptor->cleanup(hosted->handle);
  free(hosted->controls);
}

static void run_all(hosted *hosted, const float *x, float *y, size_t count, size_t quantum) {
  for (size_t at = 0; at < count; at += quantum)
    run_block(hosted, x + at, y + at, at + quantum > count ? count - at : quantum);
}

static bool is_same(const float *a, const float *b, size_t count) { return memcmp(a, b, count * sizeof *a) == 0; }

static void pause_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

static void descriptors(void) {
  const LADSPA_Descriptor *one, *other;
  unsigned long count = 0;
  for (; (one = all(count)); count++) {
    CHECK(one->UniqueID >= 1 && one->UniqueID <= 1000 && !strpbrk(one->Label, " \t\n"));
    CHECK(LADSPA_IS_HARD_RT_CAPABLE(one->Properties) && !LADSPA_IS_INPLACE_BROKEN(one->Properties));
    CHECK(!one->instantiate(one, 12345) && !one->instantiate(one, 0));
    for (unsigned long i = 0; i < count && (other = all(i)); i++)
      CHECK(other->UniqueID != one->UniqueID && strcmp(other->Label, one->Label) < 0);
  }
  CHECK(count == 6 && !all(count) && !all(1000000) && !all(~0ul));
  const LADSPA_PortRangeHint *hints = find_descriptor(all, "amplifier")->PortRangeHints;
  CHECK(hints[model_port].UpperBound == 2 && find_descriptor(all, "denoiser")->PortRangeHints[model_port].UpperBound == 0);
}

/* Orders of calls that hosts have, and ports that they leave out. */
static void calls(const char *label) {
  const LADSPA_Descriptor *descriptor = find_descriptor(all, label);
  LADSPA_Handle handle = descriptor->instantiate(descriptor, rate_of(label));
  descriptor->run(handle, 100);
  descriptor->activate(handle);
  descriptor->activate(handle);
  descriptor->run(handle, 0);
  descriptor->connect_port(handle, 1000, found);
  descriptor->connect_port(handle, ~0ul, found);
  descriptor->connect_port(handle, port_output, found);
  for (int i = 0; i < length; i++) found[i] = NAN;
  descriptor->run(handle, length);
  bool is_finite = true;
  for (int i = 0; i < length; i++) is_finite &= isfinite(found[i]) != 0;
  CHECK(is_finite);
  descriptor->cleanup(handle);
  descriptor->cleanup(descriptor->instantiate(descriptor, rate_of(label)));
  descriptor->cleanup(NULL); /* as ffmpeg 5 does of what gave no instance */
}

/* Whatever the quantum, in place or not, alone or beside others: the same bits. */
static void sizes(const char *label) {
  static const size_t quanta[] = {1, 63, 1024, length};
  hosted one = open_plugin(label), others[3] = {open_plugin(label), open_plugin(label), open_plugin(label)};
  run_all(&one, noise, expected, length, 64);
  for (size_t i = 0; i < 4; i++) {
    one.descriptor->activate(one.handle);
    run_all(&one, noise, found, length, quanta[i]);
    CHECK(is_same(expected, found, length));
  }
  one.descriptor->activate(one.handle);
  memcpy(found, noise, sizeof noise);
  run_all(&one, found, found, length, 256);
  CHECK(is_same(expected, found, length));
  for (size_t at = 0; at < length; at += 240)
    for (int i = 0; i < 3; i++) {
      run_block(&others[i], noise + at, found, 240);
      CHECK(is_same(expected + at, found, 240));
    }
  for (int i = 0; i < 3; i++) close_plugin(&others[i]);
  close_plugin(&one);
}

/* Samples that are no sound, and controls that are no setting: from activate on as if nothing had been. */
static void numbers(const char *label) {
  static const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-45f, 1e-39f};
  hosted one = open_plugin(label);
  bool passes = strcmp(label, "voice") == 0;
  run_all(&one, noise, expected, length, 64);
  for (size_t kind = 0; kind < sizeof bad / sizeof *bad; kind++) {
    for (unsigned long port = 2; port < one.descriptor->PortCount; port++)
      if (LADSPA_IS_PORT_INPUT(one.descriptor->PortDescriptors[port])) one.controls[port] = bad[kind];
    float block[64], y[64];
    for (int i = 0; i < 64; i++) block[i] = i % 3 ? bad[kind] : noise[i];
    bool is_finite = true;
    for (int i = 0; i < 100; i++) {
      run_block(&one, block, y, 64);
      for (int n = 0; n < 64; n++) is_finite &= isfinite(y[n]) != 0;
    }
    CHECK(is_finite || passes);
    close_plugin(&one);
    one = open_plugin(label);
    run_all(&one, noise, found, length, 64);
    CHECK(is_same(expected, found, length));
  }
  /* And without activate: a network forgets. */
  float one_bad = NAN, y;
  run_block(&one, &one_bad, &y, 1);
  run_all(&one, noise, found, length, 64);
  bool is_finite = true;
  for (int i = 0; i < length; i++) is_finite &= isfinite(found[i]) != 0;
  CHECK(is_finite);
  close_plugin(&one);
}

/* The same network goes on with its state: what a label gives without and with switching, of `output`, the sound or a control. */
static void carrying(const char *label, unsigned long output) {
  static float values[2][length / 64];
  hosted one = open_plugin(label);
  for (int turn = 0; turn < 2; turn++) {
    one.descriptor->activate(one.handle);
    for (size_t block = 0; block < length / 64; block++) {
      /* Choice 1 is the same blob again. */
      one.controls[model_port] = (float)(turn ? block / 100 % 2 : 0);
      if (turn && block % 100 == 50) pause_ms(100);
      run_block(&one, noise + block * 64, found + block * 64, 64);
      values[turn][block] = output == port_output ? found[block * 64 + 63] : one.controls[output];
    }
  }
  CHECK(is_same(values[0], values[1], length / 64));
  close_plugin(&one);
}

/* The control switches at a block's edge; another network starts anew. */
static void switching(void) {
  hosted one = open_plugin("amplifier");
  hosted other = open_plugin("other");
  one.controls[model_port] = 2;
  one.descriptor->activate(one.handle);
  run_all(&one, noise, found, length, 64);
  run_all(&other, noise, expected, length, 64);
  CHECK(is_same(expected, found, length));
  one.controls[model_port] = 0;
  one.descriptor->activate(one.handle);
  run_all(&one, noise, found, 6400, 64);
  one.controls[model_port] = 2;
  run_all(&one, noise, found, 64, 64);
  pause_ms(200);
  run_all(&one, noise, found, 6400, 64);
  CHECK(is_same(expected, found, 6400));
  /* Faster than any thread: none is lost. */
  for (int i = 0; i < 20000; i++) {
    one.controls[model_port] = (float)(i % 3);
    run_block(&one, noise, found, 1);
  }
  close_plugin(&one), close_plugin(&other);
}

/* The host's floating-point flags are its own: with denormals flushed or not, the same bits, and the flags stay. */
static void flags(const char *label) {
#ifdef __x86_64__
  static float faint[length];
  for (int i = 0; i < length; i++) faint[i] = noise[i] * (i % 2000 < 1000 ? 1e-37f : 1);
  hosted one = open_plugin(label);
  run_all(&one, faint, expected, length, 64);
  one.descriptor->activate(one.handle);
  unsigned int before = _mm_getcsr(), flushing = before | 0x8040;
  _mm_setcsr(flushing);
  run_all(&one, faint, found, length, 64);
  CHECK((_mm_getcsr() & ~0x3fu) == (flushing & ~0x3fu));
  _mm_setcsr(before);
  CHECK(is_same(expected, found, length));
  close_plugin(&one);
#else
  (void)label;
#endif
}

/* The gate is shut where there is no speech. */
static void gate(void) {
  hosted one = open_plugin("voice");
  LADSPA_Data *speech = control_named(&one, "Speech");
  *control_named(&one, "Gate") = 1;
  one.descriptor->activate(one.handle);
  bool is_right = true;
  int speaking = 0, silent = 0;
  for (size_t at = 0; at + 512 <= length; at += 512) {
    run_block(&one, noise + at, found + at, 512);
    *speech > 0 ? speaking++ : silent++;
    /* A frame ends with the block: what is heard in it is of the frame before, but for its last samples. */
    if (at == 0) is_right &= found[at] == 0 && found[at + 400] == 0;
  }
  CHECK(is_right && speaking + silent == length / 512);
  close_plugin(&one);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  static const char *const labels[] = {"amplifier", "voice", "denoiser"};
  uint64_t seed = 3;
  for (int i = 0; i < length; i++) noise[i] = 0.5f * next_number(&seed);
  /* Hosts look at what there is, unload, and load again. */
  for (int i = 0; i < 3; i++) {
    void *library = dlopen(arguments[1], RTLD_NOW);
    LADSPA_Descriptor_Function function;
    *(void **)&function = library ? dlsym(library, "ladspa_descriptor") : NULL;
    CHECK(function && function(0) && dlclose(library) == 0);
  }
  all = load_plugin(arguments[1]);
  descriptors();
  for (int i = 0; i < 3; i++) calls(labels[i]), sizes(labels[i]), numbers(labels[i]), flags(labels[i]);
  carrying("amplifier", port_output);
  carrying("voice", 4);
  switching();
  gate();
  printf("robust: %d checks, %d failed\n", checks, failures);
  return failures || !checks;
}
