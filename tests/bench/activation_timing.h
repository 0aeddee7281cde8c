// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_BENCH_ACTIVATION_TIMING_H_
#define HILLOCK_TESTS_BENCH_ACTIVATION_TIMING_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "server/core/activation/activation.h"

namespace hillock::bench {

// What an activation costs, in nanoseconds an element, one thread.
struct ActivationTiming {
  double fallback_ns = 0;
  double onednn_ns = 0;  // 0 where oneDNN has none
  double ratio = 0;      // fallback / oneDNN, the median of the rounds' own
};

// Medians of `rounds`, in which the backends take turns over tiles of `elements`, a multiple of
// 256, filled by Fill().
ActivationTiming TimeActivation(const activation::Spec& spec, size_t elements, int rounds);

// Pre-activations as layers have them: spread over [-4, 4] in no order.
void Fill(float* values, size_t n);

double Seconds(const std::function<void()>& work);
double Median(std::vector<double> values);

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_ACTIVATION_TIMING_H_
