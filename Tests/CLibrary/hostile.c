/* Hostile blobs, and the promises of C7 and C8. hostile FOLDER MODEL
 * FOLDER holds what Swift's tests wrote: NAME-COUNT-OFFSET-HASH.sluice is refused at that byte. */
#include "check.h"

#include <dirent.h>
#include <pthread.h>

/* Opens a file in every way; each must refuse it at the same byte. */
static void refused(const char *path, int64_t offset, uint32_t hash) {
  size_t size;
  char *bytes = read_file(path, &size);
  sluice_model_t *model = NULL;
  sluice_error error;
  uint32_t ways[] = {0, SLUICE_OPEN_LAZY, SLUICE_OPEN_COPY, SLUICE_OPEN_SEALED};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    error.offset = -2;
    sluice_status status =
        open_file(path, ways[way] | hash, SLUICE_ISA_BEST, &model, &error);
    CHECK(status == (size ? SLUICE_INVALID_MODEL : SLUICE_NOT_A_FILE));
    CHECK(!size || error.offset == offset);
    CHECK(error.status == status && error.message[0] && model == NULL);
  }
  /* Memory that is borrowed starts at a line; memory that is copied anywhere. */
  char *anywhere = malloc(size + 1);
  memcpy(anywhere + 1, bytes, size);
  for (int copied = 0; copied < 2; copied++) {
    error.offset = -2;
    CHECK(open_memory(copied ? anywhere + 1 : bytes, size,
                             hash | (copied ? SLUICE_OPEN_COPY : 0), SLUICE_ISA_BEST, &model,
                             &error) == SLUICE_INVALID_MODEL);
    CHECK(error.offset == offset && strncmp(error.message, "Byte ", 5) == 0 && model == NULL);
  }
  free(anywhere);
  free(bytes);
}

static void blobs(const char *folder) {
  enum { most = 64 };
  int count[most] = {0};
  DIR *listing = opendir(folder);
  if (!listing) exit(2);
  for (struct dirent *entry; (entry = readdir(listing));) {
    int test, number, hash;
    long long offset;
    if (sscanf(entry->d_name, "B%d-%d-%lld-%d.sluice", &test, &number, &offset, &hash) != 4) continue;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    int before = failures;
    refused(path, offset, hash ? 0 : SLUICE_OPEN_NO_HASH);
    if (failures > before) fprintf(stderr, "  in %s\n", entry->d_name);
    if (test > 0 && test < most) count[test]++;
  }
  closedir(listing);
  for (int test = 1; test < most; test++)
    if (count[test]) printf("  B%d: %d files refused at their place, in six ways\n", test, count[test]);
}

enum { steps = 300 };

/* What one thread makes of its own stream. */
struct run {
  const sluice_model_t *model;
  float outputs[steps * 16];
};

static void *run_alone(void *argument) {
  struct run *run = argument;
  sluice_stream_t *stream = open_stream(run->model, 1);
  float y[64], x[64];
  for (int t = 0; t < steps; t++) {
    fill(x, 64, (uint64_t)t);
    sluice_status status = sluice_reads_tokens(run->model) ? sluice_step_token(stream, t % 7, y)
                                                           : sluice_step(stream, x, y);
    if (status != SLUICE_OK) exit(2);
    memcpy(run->outputs + t * 16, y, sizeof *y * (sluice_output_size(run->model) < 16
                                                      ? sluice_output_size(run->model) : 16));
  }
  sluice_stream_destroy(stream);
  return NULL;
}

static void lifetimes(const char *path) {
  TEST("C7: a stream and a batch live on when their model was closed");
  sluice_model_t *model = open_model(path, 0);
  sluice_stream_t *stream = open_stream(model, 1);
  sluice_batch_t *batch;
  CHECK(sluice_batch_create(model, 2, &batch, NULL) == SLUICE_OK);
  bool tokens = sluice_reads_tokens(model);
  sluice_close(model);
  float x[128] = {0}, y[128];
  int32_t ids[2] = {0, 1};
  CHECK((tokens ? sluice_step_token(stream, 1, y) : sluice_step(stream, x, y)) == SLUICE_OK);
  sluice_stream_destroy(stream);
  CHECK((tokens ? sluice_batch_step_tokens(batch, ids, y, NULL)
                : sluice_batch_step(batch, x, y, NULL)) == SLUICE_OK);
  sluice_batch_destroy(batch);
}

static void threads(const char *path) {
  TEST("C8: threads with a stream each of one model have the bits of one alone");
  sluice_model_t *model = open_model(path, 0);
  static struct run runs[5];
  pthread_t threads[4];
  for (int i = 0; i < 5; i++) runs[i].model = model;
  run_alone(&runs[4]);
  for (int i = 0; i < 4; i++)
    if (pthread_create(&threads[i], NULL, run_alone, &runs[i])) exit(2);
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    CHECK(memcmp(runs[i].outputs, runs[4].outputs, sizeof runs[4].outputs) == 0);
  }
  sluice_close(model);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  blobs(arguments[1]);
  lifetimes(arguments[2]);
  threads(arguments[2]);
  return finish("hostile");
}
