// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/foreign.h"

#include <algorithm>

namespace hillock::transport {
namespace {

// No Content-Length: it ends with the connection.
constexpr std::string_view kAnswer =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Connection: close\r\n"
    "\r\n"
    "got HTTP/1.1, want HTTP/2: this port serves gRPC; REST, metrics and the live page are at the "
    "address of --http-listen\n";

bool IsMethod(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

// The preface of HTTP/2 is the request "PRI * HTTP/2.0", whose target is no path.
std::string_view AnswerToForeign(std::string_view first_bytes) {
  const size_t space = first_bytes.find(' ');
  const bool is_request = space != std::string_view::npos &&
                          first_bytes.substr(space + 1).starts_with('/') &&
                          IsMethod(first_bytes.substr(0, space));
  return is_request ? kAnswer : std::string_view();
}

}  // namespace hillock::transport
