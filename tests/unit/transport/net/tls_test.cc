// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/tls.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/certificate.h"

namespace hillock::transport {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;
using Kind = IoResult::Kind;

// Files of an identity.
struct Files {
  Files(const testing::TemporaryFolder& folder, const std::string& name, const std::string& ip = "")
      : certificate(folder.Path(name + ".crt")), key(folder.Path(name + ".key")) {
    const testing::Identity identity = testing::MakeIdentity("localhost", ip);
    folder.Write(name + ".crt", identity.certificate);
    folder.Write(name + ".key", identity.key);
  }
  const std::string certificate;
  const std::string key;
};

class TlsTest : public ::testing::Test {
 protected:
  static std::pair<Descriptor, Descriptor> Sockets() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
  }

  void Connect(const TlsFiles& server, const TlsFiles& client, const std::string& name) {
    const auto accepts = TlsContext::ForServer(server);
    const auto connects = TlsContext::ForClient(client);
    ASSERT_TRUE(accepts.ok()) << accepts.status();
    ASSERT_TRUE(connects.ok()) << connects.status();
    auto [near, far] = Sockets();
    server_ = (*accepts)->Accept(std::move(near));
    client_ = (*connects)->Connect(std::move(far), name);
  }

  // Sends a text from one end to the other, which gets it in pieces.
  static std::string Send(ByteStream& from, ByteStream& to, std::string_view text) {
    std::string got;
    std::array<char, 4096> buffer;
    const size_t size = text.size();
    for (int i = 0; i < 1000 && got.size() < size; ++i) {
      if (!text.empty()) {
        const IoResult sent = from.Write(text);
        if (sent.kind == Kind::kBytes) text.remove_prefix(sent.bytes);
      }
      const IoResult read = to.Read(std::span(buffer));
      if (read.kind == Kind::kBytes) got.append(buffer.data(), read.bytes);
    }
    return got;
  }

  // Lets the hand-shake go on until one side gives up, and says why it did.
  std::string Fail() {
    std::array<char, 100> buffer;
    for (int i = 0; i < 20; ++i) {
      for (ByteStream* const end : {client_.get(), server_.get()}) {
        if (end->Read(std::span(buffer)).kind == Kind::kFailed) {
          return std::string(end->error().message());
        }
      }
    }
    return "";
  }

  testing::TemporaryFolder folder_;
  const Files mine_{folder_, "mine"};
  const Files other_{folder_, "other"};
  std::unique_ptr<ByteStream> server_;
  std::unique_ptr<ByteStream> client_;
};

TEST_F(TlsTest, TellsWhenTheCertificateEnds) {
  const auto context = TlsContext::ForServer({mine_.certificate, mine_.key, ""});
  ASSERT_TRUE(context.ok()) << context.status();
  const int64_t left = (*context)->certificate_expiry() - std::time(nullptr);
  EXPECT_GT(left, 3000) << "it is valid for an hour";
  EXPECT_LE(left, 3600);
}

TEST_F(TlsTest, CarriesBytesBothWays) {
  Connect({mine_.certificate, mine_.key, ""}, {"", "", mine_.certificate}, "localhost");
  const std::string large(100'000, 'x');
  EXPECT_EQ(Send(*client_, *server_, "hello"), "hello");
  EXPECT_EQ(Send(*server_, *client_, large), large);
  server_->CloseWrite();
  std::array<char, 10> buffer;
  EXPECT_EQ(client_->Read(std::span(buffer)).kind, Kind::kClosed);
}

TEST_F(TlsTest, ServesOnlyClientsWithACertificate) {
  const TlsFiles server{mine_.certificate, mine_.key, other_.certificate};
  Connect(server, {other_.certificate, other_.key, mine_.certificate}, "localhost");
  EXPECT_EQ(Send(*client_, *server_, "hello"), "hello");
  Connect(server, {"", "", mine_.certificate}, "localhost");
  EXPECT_THAT(Fail(), HasSubstr("peer did not return a certificate"));
  Connect(server, {mine_.certificate, mine_.key, mine_.certificate}, "localhost");
  EXPECT_THAT(Fail(), HasSubstr("certificate"));
}

TEST_F(TlsTest, RefusesAServerThatIsAnother) {
  const TlsFiles server{mine_.certificate, mine_.key, ""};
  Connect(server, {"", "", other_.certificate}, "localhost");
  EXPECT_THAT(Fail(), HasSubstr("certificate verify failed"));
  Connect(server, {"", "", mine_.certificate}, "example.org");
  EXPECT_THAT(Fail(), HasSubstr("certificate verify failed"));
}

TEST_F(TlsTest, KnowsAServerByItsIpAddress) {
  for (const std::string ip : {"127.0.0.1", "::1"}) {
    const Files named(folder_, "named", ip);
    Connect({named.certificate, named.key, ""}, {"", "", named.certificate}, ip);
    EXPECT_EQ(Send(*client_, *server_, "hello"), "hello") << ip;
    Connect({named.certificate, named.key, ""}, {"", "", named.certificate}, "127.0.0.2");
    EXPECT_THAT(Fail(), HasSubstr("certificate verify failed")) << ip;
  }
}

TEST_F(TlsTest, FailsOnWhatIsNoTls) {
  Connect({mine_.certificate, mine_.key, ""}, {"", "", mine_.certificate}, "localhost");
  auto [near, far] = Sockets();
  server_ = (*TlsContext::ForServer({mine_.certificate, mine_.key, ""}))->Accept(std::move(near));
  const std::string plain = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  ASSERT_GT(send(far.get(), plain.data(), plain.size(), 0), 0);
  std::array<char, 10> buffer;
  EXPECT_EQ(server_->Read(std::span(buffer)).kind, Kind::kFailed);
  EXPECT_THAT(server_->error(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("TLS: ")));
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  folder_.Write("damaged.pem", "no certificate");
  const std::string damaged = folder_.Path("damaged.pem");
  const std::string missing = folder_.Path("missing.pem");
  const TlsFiles cases[] = {{missing, mine_.key, ""},
                            {damaged, mine_.key, ""},
                            {mine_.certificate, damaged, ""},
                            {mine_.certificate, other_.key, ""},
                            {mine_.certificate, mine_.key, missing}};
  const std::string wrong[] = {missing, damaged, damaged, other_.key, missing};
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_THAT(TlsContext::ForServer(cases[i]),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(wrong[i])))
        << "case " << i;
  }
}

}  // namespace
}  // namespace hillock::transport
