/* Streams and batches that share a workspace: sharing MODEL.sluice OTHER.sluice, models that read floats. */
#include "check.h"

enum { most = 256, shared_count = 5, rows = 4 };
static float x[rows * most], y[rows * most], z[rows * most];

static void turns(const sluice_model_t *model) {
  TEST("by turns in one workspace, each with the bits of its own");
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  sluice_workspace_t *workspace;
  sluice_stream_t *shared[shared_count], *own[shared_count];
  sluice_batch_t *batch, *own_batch;
  sluice_error error;
  CHECK(sluice_workspace_create(model, rows, &workspace, &error) == SLUICE_OK);
  for (int i = 0; i < shared_count; i++) {
    CHECK(sluice_stream_create_shared(model, workspace, &shared[i], &error) == SLUICE_OK);
    CHECK(sluice_stream_create(model, rows, &own[i], &error) == SLUICE_OK);
  }
  CHECK(sluice_batch_create_shared(model, workspace, rows, &batch, &error) == SLUICE_OK);
  CHECK(sluice_batch_create(model, rows, &own_batch, &error) == SLUICE_OK);
  /* Its name is let go; those that share it keep it. */
  sluice_workspace_destroy(workspace);
  for (uint64_t t = 0; t < 200; t++) {
    int i = (int)(t * 7 % 11) % shared_count;
    fill(x, rows * in, t);
    size_t steps = t % 3 ? 1 : rows;
    if (t % 3) {
      CHECK(sluice_step(shared[i], x, y) == SLUICE_OK && sluice_step(own[i], x, z) == SLUICE_OK);
    } else {
      CHECK(sluice_process(shared[i], x, steps, y) == SLUICE_OK);
      CHECK(sluice_process(own[i], x, steps, z) == SLUICE_OK);
    }
    CHECK(!memcmp(y, z, (sluice_yields_last(model) ? 1 : steps) * out * sizeof *y));
    if (t % 5 == 0) {
      static const bool active[rows] = {true, false, true, true};
      memset(y, 0, sizeof y), memset(z, 0, sizeof z);
      CHECK(sluice_batch_step(batch, x, y, t % 10 ? active : NULL) == SLUICE_OK);
      CHECK(sluice_batch_step(own_batch, x, z, t % 10 ? active : NULL) == SLUICE_OK);
      CHECK(!memcmp(y, z, sizeof y));
    }
    /* Another stream where one was: it does not take that one's calls over. */
    if (t % 50 == 49) {
      sluice_workspace_t *again;
      CHECK(sluice_workspace_create(model, rows, &again, NULL) == SLUICE_OK);
      sluice_stream_destroy(shared[i]);
      CHECK(sluice_stream_create_shared(model, again, &shared[i], &error) == SLUICE_OK);
      CHECK(sluice_stream_fork(own[i], shared[i]) == SLUICE_OK);
      sluice_workspace_destroy(again);
    }
  }
  for (int i = 0; i < shared_count; i++) sluice_stream_destroy(shared[i]), sluice_stream_destroy(own[i]);
  sluice_batch_destroy(batch);
  sluice_batch_destroy(own_batch);
}

