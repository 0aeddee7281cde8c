// SPDX-License-Identifier: Apache-2.0

// Who may do what: the listener for control, and tokens.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/support/inference.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/certificate.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Code = absl::StatusCode;
using inference::GRPCInferenceService;

constexpr char kWeb[] = "web-s3cret-0123456789";
constexpr char kOperator[] = "operator-s3cret-0123456789";
constexpr char kNext[] = "next-s3cret-0123456789";

// One client of a server, with a token or none.
class Caller {
 public:
  Caller(const std::string& target, std::string token)
      : channel_(grpc::CreateChannel(target, grpc::InsecureChannelCredentials())),
        inference_(GRPCInferenceService::NewStub(channel_)),
        health_(grpc::health::v1::Health::NewStub(channel_)),
        token_(std::move(token)) {}

  absl::Status Infer() { return Call(&GRPCInferenceService::Stub::ModelInfer, request_); }
  absl::Status Index() {
    return Call(&GRPCInferenceService::Stub::RepositoryIndex, inference::RepositoryIndexRequest());
  }
  absl::Status Load(const std::string& model) {
    inference::RepositoryModelLoadRequest request;
    request.set_model_name(model);
    return Call(&GRPCInferenceService::Stub::RepositoryModelLoad, request);
  }
  absl::Status Unload(const std::string& model) {
    inference::RepositoryModelUnloadRequest request;
    request.set_model_name(model);
    return Call(&GRPCInferenceService::Stub::RepositoryModelUnload, request);
  }
  absl::Status Stream() {
    grpc::ClientContext context;
    Authorize(context);
    const auto stream = inference_->ModelStreamInfer(&context);
    stream->Write(request_);
    stream->WritesDone();
    inference::ModelStreamInferResponse response;
    while (stream->Read(&response)) continue;
    return ToAbsl(stream->Finish());
  }
  absl::Status CheckHealth() {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    return ToAbsl(health_->Check(&context, {}, &response));
  }

 private:
  template <class Request, class Response>
  absl::Status Call(grpc::Status (GRPCInferenceService::Stub::*method)(grpc::ClientContext*,
                                                                       const Request&, Response*),
                    const Request& request) {
    grpc::ClientContext context;
    Authorize(context);
    Response response;
    return ToAbsl(((*inference_).*method)(&context, request, &response));
  }

  void Authorize(grpc::ClientContext& context) const {
    if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  }

  const inference::ModelInferRequest request_ = MakeRequest("iris", 4, std::vector<float>(4));
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<GRPCInferenceService::Stub> inference_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
  const std::string token_;
};

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() { WriteTokens(fmt::format("web {}\noperator {} control\n", kWeb, kOperator)); }

  // Replaces the file as a careful operator does: whole, and readable by its owner alone.
  void WriteTokens(const std::string& content) const {
    namespace fs = std::filesystem;
    folder_.Write("tokens.new", content);
    fs::permissions(folder_.Path("tokens.new"), fs::perms::owner_read);
    fs::rename(folder_.Path("tokens.new"), tokens_);
  }

  std::string ControlSocket() const { return "unix:" + folder_.Path("control"); }

  const SomeModels models_{"iris", "digits-relu"};
  const TemporaryFolder folder_;
  const std::string tokens_ = folder_.Path("tokens");
};

TEST_F(AccessTest, ControlHasAListenerOfItsOwn) {
  ServerProcess server(models_.path(), {"--model-control", "explicit", "--load-model", "iris",
                                        "--control-listen", ControlSocket()});
  EXPECT_THAT(server.process().output(), HasSubstr(", control " + ControlSocket() + ", "));
  Caller everybody(server.address(), "");
  EXPECT_THAT(everybody.Infer(), IsOk());
  EXPECT_THAT(everybody.Index(), IsOk());
  for (const absl::Status& refused : {everybody.Load("digits-relu"), everybody.Unload("iris")}) {
    EXPECT_THAT(refused,
                StatusIs(Code::kPermissionDenied, AllOf(HasSubstr("--control-listen"),
                                                        Not(HasSubstr(folder_.path().string())))));
  }
  Caller chief(ControlSocket(), "");
  EXPECT_THAT(chief.Load("digits-relu"), IsOk());
  EXPECT_THAT(chief.Unload("digits-relu"), IsOk());
  EXPECT_THAT(chief.Index(), IsOk());
  EXPECT_THAT(chief.CheckHealth(), IsOk());
  EXPECT_THAT(chief.Infer(), IsOk());
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("control")));
}

TEST_F(AccessTest, TheListenerForControlTakesAnOperatorWhereThePublicOneIsFull) {
  ServerProcess server(models_.path(),
                       {"--max-connections", "1", "--control-listen", "127.0.0.1:0"});
  const std::optional<std::string> ready = server.process().WaitForLine("ready: ");
  ASSERT_TRUE(ready);
  const size_t begin = ready->find("control ") + 8;
  const std::string control = ready->substr(begin, ready->find(',', begin) - begin);
  Caller first(server.address(), "");
  ASSERT_THAT(first.Infer(), IsOk());
  EXPECT_THAT(Caller(control, "").Index(), IsOk()) << control;
}

