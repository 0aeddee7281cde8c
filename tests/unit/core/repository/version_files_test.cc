// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/version_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

auto Find(const std::vector<std::string>& entries, std::string_view chosen = "") {
  return FindModelFile(entries, chosen);
}

TEST(FindModelFile, TakesTheFilesThatWereAlwaysTaken) {
  EXPECT_THAT(Find({"model.mlp"}), IsOkAndHolds("model.mlp"));
  EXPECT_THAT(Find({"model.onnx", "model.onnx.data"}), IsOkAndHolds("model.onnx"));
  EXPECT_THAT(Find({"model.onnx", "model.quant.onnx"}), IsOkAndHolds("model.onnx"));
  EXPECT_THAT(Find({"model.mlp", "policy.onnx"}), IsOkAndHolds("model.mlp"));
  EXPECT_THAT(
      Find({"model.mlp", "model.onnx"}),
      StatusIs(Code::kInvalidArgument, "has both model.mlp and model.onnx, want one of them"));
}

TEST(FindModelFile, TakesOneOnnxFileOfAnyName) {
  EXPECT_THAT(Find({".hidden.onnx", "README.md", "policy.onnx"}), IsOkAndHolds("policy.onnx"));
  EXPECT_THAT(Find({"policy.onnx", "policy.pt"}), IsOkAndHolds("policy.onnx"));
  EXPECT_THAT(Find({"a.onnx", "b.onnx", "c.onnx"}),
              StatusIs(Code::kInvalidArgument, "has both 'a.onnx' and 'b.onnx', want one of them"));
}

TEST(FindModelFile, TakesTheOneThatIsChosenIfItIsThere) {
  EXPECT_THAT(Find({"a.onnx", "b.onnx"}, "b.onnx"), IsOkAndHolds("b.onnx"));
  EXPECT_THAT(Find({"model.mlp", "model.onnx"}, "model.mlp"), IsOkAndHolds("model.mlp"));
  EXPECT_THAT(Find({"a.onnx"}, "../b.onnx"), IsOkAndHolds("a.onnx"));
}

TEST(FindModelFile, SaysWhatLiesThereInPlaceOfAModel) {
  EXPECT_THAT(Find({}), StatusIs(Code::kNotFound, "has no model, want model.onnx or model.mlp"));
  EXPECT_THAT(Find({"README.md", ".model.onnx"}), StatusIs(Code::kNotFound, HasSubstr("no model")));
  EXPECT_THAT(
      Find({"a", "b"}),
      StatusIs(Code::kNotFound, "has no model, want model.onnx or model.mlp; there are 'a', 'b'"));
  EXPECT_THAT(Find({"README.md", "weights.pth"}),
              StatusIs(Code::kUnimplemented, HasSubstr("weights.pth: is a PyTorch file")));
  EXPECT_THAT(Find({"assets", "saved_model.pb", "variables"}),
              StatusIs(Code::kUnimplemented, HasSubstr("is a TensorFlow SavedModel")));
}

}  // namespace
}  // namespace hillock::repository
