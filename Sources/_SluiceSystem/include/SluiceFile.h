#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Of <fcntl.h> and <linux/memfd.h>, where _GNU_SOURCE is not defined.
enum {
  sluice_add_seals = 1033,
  sluice_all_seals = 1 | 2 | 4 | 8,
  sluice_memfd_flags = 1 | 2,
};

/// Opens a regular file with content. 0, or an errno; EINVAL or EISDIR where it is none.
static inline int sluice_open_regular(const char *_Nonnull path, int *_Nonnull file,
                                      size_t *_Nonnull byte_count) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*file < 0) return errno;
  struct stat status;
  int failure = fstat(*file, &status) != 0 ? errno
              : S_ISDIR(status.st_mode) ? EISDIR
              : !S_ISREG(status.st_mode) || status.st_size <= 0 ? EINVAL : 0;
  if (failure) close(*file);
  else *byte_count = (size_t)status.st_size;
  return failure;
}

/// Maps the pages of `file`, or with -1 zero pages that can be written. 0, or an errno.
static inline int sluice_map(int file, size_t byte_count, bool prefaults,
                             void *_Nullable *_Nonnull bytes) {
  int protection = file < 0 ? PROT_READ | PROT_WRITE : PROT_READ;
  int flags = MAP_PRIVATE | (file < 0 ? MAP_ANONYMOUS : 0) | (prefaults ? MAP_POPULATE : 0);
  void *mapping = mmap(NULL, byte_count, protection, flags, file, 0);
  if (mapping == MAP_FAILED) return errno;
  *bytes = mapping;
  return 0;
}

/// Puts zero pages that can be written in the place of others, from `at` on. 0, or an errno.
static inline int sluice_map_over(void *_Nonnull at, size_t byte_count) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return mmap(at, byte_count, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED ? errno : 0;
}

/// Lets pages only be read. 0, or an errno.
static inline int sluice_protect(void *_Nonnull at, size_t byte_count) {
  return mprotect(at, byte_count, PROT_READ) == 0 ? 0 : errno;
}

/// Reads the bytes of `file` from `done` to `byte_count` to their place behind `to`. 0, or an errno; EIO
/// where the file became shorter meanwhile.
static inline int sluice_read(int file, char *_Nonnull to, size_t done, size_t byte_count) {
  while (done < byte_count) {
    ssize_t got = pread(file, to + done, byte_count - done, (off_t)done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EIO;
    done += (size_t)got;
  }
  return 0;
}

/// Appends all of `file`, or of `bytes` where it is -1, to the file `to`. 0, or an errno.
static inline int sluice_append(int to, int file, const char *_Nullable bytes, size_t byte_count) {
  off_t offset = 0;
  for (size_t done = 0; done < byte_count;) {
    ssize_t put = file >= 0 ? sendfile(to, file, &offset, byte_count - done)
                            : write(to, bytes + done, byte_count - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    if (put == 0) return EIO;
    done += (size_t)put;
  }
  return 0;
}

/// Copies `file`, or `bytes` where it is -1, to read-only pages of our own; sealed ones cannot be
/// written or truncated by any process. 0, or an errno.
static inline int sluice_copy(int file, const void *_Nullable bytes, size_t byte_count, bool seals,
                              void *_Nullable *_Nonnull copy) {
  int failure;
  if (seals) {
    int sealed = (int)syscall(SYS_memfd_create, "sluice", sluice_memfd_flags);
    if (sealed < 0) return errno;
    failure = sluice_append(sealed, file, (const char *)bytes, byte_count);
    if (!failure && fcntl(sealed, sluice_add_seals, sluice_all_seals) != 0) failure = errno;
    if (!failure) failure = sluice_map(sealed, byte_count, true, copy);
    close(sealed);
    return failure;
  }
  failure = sluice_map(-1, byte_count, false, copy);
  if (failure) return failure;
  if (file >= 0) failure = sluice_read(file, (char *)*copy, 0, byte_count);
  else memcpy(*copy, bytes, byte_count);
  if (!failure) failure = sluice_protect(*copy, byte_count);
  if (failure) munmap(*copy, byte_count);
  return failure;
}

/// `sluice_copy` of the file at a path.
static inline int sluice_copy_file(const char *_Nonnull path, bool seals,
                                   void *_Nullable *_Nonnull bytes, size_t *_Nonnull byte_count) {
  int file;
  int failure = sluice_open_regular(path, &file, byte_count);
  if (failure) return failure;
  failure = sluice_copy(file, NULL, *byte_count, seals, bytes);
  close(file);
  return failure;
}

/// Keeps pages from being swapped out. 0, or an errno.
static inline int sluice_lock(const void *_Nonnull bytes, size_t byte_count) {
  return mlock(bytes, byte_count) == 0 ? 0 : errno;
}

static inline void sluice_unmap(const void *_Nonnull bytes, size_t byte_count) {
  munmap((void *)bytes, byte_count);
}
