// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_CONFORMANCE_ISA_H_
#define HILLOCK_TESTS_CONFORMANCE_ISA_H_

// clang-format off
#include "server/core/kernel/instruction_sets.h"
#include <hwy/highway.h>
#include <hwy/targets.h>
// clang-format on

#include <cstdint>
#include <string>
#include <vector>

namespace hillock::testing {

// An instruction set that the fallback kernels were compiled for and that this CPU has.
struct Isa {
  int64_t target;
  std::string name;
};

// All of them, the best first.
inline std::vector<Isa> UsableIsas() {
  std::vector<Isa> isas;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    isas.push_back({target, hwy::TargetName(target)});
  }
  return isas;
}

// While it lives, run-time dispatch takes this instruction set. Not thread-safe.
class ScopedIsa {
 public:
  explicit ScopedIsa(const Isa& isa) { Choose(isa.target); }
  ~ScopedIsa() { Choose(0); }
  ScopedIsa(const ScopedIsa&) = delete;
  ScopedIsa& operator=(const ScopedIsa&) = delete;

 private:
  // 0 chooses the best again.
  static void Choose(int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_CONFORMANCE_ISA_H_
