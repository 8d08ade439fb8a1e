/* States that move: between models of one topology, to floats and back, into batches and out of them.
 * carrying MODEL.sluice SAME-TOPOLOGY.sluice OTHER.sluice, models that read floats. */
#include "check.h"

enum { most = 256, streams = 3 };
static float x[streams * most], y[streams * most], z[streams * most];

/* So many steps of one stream. */
static void run(sluice_stream_t *stream, size_t steps, size_t in, uint64_t seed) {
  while (steps-- > 0) {
    fill(x, in, seed++);
    CHECK(sluice_step(stream, x, y) == SLUICE_OK);
  }
}

static sluice_stream_t *create(const sluice_model_t *model) {
  sluice_stream_t *stream;
  CHECK(sluice_stream_create(model, 1, &stream, NULL) == SLUICE_OK);
  return stream;
}

static void describing(const sluice_model_t *model) {
  TEST("a model says what it is");
  size_t count = sluice_layer_count(model), in = sluice_input_size(model), bytes = 0;
  CHECK(count > 0 && sluice_is_streamable(model) && sluice_step_operations(model) > 0);
  for (size_t i = 0; i < count; i++) {
    sluice_layer_info layer = {.size = sizeof layer};
    CHECK(sluice_model_layer(model, i, &layer) == SLUICE_OK);
    CHECK(layer.input_size == in && layer.kind && layer.storage && layer.name_size > 0 && layer.name);
    CHECK((layer.cell_state_size > 0) == !strcmp(layer.kind, "lstm"));
    in = layer.output_size;
    bytes += layer.weight_bytes;
  }
  CHECK(in == sluice_output_size(model) && bytes > 0 && bytes < sluice_model_size(model));
  sluice_layer_info layer = {.size = sizeof layer}, unset = {0};
  CHECK(sluice_model_layer(model, count, &layer) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_model_layer(model, 0, &unset) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_model_layer(NULL, 0, &layer) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_model_layer(model, 0, NULL) == SLUICE_BAD_ARGUMENT);
  size_t size = 1;
  const char *text = sluice_model_metadata(model, &size);
  CHECK((text != NULL) == (size > 0));
  CHECK(!sluice_layer_count(NULL) && !sluice_model_size(NULL) && !sluice_model_topology(NULL));
  CHECK(!sluice_step_operations(NULL) && !sluice_is_streamable(NULL));
  CHECK(!sluice_model_metadata(NULL, &size) && size == 0);
}

static void carrying(const sluice_model_t *model, const sluice_model_t *same, const sluice_model_t *other) {
  TEST("a state goes on in another model of the same topology");
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  CHECK(sluice_model_topology(model) == sluice_model_topology(same));
  CHECK(sluice_model_topology(model) != sluice_model_topology(other));
  CHECK(sluice_model_hash(model) != sluice_model_hash(same));
  sluice_stream_t *from = create(model), *to = create(same), *hand = create(same), *cold = create(same);
  run(from, 20, in, 1);
  run(to, 3, in, 9);
  CHECK(sluice_stream_carry(from, to) == SLUICE_OK);
  for (size_t i = 0; i < sluice_layer_count(model); i++) {
    sluice_layer_info layer = {.size = sizeof layer};
    CHECK(sluice_model_layer(model, i, &layer) == SLUICE_OK);
    size_t h = layer.hidden_state_size, c = layer.cell_state_size;
    if (h == 0) {
      CHECK(sluice_stream_read_hidden(from, i, z, out) == SLUICE_BAD_ARGUMENT);
      continue;
    }
    CHECK(sluice_stream_read_hidden(from, i, z, h) == SLUICE_OK);
    CHECK(sluice_stream_write_hidden(hand, i, z, h) == SLUICE_OK);
    CHECK(sluice_stream_read_hidden(from, i, z, h - 1) == SLUICE_BAD_ARGUMENT);
    CHECK(sluice_stream_write_hidden(hand, i, NULL, h) == SLUICE_BAD_ARGUMENT);
    float kept = z[0];
    z[0] = 0.0f / 0.0f;
    CHECK(sluice_stream_write_hidden(hand, i, z, h) == SLUICE_INVALID_STATE);
    z[0] = kept;
    CHECK((sluice_stream_read_cell(from, i, z, c) == SLUICE_OK) == (c > 0));
    if (c > 0) CHECK(sluice_stream_write_cell(hand, i, z, c) == SLUICE_OK);
  }
  /* The transient: against the model that would have run all the time. */
  sluice_stream_t *whole = create(same);
  run(whole, 20, in, 1);
  float carried_error = 0, cold_error = 0;
  for (uint64_t t = 0; t < 8; t++) {
    fill(x, in, 100 + t);
    float truth[most];
    CHECK(sluice_step(whole, x, truth) == SLUICE_OK && sluice_step(to, x, y) == SLUICE_OK);
    CHECK(sluice_step(hand, x, z) == SLUICE_OK && !memcmp(y, z, out * sizeof *y));
    CHECK(sluice_step(cold, x, z) == SLUICE_OK);
    for (size_t i = 0; i < out; i++) {
      float a = y[i] - truth[i], b = z[i] - truth[i];
      carried_error += a * a;
      cold_error += b * b;
    }
  }
  printf("  transient of 8 steps, squared: carried %.3g, cold %.3g\n", carried_error, cold_error);
  CHECK(carried_error < cold_error);
  sluice_stream_t *foreign = create(other);
  CHECK(sluice_stream_carry(from, foreign) == SLUICE_OTHER_TOPOLOGY);
  CHECK(sluice_stream_carry(foreign, to) == SLUICE_OTHER_TOPOLOGY);
  CHECK(sluice_stream_carry(from, from) == SLUICE_OK);
  CHECK(sluice_stream_carry(NULL, to) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_carry(from, NULL) == SLUICE_BAD_ARGUMENT);
  sluice_stream_t *all[] = {from, to, hand, cold, whole, foreign};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) sluice_stream_destroy(all[i]);
}