TEST_F(AccessTest, TokensSayWhoMayDoWhat) {
  ServerProcess server(
      models_.path(), {"--model-control", "explicit", "--load-model", "*", "--auth-tokens", tokens_,
                       "--control-listen", ControlSocket()});
  for (const std::string& token : {std::string(), std::string("wrong-s3cret-0123456789"),
                                   std::string(kWeb) + "0", std::string(kOperator).substr(0, 20)}) {
    Caller nobody(server.address(), token);
    for (const absl::Status& refused :
         {nobody.Infer(), nobody.Stream(), nobody.Index(), nobody.Load("iris"),
          Caller(ControlSocket(), token).Load("iris")}) {
      EXPECT_THAT(refused, StatusIs(Code::kUnauthenticated,
                                    AllOf(StartsWith("got no "), Not(HasSubstr("s3cret")))));
    }
    EXPECT_THAT(nobody.CheckHealth(), IsOk());
  }
  Caller web(server.address(), kWeb);
  EXPECT_THAT(web.Infer(), IsOk());
  EXPECT_THAT(web.Stream(), IsOk());
  EXPECT_THAT(web.Index(), IsOk());
  EXPECT_THAT(Caller(ControlSocket(), kWeb).Unload("iris"),
              StatusIs(Code::kPermissionDenied, HasSubstr("the token 'web' may not load")));
  EXPECT_THAT(Caller(server.address(), kOperator).Unload("iris"),
              StatusIs(Code::kPermissionDenied, HasSubstr("--control-listen")));
  EXPECT_THAT(Caller(ControlSocket(), kOperator).Unload("iris"), IsOk());

  const MetricsPage page(server);
  EXPECT_EQ(page.Sum("hillock_token_calls_total", {{"token", "web"}}), 4);
  EXPECT_EQ(page.Sum("hillock_token_calls_total", {{"token", "operator"}}), 2);
  EXPECT_EQ(page.Sum("hillock_token_calls_total", {{"token", ""}}), 20);
  EXPECT_THAT(page.text(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(server.process().output(),
              AllOf(HasSubstr("tokens: 2 in '" + tokens_ + "'"), Not(HasSubstr("s3cret")),
                    Not(HasSubstr("every user"))));
}

// One who may call does not notice that others come and go.
TEST_F(AccessTest, TakesNewTokensWithoutLosingACall) {
  const Identity identity = MakeIdentity("localhost");
  folder_.Write("server.crt", identity.certificate);
  folder_.Write("server.key", identity.key);
  ServerProcess server(models_.path(),
                       {"--auth-tokens", tokens_, "--tls-cert", folder_.Path("server.crt"),
                        "--tls-key", folder_.Path("server.key")});
  const auto connect = [&](const char* token) {
    const std::string port = server.address().substr(server.address().rfind(':'));
    return WellBehavedClient::Connect(
        "localhost" + port,
        grpc::CompositeChannelCredentials(grpc::SslCredentials({identity.certificate, "", ""}),
                                          grpc::AccessTokenCredentials(token)));
  };
  const auto ask = [&](const char* token) {
    grpc::ClientContext context;
    inference::ServerMetadataResponse response;
    return ToAbsl(
        GRPCInferenceService::NewStub(connect(token))->ServerMetadata(&context, {}, &response));
  };
  WellBehavedClient client(connect(kWeb));
  client.AwaitAnswers(20);
  WriteTokens(fmt::format("# rotated\nnext {}\nweb {}\n# and one to spare\nspare {}\n", kNext, kWeb,
                          "spare-0123456789"));
  ASSERT_TRUE(server.process().WaitForLine("tokens: 3 in"));
  client.AwaitAnswers(20);
  EXPECT_THAT(ask(kNext), IsOk());
  EXPECT_THAT(ask(kOperator), StatusIs(Code::kUnauthenticated, ::testing::_));
  WriteTokens(fmt::format("web {}\nnext {} everything\n", kWeb, kNext));
  ASSERT_TRUE(
      server.process().WaitForLine("tokens go on as they were: '" + tokens_ + "': line 2: "));
  client.AwaitAnswers(20);
  EXPECT_THAT(ask(kNext), IsOk());
  const WellBehavedClient::Report report = client.Stop();
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(server.process().output(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(MetricsPage(server).Sum("hillock_token_calls_total", {{"token", "web"}}), report.calls);
}

TEST_F(AccessTest, WarnsOfAFileThatEverybodyCanRead) {
  std::filesystem::permissions(tokens_, std::filesystem::perms(0644));
  ServerProcess server(models_.path(), {"--auth-tokens", tokens_});
  EXPECT_THAT(server.process().output(), HasSubstr("every user of this machine may read"));
}

TEST_F(AccessTest, DoesNotStartWithABadFile) {
  WriteTokens(fmt::format("web {}\noperator {} admin\n", kWeb, kOperator));
  const End end = RunToEnd(ServerCommand(models_.path(), {"--auth-tokens", tokens_}));
  EXPECT_EQ(end.code, 2);
  EXPECT_THAT(end.errors, AllOf(HasSubstr(tokens_ + "': line 2: want no third word but control"),
                                Not(HasSubstr("s3cret"))));
}

}  // namespace
}  // namespace hillock::testing
