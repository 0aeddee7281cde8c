// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_FRAME_FILTER_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_FRAME_FILTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hillock::transport {

// Removes from a client's bytes the one frame that gRPC's C core, and every client based on it,
// sends against HTTP/2's rules: RST_STREAM for a stream that was never opened. That happens when a
// call is cancelled, or its deadline passes, after it got its number and before its headers were
// written. nghttp2 would end the connection and all calls on it (RFC 9113, section 6.4); gRPC's own
// servers ignore the frame. Not thread-safe.
//
// The filter follows the frames of the stream of bytes, wherever reads cut it:
//
//     header --9 bytes complete--> payload --payload_left_ is 0--> header
//            \--such a RST_STREAM--> dropping --drop_left_ is 0--> header
//
// At most one of payload_left_, drop_left_ and header_size_ is not 0 between two calls.
class FrameFilter {
 public:
  // Takes bytes from the front of `bytes` and returns those that pass. Empty when `bytes` are used
  // up. The result is valid until the next call, and as long as the bytes are.
  std::string_view Next(std::string_view& bytes);

 private:
  static constexpr size_t kPreface = 24;  // RFC 9113, section 3.4
  static constexpr size_t kHeader = 9;    // of a frame

  std::string_view CompleteHeader(std::string_view& bytes);
  std::string_view TakeRun(std::string_view& bytes);
  bool Begin(const char* header);
  void Drop(std::string_view& bytes);

  size_t payload_left_ = kPreface;    // of the frame that passes; the preface counts as one
  size_t drop_left_ = 0;              // of the frame that does not
  std::array<char, kHeader> header_;  // one that a read has cut
  size_t header_size_ = 0;
  uint32_t last_opened_ = 0;  // the highest stream that had HEADERS
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_FRAME_FILTER_H_
