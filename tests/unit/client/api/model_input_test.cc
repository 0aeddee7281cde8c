// SPDX-License-Identifier: Apache-2.0
#include "client/api/model_input.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

inference::ModelMetadataResponse Metadata(const std::string& type, std::vector<int64_t> shape) {
  inference::ModelMetadataResponse metadata;
  metadata.set_name("m");
  auto& input = *metadata.add_inputs();
  input.set_name("x");
  input.set_datatype(type);
  input.mutable_shape()->Assign(shape.begin(), shape.end());
  return metadata;
}

TEST(OnlyInputTest, IsAMatrixOfFloats) {
  const auto input = OnlyInput(Metadata("FP32", {-1, 64}));
  ASSERT_THAT(input, IsOk());
  EXPECT_EQ(input->name, "x");
  EXPECT_EQ(input->width, 64u);
}

TEST(OnlyInputTest, HasRowsOfAnyShape) {
  EXPECT_EQ(OnlyInput(Metadata("FP32", {-1, 8, 4}))->width, 32u);
  EXPECT_EQ(OnlyInput(Metadata("FP32", {-1}))->width, 1u);
  EXPECT_EQ(OnlyInput(Metadata("FP32", {1, -1, 3}))->width, 3u);
}

TEST(OnlyInputTest, NothingElseCanBeSent) {
  auto two = Metadata("FP32", {-1, 64});
  *two.add_inputs() = two.inputs(0);
  for (const auto& metadata : {inference::ModelMetadataResponse(), two, Metadata("FP64", {-1, 64}),
                               Metadata("FP32", {64})}) {
    EXPECT_THAT(OnlyInput(metadata),
                StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("one FP32 input of rows")))
        << metadata.ShortDebugString();
  }
}

TEST(InputsOfTest, AreOfAnyDatatypeAndShape) {
  auto metadata = Metadata("INT64", {-1});
  *metadata.add_inputs() = Metadata("BYTES", {-1, 1}).inputs(0);
  *metadata.add_inputs() = Metadata("FP64", {2, 3}).inputs(0);
  const auto inputs = InputsOf(metadata);
  ASSERT_THAT(inputs, IsOk());
  ASSERT_EQ(inputs->size(), 3u);
  EXPECT_EQ((*inputs)[0].datatype, model::Datatype::kInt64);
  EXPECT_EQ((*inputs)[0].width, 1u);
  EXPECT_EQ((*inputs)[2].width, 6u);
  EXPECT_FALSE((*inputs)[1].is_shared);
  EXPECT_TRUE((*inputs)[2].is_shared);
}

TEST(InputsOfTest, ShareNothingWhereNoneHasRows) {
  EXPECT_FALSE(InputsOf(Metadata("FP32", {54}))->front().is_shared);
}

TEST(InputsOfTest, RefuseShapesThatMakeNoSense) {
  for (const auto& metadata :
       {Metadata("FP32", {-1, -1}), Metadata("FP32", {-1, 0}), Metadata("FP32", {-2, 3}),
        Metadata("FP8", {-1, 3}), Metadata("FP32", {-1, int64_t{1} << 32}),
        Metadata("FP32", {-1, int64_t{1} << 30, int64_t{1} << 30, int64_t{1} << 30})}) {
    EXPECT_THAT(InputsOf(metadata),
                StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("cannot handle")))
        << metadata.ShortDebugString();
  }
}

TEST(RowOutputsOfTest, LeavesConstantsOut) {
  inference::ModelMetadataResponse metadata;
  for (const auto& [name, size] : {std::pair("y", -1), std::pair("version", 1)}) {
    auto& output = *metadata.add_outputs();
    output.set_name(name);
    output.add_shape(size);
  }
  EXPECT_THAT(RowOutputsOf(metadata), ::testing::ElementsAre("y"));
}

}  // namespace
}  // namespace hillock::client
