// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_REQUEST_HEADERS_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_REQUEST_HEADERS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/transport/grpc/call.h"
#include "server/transport/grpc/compression.h"

namespace hillock::transport {

// The headers of one request: what HTTP/2 and gRPC define is interpreted, the rest is metadata.
// Used for one request after another without allocating again. Not thread-safe.
class RequestHeaders {
 public:
  // Forgets the last request. Memory that an unusually large one took is freed.
  void Clear();

  // Adds one header, or counts one trailer, whose contents gRPC gives no meaning. False when
  // headers and trailers together are so large that the stream should be reset: nothing more is to
  // be added.
  bool Add(std::string_view name, std::string_view value, const Clock& clock);
  bool AddTrailer(std::string_view name, std::string_view value);

  // The HTTP status for a request that is not gRPC, or null.
  const char* HttpError() const;

  // Errors: RESOURCE_EXHAUSTED for too many bytes, UNIMPLEMENTED for an unknown encoding, INTERNAL
  // for a malformed grpc-timeout.
  absl::Status Check() const;

  const std::string& path() const { return path_; }
  Nanos deadline() const { return deadline_; }
  bool accepts_gzip() const { return accepts_gzip_; }
  std::optional<Encoding> encoding() const { return encoding_; }  // none: an unknown one

  // As Call has them.
  std::string_view metadata(std::string_view name) const;
  Metadata AllMetadata() const;

 private:
  struct Header {
    std::string_view name;
    std::string_view value;
  };
  struct Field {  // a range of bytes_: the name, then the value
    size_t begin;
    size_t name_size;
    size_t value_size;
  };

  bool Count(std::string_view name, std::string_view value);
  void Interpret(std::string_view name, std::string_view value, const Clock& clock);
  bool fits() const;
  Header HeaderAt(const Field& field) const;

  std::string path_;
  std::string bytes_;  // of the metadata, one field after another
  std::vector<Field> fields_;
  size_t size_ = 0;  // as HTTP/2 counts it, of all headers and trailers
  bool post_ = false;
  bool grpc_ = false;
  bool accepts_gzip_ = false;
  bool bad_timeout_ = false;
  std::optional<Encoding> encoding_ = Encoding::kIdentity;
  Nanos deadline_ = kNoDeadline;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_REQUEST_HEADERS_H_
