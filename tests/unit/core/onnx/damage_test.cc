// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/core/onnx/import.h"
#include "tests/support/allocations.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::Integer;
using ::hillock::testing::IsOk;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

// Has most kinds of field, and every stage of the import has something to do.
std::string SmallFile() {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6}).Floats("mean", {2}, {1, 2});
  graph.Floats("b", {3}, {1, 2, 3}).Floats("u", {2, 3}, {6, 5, 4, 3, 2, 1});
  graph.Strings("classes", {"no", "yes"}).Int64s("flat", {1}, {-1});
  graph.Node("Sub", {"x", "mean"}, "n").Node("Gemm", {"n", "w", "b"}, "m", {Real("alpha", 2)});
  graph.Node("Sigmoid", {"m"}, "s").Node("Mul", {"m", "s"}, "a");
  graph.Node("Transpose", {"u"}, "v").Node("MatMul", {"a", "v"}, "z");
  graph.Node("Softmax", {"z"}, "p", {Integer("axis", 1)});
  graph.Node("ArgMax", {"p"}, "i", {Integer("axis", 1)});
  graph.Node("ArrayFeatureExtractor", {"classes", "i"}, "l", {}, "ai.onnx.ml");
  return graph.Node("Reshape", {"l", "flat"}, "label").Output("label").Output("p").Build();
}

// Whoever wrote the bytes, importing them ends in an error or a valid model, and cheaply.
void ExpectHarmless(const std::string& content) {
  const AllocationMeter meter(size_t{1} << 22);
  const auto mlp = ImportOnnx(content);
  EXPECT_LT(meter.largest(), 16384 + 2 * content.size());
  if (mlp.ok()) {
    EXPECT_THAT(model::Validate(*mlp), IsOk());
  }
}

TEST(DamagedOnnxFile, IsFineUndamaged) { EXPECT_THAT(ImportOnnx(SmallFile()), IsOk()); }

TEST(DamagedOnnxFile, IsAnErrorWhenCutInsideTheGraph) {
  const std::string file = SmallFile();
  const size_t graph_end = file.size() - 6;  // the operator set follows
  for (size_t length = 0; length < graph_end; ++length) {
    SCOPED_TRACE(length);
    EXPECT_THAT(ImportOnnx(file.substr(0, length)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")));
    ExpectHarmless(file.substr(0, length));
  }
}

TEST(DamagedOnnxFile, IsHarmlessWhenAnyBitIsFlipped) {
  const std::string file = SmallFile();
  for (size_t at = 0; at < file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(at);
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      ExpectHarmless(damaged);
    }
  }
}

TEST(DamagedOnnxFile, IsHarmlessWhenAnyByteIsReplaced) {
  const std::string file = SmallFile();
  for (size_t at = 0; at < file.size(); ++at) {
    for (const int byte : {0x00, 0x7f, 0x80, 0xff}) {
      SCOPED_TRACE(at);
      std::string damaged = file;
      damaged[at] = static_cast<char>(byte);
      ExpectHarmless(damaged);
    }
  }
}

}  // namespace
}  // namespace hillock::onnx
