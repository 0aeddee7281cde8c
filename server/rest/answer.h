// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_REST_ANSWER_H_
#define HILLOCK_SERVER_REST_ANSWER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::rest {

inline constexpr std::string_view kJson = "application/json";

// What a request is answered, without what HTTP puts around it.
struct Answer {
  int code = 200;
  std::string_view content_type = kJson;
  std::string headers{};  // further ones, each with the end of its line
  std::string body{};
};

// The code of HTTP that stands for a status, after google.rpc.Code.
int HttpCodeOf(absl::StatusCode code);

// "Not Found" for 404. REQUIRES: a code that this server sends.
std::string_view ReasonOf(int http_code);

inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// {"error": "..."}, as Triton and KServe have it, with `code`, or with that of the status. For 401
// it has the header that asks for a token, for a status that says so the one that tells when to try
// again.
Answer ErrorAnswer(const absl::Status& status);
Answer ErrorAnswer(int code, std::string_view message);

// The status of an answer's head and all its headers. `length` is the body's.
std::string HeadOf(const Answer& answer, size_t length, bool is_1_0, bool closes);

}  // namespace hillock::rest

#endif  // HILLOCK_SERVER_REST_ANSWER_H_
