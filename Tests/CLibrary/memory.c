/* Where a model's bytes lie, and what happens when memory runs out. memory FEATURES FOLDER
 * Linked with --wrap of every function by which the library asks the system for anything. */
#include "check.h"

#include <errno.h>
#include <stdarg.h>

static long calls, failing = -1;
/* Whether reading and writing are interrupted, and give little at a time. */
static bool stutters;

/* Whether this call is the one to fail. */
static bool fails(void) { return calls++ == failing; }

/* Whether this call is interrupted; if not, how little it does. */
static bool interrupted(size_t *count) {
  static unsigned turn;
  if (!stutters) return false;
  if (*count > 100) *count = 100;
  return turn++ % 2 == 0;
}

int __real_posix_memalign(void **, size_t, size_t);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  return fails() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}
void *__real_mmap(void *, size_t, int, int, int, off_t);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) {
  if (fails()) return errno = ENOMEM, MAP_FAILED;
  return __real_mmap(at, size, protection, flags, file, offset);
}
int __real_mprotect(void *, size_t, int);
int __wrap_mprotect(void *at, size_t size, int protection) {
  if (fails()) return errno = ENOMEM, -1;
  return __real_mprotect(at, size, protection);
}
int __real_mlock(const void *, size_t);
int __wrap_mlock(const void *at, size_t size) {
  if (fails()) return errno = ENOMEM, -1;
  return __real_mlock(at, size);
}
long __real_syscall(long, long, long);
long __wrap_syscall(long number, long first, long second) {
  if (fails()) return errno = EMFILE, -1;
  return __real_syscall(number, first, second);
}
ssize_t __real_sendfile(int, int, off_t *, size_t);
ssize_t __wrap_sendfile(int to, int from, off_t *offset, size_t count) {
  if (fails()) return errno = ENOSPC, -1;
  if (interrupted(&count)) return errno = EINTR, -1;
  return __real_sendfile(to, from, offset, count);
}
ssize_t __real_pread(int, void *, size_t, off_t);
ssize_t __wrap_pread(int file, void *to, size_t count, off_t offset) {
  if (fails()) return errno = EIO, -1;
  if (interrupted(&count)) return errno = EINTR, -1;
  return __real_pread(file, to, count, offset);
}
ssize_t __real_write(int, const void *, size_t);
ssize_t __wrap_write(int to, const void *from, size_t count) {
  if (fails()) return errno = ENOSPC, -1;
  if (interrupted(&count)) return errno = EINTR, -1;
  return __real_write(to, from, count);
}
int __real_open(const char *, int, ...);
int __wrap_open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  if (fails()) return errno = EMFILE, -1;
  return __real_open(path, flags, mode);
}
int __real_fstat(int, struct stat *);
int __wrap_fstat(int file, struct stat *status) {
  if (fails()) return errno = EIO, -1;
  return __real_fstat(file, status);
}
int __real_fcntl(int, int, ...);
int __wrap_fcntl(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  long argument = va_arg(rest, long);
  va_end(rest);
  if (fails()) return errno = EPERM, -1;
  return __real_fcntl(file, command, argument);
}

/* Lines of a file of /proc/self. */
static int lines(const char *path) {
  FILE *file = fopen(path, "r");
  int count = 0;
  for (int c; (c = getc(file)) != EOF;) count += c == '\n';
  fclose(file);
  return count;
}

static int open_files(void) {
  int count = 0;
  for (int file = 0; file < 64; file++) count += fcntl(file, F_GETFD) >= 0;
  return count;
}

/* Opens a model and makes everything of it; the first status that is not SLUICE_OK. */
static sluice_status live(const char *path, const void *bytes, size_t size, uint32_t flags) {
  sluice_model_t *model = NULL;
  sluice_stream_t *stream = NULL;
  sluice_batch_t *batch = NULL, *more = NULL;
  sluice_workspace_t *workspace = NULL;
  sluice_stream_t *shared = NULL;
  sluice_error error = {0};
  sluice_status status =
      bytes ? open_memory(bytes, size, flags, SLUICE_ISA_BEST, &model, &error)
            : open_file(path, flags, SLUICE_ISA_BEST, &model, &error);
  if (!status) status = sluice_stream_create(model, 4, &stream, &error);
  if (!status) status = sluice_batch_create(model, 3, &batch, &error);
  if (!status) status = sluice_workspace_create(model, 3, &workspace, &error);
  if (!status) status = sluice_stream_create_shared(model, workspace, &shared, &error);
  if (!status) status = sluice_batch_create_shared(model, workspace, 3, &more, &error);
  CHECK(status == SLUICE_OK || (error.status == status && error.message[0] != 0));
  sluice_batch_destroy(more);
  sluice_stream_destroy(shared);
  sluice_workspace_destroy(workspace);
  sluice_batch_destroy(batch);
  sluice_stream_destroy(stream);
  sluice_close(model);
  return status;
}

