#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Every allocation and every release of the process since its start.
typedef struct {
  uint64_t allocations;
  uint64_t releases;
} allocation_counts;

allocation_counts allocation_counter_read(void);

/// What happened between section_begin and section_end.
typedef struct {
  uint64_t allocations;
  uint64_t releases;
  /// Minor and major.
  uint64_t page_faults;
  /// What the caller noted, for instance its steps.
  uint64_t note;
  /// Whether it came to its end. A system call kills the process with SIGSYS: 31; where the program
  /// was linked with RealtimeSanitizer, a report ends it.
  bool is_finished;
  int32_t signal;
} section_report;

/// Forks. True in the child, which is to call section_begin and section_end; in the parent, once
/// the child is gone, false, with what it did in `report`. A child that did nothing wrong but fault is
/// forked again, up to three in all: what `report` then tells of came in each of them.
bool section_fork(section_report *report);

/// From here on allocations, releases and page faults are counted, and every system call but
/// exit_group and getrusage kills the process. Stricter than SECCOMP_MODE_STRICT, which lets read
/// and write pass. Does not return where the system cannot do that.
///
/// Compiled with SLUICE_RTSAN, it begins a real-time context of RealtimeSanitizer instead.
void section_begin(void);

/// The last thing a child does: reports, and ends the process.
_Noreturn void section_end(uint64_t note);

/// Breaks a promise, unseen by the optimiser; one whole word of: allocate, lock, fault, syscall, write.
/// False for another word.
bool misbehave(const char *how);

/// Allocates and forgets.
void misbehave_leak(void);
