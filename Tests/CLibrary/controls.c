/* The caller's floating-point control register: no function of sluice.h depends on it, leaves a flag
 * in it other than that of inexact, or raises what it traps. controls MODEL.sluice... */
#include "check.h"
#include "control.h"

enum { steps = 33, streams = 5, most = 288 };

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

static uint64_t with(uint64_t value, uint64_t number) { return (value ^ number) * 0x100000001B3u; }

/* Everything that a model is asked. */
static uint64_t of_questions(const sluice_model_t *model, uint64_t way) {
  uint64_t bits = 0xCBF29CE484222325u, word;
  size_t size = 0, length = 0;
  double number = 0;
  char text[80] = "";
#define ASK(question) CALL((bits = with(bits, (uint64_t)(question)), SLUICE_OK))
  ASK(sluice_input_size(model)); ASK(sluice_output_size(model)); ASK(sluice_reads_tokens(model));
  ASK(sluice_yields_last(model)); ASK(sluice_model_hash(model)); ASK(sluice_model_topology(model));
  ASK(sluice_model_size(model)); ASK(sluice_step_operations(model)); ASK(sluice_is_streamable(model));
  ASK(sluice_model_metadata(model, &size) != NULL); ASK(sluice_metadata_count(model, "")); ASK(size);
  static const char *const numbers[] = {"/hop", "/custom/tiny", "/custom/long", "/custom/x~1y/1", "/custom/x~1y/2"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    ASK(sluice_metadata_number(model, numbers[i], &number));
    memcpy(&word, &number, sizeof word), bits = with(bits, word);
  }
  ASK(sluice_metadata_text(model, "/task", text, sizeof text, &length)); ASK(length);
  ASK(sluice_label_count(model)); ASK(sluice_label(model, 0, &size) != NULL); ASK(sluice_model_isa(model));
  ASK(sluice_stream_alignment()); ASK(sluice_stream_size(model, 3)); ASK(sluice_batch_size(model, 3));
  ASK(sluice_state_size(model)); ASK(sluice_isa_available(SLUICE_ISA_BASELINE)); ASK(*sluice_version());
  ASK(*sluice_status_text(SLUICE_OK)); ASK(*sluice_isa_name(SLUICE_ISA_BASELINE));
  sluice_layer_info layer = {.size = sizeof layer};
  for (size_t i = 0; i < sluice_layer_count(model); i++) CALL(sluice_model_layer(model, i, &layer));
  ASK(layer.weight_bytes);
#undef ASK
  return bits;
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
  sluice_workspace_t *workspace;
  sluice_stream_t *shared;
  sluice_batch_t *more;
  CALL((sluice_workspace_size(model, streams), sluice_stream_size_shared(model),
        sluice_batch_size_shared(model, streams), SLUICE_OK));
  CALL(sluice_workspace_create(model, streams, &workspace, NULL));
  CALL(sluice_stream_create_shared(model, workspace, &shared, NULL));
  CALL(sluice_batch_create_shared(model, workspace, streams, &more, NULL));
  CALL((sluice_workspace_destroy(workspace), SLUICE_OK));
  for (size_t t = 0; t < 3; t++) {
    if (reads_tokens) CALL(sluice_step_token(shared, tokens[t], y));
    else CALL(sluice_step(shared, x + t * in, y));
    bits = hash(bits, y, out);
    if (reads_tokens) CALL(sluice_batch_step_tokens(more, tokens + t, y, some));
    else CALL(sluice_batch_step(more, x + t * in, y, some));
    bits = hash(bits, y, out);
  }
  CALL((sluice_stream_destroy(shared), sluice_batch_destroy(more), SLUICE_OK));
  CALL(sluice_batch_reset_stream(batch, 1));
  CALL((sluice_batch_reset(batch), sluice_batch_destroy(batch), SLUICE_OK));
  return bits;
}

/* Floats that comparing alone makes a program trap: NaN that signals and that is quiet, infinity, a number that
 * is no probability, a denormal. */
static const uint32_t odd[] = {0x7FA00000, 0x7FC00000, 0x7F800000, 0xBF800000, 0x00000001};
enum { odd_count = sizeof odd / sizeof *odd };