static void out_of_memory(const char *path, const void *bytes, size_t size) {
  uint32_t ways[] = {0, SLUICE_OPEN_LAZY, SLUICE_OPEN_COPY, SLUICE_OPEN_SEALED,
                     SLUICE_OPEN_LOCK, SLUICE_OPEN_COPY | SLUICE_OPEN_LOCK};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    for (int in_memory = 0; in_memory < 2; in_memory++) {
      const void *from = in_memory ? bytes : NULL;
      if (in_memory && ways[way] == SLUICE_OPEN_LOCK) continue;
      failing = -1, calls = 0;
      CHECK(live(path, from, size, ways[way]) == SLUICE_OK);
      long all = calls;
      CHECK(all >= 4);
      stutters = true;
      CHECK(live(path, from, size, ways[way]) == SLUICE_OK);
      stutters = false;
      int mappings = lines("/proc/self/maps"), files = open_files();
      for (long n = 0; n < all; n++) {
        calls = 0, failing = n;
        sluice_status status = live(path, from, size, ways[way]);
        failing = -1;
        CHECK(status == SLUICE_OUT_OF_MEMORY || status == SLUICE_SYSTEM_ERROR);
      }
      CHECK(lines("/proc/self/maps") == mappings && open_files() == files);
      printf("  flags %2u, %s: each of %ld requests refused, an error and nothing left behind\n",
             ways[way], in_memory ? "memory" : "file", all);
    }
  }
}

static float y[64], expected[64];

/* A model that does not depend on its file: truncated, rewritten and removed while it steps. */
static void independent(const char *path, const void *bytes, size_t size, uint32_t flags) {
  float x[64];
  char *garbage = malloc(size);
  memset(garbage, 0x7F, size);
  write_file(path, bytes, size);
  sluice_model_t *model = open_model(path, flags);
  sluice_stream_t *stream = open_stream(model, 1);
  size_t out = sluice_output_size(model) * sizeof *y;
  fill(x, sluice_input_size(model), 5);
  for (int t = 0; t < 30; t++) CHECK(sluice_step(stream, x, expected) == SLUICE_OK);
  sluice_stream_reset(stream);
  for (int t = 0; t < 30; t++) {
    if (t == 10) CHECK(truncate(path, 0) == 0);
    if (t == 15) write_file(path, garbage, size);
    if (t == 20) CHECK(unlink(path) == 0);
    CHECK(sluice_step(stream, x, y) == SLUICE_OK);
  }
  CHECK(memcmp(y, expected, out) == 0);
  sluice_stream_destroy(stream);
  sluice_close(model);
  free(garbage);
}

/* The address of the mapping that a sealed model lies in, and whether it can be made writable. */
static void sealed(const char *path) {
  sluice_model_t *model = open_model(path, SLUICE_OPEN_SEALED);
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512];
  int found = 0;
  while (fgets(line, sizeof line, maps))
    if (strstr(line, "memfd:sluice")) {
      found++;
      CHECK(strstr(line, "r--p"));
    }
  fclose(maps);
  CHECK(found == 1);
  sluice_close(model);
}

static void refused(const char *folder, const void *bytes, size_t size) {
  sluice_model_t *model;
  sluice_error error;
  char path[4096];
  CHECK(open_file(folder, 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_NOT_A_FILE);
  CHECK(open_file("/dev/zero", 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_NOT_A_FILE);
  snprintf(path, sizeof path, "%s/fifo", folder);
  CHECK(mkfifo(path, 0600) == 0);
  for (uint32_t flags = 0; flags < 3; flags++)
    CHECK(open_file(path, flags, SLUICE_ISA_BEST, &model, &error) == SLUICE_NOT_A_FILE);
  snprintf(path, sizeof path, "%s/none", folder);
  CHECK(open_file(path, 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_SYSTEM_ERROR);
  CHECK(error.system_error == ENOENT && strstr(error.message, "No such file or directory (errno 2)"));
  CHECK(model == NULL);
  CHECK(open_memory(bytes, size, SLUICE_OPEN_LOCK, SLUICE_ISA_BEST, &model, &error) ==
        SLUICE_BAD_ARGUMENT);
  CHECK(open_memory(bytes, 0, 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_INVALID_MODEL);
  CHECK(open_memory((char *)bytes + 4, size - 4, 0, SLUICE_ISA_BEST, &model, &error) ==
        SLUICE_BAD_ARGUMENT);
  CHECK(strstr(error.message, "multiple of 64") && model == NULL);
  /* Every truncation, and every byte changed: an error with its place, or with NO_HASH harmless. */
  char *copy = aligned_alloc(64, (size + 63) / 64 * 64);
  memcpy(copy, bytes, size);
  for (size_t i = 0; i < size; i++) {
    CHECK(open_memory(copy, i, SLUICE_OPEN_NO_HASH, SLUICE_ISA_BEST, &model, &error) ==
          SLUICE_INVALID_MODEL);
    CHECK(error.offset >= 0 && (size_t)error.offset <= size && strncmp(error.message, "Byte ", 5) == 0);
    copy[i] ^= 1 << i % 8;
    CHECK(open_memory(copy, size, 0, SLUICE_ISA_BEST, &model, &error) == SLUICE_INVALID_MODEL);
    copy[i] ^= 1 << i % 8;
  }
  free(copy);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  size_t size;
  void *bytes = read_file(arguments[1], &size);
  char path[4096];
  snprintf(path, sizeof path, "%s/model.sluice", arguments[2]);
  TEST("every request to the system refused in turn");
  out_of_memory(arguments[1], bytes, size);
  TEST("B40: a copy and a sealed copy outlive truncation, rewriting and removal of their file");
  independent(path, bytes, size, SLUICE_OPEN_COPY);
  independent(path, bytes, size, SLUICE_OPEN_SEALED);
  sealed(arguments[1]);
  TEST("B1, B2, B35, B39: what is no model, every truncation, every changed byte");
  refused(arguments[2], bytes, size);
  free(bytes);
  return finish("memory");
}
