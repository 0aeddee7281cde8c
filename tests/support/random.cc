// SPDX-License-Identifier: Apache-2.0
#include "tests/support/random.h"

#include <cmath>

namespace hillock::testing {

float Random::Float(float low, float high) {
  const auto steps = static_cast<float>(engine_() >> 8);  // 24 bits, exact in a float
  return low + (high - low) * std::ldexp(steps, -24);
}

std::vector<float> Random::Floats(size_t count, float low, float high) {
  std::vector<float> floats(count);
  for (float& value : floats) value = Float(low, high);
  return floats;
}

}  // namespace hillock::testing
