/* The caller's floating-point control register: no function of sluice.h depends on it, leaves a flag
 * in it other than that of inexact, or raises what it traps. controls MODEL.sluice... */
#include "check.h"
#include "control.h"

enum { steps = 33, streams = 5, most = 64 };

static float x[steps * most], y[steps * most];
static int32_t tokens[steps];
static bool kept, done;

/* One call under the caller's way: does it succeed, and leave the register alone? Nothing but the library
 * computes with floats while exceptions trap. */
#define CALL(call)                                              \
  do {                                                          \
    set_control(way);                                           \
    sluice_status status_ = (call);                             \
    uint64_t after_ = control();                                \
    set_control(usual);                                         \
    kept = kept && is_kept(way, after_);                        \
    if (status_ != SLUICE_OK || !is_kept(way, after_))          \
      fprintf(stderr, "  %04llx: %s gave %d, left %04llx\n", (unsigned long long)way, #call, status_, \
              (unsigned long long)after_);                      \
    done = done && status_ == SLUICE_OK;                        \
  } while (0)

static uint64_t usual;

/* FNV-1a of the bits of floats. */
static uint64_t hash(uint64_t value, const float *floats, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, floats + i, sizeof bits);
    value = (value ^ bits) * 0x100000001B3u;
  }
  return value;
}

/* The bits of everything that the library computes with a stream. */
static uint64_t of_stream(const sluice_model_t *model, uint64_t way) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model), size = sluice_state_size(model);
  size_t rows = sluice_yields_last(model) ? 1 : steps;
  bool reads_tokens = sluice_reads_tokens(model);
  sluice_stream_t *stream, *second;
  char *state = malloc(size);
  uint64_t bits = 0xCBF29CE484222325u;
  CALL(sluice_stream_create(model, 7, &stream, NULL));
  CALL(sluice_stream_create(model, 3, &second, NULL));
  for (size_t t = 0; t < steps; t++) {
    if (reads_tokens) CALL(sluice_step_token(stream, tokens[t], y));
    else CALL(sluice_step(stream, x + t * in, y));
    bits = hash(bits, y, out);
  }
  CALL(sluice_stream_save(stream, state, size));
  CALL(sluice_stream_restore(second, state, size, NULL));
  CALL(sluice_stream_fork(stream, second));
  CALL((sluice_stream_check(stream, false), SLUICE_OK));
  if (reads_tokens) CALL(sluice_process_tokens(stream, tokens, steps, y));
  else CALL(sluice_process(stream, x, steps, y));
  bits = hash(bits, y, rows * out);
  CALL((sluice_stream_reset(second), SLUICE_OK));
  if (reads_tokens) CALL(sluice_process_tokens(second, tokens, 1, y));
  else CALL(sluice_process(second, x, 1, y));
  bits = hash(bits, y, out);
  CALL((sluice_stream_destroy(stream), sluice_stream_destroy(second), SLUICE_OK));
  free(state);
  return bits;
}

static uint64_t of_batch(const sluice_model_t *model, uint64_t way) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  static const bool some[streams] = {true, false, true, true, false};
  bool reads_tokens = sluice_reads_tokens(model);
  sluice_batch_t *batch;
  uint64_t bits = 0xCBF29CE484222325u;
  CALL(sluice_batch_create(model, streams, &batch, NULL));
  for (size_t t = 0; t + streams <= steps; t++) {
    const bool *active = t % 2 ? some : NULL;
    if (reads_tokens) CALL(sluice_batch_step_tokens(batch, tokens + t, y, active));
    else CALL(sluice_batch_step(batch, x + t * in, y, active));
    bits = hash(bits, y, streams * out);
  }
  CALL(sluice_batch_reset_stream(batch, 1));
  CALL((sluice_batch_reset(batch), sluice_batch_destroy(batch), SLUICE_OK));
  return bits;
}

/* Opened under the caller's way too: steps of quantised inputs are divided by. */
static uint64_t of_model(const char *path, const void *bytes, size_t size, uint64_t way) {
  sluice_model_t *model;
  uint64_t bits = 0;
  for (int in_memory = 0; in_memory < 2; in_memory++) {
    if (in_memory) CALL(sluice_open_memory(bytes, size, NULL, &model, NULL));
    else CALL(sluice_open_file(path, NULL, &model, NULL));
    bits = bits * 31 + of_stream(model, way);
    bits = bits * 31 + of_batch(model, way);
    size_t at = 0;
    int32_t token;
    set_control(way);
    sluice_next_token(model, "a film", 6, &at, &token);
    sluice_close(model);
    kept = kept && is_kept(way, control());
    set_control(usual);
  }
  return bits;
}

static uint64_t field(const unsigned char *bytes, size_t at) {
  uint64_t value;
  memcpy(&value, bytes + at, sizeof value);
  return value;
}

/* Floats of a hostile record that comparing alone makes a program trap: a signalling NaN, a denormal. */
static void hostile(const unsigned char *bytes, size_t size) {
  static const size_t floats[] = {160, 164, 244, 248, 252, 296};
  static const uint32_t values[] = {0x7FA00000, 0xFFA00001, 0x7FC00000, 0x00000001, 0x7F800000};
  sluice_options options = {.size = sizeof options, .flags = SLUICE_OPEN_NO_HASH};
  unsigned char *copy = aligned_alloc(64, size);
  /* The first section is the layers'. */
  size_t record = field(bytes, 64 + 8), end = record + field(bytes, 64 + 16);
  for (; record < end; record += 320)
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
      for (size_t value = 0; value < sizeof values / sizeof *values; value++) {
        memcpy(copy, bytes, size);
        memcpy(copy + record + floats[i], values + value, 4);
        sluice_model_t *model;
        set_control(0);
        sluice_status status = sluice_open_memory(copy, size, &options, &model, NULL);
        uint64_t after = control();
        set_control(usual);
        CHECK(after == 0 && (status == SLUICE_INVALID_MODEL || status == SLUICE_OK));
        sluice_close(model);
      }
  free(copy);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  usual = control();
  for (int file = 1; file < count; file++) {
    size_t size;
    void *bytes = read_file(arguments[file], &size);
    sluice_model_t *model = open_model(arguments[file], 0);
    size_t in = sluice_input_size(model);
    CHECK(sluice_reads_tokens(model) || in <= most);
    CHECK(sluice_output_size(model) <= most);
    for (size_t t = 0; t < steps; t++) tokens[t] = (int32_t)(t * 271 % in);
    fill(x, steps * most, 1);
    /* Some that are denormal, and whose products are. */
    for (size_t i = 0; i < steps * most; i += 7) x[i] *= 1e-38f;
    sluice_close(model);
    kept = done = true;
    uint64_t expected = of_model(arguments[file], bytes, size, usual);
    for (size_t way = 0; way < control_count; way++) {
      uint64_t bits = of_model(arguments[file], bytes, size, controls[way]);
      if (bits != expected)
        fprintf(stderr, "  %s: other bits with %llx\n", arguments[file], (unsigned long long)controls[way]);
      CHECK(bits == expected && kept && done);
    }
    hostile(bytes, size);
    free(bytes);
    const char *name = strrchr(arguments[file], '/');
    printf("  %-34s the same bits under %d settings of the control register\n",
           name ? name + 1 : arguments[file], control_count);
  }
  return finish("controls");
}
