// A section of code that is to do nothing but compute: watched in a child process.
#define _GNU_SOURCE
#include "AllocationCounter.h"

#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SLUICE_RTSAN
// Of the sanitizer's runtime, which its header shows to instrumented code alone.
void __rtsan_ensure_initialized(void);
void __rtsan_realtime_enter(void);
void __rtsan_realtime_exit(void);
#endif

/// The parent's and the child's.
static section_report *shared;
static char *untouched;

static uint64_t page_faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (uint64_t)(usage.ru_minflt + usage.ru_majflt);
}

static void *map(size_t size, int sharing) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) abort();
  return pages;
}

/// Whether page faults are all that the section did wrong.
static bool only_faulted(const section_report *report) {
  return report->is_finished && report->allocations + report->releases == 0 && report->page_faults != 0;
}

bool section_fork(section_report *report) {
  if (!shared) shared = map(sizeof *shared, MAP_SHARED);
  // The kernel moves pages as it likes (compaction), and who touches one on its way faults: no fault of ours.
  // Every child begins from the same memory, so what the section itself faults on comes in each of them.
  for (int time = 0; time < 3; time++) {
    memset(shared, 0, sizeof *shared);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) return true;
    int status;
    if (waitpid(child, &status, 0) != child) abort();
    *report = *shared;
    report->is_finished = report->is_finished && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    report->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (!only_faulted(report)) break;
  }
  return false;
}

/// Maps the code and constants of everything that is loaded: where they were not run yet, or are no longer in
/// the page cache, whether they fault is the loader's and the cache's doing. Data and heap are left as they are.
static int map_constants(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size, (void)unused;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
    if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
    const uintptr_t begin = (object->dlpi_addr + segment->p_vaddr) & -page;
    const uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_filesz;
    // Where the kernel is older than this advice (5.14), the pages are what they are.
    madvise((void *)begin, end - begin, MADV_POPULATE_READ);
  }
  return 0;
}

/// Gives the child its own copy of the stack's pages, those above in use and 64 KiB below: what calls the section
/// keeps its variables there, and who needs real time touches a thread's stack before it runs.
static __attribute__((noinline)) void take_stack(void) {
  volatile char below[64 << 10];
  for (size_t index = 0; index < sizeof below; index += 1024) below[index] = 0;
  pthread_attr_t attributes;
  void *bottom;
  size_t size;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) abort();
  pthread_attr_getstack(&attributes, &bottom, &size);
  pthread_attr_destroy(&attributes);
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t here = (uintptr_t)below & -page;
  madvise((void *)here, (uintptr_t)bottom + size - here, MADV_POPULATE_WRITE);
}

/// Begins what is promised.
static void begin_watch(void) {
#ifdef SLUICE_RTSAN
  __rtsan_ensure_initialized();
  __rtsan_realtime_enter();
#else
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrusage, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) abort();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) abort();
#endif
}

void section_begin(void) {
  untouched = map(4096, MAP_PRIVATE);
  // What is in memory stays there: a kernel that reclaims ahead of need (DAMON) pages out code that was not
  // run for a while, and its fault is not ours. First touches fault as ever. Where a limit forbids it, the
  // counts are what they are.
  mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
  dl_iterate_phdr(map_constants, NULL);
  take_stack();
  begin_watch();
  // The pages of what is called here are in memory before anything is counted.
  for (int time = 0; time < 2; time++) {
    allocation_counts counts = allocation_counter_read();
    shared->allocations = counts.allocations;
    shared->releases = counts.releases;
    shared->page_faults = page_faults();
  }
}

void section_end(uint64_t note) {
  shared->page_faults = page_faults() - shared->page_faults;
  allocation_counts counts = allocation_counter_read();
  shared->allocations = counts.allocations - shared->allocations;
  shared->releases = counts.releases - shared->releases;
  shared->note = note;
  shared->is_finished = true;
#ifdef SLUICE_RTSAN
  __rtsan_realtime_exit();
#endif
  _exit(0);
}

bool misbehave(const char *how) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  if (strcmp(how, "allocate") == 0) {
    void *volatile memory = malloc(100);
    free(memory);
  } else if (strcmp(how, "lock") == 0) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  } else if (strcmp(how, "fault") == 0) {
    *(volatile char *)untouched = 1;
  } else if (strcmp(how, "syscall") == 0) {
    getppid();
  } else if (strcmp(how, "write") == 0) {
    if (write(1, "", 0) != 0) abort();
  } else {
    return false;
  }
  return true;
}