static void batches(const sluice_model_t *model, const sluice_model_t *other) {
  TEST("streams move into a batch and out of it, and a batch saves and restores");
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  sluice_batch_t *batch, *again;
  CHECK(sluice_batch_create(model, streams, &batch, NULL) == SLUICE_OK);
  CHECK(sluice_batch_create(model, streams, &again, NULL) == SLUICE_OK);
  sluice_stream_t *stream = create(model), *back = create(model), *foreign = create(other);
  run(stream, 11, in, 3);
  CHECK(sluice_batch_set_stream(batch, 2, stream) == SLUICE_OK);
  CHECK(sluice_batch_set_stream(batch, streams, stream) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_set_stream(batch, 0, foreign) == SLUICE_INVALID_STATE);
  CHECK(sluice_batch_set_stream(batch, 0, NULL) == SLUICE_BAD_ARGUMENT);
  for (size_t i = 0; i < streams; i++) fill(x + i * in, in, 60);
  CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_OK && sluice_step(stream, x, z) == SLUICE_OK);
  CHECK(!memcmp(y + 2 * out, z, out * sizeof *y) && memcmp(y, z, out * sizeof *y));
  CHECK(sluice_batch_get_stream(batch, 2, back) == SLUICE_OK);
  CHECK(sluice_batch_get_stream(batch, streams, back) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_get_stream(batch, 0, foreign) == SLUICE_INVALID_STATE);
  CHECK(sluice_step(stream, x, y) == SLUICE_OK && sluice_step(back, x, z) == SLUICE_OK);
  CHECK(!memcmp(y, z, out * sizeof *y));

  size_t size = sluice_batch_state_size(batch), one = sluice_state_size(model);
  CHECK(size == streams * one && sluice_batch_state_size(NULL) == 0);
  char *bytes = malloc(size + 1), *states = bytes + 1;
  CHECK(sluice_batch_save(batch, states, size - 1) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_save(batch, states, size) == SLUICE_OK);
  CHECK(sluice_batch_restore(again, states, size, NULL) == SLUICE_OK);
  CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_OK && sluice_batch_step(again, x, z, NULL) == SLUICE_OK);
  CHECK(!memcmp(y, z, streams * out * sizeof *y));
  CHECK(sluice_stream_restore(back, states + 2 * one, one, NULL) == SLUICE_OK);
  CHECK(sluice_step(back, x, z) == SLUICE_OK && !memcmp(y + 2 * out, z, out * sizeof *y));
  sluice_error error;
  states[one + 70]++;
  CHECK(sluice_batch_restore(again, states, size, &error) == SLUICE_INVALID_STATE);
  /* The checksum of the second. */
  CHECK(error.offset == (int64_t)one + 32);
  CHECK(sluice_batch_restore(again, states, size - 1, &error) == SLUICE_INVALID_STATE);
  CHECK(sluice_batch_restore(NULL, states, size, &error) == SLUICE_BAD_ARGUMENT);
  /* Nothing moved. */
  CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_OK && sluice_batch_step(again, x, z, NULL) == SLUICE_OK);
  CHECK(!memcmp(y, z, streams * out * sizeof *y));
  free(bytes);
  sluice_batch_destroy(batch);
  sluice_batch_destroy(again);
  sluice_stream_destroy(stream);
  sluice_stream_destroy(back);
  sluice_stream_destroy(foreign);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  sluice_model_t *model = open_model(arguments[1], 0), *same = open_model(arguments[2], 0);
  sluice_model_t *other = open_model(arguments[3], 0);
  CHECK(sluice_input_size(model) <= most && sluice_output_size(model) <= most);
  describing(model);
  carrying(model, same, other);
  batches(model, other);
  sluice_close(model);
  sluice_close(same);
  sluice_close(other);
  return finish("carrying");
}
