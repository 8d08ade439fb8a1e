// A section of code that is to do nothing but compute: watched in a child process.
#include "AllocationCounter.h"

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

bool section_fork(section_report *report) {
  if (!shared) shared = map(sizeof *shared, MAP_SHARED);
  memset(shared, 0, sizeof *shared);
  pid_t child = fork();
  if (child < 0) abort();
  if (child == 0) return true;
  int status;
  if (waitpid(child, &status, 0) != child) abort();
  *report = *shared;
  report->is_finished = report->is_finished && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  report->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return false;
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
