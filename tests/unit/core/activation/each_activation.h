// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CORE_ACTIVATION_EACH_ACTIVATION_H_
#define HILLOCK_TESTS_UNIT_CORE_ACTIVATION_EACH_ACTIVATION_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/core/activation/activation.h"

namespace hillock::activation {

// Runs a suite once for each activation of the table, under its name.
class EachActivation : public ::testing::TestWithParam<const Spec*> {
 protected:
  static const Spec& spec() { return *GetParam(); }
  static Params defaults() { return *ResolveParams(spec(), {}); }
};

inline std::vector<const Spec*> Pointers(bool row_functions_too) {
  std::vector<const Spec*> specs;
  for (const Spec& spec : All()) {
    if (row_functions_too || spec.scope != Scope::kRow) specs.push_back(&spec);
  }
  return specs;
}

inline std::string NameOf(const ::testing::TestParamInfo<const Spec*>& info) {
  return std::string(info.param->name);
}

}  // namespace hillock::activation

#endif  // HILLOCK_TESTS_UNIT_CORE_ACTIVATION_EACH_ACTIVATION_H_
