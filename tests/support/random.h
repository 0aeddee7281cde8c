// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_RANDOM_H_
#define HILLOCK_TESTS_SUPPORT_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace hillock::testing {

// Numbers that a seed determines, the same with every compiler and standard library.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}

  // A number in [low, high).
  float Float(float low, float high);
  std::vector<float> Floats(size_t count, float low, float high);

  // A number in [0, end).
  size_t Index(size_t end) { return engine_() % end; }

 private:
  std::mt19937 engine_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_RANDOM_H_
