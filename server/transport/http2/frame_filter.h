#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_FRAME_FILTER_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_FRAME_FILTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hillock::transport {

// Takes out of what a client sends the one frame that gRPC's C core, and so every client on top of
// it, sends against HTTP/2's rules: RST_STREAM for a stream that was never opened. A call that is
// cancelled, or whose deadline passes, between getting its number and the writing of its headers
// leaves that behind. nghttp2 would end the connection and all calls on it (RFC 9113, section 6.4);
// gRPC's own servers let it pass. Not thread-safe.
class FrameFilter {
 public:
  // The next bytes to go on, taken from the front of `bytes`, which begin where those of the last
  // call ended. Empty when `bytes` are used up. What is returned is valid until the next call.
  std::string_view Next(std::string_view& bytes);

 private:
  static constexpr size_t kPreface = 24;  // RFC 9113, section 3.4
  static constexpr size_t kHeader = 9;    // of a frame

  std::string_view CompleteHeader(std::string_view& bytes);
  std::string_view TakeRun(std::string_view& bytes);
  bool Begin(const char* header);
  void Drop(std::string_view& bytes);

  size_t payload_left_ = kPreface;    // of the frame that goes on
  size_t drop_left_ = 0;              // of the one that does not
  std::array<char, kHeader> header_;  // one that is spread over two calls
  size_t header_size_ = 0;
  uint32_t last_opened_ = 0;  // stream
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_FRAME_FILTER_H_
