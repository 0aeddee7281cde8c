// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/http.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

using std::chrono::milliseconds;

constexpr milliseconds kDeadline{5000};

// Answers one connection on a loopback port with fixed bytes; without any, it only listens.
class OneAnswer {
 public:
  explicit OneAnswer(std::string bytes) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
    address_.port = ntohs(address.sin_port);
    if (!bytes.empty()) thread_ = std::thread([this, bytes] { Answer(bytes); });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  const transport::Address& address() const { return address_; }
  std::string url() const { return "http://" + address_.ToString(); }

 private:
  void Answer(const std::string& bytes) const {
    const int connection = ::accept(listener_, nullptr, nullptr);
    char request[4096];
    EXPECT_GT(::recv(connection, request, sizeof(request), 0), 0);
    ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(connection);
  }

  int listener_;
  transport::Address address_{transport::Address::Kind::kTcp, "127.0.0.1", 0};
  std::thread thread_;
};

std::string Response(int code, const std::string& body) {
  return fmt::format("HTTP/1.1 {} Any\r\nContent-Length: {}\r\n\r\n{}", code, body.size(), body);
}

absl::StatusOr<std::string> Get(const OneAnswer& server, milliseconds deadline,
                                size_t max_bytes = 1 << 20) {
  return HttpGet(server.address(), "/metrics", deadline, max_bytes);
}

TEST(HttpGetTest, GivesTheBody) {
  const OneAnswer server(Response(200, "a 1\nb 2\n"));
  const auto body = Get(server, kDeadline);
  ASSERT_THAT(body, IsOk());
  EXPECT_EQ(*body, "a 1\nb 2\n");
}

TEST(HttpGetTest, AnyOtherStatusIsAnError) {
  const OneAnswer server(Response(404, "no"));
  EXPECT_THAT(Get(server, kDeadline),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("got HTTP status 404, want 200")));
}

TEST(HttpGetTest, ALargeBodyIsRefused) {
  const OneAnswer server(Response(200, std::string(1001, 'x')));
  EXPECT_THAT(Get(server, kDeadline, 1000),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("more than 1000 bytes")));
}

TEST(HttpGetTest, AServerThatIsNotThereIsUnavailable) {
  transport::Address address;
  {
    const OneAnswer gone("");
    address = gone.address();
  }
  EXPECT_THAT(HttpGet(address, "/metrics", kDeadline),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr(address.ToString())));
}

TEST(HttpGetTest, SomethingThatIsNotHttpIsUnavailable) {
  const OneAnswer server(std::string("\0\0\x12\x04 not http", 13));
  EXPECT_THAT(Get(server, kDeadline),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("http://")));
}

TEST(HttpGetTest, ASilentServerRunsIntoTheDeadline) {
  const OneAnswer silent("");
  EXPECT_THAT(Get(silent, milliseconds(50)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr(silent.url())));
}

}  // namespace
}  // namespace hillock::client
