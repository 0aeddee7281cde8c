// SPDX-License-Identifier: Apache-2.0

// Normalisation over a row, as one operator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::testing::DoubleNear;
using ::testing::Pointwise;

struct NormCase {
  const char* op;
  std::vector<hillock::testing::OnnxAttribute> attributes;
  std::vector<double> want;  // of [1, 3, 2, 6]
  size_t weights = 0;        // inputs of ones and of zeros
};

TEST(Normalization, IsComputedOverTheRow) {
  const double whole = std::sqrt(3.5);  // mean 3, deviations -2, 0, -1 and 3
  const NormCase cases[] = {
      {"MeanVarianceNormalization",
       {Integers("axes", {1})},
       {-2 / whole, 0, -1 / whole, 3 / whole}},
      {"LayerNormalization", {Real("epsilon", 0)}, {-2 / whole, 0, -1 / whole, 3 / whole}, 2},
      {"RMSNormalization",
       {Real("epsilon", 0)},
       {1 / std::sqrt(12.5), 3 / std::sqrt(12.5), 2 / std::sqrt(12.5), 6 / std::sqrt(12.5)},
       1},
      {"GroupNormalization", {Integer("num_groups", 2), Real("epsilon", 0)}, {-1, 1, -1, 1}, 2},
      {"LpNormalization", {Integer("p", 1)}, {1 / 12., 3 / 12., 2 / 12., 6 / 12.}},
  };
  for (const NormCase& test : cases) {
    OnnxBuilder graph = OnnxBuilder(23).Input("x", {-1, 4});
    graph.Floats("ones", {4}, {1, 1, 1, 1}).Floats("zeros", {4}, {0, 0, 0, 0});
    std::vector<std::string> inputs = {"x", "ones", "zeros"};
    inputs.resize(1 + test.weights);
    graph.Node(test.op, inputs, "y", test.attributes).Output("y");
    EXPECT_THAT(Computed(graph, {1, 3, 2, 6}), Pointwise(DoubleNear(1e-6), test.want)) << test.op;
  }
}

}  // namespace
}  // namespace hillock::onnx
