// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/control_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/rpc/control/control_services.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/fake_call.h"
#include "tests/unit/lifecycle/managed_repository.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::FakeCall;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = absl::StatusCode;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kInference[] = "/inference.GRPCInferenceService/";

std::vector<const MethodDescriptor*> MethodsOf(const google::protobuf::FileDescriptor* file) {
  std::vector<const MethodDescriptor*> methods;
  for (int i = 0; i < file->service(0)->method_count(); ++i) {
    methods.push_back(file->service(0)->method(i));
  }
  return methods;
}

std::string PathOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

// A server in which callers decide what is loaded.
class ControlRouterTest : public ::testing::Test {
 protected:
  ControlRouterTest() {
    repository_.Put("cat/1", 3);
    EXPECT_THAT(control_.LoadFirst({}), IsOk());
    control_.Start();
    readiness_.SetStarted();
  }
  ~ControlRouterTest() override {
    control_.Stop();
    services_.Stop();
  }

  bool Open(FakeCall& call) {
    call.Open(router_.Open(call));
    return call.open();
  }

  // The status of a call, and in `response` its answer.
  absl::Status Ask(const std::string& path, const google::protobuf::Message& request,
                   google::protobuf::Message& response) {
    FakeCall call(loop_, path);
    if (!Open(call)) return absl::UnimplementedError(path);
    call.SendAll(request.SerializeAsString());
    call.AwaitEnd();
    if (!call.received().empty()) {
      EXPECT_TRUE(response.ParseFromString(call.received()[0]));
    }
    return *call.status();
  }

  lifecycle::ManagedRepository repository_;
  lifecycle::ModelManager manager_ = repository_.Manage();
  lifecycle::ModelControl control_{manager_, [] { return false; },
                                   lifecycle::ControlMode::kExplicit, absl::InfiniteDuration(),
                                   [](const absl::Status&) {}};
  lifecycle::Readiness readiness_{lifecycle::ReadinessRule::kAll, /*callers_decide=*/true};
  transport::EventLoop loop_;
  ControlServices services_{repository_.catalogs(), control_, readiness_, "1.2.3"};
  metrics::Registry registry_{1, {}};
  TokenHolder tokens_{registry_};
  Access access_{AccessRules(), 0};
  ControlRouter router_{services_, access_};
};

