// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_COMPRESSION_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_COMPRESSION_H_

#include <zlib.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "server/core/base/status.h"
#include "server/transport/buffer.h"

namespace hillock::transport {

// How a message may be compressed: the names in grpc-encoding.
enum class Encoding { kIdentity, kGzip, kDeflate };

inline constexpr std::string_view kAcceptedEncodings = "identity,gzip,deflate";

// None for what this transport does not know.
std::optional<Encoding> FindEncoding(std::string_view name);

// Decompresses one message (gzip, or zlib's format, which gRPC calls deflate) in steps, so that a
// small message that grows a thousandfold delays no others. Not thread-safe.
class Inflater {
 public:
  // At most `limit` bytes come out, into `output`, which is empty.
  Inflater(Buffer compressed, size_t limit, Buffer output);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Goes on until about `bytes` more bytes have come out. True when the message is complete.
  // Errors: INTERNAL for what is not compressed data, RESOURCE_EXHAUSTED beyond the limit and when
  // the account of `output` has no room.
  absl::StatusOr<bool> Step(size_t bytes);

  // The message. REQUIRES: Step() has returned true.
  Buffer TakeOutput() { return std::move(output_); }

 private:
  absl::Status MakeRoom();

  const size_t limit_;
  Buffer compressed_;
  Buffer output_;
  z_stream stream_{};
};

// Compresses with gzip at its fastest level.
void Gzip(std::string_view message, Buffer& output);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_COMPRESSION_H_
