// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_UNARY_METHOD_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_UNARY_METHOD_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hillock::transport {

// The unary method that the ClientConnections of one event loop call, and what they share for it.
// Outlives them. Belongs to the loop's thread.
class UnaryMethod {
 public:
  static constexpr size_t kMaxMetadata = 16;
  static constexpr size_t kMaxHeaders = 7 + kMaxMetadata;

  using Metadata = std::vector<std::pair<std::string, std::string>>;  // names in lower case

  // `scheme` is http or https, `authority` the host as :authority has it, `path` is
  // "/package.Service/Method". REQUIRES: at most kMaxMetadata.
  UnaryMethod(std::string scheme, std::string authority, std::string path, Metadata metadata = {});
  UnaryMethod(const UnaryMethod&) = delete;
  UnaryMethod& operator=(const UnaryMethod&) = delete;

  // The headers that every request has: at most kMaxHeaders.
  std::span<const nghttp2_nv> headers() const { return headers_; }

  // Where bytes are read into, by one connection at a time.
  std::span<char> read_buffer() const { return {read_buffer_.get(), kReadBytes}; }

 private:
  static constexpr size_t kReadBytes = size_t{1} << 16;

  const std::string scheme_;
  const std::string authority_;
  const std::string path_;
  const Metadata metadata_;
  std::vector<nghttp2_nv> headers_;  // borrow from the above
  const std::unique_ptr<char[]> read_buffer_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_UNARY_METHOD_H_
