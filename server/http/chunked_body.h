// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_CHUNKED_BODY_H_
#define HILLOCK_SERVER_HTTP_CHUNKED_BODY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/buffer.h"

namespace hillock::http {

// Appends to a body that grows to `limit` bytes or so. Its memory grows with what has arrived, not
// with what a client says will come. RESOURCE_EXHAUSTED when there is none.
absl::Status AppendWithin(size_t limit, std::string_view bytes, transport::Buffer& body);

// Reads a body whose length comes in pieces (RFC 9112, section 7.1), wherever reads cut it:
//
//     kSize --"1F\r\n"--> kData --all of it--> kDataEnd --"\r\n"--> kSize
//       | "0\r\n"
//       v
//     kTrailer --"\r\n"--> kDone        lines of a trailer are dropped
//
// Not thread-safe.
class ChunkedBody {
 public:
  // The data goes to `body`, which must be empty; at most `limit` bytes of it.
  ChunkedBody(size_t limit, transport::Buffer body) : limit_(limit), body_(std::move(body)) {}

  // Takes bytes from the front of `bytes`, all of them unless the body is complete, which true
  // says. INVALID_ARGUMENT for what is no such body, RESOURCE_EXHAUSTED beyond the limit and when
  // there is no memory for it.
  absl::StatusOr<bool> Read(std::string_view& bytes);

  // REQUIRES: Read() has returned true.
  transport::Buffer Take() { return std::move(body_); }

 private:
  enum class State : uint8_t { kSize, kData, kDataEnd, kTrailer, kDone };

  absl::Status Step(std::string_view& bytes);
  absl::Status TakeLine(std::string_view& bytes);
  absl::Status OnLine();
  absl::Status BeginChunk();
  absl::Status TakeData(std::string_view& bytes);

  const size_t limit_;
  transport::Buffer body_;
  std::string line_;  // as far as it has been read
  size_t left_ = 0;   // of the chunk
  size_t trailers_ = 0;
  State state_ = State::kSize;
};

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_CHUNKED_BODY_H_
