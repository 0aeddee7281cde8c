// SPDX-License-Identifier: Apache-2.0

// Graphs that are refused, by what the error says.

#ifndef HILLOCK_TESTS_UNIT_CORE_ONNX_REFUSALS_H_
#define HILLOCK_TESTS_UNIT_CORE_ONNX_REFUSALS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::onnx {

struct Refusal {
  std::string name;
  std::function<void(testing::OnnxBuilder&)> build;  // after SmallGraph()
  std::string text;
};

inline void PrintTo(const Refusal& each, std::ostream* out) { *out << each.name; }

// Input x [rows, 2], a bias b [3], and m = x w [rows, 3] by node n0.
inline testing::OnnxBuilder SmallGraph() {
  testing::OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6}).Floats("b", {3}, {1, 2, 3});
  return graph.Node("MatMul", {"x", "w"}, "m");
}

inline void ExpectRefused(const Refusal& refusal, absl::StatusCode code) {
  testing::OnnxBuilder graph = SmallGraph();
  refusal.build(graph);
  EXPECT_THAT(ImportOnnx(graph.Build()),
              testing::StatusIs(code, ::testing::HasSubstr(refusal.text)));
}

}  // namespace hillock::onnx

#endif  // HILLOCK_TESTS_UNIT_CORE_ONNX_REFUSALS_H_
