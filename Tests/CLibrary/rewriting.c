/* A mapped file that is rewritten in place while it is being opened: what decides which memory is read was
 * validated. rewriting FEATURES FOLDER. Linked with --wrap=posix_memalign, which the library calls between
 * validation and the plan that it makes. */
#include "check.h"

static const char *path;
/* The file, what is to be written, and before which allocation. */
static int file, calls, moment = -1;
static off_t place;
static uint32_t value;

int __real_posix_memalign(void **, size_t, size_t);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  if (calls++ == moment && pwrite(file, &value, sizeof value, place) != sizeof value) exit(2);
  return __real_posix_memalign(memory, alignment, size);
}

static float x[64], y[64], expected[64];

/* Opens and steps; whether it has the outputs of the file as it was. */
static bool steps(float *to) {
  sluice_options options = {.size = sizeof options, .flags = SLUICE_OPEN_NO_HASH};
  sluice_model_t *model;
  sluice_stream_t *stream;
  calls = 0;
  if (sluice_open_file(path, &options, &model, NULL) != SLUICE_OK) return false;
  moment = -1;
  size_t in = sluice_input_size(model), out = sluice_output_size(model);
  bool stepped = in <= 64 && out <= 64 && sluice_stream_create(model, 2, &stream, NULL) == SLUICE_OK;
  if (stepped) {
    memset(to, 0, sizeof y);
    for (int t = 0; t < 3 && stepped; t++) stepped = sluice_step(stream, x, to) == SLUICE_OK;
    sluice_stream_destroy(stream);
  }
  sluice_close(model);
  return stepped;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  size_t size;
  char name[4096], *bytes = read_file(arguments[1], &size);
  snprintf(name, sizeof name, "%s/model.sluice", arguments[2]);
  path = name;
  write_file(path, bytes, size);
  file = open(path, O_RDWR);
  fill(x, 64, 3);
  CHECK(file >= 0 && steps(expected));
  TEST("B40: each word of header, table and records rewritten after it was validated: the bits stay");
  /* The records are the first section. */
  uint64_t start, length;
  memcpy(&start, bytes + 64 + 8, 8), memcpy(&length, bytes + 64 + 16, 8);
  static const uint32_t values[] = {0, 1, 7, 65536, 0x7FFFFFFF, 0xFFFFFFFF};
  long written = 0;
  for (place = 0; place < (off_t)(start + length); place += 4)
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
      /* Before the first allocation nothing has been read: refused, or the same. */
      for (int when = 1; when >= 0; when--) {
        value = values[i], moment = when;
        bool opened = steps(y);
        CHECK(when == 0 || opened);
        CHECK(!opened || when == 0 || memcmp(y, expected, sizeof y) == 0);
        if (pwrite(file, bytes + place, 4, place) != 4) exit(2);
        written++;
      }
    }
  moment = -1;
  CHECK(steps(y) && memcmp(y, expected, sizeof y) == 0);
  printf("  %ld files rewritten while they were opened\n", written);
  close(file);
  free(bytes);
  return finish("rewriting");
}
