// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_PROCESS_STATUS_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_PROCESS_STATUS_H_

#include <sys/types.h>

#include <cstddef>
#include <ostream>

namespace hillock::testing {

// What a process uses, by /proc. All 0 when there is no such process.
struct ProcessStatus {
  size_t resident_bytes = 0;
  size_t threads = 0;
  size_t descriptors = 0;

  static ProcessStatus Of(pid_t pid);
};

std::ostream& operator<<(std::ostream& out, const ProcessStatus& status);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_PROCESS_STATUS_H_
