// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/http.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <utility>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using transport::Address;

using SteadyClock = std::chrono::steady_clock;

httplib::Client ClientOf(const Address& address) {
  if (address.kind == Address::Kind::kTcp) return httplib::Client(address.name, address.port);
  // An abstract name begins with a zero byte (unix(7)).
  std::string name = address.name;
  if (address.kind == Address::Kind::kAbstract) name.insert(0, 1, '\0');
  httplib::Client client(name, 80);
  client.set_address_family(AF_UNIX);
  return client;
}

// A body as it arrives.
struct Body {
  size_t max_bytes;
  SteadyClock::time_point due;
  std::string text{};
  bool overflowed = false;

  // Whether there may be more.
  bool Append(const char* data, size_t size) {
    overflowed = size > max_bytes - text.size();
    if (overflowed || SteadyClock::now() > due) return false;
    text.append(data, size);
    return true;
  }
};

absl::Status ToStatus(httplib::Error error, const Body& body) {
  if (body.overflowed) {
    return absl::ResourceExhaustedError(
        fmt::format("more than {} bytes, which is the limit", body.max_bytes));
  }
  if (SteadyClock::now() >= body.due || error == httplib::Error::ConnectionTimeout) {
    return absl::DeadlineExceededError("no answer in time");
  }
  return absl::UnavailableError(error == httplib::Error::Connection
                                    ? "cannot connect"
                                    : "the connection ended without an answer of HTTP/1.1");
}

absl::StatusOr<std::string> Get(const Address& address, const std::string& path,
                                std::chrono::milliseconds deadline, size_t max_bytes) {
  httplib::Client client = ClientOf(address);
  client.set_connection_timeout(deadline);
  client.set_read_timeout(deadline);
  client.set_write_timeout(deadline);
  httplib::Headers headers;
  if (address.kind != Address::Kind::kTcp) headers.emplace("Host", "localhost");
  Body body{max_bytes, SteadyClock::now() + deadline};
  const httplib::Result result = client.Get(
      path, headers, [&body](const char* data, size_t size) { return body.Append(data, size); });
  if (!result) return ToStatus(result.error(), body);
  if (result->status == 200) return std::move(body.text);
  return absl::InternalError(fmt::format("got HTTP status {}, want 200", result->status));
}

}  // namespace

absl::StatusOr<std::string> HttpGet(const Address& address, const std::string& path,
                                    std::chrono::milliseconds deadline, size_t max_bytes) {
  auto body = Get(address, path, deadline, max_bytes);
  if (body.ok()) return body;
  return Annotate(body.status(), fmt::format("http://{}{}", address.ToString(), path));
}

}  // namespace hillock::client
