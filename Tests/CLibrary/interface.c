/* The functions of sluice.h: what they compute, what they refuse. interface FEATURES TOKENS */
#include "check.h"

#include <math.h>

enum { steps = 40, most = 64 };
static float x[steps * most], y[steps * most], expected[steps * most], other[steps * most];

static void step_all(sluice_stream_t *stream, const sluice_model_t *model, float *to) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  for (size_t t = 0; t < steps; t++)
    CHECK(sluice_step(stream, x + t * in, to + t * out) == SLUICE_OK);
}

static void describes(const sluice_model_t *model, const sluice_model_t *tokens) {
  TEST("queries");
  size_t at = 0;
  int32_t token = 7;
  CHECK(!sluice_next_token(model, "a film", 6, &at, &token) && at == 0 && token == 7);
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", SLUICE_VERSION_MAJOR, SLUICE_VERSION_MINOR, SLUICE_VERSION_PATCH);
  CHECK(strcmp(sluice_version(), version) == 0);
  for (int status = 0; status < 15; status++) {
    const char *text = sluice_status_text((sluice_status)status);
    CHECK(text && strlen(text) > 3);
    CHECK((strcmp(text, "Unknown status") == 0) == (status > SLUICE_NO_METADATA));
  }
  CHECK(strcmp(sluice_isa_name(SLUICE_ISA_AVX2), "avx2") == 0);
  CHECK(strcmp(sluice_isa_name(SLUICE_ISA_NEON), "neon") == 0);
  CHECK(sluice_isa_name(SLUICE_ISA_BEST) == NULL && sluice_isa_name((sluice_isa)99) == NULL);
  CHECK(sluice_isa_available(sluice_model_isa(model)));
  CHECK(!sluice_isa_available(SLUICE_ISA_BEST) && !sluice_isa_available((sluice_isa)99));
  CHECK(sluice_input_size(model) > 0 && sluice_input_size(model) <= most);
  CHECK(sluice_output_size(model) > 0 && sluice_output_size(model) <= most);
  CHECK(!sluice_reads_tokens(model) && sluice_reads_tokens(tokens));
  CHECK(sluice_model_hash(model) != 0 && sluice_model_hash(model) != sluice_model_hash(tokens));
  CHECK(!sluice_yields_last(model));
}

