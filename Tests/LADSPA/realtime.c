/* What HARD_RT_CAPABLE promises, proven on running plugins:
 *     realtime PLUGIN LABEL RATE BLOCKS
 * Blocks of 1 to 4096 samples, loud, silent, not finite, while controls change and models are switched. Counts what the thread
 * does inside run(): allocations and releases, locks, page faults; a system call there ends the program with SIGSYS. Prints a
 * line; the exit status is 0 only where nothing was counted, and models were switched where there are several. */
#define _GNU_SOURCE
#include "host.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

/* Of this thread, inside run(). */
static __thread bool is_inside;
static __thread unsigned long allocations, locks;

static void count_allocation(void) { allocations += is_inside; }
void *malloc(size_t size) { count_allocation(); return __libc_malloc(size); }
void *calloc(size_t number, size_t size) { count_allocation(); return __libc_calloc(number, size); }
void *realloc(void *memory, size_t size) { count_allocation(); return __libc_realloc(memory, size); }
void *aligned_alloc(size_t alignment, size_t size) { count_allocation(); return __libc_memalign(alignment, size); }
void free(void *memory) { allocations += is_inside && memory; __libc_free(memory); }
int posix_memalign(void **memory, size_t alignment, size_t size) {
  count_allocation();
  return (*memory = __libc_memalign(alignment, size)) ? 0 : 12;
}

/* A lock that nobody holds makes no system call: it is counted by its name. */
static void *next_function(const char *name) { return dlsym(RTLD_NEXT, name); }
#define COUNTED(name, type)                                  \
  int name(type *lock) {                                     \
    static int (*next)(type *);                              \
    if (!next) *(void **)&next = next_function(#name);       \
    locks += is_inside;                                      \
    return next(lock);                                       \
  }
COUNTED(pthread_mutex_lock, pthread_mutex_t)
COUNTED(pthread_mutex_trylock, pthread_mutex_t)
COUNTED(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_wrlock, pthread_rwlock_t)
COUNTED(sem_wait, sem_t)
COUNTED(sem_post, sem_t)

/* From here on this thread, not the plugin's own, may ask for nothing but the time and its page faults, wait, and end. */
static void forbid_calls(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrusage, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_nanosleep, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) exit(2);
}

static unsigned long faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return (unsigned long)(usage.ru_minflt + usage.ru_majflt);
}

/* A block: loud, silent, faint or not finite. */
static void fill_block(float *x, size_t count, unsigned long block) {
  static uint64_t seed = 7;
  float loudness = block % 5 == 0 ? 0 : block % 5 == 1 ? 1e-39f : block % 5 == 2 ? 1 : 0.1f;
  for (size_t i = 0; i < count; i++) x[i] = loudness * next_number(&seed);
  if (block % 97 == 3) x[count / 2] = NAN, x[count - 1] = INFINITY;
  if (block % 97 == 5) x[count / 2] = 3e38f;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  static float x[4096], y[4096];
  hosted hosted;
  if (!host_plugin(&hosted, find_descriptor(load_plugin(arguments[1]), arguments[2]), strtoul(arguments[3], NULL, 10)))
    return 2;
  unsigned long blocks = strtoul(arguments[4], NULL, 10), page_faults = 0, unfinished = 0, model_port = 2;
  unsigned long choices = (unsigned long)hosted.descriptor->PortRangeHints[model_port].UpperBound + 1;
  hosted.descriptor->activate(hosted.handle);
  memset(x, 0, sizeof x), memset(y, 0, sizeof y);
  /* As hosts that are real-time do: code that was never run is in memory, too. */
  mlockall(MCL_CURRENT | MCL_FUTURE);
  faults();
  forbid_calls();
  for (unsigned long block = 0; block < blocks; block++) {
    static const size_t sizes[] = {64, 1, 1024, 63, 4096, 17};
    size_t size = sizes[block % 6];
    fill_block(x, size, block);
    for (unsigned long port = model_port + 1; port < hosted.descriptor->PortCount; port++)
      if (LADSPA_IS_PORT_INPUT(hosted.descriptor->PortDescriptors[port]) && block % 50 == 0)
        hosted.controls[port] = (float)(block / 50 % 3) / 2;
    hosted.controls[model_port] = (float)(block / 100 % choices);
    bool in_place = block % 7 == 0;
    hosted.descriptor->connect_port(hosted.handle, port_input, x);
    hosted.descriptor->connect_port(hosted.handle, port_output, in_place ? x : y);
    unsigned long before = faults();
    is_inside = true;
    hosted.descriptor->run(hosted.handle, size);
    is_inside = false;
    page_faults += faults() - before;
    for (size_t i = 0; i < size; i++) unfinished += !isfinite((in_place ? x : y)[i]);
    /* The thread that opens models has its turn. */
    if (choices > 1 && block % 100 == 50) clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, 60000000}, NULL);
  }
  /* Voice activity lets sound pass as it is. */
  for (unsigned long port = 0; port < hosted.descriptor->PortCount; port++)
    if (strcmp(hosted.descriptor->PortNames[port], "Speech") == 0) unfinished = 0;
  char line[256];
  int length = snprintf(line, sizeof line, "%-14s %8lu blocks %6lu allocations %6lu locks %6lu faults %6lu not finite\n",
                        arguments[2], blocks, allocations, locks, page_faults, unfinished);
  if (write(1, line, (size_t)length) != length) _exit(2);
  _exit(allocations + locks + page_faults + unfinished ? 1 : 0);
}
