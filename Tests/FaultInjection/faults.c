/* Preloaded into a program: its n-th call of one function of the system fails, or a signal comes in.
 *
 *   FAULT=write:3:5         the third write fails with errno 5
 *   FAULT=write:3:s15       signal 15 comes before the third write
 *   FAULT_MARK=PATH         a file that comes into being when that has happened
 *   FAULT_NO_TMPFILE=1      the file system has no files without a name
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int calls;

/* Whether this call of `name` is the one that fails; errno is set then. */
static int fails(const char *name) {
  const char *fault = getenv("FAULT");
  size_t length = strlen(name);
  if (!fault || strncmp(fault, name, length) != 0 || fault[length] != ':') return 0;
  char *kind;
  if (++calls != strtol(fault + length + 1, &kind, 10) || *kind != ':') return 0;
  const char *mark = getenv("FAULT_MARK");
  if (mark) syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, mark, O_CREAT | O_WRONLY, 0600));
  if (kind[1] == 's') {
    kill(getpid(), atoi(kind + 2));
    return 0;
  }
  errno = atoi(kind + 1);
  return 1;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define MODE(mode, last) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, last); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

static int hasNoName(int flags) {
  if ((flags & O_TMPFILE) != O_TMPFILE || !getenv("FAULT_NO_TMPFILE")) return 0;
  errno = EOPNOTSUPP;
  return 1;
}

int open(const char *path, int flags, ...) {
  REAL(open);
  MODE(mode, flags)
  return fails("open") || hasNoName(flags) ? -1 : real(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  REAL(openat);
  MODE(mode, flags)
  return fails("open") || hasNoName(flags) ? -1 : real(folder, path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(write);
  return fails("write") ? -1 : real(file, bytes, count);
}

int fsync(int file) {
  REAL(fsync);
  return fails("fsync") ? -1 : real(file);
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
  REAL(linkat);
  return fails("link") ? -1 : real(from, old, to, new, flags);
}

int renameat(int from, const char *old, int to, const char *new) {
  REAL(renameat);
  return fails("rename") ? -1 : real(from, old, to, new);
}

int fchmod(int file, mode_t mode) {
  REAL(fchmod);
  return fails("mode") ? -1 : real(file, mode);
}

int fstat(int file, struct stat *status) {
  REAL(fstat);
  return fails("stat") ? -1 : real(file, status);
}

int fstatat(int folder, const char *path, struct stat *status, int flags) {
  REAL(fstatat);
  return fails("stat") ? -1 : real(folder, path, status, flags);
}