/* States that move: to another stream, to floats and back, into a batch and out of it. */
static uint64_t of_states(const sluice_model_t *model, uint64_t way) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model), size = streams * sluice_state_size(model);
  size_t stream_size = sluice_stream_size(model, 2), batch_size = sluice_batch_size(model, streams);
  bool reads_tokens = sluice_reads_tokens(model);
  sluice_stream_t *stream, *second;
  sluice_batch_t *batch;
  void *memory = aligned_alloc(64, (stream_size + 63) / 64 * 64), *more = aligned_alloc(64, (batch_size + 63) / 64 * 64);
  char *states = malloc(size);
  float *state = malloc(sluice_model_size(model));
  uint64_t bits = 0xCBF29CE484222325u;
  CALL(sluice_stream_init(model, 2, memory, stream_size, &stream, NULL));
  CALL(sluice_stream_create(model, 1, &second, NULL));
  CALL(sluice_batch_init(model, streams, more, batch_size, &batch, NULL));
  for (size_t t = 0; t < 3; t++) {
    if (reads_tokens) CALL(sluice_step_token(stream, tokens[t], y));
    else CALL(sluice_step(stream, x + t * in, y));
  }
  CALL(sluice_stream_carry(stream, second));
  for (size_t i = 0; i < sluice_layer_count(model); i++) {
    sluice_layer_info layer = {.size = sizeof layer};
    CALL(sluice_model_layer(model, i, &layer));
    size_t h = layer.hidden_state_size, c = layer.cell_state_size;
    if (h > 0) CALL(sluice_stream_read_hidden(second, i, state, h));
    bits = hash(bits, state, h);
    for (size_t kind = 0; h > 0 && kind < odd_count; kind++) {
      float kept = state[h - 1];
      memcpy(state + h - 1, odd + kind, 4);
      CALL((bits = with(bits, sluice_stream_write_hidden(stream, i, state, h)), SLUICE_OK));
      if (c > 0) CALL((bits = with(bits, sluice_stream_write_cell(stream, i, state, c)), SLUICE_OK));
      state[h - 1] = kept;
    }
    if (h > 0) CALL(sluice_stream_write_hidden(stream, i, state, h));
    if (c > 0) CALL(sluice_stream_read_cell(second, i, state, c));
    bits = hash(bits, state, c);
    if (c > 0) CALL(sluice_stream_write_cell(stream, i, state, c));
  }
  CALL(sluice_batch_set_stream(batch, 1, stream));
  CALL(sluice_batch_get_stream(batch, 1, second));
  CALL((sluice_batch_state_size(batch) == size ? SLUICE_OK : SLUICE_BAD_ARGUMENT));
  CALL(sluice_batch_save(batch, states, size));
  CALL(sluice_batch_restore(batch, states, size, NULL));
  if (reads_tokens) CALL(sluice_batch_step_tokens(batch, tokens, y, NULL));
  else CALL(sluice_batch_step(batch, x, y, NULL));
  bits = hash(bits, y, streams * out);
  if (reads_tokens) CALL(sluice_step_token(second, tokens[1], y));
  else CALL(sluice_step(second, x + in, y));
  bits = hash(bits, y, out);
  CALL((sluice_stream_destroy(stream), sluice_stream_destroy(second), sluice_batch_destroy(batch), SLUICE_OK));
  free(memory), free(more), free(states), free(state);
  return bits;
}

/* Watched steps, and speech where the model is for it. */
static uint64_t of_watch(const sluice_model_t *model, uint64_t way) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  sluice_stream_t *stream;
  sluice_watch_t *watch;
  sluice_watch_counts counts = {.size = sizeof counts};
  uint64_t bits = 0xCBF29CE484222325u;
  CALL(sluice_stream_create(model, 1, &stream, NULL));
  CALL(sluice_watch_create(model, &watch, NULL));
  for (size_t t = 0; t < steps; t++) {
    CALL(sluice_watch_step(watch, stream, x + t * in, y));
    bits = hash(bits, y, out);
  }
  CALL((sluice_watch_latency(watch, 1000), SLUICE_OK));
  CALL(sluice_watch_read(watch, &counts));
  bits = with(with(bits, counts.inputs_outside), counts.values_saturated);
  CALL((sluice_watch_reset(watch), sluice_watch_destroy(watch), sluice_stream_destroy(stream), SLUICE_OK));
  return bits;
}

static uint64_t of_speech(const sluice_model_t *model, uint64_t way) {
  static int16_t words[steps * most];
  sluice_vad_event event = {.size = sizeof event};
  sluice_vad_options options = {.size = sizeof options, .threshold = 0.4f};
  size_t size = sluice_vad_size(model), taken;
  void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
  uint64_t bits = 0xCBF29CE484222325u;
  for (size_t i = 0; i < steps * most; i++) words[i] = (int16_t)(i * 997);
  for (int in_memory = 0; in_memory < 2; in_memory++) {
    sluice_vad_t *vad;
    if (in_memory) CALL(sluice_vad_init(model, &options, memory, size, &vad, NULL));
    else CALL(sluice_vad_create(model, NULL, &vad, NULL));
    CALL((bits = with(bits, sluice_vad_hop(vad) + sluice_vad_sample_rate(vad)), SLUICE_OK));
    for (int turn = 0; turn < 2; turn++) {
      for (size_t at = 0; at < steps * most; at += taken) {
        if (turn) CALL(sluice_vad_push_s16(vad, words + at, steps * most - at, &taken, &event));
        else CALL(sluice_vad_push_f32(vad, x + at, steps * most - at, &taken, &event));
        bits = with(hash(bits, &event.probability, 1), event.what + event.start + event.end);
      }
      do {
        CALL(sluice_vad_flush(vad, &event));
        bits = with(hash(bits, &event.probability, 1), event.what + event.start + event.end);
      } while (event.what);
      CALL(sluice_vad_carry(vad, vad));
      CALL((sluice_vad_reset(vad), SLUICE_OK));
    }
    CALL((sluice_vad_destroy(vad), SLUICE_OK));
  }
  for (size_t i = 0; i < odd_count; i++) {
    sluice_vad_t *vad;
    memcpy(&options.threshold, odd + i, 4), memcpy(&options.neg_threshold, odd + i, 4);
    CALL((bits = with(bits, sluice_vad_create(model, &options, &vad, NULL)), sluice_vad_destroy(vad), SLUICE_OK));
  }
  free(memory);
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
    bits = bits * 31 + of_states(model, way);
    bits = bits * 31 + of_questions(model, way);
    if (!sluice_reads_tokens(model)) bits = bits * 31 + of_watch(model, way);
    if (sluice_vad_size(model) > 0) bits = bits * 31 + of_speech(model, way);
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
