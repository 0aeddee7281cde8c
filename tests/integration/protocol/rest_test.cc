// SPDX-License-Identifier: Apache-2.0

// The protocol over REST, beside the same over gRPC.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/http.h"
#include "tests/integration/support/inference.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RestTest : public ::testing::Test {
 protected:
  static json InputOf(size_t rows, size_t width) {
    return {{"name", "input"}, {"shape", {rows, width}}, {"datatype", "FP32"}};
  }

  static std::string PathOf(const std::string& model) { return "/v2/models/" + model + "/infer"; }

  ServerProcess& server_ = ServerProcess::Shared();
  HttpConnection http_{server_.http_address()};
};

TEST_F(RestTest, AnswersJsonAsGrpcAnswers) {
  const Example& iris = FindExample("iris");
  const std::span<const float> rows = iris.Rows(0, 7);
  const auto want = Infer(server_, MakeRequest(iris.model, iris.width, rows));
  ASSERT_THAT(want, IsOk());
  json input = InputOf(7, iris.width);
  input["data"] = std::vector<float>(rows.begin(), rows.end());
  const HttpAnswer answer =
      http_.Post(PathOf("iris"), json{{"id", "x"}, {"inputs", {input}}}.dump());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json got = json::parse(answer.body);
  EXPECT_EQ(got["id"], "x");
  EXPECT_EQ(got["model_version"], "1");
  EXPECT_EQ(got["outputs"][0]["data"].get<std::vector<float>>(), want->values);
  EXPECT_EQ(got["outputs"][1]["data"].get<std::vector<std::string>>(), want->labels);
}

TEST_F(RestTest, AnswersBytesAsGrpcAnswers) {
  const Example& digits = FindExample("digits-relu");
  const std::span<const float> rows = digits.Rows(0, 300);
  const auto want = Infer(server_, MakeRequest(digits.model, digits.width, rows));
  ASSERT_THAT(want, IsOk());
  json input = InputOf(300, digits.width);
  input["parameters"] = {{"binary_data_size", rows.size_bytes()}};
  const std::string head =
      json{{"inputs", {input}}, {"parameters", {{"binary_data_output", true}}}}.dump();
  const std::string body(reinterpret_cast<const char*>(rows.data()), rows.size_bytes());
  const HttpAnswer answer =
      http_.Post(PathOf(digits.model), head + body,
                 fmt::format("Inference-Header-Content-Length: {}\r\n", head.size()));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json got = json::parse(answer.body.substr(0, answer.body.find("]}") + 2));
  const size_t bytes = got["outputs"][0]["parameters"]["binary_data_size"];
  ASSERT_EQ(bytes, want->values.size() * sizeof(float));
  EXPECT_EQ(answer.body.substr(answer.body.find("]}") + 2, bytes),
            std::string(reinterpret_cast<const char*>(want->values.data()), bytes));
}

// More JSON than an event loop reads itself.
TEST_F(RestTest, AnswersManyRowsOfJson) {
  const Example& digits = FindExample("digits-relu");
  const std::span<const float> rows = digits.Rows(0, 300);
  const auto want = Infer(server_, MakeRequest(digits.model, digits.width, rows));
  ASSERT_THAT(want, IsOk());
  json input = InputOf(300, digits.width);
  input["data"] = std::vector<float>(rows.begin(), rows.end());
  const HttpAnswer answer = http_.Post(PathOf(digits.model), json{{"inputs", {input}}}.dump());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json got = json::parse(answer.body);
  EXPECT_EQ(got["outputs"][0]["data"].get<std::vector<float>>(), want->values);
}

TEST_F(RestTest, SaysWhatGrpcSays) {
  const auto post = [&](const std::string& model, const std::string& body) {
    return http_.Post(PathOf(model), body);
  };
  const HttpAnswer unknown = post("nobody", R"({"inputs":[{"name":"input","shape":[1,4],
      "datatype":"FP32","data":[1,2,3,4]}]})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"error":"Request for unknown model: 'nobody' is not found"})");
  const HttpAnswer narrow = post("iris", R"({"id":"r","inputs":[{"name":"input","shape":[1,3],
      "datatype":"FP32","data":[1,2,3]}]})");
  EXPECT_EQ(narrow.status, 400);
  EXPECT_THAT(narrow.body, HasSubstr("[request id: r] input 'input': got shape [1, 3], want"));
  EXPECT_EQ(http_.Get("/v2/models/iris/versions/7").status, 404);
  EXPECT_EQ(http_.Get("/v2/models/iris/versions/x").status, 400);
}

TEST_F(RestTest, CountsAsGrpcDoes) {
  const auto count = [&] {
    return json::parse(http_.Get("/v2/models/iris/stats")
                           .body)["model_stats"][0]["inference_stats"]["success"]["count"]
        .get<int>();
  };
  const int before = count();
  json input = InputOf(1, 4);
  input["data"] = {1, 2, 3, 4};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(http_.Post(PathOf("iris"), json{{"inputs", {input}}}.dump()).status, 200);
  }
  EXPECT_EQ(count(), before + 3);
}

// Also what is refused before it is known which model it is for.
TEST_F(RestTest, CountsItsAnswers) {
  EXPECT_EQ(http_.Get("/v2/none").status, 404);
  EXPECT_EQ(http_.Get("/v2/models/iris/infer").status, 405);
  EXPECT_EQ(http_.Post("/v2/models/iris/infer", "{").status, 400);
  EXPECT_EQ(http_.Get("/v2/models/iris").status, 200);
  const std::string page = http_.Get("/metrics").body;
  for (const int code : {200, 400, 404, 405}) {
    EXPECT_THAT(page, HasSubstr(fmt::format("hillock_rest_answers_total{{code=\"{}\"}} ", code)));
  }
}

// They are on different threads.
TEST_F(RestTest, SharesItsConnectionWithPages) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(http_.Get("/v2/health/ready").body, R"({"ready":true})");
    EXPECT_THAT(http_.Get("/metrics").body, HasSubstr("hillock_build_info{"));
    EXPECT_EQ(http_.Get("/health/live").body, "live\n");
  }
}

TEST_F(RestTest, TellsClientsOfTheOtherProtocol) {
  HttpConnection grpc_port(server_.address());
  const HttpAnswer answer = grpc_port.Get("/v2/health/live");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(HttpGet(server_.address(), "/").body, HasSubstr("this port serves gRPC"));
  HttpConnection http_port(server_.http_address());
  http_port.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_THAT(http_port.Receive().body, HasSubstr("gRPC is served at the address of --listen"));
}

}  // namespace
}  // namespace hillock::testing
