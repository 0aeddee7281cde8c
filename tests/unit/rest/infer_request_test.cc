// SPDX-License-Identifier: Apache-2.0
#include "server/rest/infer_request.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>

#include "proto/inference.pb.h"
#include "server/rpc/messages/request_view.h"
#include "tests/support/status_matchers.h"

namespace hillock::rest {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

constexpr size_t kMaxElements = 100;

absl::StatusOr<inference::ModelInferRequest> Translate(std::string_view json,
                                                       std::string_view binary = "") {
  HILLOCK_ASSIGN_OR_RETURN(const InferRequest request, ParseInferRequest(json, kMaxElements));
  transport::Buffer message;
  HILLOCK_RETURN_IF_ERROR(WriteInferRequest(request, "pets", "3", binary, message));
  inference::ModelInferRequest parsed;
  EXPECT_TRUE(parsed.ParseFromArray(message.data(), static_cast<int>(message.size())));
  return parsed;
}

// An input of that data.
std::string WithData(std::string_view data, std::string_view datatype = "FP32") {
  return std::string(R"({"inputs":[{"name":"x","shape":[1,2],"datatype":")") +
         std::string(datatype) + R"(","data":)" + std::string(data) + "}]}";
}

TEST(InferRequestTest, BecomesAMessage) {
  const auto request = Translate(R"({"id":"7","parameters":{"any":[1,{"x":null}]},"more":{},
      "inputs":[{"data":[[1,2.5]],"name":"a","datatype":"FP32","shape":[1,2]},
                {"name":"b","shape":[2],"datatype":"BYTES","data":["é","z"]}],
      "outputs":[{"name":"o","parameters":{"classification":2,"binary_data":true}}]})");
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->model_name(), "pets");
  EXPECT_EQ(request->model_version(), "3");
  EXPECT_EQ(request->id(), "7");
  ASSERT_EQ(request->inputs_size(), 2);
  EXPECT_EQ(request->inputs(0).name(), "a");
  EXPECT_EQ(request->inputs(0).datatype(), "FP32");
  EXPECT_THAT(request->inputs(0).shape(), ElementsAre(1, 2));
  EXPECT_EQ(request->raw_input_contents(0), std::string("\0\0\x80\x3f\0\0\x20\x40", 8));
  EXPECT_EQ(request->raw_input_contents(1), std::string("\2\0\0\0\xc3\xa9\1\0\0\0z", 11));
  ASSERT_EQ(request->outputs_size(), 1);
  EXPECT_EQ(request->outputs(0).name(), "o");
  EXPECT_TRUE(request->outputs(0).parameters().contains("classification"));
  EXPECT_EQ(request->outputs(0).parameters().size(), 1u);
}

TEST(InferRequestTest, TakesBytesAfterTheJson) {
  const auto request = Translate(
      R"({"inputs":[
        {"name":"a","shape":[1],"datatype":"FP16","parameters":{"binary_data_size":2}},
        {"name":"b","shape":[1],"datatype":"UINT8","data":[9]},
        {"name":"c","shape":[3],"datatype":"INT8","parameters":{"binary_data_size":3}}]})",
      "abcde");
  ASSERT_THAT(request, IsOk());
  EXPECT_THAT(request->raw_input_contents(), ElementsAre("ab", "\x9", "cde"));
}

TEST(InferRequestTest, PassesNullOver) {
  EXPECT_THAT(Translate(R"({"id":null,"parameters":null,"outputs":null,"inputs":[
      {"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":null}]})"),
              IsOk());
}

TEST(InferRequestTest, HasATimeout) {
  EXPECT_EQ(ParseInferRequest(R"({"parameters":{"timeout":1500}})", 0)->timeout, 1'500'000);
  EXPECT_EQ(ParseInferRequest("{}", 0)->timeout, std::nullopt);
}

TEST(InferRequestTest, SaysWhichOutputsAreBinary) {
  const auto outputs = [](std::string_view all) {
    return BinaryOutputs(*ParseInferRequest(
        std::string(R"({"parameters":{"binary_data_output":)") + std::string(all) +
            R"(},"outputs":[{"name":"yes","parameters":{"binary_data":true}},
                {"name":"no","parameters":{"binary_data":false}},{"name":"open"}]})",
        0));
  };
  EXPECT_TRUE(outputs("true").Has("open"));
  EXPECT_FALSE(outputs("true").Has("no"));
  EXPECT_TRUE(outputs("true").Has("yes"));
  EXPECT_FALSE(outputs("false").Has("open"));
  EXPECT_TRUE(outputs("false").Has("yes"));
  EXPECT_FALSE(BinaryOutputs().Has("any"));
}

