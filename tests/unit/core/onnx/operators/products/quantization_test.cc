// SPDX-License-Identifier: Apache-2.0

// Quantised files: weights become what they stand for, grids are kept.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using DataType = OnnxBuilder::DataType;

// x times weights [5, 1] of 1, -2, 3, -4 and 5.
OnnxBuilder Weights(std::vector<float> scales, int64_t block) {
  const auto count = static_cast<int64_t>(scales.size());
  return OnnxBuilder(21)
      .Input("x", {-1, 5})
      .Raw("q", DataType::kInt8, {5, 1}, "\x01\xfe\x03\xfc\x05")
      .Floats("scale", {count, 1}, scales)
      .Node("DequantizeLinear", {"q", "scale"}, "w",
            {Integer("axis", 0), Integer("block_size", block)})
      .Node("MatMul", {"x", "w"}, "y")
      .Output("y");
}

TEST(DequantizeLinear, HasAScaleForEachBlock) {
  EXPECT_THAT(Computed(Weights({1, 10}, 3), {1, 1, 1, 1, 1}), ElementsAre(1 - 2 + 3 - 40 + 50));
  EXPECT_THAT(Computed(Weights({1, 10, 100}, 2), {1, 1, 1, 1, 1}),
              ElementsAre(1 - 2 + 30 - 40 + 500));
}

TEST(DequantizeLinear, RefusesScalesThatDoNotFitTheBlocks) {
  EXPECT_THAT(ImportOnnx(Weights({1, 10}, 2).Build()).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("do not fit its blocks")));
}

TEST(DequantizeLinear, ReadsFourBits) {
  for (const auto& [type, fourth] : {std::pair(DataType::kInt4, -4.0), {DataType::kUint4, 12.0}}) {
    const auto graph = OnnxBuilder(21)
                           .Input("x", {-1, 1})
                           .Raw("q", type, {1, 5}, "\x21\xc3\x05")
                           .Floats("scale", {}, {0.5})
                           .Node("DequantizeLinear", {"q", "scale"}, "w")
                           .Node("MatMul", {"x", "w"}, "y")
                           .Output("y");
    EXPECT_THAT(Computed(graph, {2}), ElementsAre(1, 2, 3, fourth, 5));
  }
}

TEST(DequantizeLinear, TakesWeightsThatAreMostOfTheFile) {
  constexpr size_t kSide = 1024;
  for (const auto& [type, per_byte] : {std::pair(DataType::kInt8, 1), {DataType::kInt4, 2}}) {
    const auto graph = OnnxBuilder(21)
                           .Input("x", {-1, kSide})
                           .Raw("q", type, {kSide, kSide},
                                std::string(kSide * kSide / static_cast<size_t>(per_byte), '\x11'))
                           .Floats("scale", {}, {0.5})
                           .Node("DequantizeLinear", {"q", "scale"}, "w")
                           .Node("MatMul", {"x", "w"}, "y")
                           .Output("y");
    EXPECT_EQ(Import(graph).layers.size(), 1);
  }
}

// Three inputs in blocks of two, of which the last is filled up; two outputs.
TEST(MatMulNBits, UnpacksWeights) {
  for (const bool has_zeros : {false, true}) {
    OnnxBuilder graph = OnnxBuilder().Input("x", {-1, 3});
    graph.Raw("q", DataType::kUint8, {2, 2, 1}, std::string("\xa9\x07\x88\x0f", 4))
        .Floats("scales", {4}, {1, 10, 100, 1000})
        .Raw("zeros", DataType::kUint8, {2}, "\x19\x78")
        .Node("MatMulNBits", {"x", "q", "scales", has_zeros ? "zeros" : ""}, "y",
              {Integer("K", 3), Integer("N", 2), Integer("bits", 4), Integer("block_size", 2)},
              "com.microsoft")
        .Output("y");
    const std::vector<double> middle = {1 + 2 - 10, 0 + 0 + 7000};
    const std::vector<double> given = {0 + 1 + 60, 0 + 0 + 8000};
    EXPECT_EQ(Computed(graph, {1, 1, 1}), has_zeros ? given : middle);
  }
}

TEST(QuantizeLinear, KeepsItsGridAndItsRange) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 4})
                         .Floats("scale", {}, {0.5})
                         .Raw("zero", DataType::kInt8, {}, "\x01")
                         .Node("QuantizeLinear", {"x", "scale", "zero"}, "q")
                         .Node("DequantizeLinear", {"q", "scale", "zero"}, "y")
                         .Output("y");
  EXPECT_THAT(Computed(graph, {0.25, 0.75, -1.3f, 1000}), ElementsAre(0, 1, -1.5, 63));
}

// 510 above and 0 below makes steps of 2. Weights of 1, 2 and 3, with their own zero point and
// scale.
TEST(DynamicQuantizeLinear, RoundsToTheGridOfARequest) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 3})
                         .Raw("w", DataType::kInt8, {3, 1}, "\x02\x03\x04")
                         .Raw("w_zero", DataType::kInt8, {}, "\x01")
                         .Floats("w_scale", {}, {0.5})
                         .NodeWithOutputs("DynamicQuantizeLinear", {"x"}, {"q", "scale", "zero"})
                         .Node("MatMulInteger", {"q", "w", "zero", "w_zero"}, "sum")
                         .Node("Cast", {"sum"}, "float", {Integer("to", 1)})
                         .Node("Mul", {"scale", "w_scale"}, "scales")
                         .Node("Mul", {"float", "scales"}, "y")
                         .Output("y");
  EXPECT_THAT(Computed(graph, {510, 1.5f, 3.5f}), ElementsAre((510 + 2 * 2 + 3 * 4) * 0.5));
}

TEST(DynamicQuantizeMatMul, RoundsToTheGridOfARequest) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 3})
                         .Raw("w", DataType::kInt8, {3, 1}, "\x02\x03\x04")
                         .Raw("w_zero", DataType::kInt8, {}, "\x01")
                         .Floats("w_scale", {}, {0.5})
                         .Floats("bias", {1}, {100})
                         .Node("DynamicQuantizeMatMul", {"x", "w", "w_scale", "w_zero", "bias"},
                               "y", {}, "com.microsoft")
                         .Output("y");
  EXPECT_THAT(Computed(graph, {510, 1.5f, 3.5f}), ElementsAre((510 + 2 * 2 + 3 * 4) * 0.5 + 100));
}

}  // namespace
}  // namespace hillock::onnx