static void in_memory(const sluice_model_t *model) {
  TEST("in the caller's memory, of the sizes that are told");
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  size_t sizes[] = {sluice_workspace_size(model, rows), sluice_stream_size_shared(model),
                    sluice_batch_size_shared(model, rows)};
  char *memory[3];
  for (int i = 0; i < 3; i++) {
    CHECK(sizes[i] > 0);
    memory[i] = aligned_alloc(64, (sizes[i] + 63) / 64 * 64 + 64);
    memset(memory[i], 0x7F, sizes[i] + 64);
  }
  CHECK(sizes[1] < sluice_stream_size(model, 1) && sizes[2] < sluice_batch_size(model, rows));
  sluice_workspace_t *workspace, *none;
  sluice_stream_t *stream, *own, *no_stream;
  sluice_batch_t *batch, *no_batch;
  sluice_error error;
  CHECK(sluice_workspace_init(model, rows, memory[0], sizes[0] - 1, &none, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_workspace_init(model, rows, memory[0] + 4, sizes[0], &none, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_workspace_init(model, rows, memory[0], sizes[0], &workspace, &error) == SLUICE_OK);
  CHECK(sluice_stream_init_shared(model, workspace, memory[1], sizes[1] - 1, &no_stream, &error) ==
        SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_init_shared(model, workspace, memory[1], sizes[1], &stream, &error) == SLUICE_OK);
  CHECK(sluice_batch_init_shared(model, workspace, rows, memory[2], sizes[2] - 1, &no_batch, &error) ==
        SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_init_shared(model, workspace, rows, memory[2], sizes[2], &batch, &error) == SLUICE_OK);
  CHECK(sluice_stream_create(model, 1, &own, &error) == SLUICE_OK);
  for (uint64_t t = 0; t < 20; t++) {
    fill(x, rows * in, t);
    CHECK(sluice_batch_step(batch, x, y, NULL) == SLUICE_OK && sluice_step(stream, x, y) == SLUICE_OK);
    CHECK(sluice_step(own, x, z) == SLUICE_OK && !memcmp(y, z, out * sizeof *y));
  }
  sluice_stream_destroy(stream);
  sluice_batch_destroy(batch);
  sluice_workspace_destroy(workspace);
  sluice_stream_destroy(own);
  for (int i = 0; i < 3; i++) {
    /* Nothing behind them was touched. */
    for (int byte = 0; byte < 64; byte++) CHECK(memory[i][sizes[i] + (size_t)byte] == 0x7F);
    free(memory[i]);
  }
}

static void refusals(const sluice_model_t *model, const sluice_model_t *other) {
  TEST("what is refused, with nothing left behind");
  sluice_workspace_t *workspace, *foreign, *none = (void *)x;
  sluice_stream_t *stream;
  sluice_batch_t *batch;
  sluice_error error;
  CHECK(sluice_workspace_create(model, 2, &workspace, &error) == SLUICE_OK);
  CHECK(sluice_workspace_create(other, 2, &foreign, &error) == SLUICE_OK);
  CHECK(sluice_workspace_create(model, 0, &none, &error) == SLUICE_BAD_ARGUMENT && none == NULL);
  CHECK(sluice_workspace_create(model, SIZE_MAX, &none, &error) == SLUICE_OUT_OF_MEMORY);
  CHECK(sluice_workspace_create(model, SIZE_MAX / 64, &none, &error) == SLUICE_OUT_OF_MEMORY);
  CHECK(sluice_workspace_create(NULL, 1, &none, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_workspace_create(model, 1, NULL, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_workspace_init(model, 1, NULL, 1 << 20, &none, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_workspace_size(model, 0) == 0 && sluice_workspace_size(NULL, 1) == 0);
  CHECK(sluice_stream_create_shared(model, foreign, &stream, &error) == SLUICE_BAD_ARGUMENT && !stream);
  CHECK(strstr(error.message, "another model"));
  CHECK(sluice_stream_create_shared(model, NULL, &stream, &error) == SLUICE_BAD_ARGUMENT && !stream);
  CHECK(sluice_stream_create_shared(NULL, workspace, &stream, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_create_shared(model, workspace, NULL, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_create_shared(model, workspace, 3, &batch, &error) == SLUICE_BAD_ARGUMENT && !batch);
  CHECK(strstr(error.message, "fewer rows"));
  CHECK(sluice_batch_create_shared(model, workspace, 0, &batch, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_create_shared(model, workspace, SIZE_MAX, &batch, &error) == SLUICE_OUT_OF_MEMORY);
  CHECK(sluice_batch_create_shared(model, foreign, 1, &batch, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_batch_init_shared(model, workspace, 1, NULL, 1 << 20, &batch, &error) == SLUICE_BAD_ARGUMENT);
  CHECK(sluice_stream_size_shared(NULL) == 0 && sluice_batch_size_shared(NULL, 1) == 0);
  CHECK(sluice_batch_size_shared(model, 0) == 0);
  sluice_workspace_destroy(NULL);
  sluice_workspace_destroy(workspace);
  sluice_workspace_destroy(foreign);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  sluice_model_t *model = open_model(arguments[1], 0), *other = open_model(arguments[2], 0);
  CHECK(sluice_input_size(model) <= most && sluice_output_size(model) <= most);
  turns(model);
  in_memory(model);
  refusals(model, other);
  sluice_close(model);
  sluice_close(other);
  return finish("sharing");
}
