// SPDX-License-Identifier: Apache-2.0
#include "server/rest/infer_answer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/support/status_matchers.h"

namespace hillock::rest {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

template <class T>
std::string Raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

inference::ModelInferResponse ResponseOf(const std::string& datatype, const std::string& raw) {
  inference::ModelInferResponse response;
  response.set_model_name("pe\"ts");
  response.set_model_version("3");
  auto& output = *response.add_outputs();
  output.set_name("o");
  output.set_datatype(datatype);
  output.add_shape(1);
  output.add_shape(2);
  response.add_raw_output_contents(raw);
  return response;
}

absl::StatusOr<Answer> Json(const std::string& datatype, const std::string& raw) {
  return MakeInferAnswer(ResponseOf(datatype, raw).SerializeAsString(), {});
}

std::string Data(const std::string& datatype, const std::string& raw) {
  const auto answer = Json(datatype, raw);
  if (!answer.ok()) return std::string(answer.status().message());
  const size_t begin = answer->body.find("\"data\":") + 7;
  return answer->body.substr(begin, answer->body.size() - begin - 3);
}

TEST(InferAnswerTest, IsJson) {
  inference::ModelInferResponse response = ResponseOf("FP32", Raw<float>({0.1f, -2}));
  response.set_id("7");
  const auto answer = MakeInferAnswer(response.SerializeAsString(), {});
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_EQ(answer->headers, "");
  EXPECT_EQ(answer->body, R"({"id":"7","model_name":"pe\"ts","model_version":"3","outputs":[)"
                          R"({"name":"o","datatype":"FP32","shape":[1,2],"data":[0.1,-2]}]})");
}

TEST(InferAnswerTest, HasElementsOfEveryDatatype) {
  EXPECT_EQ(Data("BOOL", Raw<char>({1, 0})), "[true,false]");
  EXPECT_EQ(Data("INT8", Raw<int8_t>({-1, 127})), "[-1,127]");
  EXPECT_EQ(Data("UINT8", Raw<uint8_t>({0, 255})), "[0,255]");
  EXPECT_EQ(Data("INT64", Raw<int64_t>({INT64_MIN, 1})), "[-9223372036854775808,1]");
  EXPECT_EQ(Data("UINT64", Raw<uint64_t>({UINT64_MAX, 1})), "[18446744073709551615,1]");
  EXPECT_EQ(Data("FP64", Raw<double>({1e300, 0.1})), "[1e+300,0.1]");
  EXPECT_EQ(Data("BYTES", std::string("\1\0\0\0\"\2\0\0\0\xc3\xa9", 11)), R"(["\"","é"])");
  EXPECT_EQ(Data("FP32", ""), "[]");
}

TEST(InferAnswerTest, RefusesWhatJsonCannotHave) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const auto& [datatype, raw] : std::vector<std::pair<std::string, std::string>>{
           {"FP16", "abcd"},
           {"BF16", "abcd"},
           {"FP32", Raw<float>({1, kInfinity})},
           {"FP64", Raw<double>({std::nan(""), 1})},
           {"BYTES", std::string("\1\0\0\0\xff", 5)}}) {
    EXPECT_THAT(Json(datatype, raw),
                StatusIs(Code::kInvalidArgument, HasSubstr("want it as binary_data")))
        << datatype;
  }
}

TEST(InferAnswerTest, HasBytesAfterTheJson) {
  inference::ModelInferResponse response = ResponseOf("FP16", "abcd");
  auto& second = *response.add_outputs();
  second.set_name("p");
  second.set_datatype("UINT8");
  response.add_raw_output_contents("\x5");
  auto& third = *response.add_outputs();
  third.set_name("q");
  third.set_datatype("UINT8");
  response.add_raw_output_contents("e");
  const auto request = ParseInferRequest(
      R"({"parameters":{"binary_data_output":true},
          "outputs":[{"name":"p","parameters":{"binary_data":false}}]})",
      0);
  const auto answer = MakeInferAnswer(response.SerializeAsString(), BinaryOutputs(*request));
  ASSERT_THAT(answer, IsOk());
  const std::string json =
      R"({"model_name":"pe\"ts","model_version":"3","outputs":[)"
      R"({"name":"o","datatype":"FP16","shape":[1,2],"parameters":{"binary_data_size":4}},)"
      R"({"name":"p","datatype":"UINT8","shape":[],"data":[5]},)"
      R"({"name":"q","datatype":"UINT8","shape":[],"parameters":{"binary_data_size":1}}]})";
  EXPECT_EQ(answer->body, json + "abcde");
  EXPECT_EQ(answer->headers,
            "Inference-Header-Content-Length: " + std::to_string(json.size()) + "\r\n");
  EXPECT_EQ(answer->content_type, "application/octet-stream");
}

}  // namespace
}  // namespace hillock::rest