struct Bad {
  std::string json;
  const char* message;
  Code code = Code::kInvalidArgument;
};

class BadRequestTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadRequestTest, IsRefused) {
  EXPECT_THAT(Translate(GetParam().json, "12345678"),
              StatusIs(GetParam().code, HasSubstr(GetParam().message)))
      << GetParam().json;
}

std::string Many(std::string_view open, std::string_view each, size_t count,
                 std::string_view close) {
  std::string json(open);
  for (size_t i = 0; i < count; ++i) json.append(i == 0 ? "" : ",").append(each);
  return json.append(close);
}

const std::string kBinary =
    R"({"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":)";

INSTANTIATE_TEST_SUITE_P(
    All, BadRequestTest,
    ::testing::Values(
        Bad{"", "got no JSON"}, Bad{"{", "got no JSON"}, Bad{"{} x", "got no JSON"},
        Bad{"[]", "got an array, want an object"}, Bad{"7", "got 7, want an object"},
        Bad{"{}", "got no inputs"}, Bad{R"({"inputs":{}})", "inputs: got an object, want an array"},
        Bad{R"({"id":7})", "id: got 7, want a string"}, Bad{R"({"inputs":[7]})", "want an object"},
        Bad{R"({"inputs":[{"name":[]}]})", "inputs[0] '', name: got an array, want a string"},
        Bad{R"({"inputs":[{"name":"x","shape":"1"}]})", "'x', shape: got '1', want an array"},
        Bad{R"({"inputs":[{"shape":[-1]}]})", "got -1, want whole numbers"},
        Bad{R"({"inputs":[{"shape":[1.5]}]})", "got 1.5, want whole numbers"},
        Bad{R"({"inputs":[{"shape":[18446744073709551615]}]})", "want whole numbers"},
        Bad{R"({"inputs":[{"shape":[null]}]})", "got null"},
        Bad{R"({"inputs":[{"data":7}]})", "want an array"},
        Bad{R"({"parameters":{"binary_data_output":1}})", "got 1, want true or false"},
        Bad{R"({"parameters":{"timeout":-1}})", "got -1, want a number of microseconds"},
        Bad{R"({"parameters":{"timeout":true}})", "got true, want a number of microseconds"},
        Bad{WithData("[1,{}]"), "got an object, want numbers"},
        Bad{WithData("[1,null]"), "got null"}, Bad{WithData("[1,\"a\"]"), "got strings after"},
        Bad{WithData("[NaN]"), "got no JSON"}, Bad{WithData("[1e400]"), "got no JSON"},
        Bad{WithData("[1]", "FP31"), "input 'x': got datatype 'FP31'"},
        Bad{WithData("[1]", "FP16"), "want its bytes after the JSON"},
        Bad{R"({"inputs":[{"name":"x","shape":[],"datatype":"FP32"}]})", "got neither data nor"},
        Bad{kBinary + "9}}]}", "got binary_data_size 9, want at most the 8 bytes"},
        Bad{kBinary + "7}}]}", "got 1 bytes after those"},
        Bad{kBinary + "8},\"data\":[]}]}", "got data and binary_data_size"},
        Bad{kBinary + "-8}}]}", "got -8, want a number of bytes"},
        Bad{WithData(std::string(40, '[') + std::string(40, ']')), "more than 32 levels"},
        Bad{Many("{\"more\":", "[", 1, std::string(5000, '[')), "more than 32 levels"},
        Bad{WithData(Many("[", "0", 101, "]")), "more elements", Code::kResourceExhausted},
        Bad{Many("{\"inputs\":[", "{}", 65, "]}"), "more than 64 inputs"},
        Bad{Many("{\"outputs\":[", "{}", 1025, "]}"), "more than 1024 outputs"},
        Bad{Many("{\"inputs\":[{\"shape\":[", "1", 17, "]}]}"), "more than 16 dimensions"},
        Bad{Many("{\"inputs\":[{\"parameters\":{", "\"a\":1", 1025, "}}]}"),
            "more than 1024 parameters"}));

// What a client sends is never more than a message may have, so this layer must not write one.
TEST(InferRequestTest, IsReadByTheLayerBelow) {
  const auto request = Translate(WithData("[1,2]"));
  rpc::RequestView view;
  const std::string bytes = request->SerializeAsString();
  EXPECT_THAT(view.Read(bytes), IsOk());
  EXPECT_EQ(view.model_name, "pets");
}

}  // namespace
}  // namespace hillock::rest
