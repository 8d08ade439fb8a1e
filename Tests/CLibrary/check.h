/* What every test of the C library shares. */
#pragma once
#include <sluice.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int checks, failures;

#define CHECK(condition)                                                          \
  do {                                                                            \
    checks++;                                                                     \
    if (!(condition)) {                                                           \
      failures++;                                                                 \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);     \
    }                                                                             \
  } while (0)

#define TEST(name) printf("  %s\n", name)

static inline int finish(const char *program) {
  printf("%s: %d checks, %d failed\n", program, checks, failures);
  return failures || !checks;
}

/* A whole file, 64-byte aligned. */
static inline void *read_file(const char *path, size_t *size) {
  int file = open(path, O_RDONLY);
  struct stat status;
  void *bytes = NULL;
  if (file < 0 || fstat(file, &status) != 0) exit(2);
  *size = (size_t)status.st_size;
  if (posix_memalign(&bytes, 64, *size) != 0 || read(file, bytes, *size) != (ssize_t)*size) exit(2);
  close(file);
  return bytes;
}

static inline void write_file(const char *path, const void *bytes, size_t size) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || write(file, bytes, size) != (ssize_t)size) exit(2);
  close(file);
}

/* Numbers in [-1, 1), the same every time. */
static inline float next_number(uint64_t *seed) {
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (float)(int32_t)(*seed >> 32) / 2147483648.0f;
}

static inline void fill(float *to, size_t count, uint64_t seed) {
  for (size_t i = 0; i < count; i++) to[i] = next_number(&seed);
}

static inline sluice_status open_file(const char *path, uint32_t flags, sluice_isa isa,
                                      sluice_model_t **model, sluice_error *error) {
  sluice_options options = {.size = sizeof options, .flags = flags, .isa = isa};
  return sluice_open_file(path, &options, model, error);
}

static inline sluice_status open_memory(const void *bytes, size_t size, uint32_t flags, sluice_isa isa,
                                        sluice_model_t **model, sluice_error *error) {
  sluice_options options = {.size = sizeof options, .flags = flags, .isa = isa};
  return sluice_open_memory(bytes, size, &options, model, error);
}

static inline sluice_model_t *open_model(const char *path, uint32_t flags) {
  sluice_model_t *model;
  sluice_error error;
  if (open_file(path, flags, SLUICE_ISA_BEST, &model, &error) != SLUICE_OK) {
    fprintf(stderr, "%s: %s\n", path, error.message);
    exit(2);
  }
  return model;
}

static inline sluice_stream_t *open_stream(const sluice_model_t *model, size_t block) {
  sluice_stream_t *stream;
  if (sluice_stream_create(model, block, &stream, NULL) != SLUICE_OK) exit(2);
  return stream;
}
