// SPDX-License-Identifier: Apache-2.0

// The log of requests.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/support/http.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class AccessLogTest : public ::testing::Test {
 protected:
  static inference::ModelInferRequest RequestOf(const std::string& id, size_t width = 4) {
    auto request = MakeRequest("iris", width, std::vector<float>(width));
    request.set_id(id);
    return request;
  }

  const SomeModels models_{"iris"};
};

TEST_F(AccessLogTest, HasALineForEachRequest) {
  ServerProcess server(models_.path(), {"--access-log", "1", "--log-format", "json"});
  EXPECT_THAT(Infer(server, RequestOf("one\n")), IsOk());
  const auto line = server.process().WaitForLine(R"("message":"request")");
  ASSERT_TRUE(line);
  const json one = json::parse(*line);
  EXPECT_EQ(one["level"], "info");
  EXPECT_EQ(one["model"], "iris");
  EXPECT_EQ(one["version"], 1);
  EXPECT_EQ(one["code"], "OK");
  EXPECT_EQ(one["rows"], 1);
  EXPECT_EQ(one["request_id"], "one\n");
  EXPECT_FALSE(one.contains("trace_id"));
  EXPECT_GT(one["compute_us"].get<double>(), 0);
  EXPECT_GE(one["total_us"].get<double>(),
            one["queue_us"].get<double>() + one["compute_us"].get<double>());

  HttpConnection http(server.http_address());
  EXPECT_EQ(http.Post("/v2/models/iris/infer",
                      R"({"id":"two","inputs":[{"name":"input","shape":[1,3],)"
                      R"("datatype":"FP32","data":[1,2,3]}]})",
                      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n")
                .status,
            400);
  const auto refused = server.process().WaitForLine(R"("request_id":"two")");
  ASSERT_TRUE(refused);
  const json two = json::parse(*refused);
  EXPECT_EQ(two["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(two["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_THAT(two["error"].get<std::string>(), HasSubstr("got shape [1, 3]"));
}

TEST_F(AccessLogTest, IsTextWithoutForgedLines) {
  ServerProcess server(models_.path(), {"--access-log", "1"});
  EXPECT_THAT(Infer(server, RequestOf("x\" code=OK\n2026-01-01 error: forged")), IsOk());
  const auto line = server.process().WaitForLine("request model=iris");
  ASSERT_TRUE(line);
  EXPECT_THAT(*line, HasSubstr(R"(request_id="x\" code=OK\n2026-01-01 error: forged")"));
}

TEST_F(AccessLogTest, IsOffByDefault) {
  ServerProcess server(models_.path());
  EXPECT_THAT(Infer(server, RequestOf("one")), IsOk());
  EXPECT_FALSE(Infer(server, RequestOf("two", 3)).ok());
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait(), 0);
  EXPECT_THAT(server.process().output(), ::testing::Not(HasSubstr("request model")));
}

}  // namespace
}  // namespace hillock::testing
