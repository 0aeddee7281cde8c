// SPDX-License-Identifier: Apache-2.0

// What the model of an imported graph computes.

#ifndef HILLOCK_TESTS_UNIT_CORE_ONNX_COMPUTED_H_
#define HILLOCK_TESTS_UNIT_CORE_ONNX_COMPUTED_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"

namespace hillock::onnx {

inline model::Mlp Import(const testing::OnnxBuilder& graph) {
  const auto mlp = ImportOnnx(graph.Build());
  EXPECT_THAT(mlp, testing::IsOk());
  return mlp.ok() ? *mlp : model::Mlp();
}

// An output for a row of all inputs side by side; empty when the graph is refused.
inline std::vector<double> Computed(const testing::OnnxBuilder& graph,
                                    const std::vector<float>& row, size_t output = 0) {
  std::vector<double> values;
  const model::Mlp mlp = Import(graph);
  if (mlp.outputs.empty()) return values;
  for (const auto& each : testing::Evaluate(mlp, row, true, output)) values.push_back(each.value);
  return values;
}

}  // namespace hillock::onnx

#endif  // HILLOCK_TESTS_UNIT_CORE_ONNX_COMPUTED_H_
