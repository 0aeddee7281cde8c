// SPDX-License-Identifier: Apache-2.0
#include "client/api/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/api/client.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using model::Datatype;
using ::testing::ElementsAre;
using namespace std::string_literals;

// The answer of one output.
absl::StatusOr<Tensor> Decoded(const std::string& datatype, std::vector<int64_t> shape,
                               const std::string& raw, size_t rows) {
  inference::ModelInferResponse response;
  auto& output = *response.add_outputs();
  output.set_name("y");
  output.set_datatype(datatype);
  output.mutable_shape()->Assign(shape.begin(), shape.end());
  response.add_raw_output_contents(raw);
  return DecodeOutput(response, 0, rows);
}

TEST(DecodeOutput, TakesIntegersOfEveryWidth) {
  for (const auto& [datatype, raw] :
       {std::pair("INT8"s, "\xff\x02"s), std::pair("INT16"s, "\xff\xff\x02\0"s),
        std::pair("INT32"s, "\xff\xff\xff\xff\x02\0\0\0"s),
        std::pair("INT64"s, "\xff\xff\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\0\0\0"s)}) {
    const auto tensor = Decoded(datatype, {2}, raw, 2);
    ASSERT_THAT(tensor, IsOk()) << datatype;
    EXPECT_THAT(tensor->integers, ElementsAre(-1, 2)) << datatype;
    EXPECT_EQ(tensor->width, 1u);
  }
  EXPECT_THAT(Decoded("BOOL", {1, 2}, "\1\0"s, 1)->integers, ElementsAre(1, 0));
  EXPECT_THAT(Decoded("UINT8", {2}, "\xff\0"s, 2)->integers, ElementsAre(255, 0));
  EXPECT_THAT(Decoded("UINT16", {1}, "\xff\xff"s, 1)->integers, ElementsAre(65535));
  EXPECT_THAT(Decoded("UINT32", {1}, "\xff\xff\xff\xff"s, 1)->integers, ElementsAre(4294967295));
}

TEST(DecodeOutput, TakesFloatsOfEveryWidth) {
  EXPECT_THAT(Decoded("FP64", {1, 1}, "\0\0\0\0\0\0\xf8\x3f"s, 1)->floats, ElementsAre(1.5f));
  EXPECT_THAT(Decoded("BF16", {2}, "\xc0\x3f\x80\xff"s, 2)->floats, ElementsAre(1.5f, -INFINITY));
  // 1.5, the smallest, the largest, and minus infinity.
  EXPECT_THAT(Decoded("FP16", {4}, "\x00\x3e\x01\x00\xff\x7b\x00\xfc"s, 4)->floats,
              ElementsAre(1.5f, 0x1p-24f, 65504.0f, -INFINITY));
  EXPECT_TRUE(std::isnan(Decoded("FP16", {1}, "\x01\x7c"s, 1)->floats[0]));
}

TEST(DecodeOutput, TakesRowsInAnyShape) {
  const std::string six(6, '\1');
  EXPECT_EQ(Decoded("BOOL", {6}, six, 3)->width, 2u);
  EXPECT_EQ(Decoded("BOOL", {1, 3, 2}, six, 3)->width, 2u);
  EXPECT_EQ(Decoded("BOOL", {6}, six, 1)->width, 6u);
  EXPECT_EQ(Decoded("BOOL", {}, "\1", 1)->width, 1u);
}

std::string Encoded(Datatype datatype, const std::vector<float>& values) {
  const std::vector<std::string> words = {"no", "yes"};
  std::string bytes;
  EncodeElements(values, datatype, words, bytes);
  return bytes;
}

TEST(EncodeElements, WritesEveryDatatype) {
  EXPECT_EQ(Encoded(Datatype::kBool, {1, 0}), "\1\0"s);
  EXPECT_EQ(Encoded(Datatype::kInt8, {-1, 2}), "\xff\2"s);
  EXPECT_EQ(Encoded(Datatype::kUint16, {258}), "\2\1"s);
  EXPECT_EQ(Encoded(Datatype::kInt32, {-2}), "\xfe\xff\xff\xff"s);
  EXPECT_EQ(Encoded(Datatype::kInt64, {3}), "\3\0\0\0\0\0\0\0"s);
  EXPECT_EQ(Encoded(Datatype::kFp32, {1.5f}), "\0\0\xc0\x3f"s);
  EXPECT_EQ(Encoded(Datatype::kFp64, {1.5f}), "\0\0\0\0\0\0\xf8\x3f"s);
  EXPECT_EQ(Encoded(Datatype::kBytes, {1, -1}), "\3\0\0\0yes\0\0\0\0"s);
}

TEST(MakeInferRequest, CutsRowsIntoTheirInputs) {
  const std::vector<ModelInput> inputs = {
      {.name = "n", .width = 1, .datatype = Datatype::kInt8, .shape = {-1}},
      {.name = "skipped", .width = 1},
      {.name = "h", .width = 1, .datatype = Datatype::kFp16, .shape = {-1, 1}},
      {.name = "s", .width = 2, .datatype = Datatype::kUint8, .shape = {2}, .is_shared = true}};
  const std::vector<float> values = {1, 0, 1.5f, 7, 8, 2, 0, 1.5f, 7, 8};
  const std::vector<char> absent = {0, 1, 0, 0};
  const std::vector<std::string> outputs = {"y"};
  const auto request = MakeInferRequest({.model = "m",
                                         .version = "",
                                         .input = "",
                                         .width = 5,
                                         .values = values,
                                         .inputs = inputs,
                                         .absent = absent,
                                         .outputs = outputs});
  ASSERT_EQ(request.inputs_size(), 3);
  EXPECT_EQ(request.inputs(0).name(), "n");
  EXPECT_EQ(request.inputs(0).datatype(), "INT8");
  EXPECT_THAT(request.inputs(0).shape(), ElementsAre(2, 1));
  EXPECT_EQ(request.raw_input_contents(0), "\1\2");
  EXPECT_EQ(request.inputs(1).datatype(), "FP32") << "in place of FP16";
  EXPECT_THAT(request.inputs(2).shape(), ElementsAre(2));
  EXPECT_EQ(request.raw_input_contents(2), "\7\10");
  ASSERT_EQ(request.outputs_size(), 1);
  EXPECT_EQ(request.outputs(0).name(), "y");
}

TEST(CheckElements, WantsWholeNumbersWithinTheRange) {
  const std::vector<ModelInput> inputs = {{.name = "x", .width = 1},
                                          {.name = "n", .width = 1, .datatype = Datatype::kUint8}};
  const auto check = [&](float value) {
    return CheckElements(inputs, 2, std::vector<float>{0.5f, 1, 0.5f, value});
  };
  EXPECT_THAT(check(255), IsOk());
  for (const float bad : {256.0f, -1.0f, 0.5f, NAN}) {
    EXPECT_THAT(check(bad),
                ::hillock::testing::StatusIs(
                    absl::StatusCode::kInvalidArgument,
                    ::testing::HasSubstr("want a whole number from 0 to 255 for UINT8")))
        << bad;
  }
}

}  // namespace
}  // namespace hillock::client
