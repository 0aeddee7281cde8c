// SPDX-License-Identifier: Apache-2.0
#include "server/rest/routes.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "proto/inference.pb.h"
#include "tests/support/status_matchers.h"

namespace hillock::rest {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

struct Path {
  const char* method;
  const char* path;
  const char* rpc;  // the method alone; null: there is no such route
  const char* model = "";
  const char* version = "";
};

class FindRouteTest : public ::testing::TestWithParam<Path> {};

TEST_P(FindRouteTest, FindsTheMethodAndTheNames) {
  const auto& [method, path, rpc, model, version] = GetParam();
  const Found found = FindRoute(method, path);
  ASSERT_EQ(found.route != nullptr, rpc != nullptr) << method << ' ' << path;
  if (rpc == nullptr) return;
  EXPECT_EQ(found.route->rpc, std::string("/inference.GRPCInferenceService/") + rpc);
  EXPECT_EQ(found.names.model, model);
  EXPECT_EQ(found.names.version, version);
  EXPECT_EQ(found.route->infers(), std::string_view(rpc) == "ModelInfer");
}

INSTANTIATE_TEST_SUITE_P(
    All, FindRouteTest,
    ::testing::Values(Path{"GET", "/v2", "ServerMetadata"}, Path{"GET", "/v2/", "ServerMetadata"},
                      Path{"HEAD", "/v2/health/live", "ServerLive"},
                      Path{"GET", "/v2/health/ready", "ServerReady"},
                      Path{"GET", "/v2/models/stats", "ModelStatistics"},
                      Path{"GET", "/v2/models/a", "ModelMetadata", "a"},
                      Path{"GET", "/v2/models/a/versions/7", "ModelMetadata", "a", "7"},
                      Path{"GET", "/v2/models/a/ready", "ModelReady", "a"},
                      Path{"GET", "/v2/models/a/versions/7/config", "ModelConfig", "a", "7"},
                      Path{"GET", "/v2/models/a%2Fb%20c/stats", "ModelStatistics", "a/b c"},
                      Path{"POST", "/v2/models/a/infer", "ModelInfer", "a"},
                      Path{"POST", "/v2/models/versions/versions/1/infer", "ModelInfer", "versions",
                           "1"},
                      Path{"POST", "/v2/repository/index", "RepositoryIndex"},
                      Path{"POST", "/v2/repository/models/a/load", "RepositoryModelLoad", "a"},
                      Path{"POST", "/v2/repository/models/a/unload", "RepositoryModelUnload", "a"},
                      Path{"GET", "/v2/models", nullptr}, Path{"GET", "/v2/models//ready", nullptr},
                      Path{"GET", "/v2/models/a%2", nullptr},
                      Path{"GET", "/v2/models/a%zz", nullptr},
                      Path{"GET", "/v2/models/a/versions", nullptr}, Path{"GET", "/v2x", nullptr},
                      Path{"GET", "/v2/models/a/ready/x", nullptr},
                      Path{"POST", "/v2/repository/models/a/versions/1/load", nullptr}));

TEST(RoutesTest, SayWhichMethodsAPathHas) {
  EXPECT_EQ(FindRoute("POST", "/v2").allowed, "GET, HEAD");
  EXPECT_EQ(FindRoute("GET", "/v2/models/a/infer").allowed, "POST");
  EXPECT_EQ(FindRoute("get", "/v2").allowed, "GET, HEAD");
  EXPECT_EQ(FindRoute("GET", "/v2/none").allowed, "");
}

TEST(RoutesTest, AreToldByTheFirstBytes) {
  for (const char* bytes : {"GET /v2 ", "POST /v2/models", "GET /v2?x"}) {
    EXPECT_TRUE(IsOurs(bytes)) << bytes;
  }
  for (const char* bytes : {"", "G", "GET ", "GET /v2", "GET /v2x", "GET /metrics HTTP/1.1",
                            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    EXPECT_FALSE(IsOurs(bytes)) << bytes;
  }
}

absl::StatusOr<std::string> MessageFor(const char* method, const char* path,
                                       std::string_view body) {
  const Found found = FindRoute(method, path);
  return found.route->message(found.names, body);
}

TEST(RoutesTest, MakeMessages) {
  inference::RepositoryIndexRequest index;
  ASSERT_TRUE(
      index.ParseFromString(*MessageFor("POST", "/v2/repository/index", R"({"ready":true})")));
  EXPECT_TRUE(index.ready());
  ASSERT_TRUE(index.ParseFromString(*MessageFor("POST", "/v2/repository/index", "")));
  EXPECT_FALSE(index.ready());
  inference::RepositoryModelLoadRequest load;
  ASSERT_TRUE(load.ParseFromString(*MessageFor("POST", "/v2/repository/models/a/load",
                                               R"({"parameters":{"config":"{}","n":7}})")));
  EXPECT_EQ(load.model_name(), "a");
  EXPECT_EQ(load.parameters().at("config").string_param(), "{}");
  EXPECT_EQ(load.parameters().at("n").int64_param(), 7);
}

TEST(RoutesTest, RefuseBodiesThatAreNotWanted) {
  for (const char* body : {"x", "[]", R"({"ready":1})", R"({"ready":null})"}) {
    EXPECT_THAT(MessageFor("POST", "/v2/repository/index", body),
                StatusIs(Code::kInvalidArgument, _))
        << body;
  }
  for (const char* body : {R"({"parameters":[]})", R"({"parameters":{"a":{}}})"}) {
    EXPECT_THAT(MessageFor("POST", "/v2/repository/models/a/load", body),
                StatusIs(Code::kInvalidArgument, HasSubstr("want")))
        << body;
  }
}

Answer AnswerTo(const char* method, const char* path, const google::protobuf::Message& message) {
  const Found found = FindRoute(method, path);
  return found.route->answer(found.names, message.SerializeAsString());
}

TEST(RoutesTest, MakeAnswers) {
  inference::ModelReadyResponse ready;
  EXPECT_EQ(AnswerTo("GET", "/v2/models/a/ready", ready).code, 503);
  EXPECT_EQ(AnswerTo("GET", "/v2/models/a/ready", ready).body, R"({"name":"a","ready":false})");
  ready.set_ready(true);
  EXPECT_EQ(AnswerTo("GET", "/v2/models/a/ready", ready).code, 200);
  inference::ModelConfigResponse config;
  config.mutable_config()->set_name("a");
  EXPECT_THAT(AnswerTo("GET", "/v2/models/a/config", config).body, HasSubstr(R"({"name":"a")"));
  inference::RepositoryIndexResponse index;
  EXPECT_EQ(AnswerTo("POST", "/v2/repository/index", index).body, "[]");
  index.add_models()->set_name("a");
  EXPECT_EQ(AnswerTo("POST", "/v2/repository/index", index).body,
            R"([{"name":"a","version":"","state":"","reason":""}])");
  inference::ModelStatisticsResponse statistics;
  statistics.add_model_stats()->set_inference_count(uint64_t{1} << 60);
  EXPECT_THAT(AnswerTo("GET", "/v2/models/stats", statistics).body,
              HasSubstr(R"("inference_count":1152921504606846976)"));
}

// A path of the document leads to a route, and each route is in it.
TEST(OpenApiTest, HasThePathsThatThereAre) {
  const auto document = nlohmann::json::parse(kOpenApi);
  std::set<const Route*> documented;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      const Found found = FindRoute(upper, path);
      EXPECT_NE(found.route, nullptr) << path;
      documented.insert(found.route);
    }
  }
  EXPECT_EQ(documented.size(), 13u);
}

}  // namespace
}  // namespace hillock::rest
