// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

struct Closer {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Handle = std::unique_ptr<CURL, Closer>;

struct Body {
  std::string text;
  size_t max_bytes = 0;
  bool overflowed = false;
};

// libcurl takes any count other than `size` for a reason to stop.
size_t Receive(char* data, size_t, size_t size, void* user) {
  auto& body = *static_cast<Body*>(user);
  if (size > body.max_bytes - body.text.size()) {
    body.overflowed = true;
    return 0;
  }
  body.text.append(data, size);
  return size;
}

void Configure(CURL* curl, const std::string& url, std::chrono::milliseconds deadline, Body& body) {
  const auto most = static_cast<long long>(std::numeric_limits<long>::max());
  const auto timeout = static_cast<long>(std::min<long long>(deadline.count(), most));
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
}

absl::Status ToStatus(CURLcode code, const std::string& url, const Body& body) {
  if (code == CURLE_OK) return absl::OkStatus();
  if (body.overflowed) {
    return absl::ResourceExhaustedError(
        fmt::format("{}: more than {} bytes, which is the limit", url, body.max_bytes));
  }
  const std::string message = fmt::format("{}: {}", url, curl_easy_strerror(code));
  return code == CURLE_OPERATION_TIMEDOUT ? absl::DeadlineExceededError(message)
                                          : absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<std::string> HttpGet(const std::string& url, std::chrono::milliseconds deadline,
                                    size_t max_bytes) {
  const Handle curl(curl_easy_init());
  if (curl == nullptr) return absl::InternalError("libcurl cannot be started");
  Body body{"", max_bytes, false};
  Configure(curl.get(), url, deadline, body);
  HILLOCK_RETURN_IF_ERROR(ToStatus(curl_easy_perform(curl.get()), url, body));
  long code = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  if (code == 200) return std::move(body.text);
  return absl::InternalError(fmt::format("{}: got HTTP status {}, want 200", url, code));
}

}  // namespace hillock::client
