#pragma once
#include <stdint.h>

/// Every allocation and every release of the process since its start.
typedef struct {
  uint64_t allocations;
  uint64_t releases;
} allocation_counts;

allocation_counts allocation_counter_read(void);

/// Minor and major page faults of the process since its start.
uint64_t page_fault_count(void);

/// From here on every system call but exit_group kills the process with SIGSYS. 0, or an errno.
///
/// Stricter than SECCOMP_MODE_STRICT, which lets read and write pass.
int forbid_system_calls(void);

/// Allocates and frees at once, unseen by the optimiser.
void misbehave_allocate(void);

/// Allocates and forgets.
void misbehave_leak(void);