static void streams(const sluice_model_t *model) {
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  fill(x, steps * in, 1);
  sluice_stream_t *stream = open_stream(model, 7);
  step_all(stream, model, expected);

  TEST("a block, any chunks of it, and a fresh start give the bits of single steps");
  sluice_stream_reset(stream);
  CHECK(sluice_process(stream, x, steps, y) == SLUICE_OK);
  CHECK(memcmp(y, expected, steps * out * sizeof *y) == 0);
  sluice_stream_reset(stream);
  for (size_t t = 0, chunk = 1; t < steps; t += chunk, chunk = chunk % 9 + 1) {
    if (chunk > steps - t) chunk = steps - t;
    CHECK(sluice_process(stream, x + t * in, chunk, y + t * out) == SLUICE_OK);
  }
  CHECK(memcmp(y, expected, steps * out * sizeof *y) == 0);

  TEST("a stream in the caller's memory writes nothing beside it");
  size_t size = sluice_stream_size(model, 5);
  CHECK(size > 0 && sluice_stream_alignment() == 64);
  unsigned char *memory = aligned_alloc(64, (size + 128 + 63) / 64 * 64);
  memset(memory, 0xA5, size + 128);
  sluice_stream_t *own;
  sluice_error error;
  CHECK(sluice_stream_init(model, 5, memory + 64, size, &own, &error) == SLUICE_OK);
  step_all(own, model, y);
  CHECK(memcmp(y, expected, steps * out * sizeof *y) == 0);
  CHECK(sluice_process(own, x, steps, y) == SLUICE_OK);
  sluice_stream_destroy(own);
  for (int i = 0; i < 64; i++) CHECK(memory[i] == 0xA5 && memory[64 + size + (size_t)i] == 0xA5);
  TEST("C3: misaligned memory, and too little");
  CHECK(sluice_stream_init(model, 5, memory + 4, size, &own, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(strstr(error.message, "multiple of 64") && error.status == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_init(model, 5, memory + 64, size - 1, &own, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(strstr(error.message, "smaller"));
  free(memory);

  TEST("C4: x and y may be the same memory in a step, not overlap in a block");
  sluice_stream_reset(stream);
  for (size_t t = 0; t < steps; t++) {
    memcpy(y, x + t * in, in * sizeof *x);
    CHECK(sluice_step(stream, y, y) == SLUICE_OK);
    CHECK(memcmp(y, expected + t * out, out * sizeof *y) == 0);
  }
  CHECK(sluice_process(stream, x, 2, x) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, x, 2, x + 2 * in - 1) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, x + 2 * out - 1, 2, x) == SLUICE_BAD_ARGUMENT);

  TEST("C2, C3: no steps, too many, misaligned rows");
  CHECK(sluice_process(stream, x, 0, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, x, SIZE_MAX, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, x, SIZE_MAX / 8, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, x, (size_t)1 << 61, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step(stream, (float *)((char *)x + 1), y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step(stream, x, (float *)((char *)y + 2)) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step_token(stream, 0, y) == SLUICE_WRONG_INPUT);
  CHECK(sluice_stream_size(model, SIZE_MAX) == 0 && sluice_stream_size(model, SIZE_MAX / 16) == 0);
  CHECK(sluice_stream_create(model, SIZE_MAX / 64, &own, &error) == SLUICE_OUT_OF_MEMORY);
  CHECK(own == NULL);
  CHECK(sluice_stream_create(model, SIZE_MAX, &own, &error) == SLUICE_OUT_OF_MEMORY);
  sluice_stream_destroy(stream);
}

static void not_finite(const sluice_model_t *model) {
  TEST("C5: NaN, infinity and 1e38 are reported on their step; reset gives a fresh stream's bits");
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  float bad[] = {NAN, -NAN, INFINITY, -INFINITY, 1e38f, -1e38f};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    for (int checked = 0; checked < 2; checked++) {
      sluice_stream_t *stream = open_stream(model, 3);
      sluice_stream_check(stream, checked);
      fill(other, in, 3);
      CHECK(sluice_step(stream, other, y) == SLUICE_OK);
      other[in - 1] = bad[i];
      sluice_status status = sluice_step(stream, other, y);
      if (!isnan(bad[i])) {
        TEST("an infinite input that leaves every unit finite is not reported, and can be saved");
        size_t size = sluice_state_size(model);
        void *state = malloc(size);
        for (size_t t = 0; t < 8; t++) {
          CHECK(status == SLUICE_OK && isfinite(y[0]));
          CHECK(sluice_stream_save(stream, state, size) == SLUICE_OK);
          CHECK(sluice_stream_restore(stream, state, size, NULL) == SLUICE_OK);
          status = sluice_step(stream, x + t * in, y);
        }
        free(state);
      }
      CHECK(status == (isnan(bad[i]) && checked ? SLUICE_NOT_FINITE : status));
      CHECK(checked || status == SLUICE_OK);
      if (isnan(bad[i])) {
        CHECK(isnan(y[0]));
        status = sluice_process(stream, x, 2, y);
        CHECK(status == (checked ? SLUICE_NOT_FINITE : SLUICE_OK));
        size_t size = sluice_state_size(model);
        void *state = malloc(size);
        sluice_error error;
        CHECK(sluice_stream_save(stream, state, size) == SLUICE_OK);
        TEST("C6: a NaN state is refused");
        CHECK(sluice_stream_restore(stream, state, size, &error) == SLUICE_INVALID_STATE);
        CHECK(error.offset >= 64);
        free(state);
      }
      sluice_stream_reset(stream);
      step_all(stream, model, y);
      CHECK(memcmp(y, expected, steps * out * sizeof *y) == 0);
      sluice_stream_destroy(stream);
    }
  }
}

static void states(const sluice_model_t *model, const sluice_model_t *tokens, const char *path) {
  TEST("a saved or forked state continues with the same bits");
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  size_t size = sluice_state_size(model);
  char *memory = malloc(size + 1), *state = memory + 1;
  sluice_stream_t *stream = open_stream(model, 4), *second = open_stream(model, 9);
  for (size_t cut = 1; cut < 8; cut++) {
    sluice_stream_reset(stream);
    for (size_t t = 0; t < cut; t++) sluice_step(stream, x + t * in, y);
    CHECK(sluice_stream_save(stream, state, size) == SLUICE_OK);
    CHECK(sluice_stream_restore(second, state, size, NULL) == SLUICE_OK);
    CHECK(sluice_process(second, x + cut * in, steps - cut, y) == SLUICE_OK);
    CHECK(memcmp(y, expected + cut * out, (steps - cut) * out * sizeof *y) == 0);
    CHECK(sluice_stream_fork(second, stream) == SLUICE_OK);
    for (size_t t = cut; t < steps; t++) {
      CHECK(sluice_step(second, x + t * in, y) == SLUICE_OK);
      CHECK(memcmp(y, expected + t * out, out * sizeof *y) == 0);
    }
    CHECK(sluice_step(stream, x + cut * in, y) == SLUICE_OK);
    CHECK(memcmp(y, expected + cut * out, out * sizeof *y) == 0);
  }
  CHECK(sluice_stream_fork(stream, stream) == SLUICE_OK);

  TEST("C6: every changed byte and truncation of a state is refused, and changes nothing");
  sluice_error error;
  sluice_stream_reset(stream);
  sluice_step(stream, x, y);
  CHECK(sluice_stream_save(stream, state, size) == SLUICE_OK);
  CHECK(sluice_stream_save(stream, state, size - 1) == SLUICE_BAD_ARGUMENT);
  for (size_t i = 0; i < size; i++) {
    state[i] ^= 1 << i % 8;
    CHECK(sluice_stream_restore(stream, state, size, &error) == SLUICE_INVALID_STATE);
    CHECK(error.message[0] != 0 && error.offset >= 0);
    state[i] ^= 1 << i % 8;
    CHECK(sluice_stream_restore(stream, state, i, &error) == SLUICE_INVALID_STATE);
  }
  CHECK(sluice_process(stream, x + in, steps - 1, y) == SLUICE_OK);
  CHECK(memcmp(y, expected + out, (steps - 1) * out * sizeof *y) == 0);

  TEST("C6: a foreign state");
  sluice_stream_t *foreign = open_stream(tokens, 1);
  size_t its_size = sluice_state_size(tokens);
  char *its = malloc(its_size);
  CHECK(sluice_stream_save(foreign, its, its_size) == SLUICE_OK);
  CHECK(sluice_stream_restore(stream, its, its_size, &error) == SLUICE_INVALID_STATE);
  memcpy(its, state, 64);
  CHECK(sluice_stream_restore(foreign, its, its_size, &error) == SLUICE_INVALID_STATE);
  CHECK(strstr(error.message, "another model"));
  CHECK(sluice_stream_fork(stream, foreign) == SLUICE_INVALID_STATE);
  TEST("the same bytes opened again are the same model, to restore and to fork alike");
  sluice_model_t *again = open_model(path, SLUICE_OPEN_COPY);
  sluice_stream_t *same = open_stream(again, 3);
  CHECK(sluice_stream_restore(same, state, size, &error) == SLUICE_OK);
  CHECK(sluice_stream_fork(same, stream) == SLUICE_OK);
  sluice_stream_destroy(same);
  sluice_close(again);
  free(its);
  free(memory);
  sluice_stream_destroy(foreign);
  sluice_stream_destroy(second);
  sluice_stream_destroy(stream);
}

static void batches(const sluice_model_t *model) {
  TEST("a batch has the bits of its streams, alone and with some of them resting");
  enum { count = 5 };
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  sluice_batch_t *batch;
  sluice_error error;
  CHECK(sluice_batch_create(model, count, &batch, &error) == SLUICE_OK);
  sluice_stream_t *alone[count];
  for (int i = 0; i < count; i++) alone[i] = open_stream(model, 1);
  for (size_t t = 0; t < 20; t++) {
    bool active[count];
    fill(x, count * in, t + 9);
    for (size_t i = 0; i < count; i++) {
      active[i] = t < 5 || (t + i) % 3 != 0;
      if (active[i]) CHECK(sluice_step(alone[i], x + i * in, expected + i * out) == SLUICE_OK);
    }
    CHECK(sluice_batch_step(batch, x, y, t < 5 ? NULL : active) == SLUICE_OK);
    for (size_t i = 0; i < count; i++)
      if (active[i]) CHECK(memcmp(y + i * out, expected + i * out, out * sizeof *y) == 0);
    if (t == 9) {
      CHECK(sluice_batch_reset_stream(batch, 2) == SLUICE_OK);
      sluice_stream_reset(alone[2]);
    }
  }
  CHECK(sluice_batch_reset_stream(batch, count) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_step(batch, x, x, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_step(batch, NULL, y, NULL) == SLUICE_BAD_ARGUMENT);
  int32_t ids[count] = {0};
  CHECK(sluice_batch_step_tokens(batch, ids, y, NULL) == SLUICE_WRONG_INPUT);
  sluice_batch_reset(batch);
  sluice_batch_destroy(batch);
  CHECK(sluice_batch_create(model, 0, &batch, &error) == SLUICE_BAD_ARGUMENT && batch == NULL);
  CHECK(strstr(error.message, "at least one stream"));
  CHECK(sluice_batch_create(model, SIZE_MAX, &batch, &error) == SLUICE_OUT_OF_MEMORY);
  CHECK(sluice_batch_create(model, SIZE_MAX / 64, &batch, &error) == SLUICE_OUT_OF_MEMORY);
  CHECK(sluice_batch_size(model, 0) == 0 && sluice_batch_size(model, SIZE_MAX / 16) == 0);
  size_t size = sluice_batch_size(model, count);
  void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
  CHECK(sluice_batch_init(model, count, memory, size, &batch, &error) == SLUICE_OK);
  CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_OK);
  sluice_batch_destroy(batch);
  CHECK(sluice_batch_init(model, count, memory, size - 1, &batch, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_init(model, count, (char *)memory + 8, size, &batch, &error) == SLUICE_BAD_ARGUMENT);
  free(memory);
  for (int i = 0; i < count; i++) sluice_stream_destroy(alone[i]);
}

static void masks(const sluice_model_t *model) {
  TEST("every byte of a mask but 0 is true");
  enum { count = 7 };
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  static const unsigned char bytes[] = {1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF};
  sluice_batch_t *batch;
  CHECK(sluice_batch_create(model, count, &batch, NULL) == SLUICE_OK);
  for (size_t kind = 0; kind < sizeof bytes; kind++) {
    unsigned char active[count];
    for (size_t i = 0; i < count; i++) active[i] = i % 3 == 1 ? 0 : bytes[(kind + i) % sizeof bytes];
    sluice_batch_reset(batch);
    fill(x, count * in, 9);
    for (size_t t = 0; t < 3; t++) {
      for (size_t i = 0; i < count * out; i++) y[i] = -9;
      CHECK(sluice_batch_step(batch, x, y, (const bool *)active) == SLUICE_OK);
    }
    for (size_t i = 0; i < count; i++) {
      sluice_stream_t *alone = open_stream(model, 1);
      for (size_t t = 0; t < 3; t++) sluice_step(alone, x + i * in, expected);
      sluice_stream_destroy(alone);
      if (active[i]) CHECK(memcmp(y + i * out, expected, out * sizeof *y) == 0);
      else CHECK(y[i * out] == -9 && y[i * out + out - 1] == -9);
    }
  }
  sluice_batch_destroy(batch);
}

static void tokens_too(const sluice_model_t *model) {
  TEST("tokens: words, steps, blocks, batches, and ids that there are not");
  const char *text = "A fine, fine film";
  int32_t ids[8], token;
  size_t at = 0, count = 0, out = sluice_output_size(model);
  while (sluice_next_token(model, text, strlen(text), &at, &token)) ids[count++] = token;
  CHECK(count == 5 && ids[1] == ids[3] && ids[0] != ids[1] && at == strlen(text));
  CHECK(!sluice_next_token(model, text, strlen(text), &at, &token));
  sluice_stream_t *stream = open_stream(model, 2);
  for (size_t t = 0; t < count; t++)
    CHECK(sluice_step_token(stream, ids[t], expected + t * out) == SLUICE_OK);
  sluice_stream_reset(stream);
  CHECK(sluice_process_tokens(stream, ids, count, y) == SLUICE_OK);
  CHECK(memcmp(sluice_yields_last(model) ? y : y + (count - 1) * out, expected + (count - 1) * out,
               out * sizeof *y) == 0);
  sluice_stream_reset(stream);
  CHECK(sluice_step_token(stream, ids[0], y) == SLUICE_OK);
  int32_t none = (int32_t)sluice_input_size(model);
  CHECK(sluice_step_token(stream, none, y) == SLUICE_WRONG_INPUT);
  CHECK(sluice_step_token(stream, -1, y) == SLUICE_WRONG_INPUT);
  CHECK(sluice_step_token(stream, INT32_MIN, y) == SLUICE_WRONG_INPUT);
  int32_t wrong[] = {ids[1], none};
  CHECK(sluice_process_tokens(stream, wrong, 2, y) == SLUICE_WRONG_INPUT);
  CHECK(sluice_process_tokens(stream, ids, 0, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step(stream, x, y) == SLUICE_WRONG_INPUT);
  CHECK(sluice_process(stream, x, 1, y) == SLUICE_WRONG_INPUT);
  CHECK(sluice_step_token(stream, ids[1], y) == SLUICE_OK);
  CHECK(memcmp(y, expected + out, out * sizeof *y) == 0);
  sluice_batch_t *batch;
  CHECK(sluice_batch_create(model, 2, &batch, NULL) == SLUICE_OK);
  CHECK(sluice_batch_step_tokens(batch, wrong, y, NULL) == SLUICE_WRONG_INPUT);
  bool active[] = {true, false};
  wrong[0] = ids[0];
  /* Of a mask every byte but 0 is true. */
  static const unsigned char bytes[][2] = {{1, 0}, {2, 0}, {3, 0}, {0x7F, 0}, {0x80, 0}, {0xFE, 0}, {0xFF, 0}};
  for (size_t kind = 0; kind <= sizeof bytes / sizeof *bytes; kind++) {
    sluice_batch_reset(batch);
    y[out] = -9;
    const bool *mask = kind == 0 ? active : (const bool *)bytes[kind - 1];
    CHECK(sluice_batch_step_tokens(batch, wrong, y, mask) == SLUICE_OK);
    CHECK(memcmp(y, expected, out * sizeof *y) == 0 && y[out] == -9);
  }
  CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_WRONG_INPUT);
  sluice_batch_destroy(batch);
  sluice_stream_destroy(stream);
}

static void null_arguments(const sluice_model_t *model, const char *path) {
  TEST("C1: NULL in every place");
  sluice_model_t *opened;
  sluice_stream_t *stream = open_stream(model, 1), *made;
  sluice_batch_t *batch;
  sluice_error error;
  int32_t token;
  size_t at = 0;
  opened = (sluice_model_t *)x, made = (sluice_stream_t *)x, batch = (sluice_batch_t *)x;
  CHECK(open_file(NULL, 0, SLUICE_ISA_BEST, &opened, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(opened == NULL && strstr(error.message, "path"));
  CHECK(open_file(path, 0, SLUICE_ISA_BEST, NULL, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(open_file(NULL, 0, SLUICE_ISA_BEST, NULL, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(open_memory(NULL, 9, 0, SLUICE_ISA_BEST, &opened, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(open_file(path, 32, SLUICE_ISA_BEST, &opened, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(open_file(path, 0, (sluice_isa)77, &opened, &error) == SLUICE_BAD_ARGUMENT);
#ifdef __aarch64__
  sluice_isa foreign = SLUICE_ISA_AVX2;
#else
  sluice_isa foreign = SLUICE_ISA_NEON;
#endif
  CHECK(!sluice_isa_available(foreign));
  CHECK(open_file(path, 0, foreign, &opened, &error) == SLUICE_NO_INSTRUCTION_SET);
  CHECK(sluice_stream_create(NULL, 1, &made, &error) == SLUICE_BAD_ARGUMENT && made == NULL);
  CHECK(strstr(error.message, "The model is NULL"));
  CHECK(sluice_stream_create(model, 1, NULL, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_init(model, 1, NULL, 1 << 20, &made, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_init(NULL, 1, x, 1 << 20, &made, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_init(model, 1, x, 1 << 20, NULL, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step(NULL, x, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step(stream, NULL, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step(stream, x, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(NULL, x, 1, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, NULL, 1, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process(stream, x, 1, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step_token(NULL, 0, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_step_token(stream, 0, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process_tokens(stream, NULL, 1, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_process_tokens(NULL, &token, 1, y) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_save(NULL, y, 1 << 20) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_save(stream, NULL, 1 << 20) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_restore(NULL, y, 1, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_restore(stream, NULL, 1, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_fork(NULL, stream) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_fork(stream, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_create(NULL, 1, &batch, NULL) == SLUICE_BAD_ARGUMENT && batch == NULL);
  CHECK(sluice_batch_create(model, 1, NULL, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_init(model, 1, NULL, 1 << 20, &batch, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_step(NULL, x, y, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_step_tokens(NULL, &token, y, NULL) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_reset_stream(NULL, 0) == SLUICE_BAD_ARGUMENT);
  CHECK(!sluice_next_token(NULL, "a", 1, &at, &token) && !sluice_next_token(model, NULL, 1, &at, &token));
  CHECK(!sluice_next_token(model, "a", 1, NULL, &token) && !sluice_next_token(model, "a", 1, &at, NULL));
  CHECK(sluice_input_size(NULL) == 0 && sluice_output_size(NULL) == 0 && sluice_model_hash(NULL) == 0);
  CHECK(!sluice_reads_tokens(NULL) && !sluice_yields_last(NULL) && sluice_state_size(NULL) == 0);
  CHECK(sluice_model_isa(NULL) == SLUICE_ISA_BEST && sluice_stream_size(NULL, 1) == 0);
  CHECK(sluice_batch_size(NULL, 1) == 0);
  sluice_close(NULL);
  sluice_stream_destroy(NULL);
  sluice_stream_reset(NULL);
  sluice_stream_check(NULL, true);
  sluice_batch_destroy(NULL);
  sluice_batch_reset(NULL);
  sluice_stream_destroy(stream);
}

static void instruction_sets(const char *path) {
  TEST("SLUICE_ISA: what it is, and what it may be");
  const char *forced = getenv("SLUICE_ISA");
  char *kept = forced ? strdup(forced) : NULL;
#ifdef __aarch64__
  const char *foreign = "avx2";
#else
  const char *foreign = "neon";
#endif
  sluice_model_t *model;
  sluice_error error;
  setenv("SLUICE_ISA", foreign, 1);
  CHECK(open_file(path, 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_NO_INSTRUCTION_SET);
  CHECK(strstr(error.message, "cannot run") && strstr(error.message, foreign));
  setenv("SLUICE_ISA", "AVX2", 1);
  CHECK(open_file(path, 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_NO_INSTRUCTION_SET);
  CHECK(strstr(error.message, "'AVX2'.") && strstr(error.message, "baseline, avx2, avx512 or neon"));
  if (kept) setenv("SLUICE_ISA", kept, 1);
  else unsetenv("SLUICE_ISA");
  free(kept);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  sluice_model_t *model = open_model(arguments[1], 0);
  sluice_model_t *tokens = open_model(arguments[2], SLUICE_OPEN_COPY);
  describes(model, tokens);
  streams(model);
  not_finite(model);
  states(model, tokens, arguments[1]);
  batches(model);
  masks(model);
  tokens_too(tokens);
  null_arguments(model, arguments[1]);
  instruction_sets(arguments[1]);
  TEST("a stream outlives its model");
  sluice_stream_t *late = open_stream(model, 1);
  sluice_close(model);
  CHECK(sluice_step(late, x, y) == SLUICE_OK);
  sluice_stream_destroy(late);
  sluice_close(tokens);
  return finish("interface");
}
