// SPDX-License-Identifier: Apache-2.0
#include "client/api/credentials.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "client/api/client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/certificate.h"
#include "tests/unit/client/api/fake_server.h"

namespace hillock::client {
namespace {

using ::hillock::testing::Identity;
using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MakeIdentity;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::HasSubstr;

TlsOptions Ca(const std::string& file) {
  TlsOptions tls;
  tls.ca = file;
  return tls;
}

TlsOptions Certificate(const std::string& cert, const std::string& key) {
  TlsOptions tls;
  tls.cert = cert;
  tls.key = key;
  return tls;
}

TlsOptions OfTheSystem() {
  TlsOptions tls;
  tls.enabled = true;
  return tls;
}

TlsOptions Named(const std::string& server) {
  TlsOptions tls;
  tls.server_name = server;
  return tls;
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// The identities of a server called model-server, of a client, and of another, in files.
class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    folder_.Write("server.pem", server_.certificate);
    folder_.Write("client.pem", client_.certificate);
    folder_.Write("client.key", client_.key);
    folder_.Write("server.key", server_.key);
    folder_.Write("empty", "");
    folder_.Write("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  }

  std::string Path(const char* name) const { return folder_.Path(name); }

  absl::Status Fault(const TlsOptions& tls) const { return MakeCredentials(tls).status(); }

  // A server over TLS, which wants a certificate of `client_` when `mutual`.
  std::unique_ptr<FakeServer> Serve(bool mutual) const {
    grpc::SslServerCredentialsOptions options(
        mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
               : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_key_cert_pairs.push_back({server_.key, server_.certificate});
    if (mutual) options.pem_root_certs = client_.certificate;
    return std::make_unique<FakeServer>(0, grpc::SslServerCredentials(options));
  }

  // Calls a server as `tls` says.
  static absl::StatusOr<bool> Call(const FakeServer& server, const TlsOptions& tls) {
    return Client::Connect({server.address(), tls}, {})->Live();
  }

  TlsOptions Trusting(const char* ca, const char* name) const {
    TlsOptions tls;
    tls.ca = Path(ca);
    tls.server_name = name;
    return tls;
  }

  const Identity server_ = MakeIdentity("model-server");
  const Identity client_ = MakeIdentity("client");
  const TemporaryFolder folder_;
};

TEST_F(CredentialsTest, AreWantedByAnyOption) {
  EXPECT_FALSE(TlsOptions().wanted());
  EXPECT_TRUE(OfTheSystem().wanted());
  EXPECT_TRUE(Ca("x").wanted());
  EXPECT_TRUE(Certificate("x", "").wanted());
  EXPECT_TRUE(Certificate("", "x").wanted());
  EXPECT_TRUE(Named("x").wanted());
}

TEST_F(CredentialsTest, TakeSoundFiles) {
  EXPECT_THAT(Fault({}), IsOk());
  EXPECT_THAT(Fault(OfTheSystem()), IsOk());
  EXPECT_THAT(Fault(Ca(Path("server.pem"))), IsOk());
  EXPECT_THAT(Fault(Certificate(Path("client.pem"), Path("client.key"))), IsOk());
}

TEST_F(CredentialsTest, NameTheFileThatIsWrong) {
  const std::string missing = Path("missing");
  EXPECT_THAT(Fault(Ca(missing)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(missing + ": No such file")));
  for (const char* name : {"empty", "broken", "client.key"}) {
    EXPECT_THAT(Fault(Ca(Path(name))),
                StatusIs(kInvalid, Path(name) + ": has no certificate, want PEM"));
    EXPECT_THAT(Fault(Certificate(Path(name), Path("client.key"))),
                StatusIs(kInvalid, Path(name) + ": has no certificate, want PEM"));
  }
  for (const char* name : {"empty", "broken", "client.pem"}) {
    EXPECT_THAT(
        Fault(Certificate(Path("client.pem"), Path(name))),
        StatusIs(kInvalid, Path(name) + ": has no private key without a password, want PEM"));
  }
}

TEST_F(CredentialsTest, WantTheKeyOfTheCertificate) {
  EXPECT_THAT(Fault(Certificate(Path("client.pem"), Path("server.key"))),
              StatusIs(kInvalid, fmt::format("{}: is not the key of the certificate in {}",
                                             Path("server.key"), Path("client.pem"))));
  EXPECT_THAT(Fault(Certificate(Path("client.pem"), "")),
              StatusIs(kInvalid, HasSubstr("both or none")));
  EXPECT_THAT(Fault(Certificate("", Path("client.key"))),
              StatusIs(kInvalid, HasSubstr("both or none")));
}

TEST_F(CredentialsTest, ReachAServerThatIsTrusted) {
  const auto server = Serve(false);
  EXPECT_THAT(Call(*server, Trusting("server.pem", "model-server")), IsOkAndHolds(true));
}

TEST_F(CredentialsTest, ReachNoOtherServer) {
  const auto server = Serve(false);
  for (const TlsOptions& tls :
       {Trusting("client.pem", "model-server"), Trusting("server.pem", "other"),
        Ca(Path("server.pem")), OfTheSystem()}) {
    EXPECT_THAT(Call(*server, tls), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("")))
        << tls.ca << ' ' << tls.server_name;
  }
}

TEST_F(CredentialsTest, ShowTheServerWhoCalls) {
  const auto server = Serve(true);
  TlsOptions tls = Trusting("server.pem", "model-server");
  EXPECT_THAT(Call(*server, tls), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("")));
  tls.cert = Path("client.pem");
  tls.key = Path("client.key");
  EXPECT_THAT(Call(*server, tls), IsOkAndHolds(true));
}

}  // namespace
}  // namespace hillock::client
