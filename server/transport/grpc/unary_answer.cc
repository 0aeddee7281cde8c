// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/unary_answer.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>

#include "server/transport/grpc/wire_status.h"

namespace hillock::transport {

void UnaryAnswer::Clear() {
  code_ = absl::StatusCode::kOk;
  message_.clear();
  has_status_ = false;
  has_ended_ = false;
  http_status_ = 0;
  bytes_ = 0;
}

void UnaryAnswer::TakeHeader(std::string_view name, std::string_view value) {
  if (name == ":status") {
    std::from_chars(value.data(), value.data() + value.size(), http_status_);
  } else if (name == "grpc-status") {
    code_ = CodeFromWire(value);
    has_status_ = true;
  } else if (name == "grpc-message") {
    message_ = PercentDecode(value);
  }
}

void UnaryAnswer::TakeData(std::string_view bytes) {
  if (bytes_ < kPrefixBytes) bytes.copy(prefix_.data() + bytes_, kPrefixBytes - bytes_);
  bytes_ += bytes.size();
}

void UnaryAnswer::Close(uint32_t error) {
  if (has_status_) {
    if (code_ == absl::StatusCode::kOk) CheckMessage();
  } else if (error != NGHTTP2_NO_ERROR || !has_ended_) {
    Fail(CodeOfReset(error), fmt::format("stream reset: {}", nghttp2_http2_strerror(error)));
  } else if (http_status_ != 200) {
    Fail(CodeOfHttpStatus(http_status_), fmt::format("HTTP status {}", http_status_));
  } else {
    Fail(absl::StatusCode::kUnknown, "the answer ended without a grpc-status");
  }
}

void UnaryAnswer::Fail(absl::StatusCode code, std::string_view message) {
  code_ = code;
  message_ = message;
}

void UnaryAnswer::CheckMessage() {
  message_.clear();
  const size_t length = ReadLength(prefix_.data());
  if (bytes_ >= kPrefixBytes && bytes_ - kPrefixBytes == length) return;
  Fail(
      absl::StatusCode::kInternal,
      fmt::format("OK with {} bytes of answer, want one message{}", bytes_,
                  bytes_ < kPrefixBytes ? "" : fmt::format(" of {} bytes", length + kPrefixBytes)));
}

}  // namespace hillock::transport
