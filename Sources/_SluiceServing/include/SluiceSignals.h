#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those that it makes, and ignores SIGPIPE; a file that tells
/// them, or -errno.
static inline int sluice_take_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  signal(SIGPIPE, SIG_IGN);
  if (sigprocmask(SIG_BLOCK, &set, NULL)) return -errno;
  int file = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return file < 0 ? -errno : file;
}

/// The next signal that came; 0 for none.
static inline int sluice_next_signal(int file) {
  struct signalfd_siginfo info;
  return read(file, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

/// A file that tells of changes in folders, or -errno.
static inline int sluice_make_watcher(void) {
  int file = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return file < 0 ? -errno : file;
}

/// Tells of files that a folder gets by rename, or that are written there. 0, or an errno.
static inline int sluice_watch_folder(int watcher, const char *_Nonnull folder) {
  return inotify_add_watch(watcher, folder, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) < 0 ? errno : 0;
}

/// Reads what was told, and calls back with each file's name.
static inline void sluice_changed_names(int watcher, void *_Nullable context,
                                        void (*_Nonnull call)(void *_Nullable, const char *_Nonnull)) {
  union {
    char bytes[4096];
    struct inotify_event first;
  } room;
  for (ssize_t count; (count = read(watcher, room.bytes, sizeof room.bytes)) > 0;)
    for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= count;) {
      struct inotify_event event;
      memcpy(&event, room.bytes + at, sizeof event);
      // An overflow, which has no name, stands for every file.
      call(context, event.len ? room.bytes + at + sizeof event : "");
      at += (ssize_t)(sizeof event + event.len);
    }
}

/// Locks every page once it is touched, now and later. 0, or an errno.
static inline int sluice_lock_all(void) {
  return mlockall(MCL_CURRENT | MCL_FUTURE | 4 /* MCL_ONFAULT */) == 0 ? 0 : errno;
}

/// Calls this thread by what it does, where threads are listed.
static inline void sluice_name_thread(void) { prctl(PR_SET_NAME, "sluice-data", 0, 0, 0); }

/// Lets go of the program's pages that the start alone has run: what is needed comes back from the file with the next
/// call, before pages are locked.
static inline void sluice_drop_code(void) {
  extern char __executable_start[] __attribute__((visibility("hidden")));
  extern char etext[] __attribute__((visibility("hidden")));
  uintptr_t page = (uintptr_t)getpagesize();
  uintptr_t start = ((uintptr_t)__executable_start + page - 1) & ~(page - 1), end = (uintptr_t)etext & ~(page - 1);
  if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}
