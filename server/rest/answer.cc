// SPDX-License-Identifier: Apache-2.0
#include "server/rest/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "server/core/base/utf8.h"
#include "server/scheduling/admission.h"

namespace hillock::rest {
namespace {

struct Code {
  absl::StatusCode status;
  int http;
};

constexpr Code kCodes[] = {
    {absl::StatusCode::kOk, 200},
    {absl::StatusCode::kInvalidArgument, 400},
    {absl::StatusCode::kFailedPrecondition, 400},
    {absl::StatusCode::kOutOfRange, 400},
    {absl::StatusCode::kUnauthenticated, 401},
    {absl::StatusCode::kPermissionDenied, 403},
    {absl::StatusCode::kNotFound, 404},
    {absl::StatusCode::kAborted, 409},
    {absl::StatusCode::kAlreadyExists, 409},
    {absl::StatusCode::kResourceExhausted, 429},
    {absl::StatusCode::kCancelled, 499},
    {absl::StatusCode::kUnimplemented, 501},
    {absl::StatusCode::kUnavailable, 503},
    {absl::StatusCode::kDeadlineExceeded, 504},
};
constexpr int kOtherError = 500;

struct Reason {
  int code;
  std::string_view text;
};

constexpr Reason kReasons[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

constexpr int64_t kMillisPerSecond = 1000;

}  // namespace

int HttpCodeOf(absl::StatusCode code) {
  const auto* const found = std::ranges::find(kCodes, code, &Code::status);
  return found == std::end(kCodes) ? kOtherError : found->http;
}

std::string_view ReasonOf(int http_code) {
  const auto* const found = std::ranges::find(kReasons, http_code, &Reason::code);
  HILLOCK_CHECK(found != std::end(kReasons));
  return found->text;
}

Answer ErrorAnswer(const absl::Status& status) {
  Answer answer = ErrorAnswer(HttpCodeOf(status.code()), MessageOf(status));
  const int64_t pushback = scheduling::RetryPushback(status);
  if (pushback >= 0) {
    const int64_t seconds = (pushback + kMillisPerSecond - 1) / kMillisPerSecond;
    answer.headers += fmt::format("Retry-After: {}\r\n", std::max<int64_t>(seconds, 1));
  }
  return answer;
}

Answer ErrorAnswer(int code, std::string_view message) {
  Answer answer{.code = code};
  answer.body = nlohmann::json({{"error", EscapedUtf8(message)}}).dump();
  if (code == HttpCodeOf(absl::StatusCode::kUnauthenticated)) {
    answer.headers = "WWW-Authenticate: Bearer\r\n";
  }
  return answer;
}

std::string HeadOf(const Answer& answer, size_t length, bool is_1_0, bool closes) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n",
                                 answer.code, ReasonOf(answer.code), answer.content_type, length);
  head += answer.headers;
  if (closes) head += "Connection: close\r\n";
  if (is_1_0 && !closes) head += "Connection: keep-alive\r\n";
  head += "\r\n";
  return head;
}

}  // namespace hillock::rest
