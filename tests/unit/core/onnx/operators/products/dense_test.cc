// SPDX-License-Identifier: Apache-2.0

// Products with weights, whichever operator and axes they are written with.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::StatusIs;
using ::hillock::testing::Text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct EinsumCase {
  const char* name;
  const char* equation;
  std::vector<int64_t> weights;
};

void PrintTo(const EinsumCase& test, std::ostream* out) { *out << test.equation; }

// x = [1, 2, 3] times [[1, 2], [3, 4], [5, 6]], in either orientation.
class EinsumTest : public ::testing::TestWithParam<EinsumCase> {};

TEST_P(EinsumTest, IsADenseLayer) {
  const bool transposed = GetParam().weights.front() == 2;
  const OnnxBuilder graph =
      OnnxBuilder()
          .Input("x", {-1, 3})
          .Floats("w", GetParam().weights,
                  transposed ? std::vector<float>{1, 3, 5, 2, 4, 6}
                             : std::vector<float>{1, 2, 3, 4, 5, 6})
          .Node("Einsum", {"x", "w"}, "y", {Text("equation", GetParam().equation)})
          .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2, 3}), ElementsAre(22, 28));
  EXPECT_EQ(Import(graph).layers.size(), 1);
}

INSTANTIATE_TEST_SUITE_P(All, EinsumTest,
                         ::testing::Values(EinsumCase{"plain", "bi,io->bo", {3, 2}},
                                           EinsumCase{"transposed", "bi, oi -> bo", {2, 3}},
                                           EinsumCase{"ellipsis", "...i,io->...o", {3, 2}},
                                           EinsumCase{"implicit", "ai,ib", {3, 2}}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(EinsumOfTwoValues, AddsUpProducts) {
  const auto graph = OnnxBuilder()
                         .Input("a", {-1, 2})
                         .Input("b", {-1, 2, 2})
                         .Node("Einsum", {"a", "b"}, "y", {Text("equation", "bk,bkj->bj")})
                         .Output("y");
  EXPECT_THAT(Computed(graph, {10, 1, 1, 2, 3, 4}), ElementsAre(13, 24));
}

TEST(Einsum, RefusesSumsOverTheRows) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 2})
                         .Floats("w", {2, 1}, {1, 1})
                         .Node("Einsum", {"x", "w"}, "y", {Text("equation", "bi,io->o")})
                         .Output("y");
  EXPECT_THAT(ImportOnnx(graph.Build()).status(),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("multiplies across the rows")));
}

TEST(MatMul, MultipliesConstants) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 2})
                         .Floats("a", {2, 1}, {1, 2})
                         .Floats("b", {1, 3}, {1, 10, 100})
                         .Node("MatMul", {"a", "b"}, "w")
                         .Node("MatMul", {"x", "w"}, "y")
                         .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2}), ElementsAre(5, 50, 500));
}

TEST(MatMul, TakesAMatrixForEachPartOfARow) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 2, 1, 2})
                         .Floats("w", {2, 2, 1}, {1, 10, 100, 1000})
                         .Node("MatMul", {"x", "w"}, "y")
                         .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2, 3, 4}), ElementsAre(21, 4300));
}

// A layer for each of many vectors: one for all would have 2^20 weights.
TEST(MatMul, TakesManyVectorsOfARow) {
  constexpr int64_t kVectors = 16;
  constexpr int64_t kWidth = 64;
  std::vector<float> twice(kWidth * kWidth);
  for (size_t i = 0; i < kWidth; ++i) twice[i * kWidth + i] = 2;
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, kVectors, kWidth})
                         .Floats("w", {kWidth, kWidth}, twice)
                         .Node("MatMul", {"x", "w"}, "y")
                         .Output("y");
  std::vector<float> row;
  std::vector<double> want;
  for (int i = 0; i < kVectors * kWidth; ++i) {
    row.push_back(static_cast<float>(i));
    want.push_back(2 * i);
  }
  EXPECT_EQ(Computed(graph, row), want);
}

TEST(MatMul, TakesAStackOfMatricesForEveryRow) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 2})
                         .Floats("w", {2, 2, 1}, {1, 10, 100, 1000})
                         .Node("MatMul", {"x", "w"}, "members")
                         .Node("ReduceMean", {"members"}, "y",
                               {hillock::testing::Integers("axes", {0}), Integer("keepdims", 0)})
                         .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2}), ElementsAre((21 + 2100) / 2.0));
}

struct CumSumCase {
  int64_t exclusive;
  int64_t reverse;
  std::vector<double> want;
};

TEST(CumSum, AddsUpAlongARow) {
  for (const CumSumCase& test : {CumSumCase{0, 0, {1, 3, 6}}, CumSumCase{1, 0, {0, 1, 3}},
                                 CumSumCase{0, 1, {6, 5, 3}}, CumSumCase{1, 1, {5, 3, 0}}}) {
    const auto graph =
        OnnxBuilder()
            .Input("x", {-1, 3})
            .Int64s("axis", {}, {1})
            .Node("CumSum", {"x", "axis"}, "y",
                  {Integer("exclusive", test.exclusive), Integer("reverse", test.reverse)})
            .Output("y");
    EXPECT_EQ(Computed(graph, {1, 2, 3}), test.want) << test.exclusive << test.reverse;
  }
}

}  // namespace
}  // namespace hillock::onnx
