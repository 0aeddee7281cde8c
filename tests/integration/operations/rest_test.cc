// SPDX-License-Identifier: Apache-2.0

// REST: who may do what, the end of the server, and clients that harm nobody.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/compression.h"
#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/http.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/certificate.h"

namespace hillock::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kInferIris[] = "/v2/models/iris/infer";
constexpr char kIris[] =
    R"({"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[5,3,1,0.2]}]})";
constexpr char kLoad[] = "/v2/repository/models/iris/load";
constexpr char kUnload[] = "/v2/repository/models/iris/unload";

class RestOperationsTest : public ::testing::Test {
 protected:
  const SomeModels models_{"iris"};
};

TEST_F(RestOperationsTest, HoldsTokensToTheirRights) {
  const TemporaryFolder folder;
  std::ofstream(folder.Path("tokens")) << "web web-s3cret-0123456789\n"
                                       << "ops ops-s3cret-0123456789 control\n";
  ServerProcess server(models_.path(), {"--auth-tokens", folder.Path("tokens"), "--model-control",
                                        "explicit", "--load-model", "*"});
  HttpConnection http(server.http_address());
  const std::string web = "Authorization: Bearer web-s3cret-0123456789\r\n";
  const std::string ops = "authorization: bearer ops-s3cret-0123456789\r\n";
  EXPECT_EQ(http.Get("/v2/models/iris").status, 401);
  HttpConnection none(server.http_address());
  EXPECT_EQ(none.Post(kInferIris, kIris).status, 401);
  EXPECT_EQ(http.Post(kInferIris, kIris, web).status, 200);
  EXPECT_EQ(http.Get("/v2/models/iris", web).status, 200);
  EXPECT_EQ(http.Post(kUnload, "", web).status, 403);
  EXPECT_EQ(http.Post(kUnload, "{}", ops).status, 200);
  EXPECT_EQ(http.Get("/v2/models/iris/ready", web).status, 503);
  EXPECT_EQ(http.Post(kLoad, "{}", ops).status, 200);
  EXPECT_EQ(http.Post(kInferIris, kIris, web).status, 200);
  EXPECT_EQ(http.Get("/health/ready").status, 200);
}

TEST_F(RestOperationsTest, LeavesControlToItsListener) {
  ServerProcess server(models_.path(), {"--control-listen", "127.0.0.1:0", "--model-control",
                                        "explicit", "--load-model", "*"});
  HttpConnection http(server.http_address());
  const HttpAnswer answer = http.Post(kUnload, "{}");
  EXPECT_EQ(answer.status, 403);
  EXPECT_THAT(answer.body, HasSubstr("--control-listen"));
  EXPECT_EQ(http.Post(kInferIris, kIris).status, 200);
}

TEST_F(RestOperationsTest, IsOffWhereItWouldGoAroundTls) {
  const TemporaryFolder folder;
  const Identity identity = MakeIdentity("localhost");
  std::ofstream(folder.Path("cert")) << identity.certificate;
  std::ofstream(folder.Path("key")) << identity.key;
  for (const auto& [choice, status] :
       {std::pair("auto", 404), std::pair("off", 404), std::pair("on", 200)}) {
    ServerProcess server(models_.path(), {"--tls-cert", folder.Path("cert"), "--tls-key",
                                          folder.Path("key"), "--rest", choice});
    EXPECT_EQ(HttpGet(server.http_address(), "/v2").status, status) << choice;
    EXPECT_EQ(HttpGet(server.http_address(), "/metrics").status, 200) << choice;
  }
}

// Every request that a client could send is answered: 200 as long as its connection is kept. A
// connection that is made later is refused, by the system or with 503.
TEST_F(RestOperationsTest, LosesNoRequestWhenItDrains) {
  constexpr size_t kClients = 16;
  constexpr size_t kBefore = 50;
  ServerProcess server(models_.path());
  absl::BlockingCounter warm(kClients);
  std::atomic<size_t> lost{0};
  std::vector<std::thread> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      HttpConnection http(server.http_address());
      HttpAnswer answer;
      for (size_t n = 1; answer.head.find("Connection: close") == std::string::npos; ++n) {
        answer = http.Post(kInferIris, kIris);
        if (answer.status != 200) ++lost;
        if (n == kBefore || (answer.status != 200 && n < kBefore)) warm.DecrementCount();
        if (answer.status != 200) return;
      }
    });
  }
  warm.Wait();
  server.process().Signal(SIGTERM);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server.process().Wait(), 0);
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(server.process().errors(), "");
}

// Silent and slow clients, and requests that are no requests.
TEST_F(RestOperationsTest, HarmsNobody) {
  BesiegedServer besieged;
  const std::string& address = besieged.server().http_address();
  besieged.Endure([&] {
    std::vector<std::unique_ptr<HttpConnection>> slow;
    for (int i = 0; i < 1000; ++i) {
      slow.push_back(std::make_unique<HttpConnection>(address));
      slow.back()->Send(
          fmt::format("POST {} HTTP/1.1\r\nContent-Length: 60000000\r\n\r\n", kInferIris));
      if (i % 2 == 0) slow.back()->Send(R"({"inputs":[)");
    }
    EXPECT_EQ(HttpGet(address, "/metrics").status, 200);
    for (const std::string& body :
         {std::string(1 << 20, '['), R"({"x":)" + std::string(1 << 20, '['),
          R"({"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[)" +
              std::string(8 << 20, ' ') + "]}]}",
          std::string("{\"inputs\":[") + std::string(1 << 20, '{')}) {
      EXPECT_EQ(HttpConnection(address).Post(kInferIris, body).status, 400);
      HttpConnection(address).Send(body);
    }
    for (int i = 0; i < 300; ++i) {
      HttpConnection leaves(address);
      leaves.Send(fmt::format("POST {} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", kInferIris,
                              sizeof(kIris) - 1, kIris));
    }
  });
}

// Each inflates to 60 MiB.
TEST_F(RestOperationsTest, InflatesALittleAtATime) {
  transport::Buffer bomb;
  transport::Gzip(std::string(60 << 20, ' '), bomb);
  BesiegedServer besieged;
  besieged.Endure([&] {
    for (int i = 0; i < 4; ++i) {
      HttpConnection http(besieged.server().http_address());
      EXPECT_EQ(
          http.Post(kInferIris, std::string(bomb.view()), "Content-Encoding: gzip\r\n").status,
          400);
    }
  });
}

}  // namespace
}  // namespace hillock::testing
