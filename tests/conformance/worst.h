// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_CONFORMANCE_WORST_H_
#define HILLOCK_TESTS_CONFORMANCE_WORST_H_

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "server/core/activation/figures.h"
#include "tests/conformance/ulp.h"

namespace hillock::testing {

// The element that is furthest from its reference by some measure, and the first such.
struct Worst {
  double error = 0;
  float x = 0;
  float got = 0;
  double want = 0;

  void Meet(double candidate, float input, float output, double reference) {
    if (candidate > error) *this = {candidate, input, output, reference};
  }
};

inline std::ostream& operator<<(std::ostream& out, const Worst& worst) {
  return out << fmt::format("{:.3g}: f({:a}) is {:a}, want {:a}", worst.error, worst.x, worst.got,
                            worst.want);
}

// By both measures of activation::BackendFigures.
struct Accuracy {
  Worst ulp;
  Worst absolute;

  // `reach`: the largest magnitude among the arguments that the answer depends on.
  void Meet(float x, float reach, float got, double want) {
    ulp.Meet(UlpError(got, want), x, got, want);
    if (reach > activation::kAbsoluteErrorRange) return;
    absolute.Meet(std::abs(static_cast<double>(got) - want), x, got, want);
  }
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_CONFORMANCE_WORST_H_
