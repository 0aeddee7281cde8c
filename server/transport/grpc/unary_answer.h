// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_UNARY_ANSWER_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_UNARY_ANSWER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/transport/grpc/grpc_protocol.h"

namespace hillock::transport {

// The answer to a unary call: its status, and the size of its message, whose bytes are dropped.
// Used again after Clear(); allocates for errors only.
class UnaryAnswer {
 public:
  // Forgets everything: an answer that has not begun.
  void Clear();

  // A header of the answer or of its trailers.
  void TakeHeader(std::string_view name, std::string_view value);

  // The next part of the body.
  void TakeData(std::string_view bytes);

  // All of it has come.
  void End() { has_ended_ = true; }

  // The stream is closed, with this error code of HTTP/2. A status that has been read counts
  // whatever the code.
  void Close(uint32_t error);

  // It ended without a status from the server; this one stands for it.
  void Fail(absl::StatusCode code, std::string_view message);

  // Whether the server has said how it ended.
  bool has_status() const { return has_status_; }

  // Valid after Close() or Fail(). The message is empty with OK.
  absl::StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // Bytes of the answer's message, its prefix left out. 0 when there was none.
  size_t message_bytes() const { return bytes_ < kPrefixBytes ? 0 : bytes_ - kPrefixBytes; }

 private:
  void CheckMessage();

  absl::StatusCode code_ = absl::StatusCode::kOk;
  std::string message_;
  bool has_status_ = false;
  bool has_ended_ = false;
  int http_status_ = 0;
  size_t bytes_ = 0;  // of the body
  std::array<char, kPrefixBytes> prefix_{};
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_UNARY_ANSWER_H_
