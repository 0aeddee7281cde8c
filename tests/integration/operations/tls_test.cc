// SPDX-License-Identifier: Apache-2.0

// TLS from outside: who is served, who is not, and certificates that are replaced.

#include <gmock/gmock.h>
#include <grpc/grpc_security.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/certificate.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Code = absl::StatusCode;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    WriteIdentity(identity_);
    folder_.Write("clients.crt", client_.certificate);
  }

  std::vector<std::string> Flags() const {
    return {"--listen",   "localhost:0",
            "--tls-cert", folder_.Path("server.crt"),
            "--tls-key",  folder_.Path("server.key")};
  }
  std::vector<std::string> MutualFlags() const {
    std::vector<std::string> flags = Flags();
    flags.insert(flags.end(), {"--tls-client-ca", folder_.Path("clients.crt")});
    return flags;
  }

  void WriteIdentity(const Identity& identity) const {
    folder_.Write("server.crt", identity.certificate);
    folder_.Write("server.key", identity.key);
  }

  // A channel that trusts `server`, and shows who it is.
  static std::shared_ptr<grpc::Channel> Connect(const ServerProcess& server,
                                                const std::string& trusted,
                                                const Identity& client = {}) {
    return WellBehavedClient::Connect(
        server.address(), grpc::SslCredentials({trusted, client.key, client.certificate}));
  }

  static absl::Status Ask(const std::shared_ptr<grpc::Channel>& channel) {
    const auto request = MakeRequest("iris", 4, std::vector<float>(4));
    return CallWithBytes(channel, kModelInfer, request.SerializeAsString());
  }

  const SomeModels models_{"digits-relu", "iris"};
  const TemporaryFolder folder_;
  const Identity identity_ = MakeIdentity("localhost");
  const Identity client_ = MakeIdentity("client");
};

TEST_F(TlsTest, ServesWhoTrustsIt) {
  ServerProcess server(models_.path(), Flags());
  EXPECT_THAT(Ask(Connect(server, identity_.certificate)), IsOk());
  EXPECT_THAT(Ask(Connect(server, client_.certificate)), StatusIs(Code::kUnavailable, ::testing::_))
      << "whoever trusts another";
  EXPECT_THAT(Ask(WellBehavedClient::Connect(server.address())),
              StatusIs(Code::kUnavailable, ::testing::_))
      << "whoever speaks no TLS";
  EXPECT_THAT(Ask(Connect(server, identity_.certificate)), IsOk());
}

TEST_F(TlsTest, ServesClientsOfItsAuthoritiesOnly) {
  ServerProcess server(models_.path(), MutualFlags());
  const std::string& trusted = identity_.certificate;
  EXPECT_THAT(Ask(Connect(server, trusted, client_)), IsOk());
  EXPECT_THAT(Ask(Connect(server, trusted)), StatusIs(Code::kUnavailable, ::testing::_));
  EXPECT_THAT(Ask(Connect(server, trusted, MakeIdentity("client"))),
              StatusIs(Code::kUnavailable, ::testing::_))
      << "of the same name";
  EXPECT_THAT(Ask(Connect(server, trusted, client_)), IsOk());
}

// A client that remembers its session has no need of a whole hand-shake for the next connection.
TEST_F(TlsTest, ServesClientsThatResumeTheirSession) {
  ServerProcess server(models_.path(), MutualFlags());
  grpc_ssl_session_cache* const cache = grpc_ssl_session_cache_create_lru(1);
  for (int i = 0; i < 3; ++i) {
    grpc::ChannelArguments arguments;
    const grpc_arg sessions = grpc_ssl_session_cache_create_channel_arg(cache);
    arguments.SetPointerWithVtable(sessions.key, sessions.value.pointer.p,
                                   sessions.value.pointer.vtable);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto credentials =
        grpc::SslCredentials({identity_.certificate, client_.key, client_.certificate});
    EXPECT_THAT(Ask(grpc::CreateCustomChannel(server.address(), credentials, arguments)), IsOk())
        << "connection " << i;
  }
  grpc_ssl_session_cache_destroy(cache);
}

// Calls go on while the files are replaced, and new connections see the new certificate.
TEST_F(TlsTest, TakesNewCertificatesWithoutLosingACall) {
  ServerProcess server(models_.path(), Flags());
  WellBehavedClient client(Connect(server, identity_.certificate));
  for (int i = 0; i < 3; ++i) {
    const Identity next = MakeIdentity("localhost");
    WriteIdentity(next);
    EXPECT_TRUE(ComesToHold([&] { return Ask(Connect(server, next.certificate)).ok(); }));
  }
  const WellBehavedClient::Report report = client.Stop();
  report.Record();
  EXPECT_THAT(report.errors, ::testing::IsEmpty());
}

// Half-replaced files leave what was in force.
TEST_F(TlsTest, KeepsItsCertificateWhenTheNewOneIsNone) {
  ServerProcess server(models_.path(), Flags());
  folder_.Write("server.crt", "no certificate");
  EXPECT_TRUE(server.process().WaitForLine("TLS goes on as it was"));
  EXPECT_THAT(Ask(Connect(server, identity_.certificate)), IsOk());
}

}  // namespace
}  // namespace hillock::testing
