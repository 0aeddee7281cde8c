// SPDX-License-Identifier: Apache-2.0
#include "server/rest/request_headers.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "server/http/accept.h"
#include "server/http/words.h"

namespace hillock::rest {
namespace {

Answer NoRoute(const Found& found, const http::Head& head) {
  if (found.allowed.empty()) {
    return ErrorAnswer(
        404, fmt::format("got path '{}', want one of /v2/openapi.json", Excerpt(head.path())));
  }
  Answer answer =
      ErrorAnswer(405, fmt::format("got {}, want {}", Excerpt(head.method), found.allowed));
  answer.headers = fmt::format("Allow: {}\r\n", found.allowed);
  return answer;
}

// A browser says so with every POST. Any page could otherwise have it send requests to a server on
// this machine that answers without a token.
bool IsOfAnotherOrigin(const http::Head& head) {
  const std::string_view origin = head.Find("Origin");
  if (origin.empty()) return false;
  const size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ||
         !http::EqualsIgnoringCase(origin.substr(scheme + 3), head.Find("Host"));
}

}  // namespace

std::variant<Request, Answer> ReadRequestHeaders(const http::Head& head) {
  Found found = FindRoute(head.method, head.path());
  if (found.route == nullptr) return NoRoute(found, head);
  Request request{.route = found.route, .names = std::move(found.names)};
  if (head.method == "POST" && IsOfAnotherOrigin(head)) {
    return ErrorAnswer(403, fmt::format("got a request of a page of '{}', want one of this server",
                                        Excerpt(head.Find("Origin"))));
  }
  request.authorization = head.Find("Authorization");
  request.traceparent = head.Find("traceparent");
  request.accepts_gzip = http::Quality(head.Find("Accept-Encoding"), "gzip") > 0;
  const std::string_view encoding = head.Find("Content-Encoding");
  const auto known =
      encoding.empty() ? transport::Encoding::kIdentity : transport::FindEncoding(encoding);
  if (!known) {
    return ErrorAnswer(
        415, fmt::format("got Content-Encoding '{}', want gzip or deflate", Excerpt(encoding)));
  }
  request.encoding = *known;
  const std::string_view length = head.Find("Inference-Header-Content-Length");
  if (length.empty()) return request;
  const char* const end = length.data() + length.size();
  const auto [at, error] = std::from_chars(length.data(), end, request.json_length.emplace());
  if (error == std::errc() && at == end) return request;
  return ErrorAnswer(
      400, fmt::format("got Inference-Header-Content-Length '{}', want a number", Excerpt(length)));
}

}  // namespace hillock::rest