TEST_F(ControlRouterTest, KnowsEveryMethodOfItsServicesButThoseThatInfer) {
  for (const auto* file : {inference::ModelInferRequest::descriptor()->file(),
                           grpc::health::v1::HealthCheckRequest::descriptor()->file(),
                           Reflection::Request::descriptor()->file()}) {
    for (const MethodDescriptor* method : MethodsOf(file)) {
      const bool infers = method->name() == "ModelInfer" || method->name() == "ModelStreamInfer";
      FakeCall call(loop_, PathOf(*method));
      EXPECT_EQ(Open(call), !infers) << PathOf(*method);
    }
  }
  FakeCall call(loop_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  EXPECT_TRUE(Open(call));
}

// With a token for use alone, and with none.
TEST_F(ControlRouterTest, AsksForRights) {
  tokens_.Publish({{"web", DigestOf("web-token"), false}});
  Access access({.tokens = &tokens_}, 0);
  ControlRouter router(services_, access);
  const auto ask = [&](const std::string& path, bool has_token) {
    FakeCall call(loop_, path);
    if (has_token) call.SetMetadata("authorization", "Bearer web-token");
    call.Open(router.Open(call));
    return call.open() ? Code::kOk : call.finished().value_or(absl::UnimplementedError("")).code();
  };
  for (const auto* file : {inference::ModelInferRequest::descriptor()->file(),
                           grpc::health::v1::HealthCheckRequest::descriptor()->file(),
                           Reflection::Request::descriptor()->file()}) {
    for (const MethodDescriptor* method : MethodsOf(file)) {
      const std::string path = PathOf(*method);
      const bool checks_health = path.starts_with("/grpc.health.v1.Health/");
      const bool changes = path.ends_with("ModelLoad") || path.ends_with("ModelUnload");
      EXPECT_EQ(ask(path, false), checks_health ? Code::kOk : Code::kUnauthenticated) << path;
      if (path.ends_with("Infer")) continue;
      EXPECT_EQ(ask(path, true), changes ? Code::kPermissionDenied : Code::kOk) << path;
    }
  }
  EXPECT_EQ(ask("/no.Service/AtAll", false), Code::kUnauthenticated);
  EXPECT_EQ(ask("/no.Service/AtAll", true), Code::kUnimplemented);
}

TEST_F(ControlRouterTest, KnowsNothingElse) {
  for (const char* path :
       {"", "/", "/inference.GRPCInferenceService", "/inference.GRPCInferenceService/",
        "/inference.GRPCInferenceService/serverlive", "/inference.GRPCInferenceService/ServerLive/",
        "inference.GRPCInferenceService/ServerLive", "/grpc.health.v1.Health/List"}) {
    FakeCall call(loop_, path);
    EXPECT_FALSE(Open(call)) << path;
  }
}

TEST_F(ControlRouterTest, AnswersEachUnaryMethodWithItsOwnMessage) {
  for (const auto* file : {inference::ModelInferRequest::descriptor()->file(),
                           grpc::health::v1::HealthCheckRequest::descriptor()->file()}) {
    for (const MethodDescriptor* method : MethodsOf(file)) {
      if (method->server_streaming() || method->name() == "ModelInfer") continue;
      FakeCall call(loop_, PathOf(*method));
      ASSERT_TRUE(Open(call));
      call.SendAll("\xff");
      call.AwaitEnd();
      EXPECT_THAT(*call.status(),
                  StatusIs(Code::kInvalidArgument,
                           "got 1 bytes that are no " + method->input_type()->full_name()));
    }
  }
}

TEST_F(ControlRouterTest, AnswersQuickMethodsWithoutAWorker) {
  services_.Stop();
  const std::string health = "/grpc.health.v1.Health/Check";
  for (const std::string& path :
       {kInference + std::string("ServerLive"), kInference + std::string("ServerReady"),
        kInference + std::string("ModelReady"), kInference + std::string("ServerMetadata"),
        health}) {
    FakeCall call(loop_, path);
    ASSERT_TRUE(Open(call));
    call.SendAll("");
    EXPECT_FALSE(call.open()) << path << " is answered at once";
    EXPECT_THAT(*call.status(), IsOk()) << path;
  }
}

TEST_F(ControlRouterTest, ObeysOrdersAndDescribesWhatTheyBring) {
  inference::ModelMetadataRequest ask;
  ask.set_name("cat");
  inference::ModelMetadataResponse metadata;
  EXPECT_THAT(Ask(kInference + std::string("ModelMetadata"), ask, metadata),
              StatusIs(Code::kUnavailable, HasSubstr("it is not loaded")));
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("cat");
  inference::RepositoryModelLoadResponse loaded;
  EXPECT_THAT(Ask(kInference + std::string("RepositoryModelLoad"), load, loaded), IsOk());
  EXPECT_THAT(Ask(kInference + std::string("ModelMetadata"), ask, metadata), IsOk());
  EXPECT_EQ(metadata.inputs(0).shape(1), 3);
  inference::RepositoryIndexResponse index;
  EXPECT_THAT(
      Ask(kInference + std::string("RepositoryIndex"), inference::RepositoryIndexRequest(), index),
      IsOk());
  ASSERT_EQ(index.models_size(), 1);
  EXPECT_EQ(index.models(0).state(), "READY");
}

TEST_F(ControlRouterTest, TellsWatchersOfModelsThatAreLoaded) {
  FakeCall watch(loop_, "/grpc.health.v1.Health/Watch");
  ASSERT_TRUE(Open(watch));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("cat");
  watch.SendAll(request.SerializeAsString());
  EXPECT_THAT(watch.received(), SizeIs(1));
  EXPECT_THAT(control_.Load("cat"), IsOk());
  router_.UpdateWatchers();
  EXPECT_THAT(watch.received(), SizeIs(2));
}

TEST_F(ControlRouterTest, AnswersVersion1AlphaOfReflection) {
  FakeCall call(loop_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  ASSERT_TRUE(Open(call));
  Reflection::Request request;
  request.set_file_containing_symbol("grpc.health.v1.Health");
  call.Send(request.SerializeAsString());
  ASSERT_THAT(call.received(), SizeIs(1));
  EXPECT_THAT(call.received()[0], HasSubstr("proto/health.proto"));
}

TEST_F(ControlRouterTest, StopsAtOnceWhenThoseWhoGaveOrdersHaveLeft) {
  std::latch begun{1}, let_go{1};
  struct Blocking : Worker::Task {
    Blocking(std::latch& b, std::latch& l) : begun(b), let_go(l) {}
    void Run() override {
      begun.count_down();
      let_go.wait();
    }
    void Drop() override {}
    std::latch& begun;
    std::latch& let_go;
  };
  EXPECT_THAT(services_.orders.Submit(std::make_shared<Blocking>(begun, let_go)), IsOk());
  begun.wait();
  for (int i = 0; i < 2000; ++i) {
    FakeCall call(loop_, kInference + std::string("RepositoryIndex"));
    ASSERT_TRUE(Open(call));
    call.SendAll("");
    EXPECT_TRUE(call.open()) << "call " << i << ": " << *call.status();
  }
  FakeCall last(loop_, kInference + std::string("RepositoryIndex"));
  ASSERT_TRUE(Open(last));
  last.SendAll("");
  control_.Stop();
  std::thread stopper([this] { services_.Stop(); });
  last.AwaitEnd();
  EXPECT_THAT(*last.status(), StatusIs(Code::kUnavailable, "the server is shutting down"));
  let_go.count_down();
  stopper.join();
  EXPECT_THAT(last.received(), IsEmpty());
}

}  // namespace
}  // namespace hillock::rpc
