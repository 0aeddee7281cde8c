// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/frame_filter.h"

#include <algorithm>

namespace hillock::transport {
namespace {

constexpr uint8_t kHeaders = 1;
constexpr uint8_t kRstStream = 3;
constexpr size_t kRstStreamBytes = 4;
constexpr uint32_t kReservedBit = uint32_t{1} << 31;

// Big-endian.
uint32_t Number(const char* bytes, size_t count) {
  uint32_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace

std::string_view FrameFilter::Next(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (drop_left_ > 0) {
      Drop(bytes);
      continue;
    }
    const std::string_view some = header_size_ > 0 ? CompleteHeader(bytes) : TakeRun(bytes);
    if (!some.empty()) return some;
  }
  return {};
}

void FrameFilter::Drop(std::string_view& bytes) {
  const size_t some = std::min(drop_left_, bytes.size());
  bytes.remove_prefix(some);
  drop_left_ -= some;
}

// A header that was cut passes from this object's memory, as its first bytes were in another read.
std::string_view FrameFilter::CompleteHeader(std::string_view& bytes) {
  const size_t some = std::min(kHeader - header_size_, bytes.size());
  std::copy_n(bytes.data(), some, header_.data() + header_size_);
  bytes.remove_prefix(some);
  header_size_ += some;
  if (header_size_ < kHeader) return {};
  header_size_ = 0;
  if (Begin(header_.data())) return {header_.data(), kHeader};
  drop_left_ = kRstStreamBytes;
  return {};
}

// As many frames as there are in one piece, so that nghttp2 is called once for each read. A header
// that is cut at the end is copied, and passes when the rest has arrived.
std::string_view FrameFilter::TakeRun(std::string_view& bytes) {
  size_t at = 0;
  while (at < bytes.size() && drop_left_ == 0) {
    if (payload_left_ > 0) {
      const size_t some = std::min(payload_left_, bytes.size() - at);
      payload_left_ -= some;
      at += some;
    } else if (bytes.size() - at < kHeader) {
      header_size_ = bytes.size() - at;
      std::copy_n(bytes.data() + at, header_size_, header_.data());
      break;
    } else if (Begin(bytes.data() + at)) {
      at += kHeader;
    } else {
      drop_left_ = kHeader + kRstStreamBytes;
    }
  }
  const std::string_view run = bytes.substr(0, at);
  bytes.remove_prefix(at + header_size_);
  return run;
}

// Whether the frame with this header passes. Streams are opened in ascending order (RFC 9113,
// section 5.1.1), so one above the last opened was never opened. A RST_STREAM of a wrong length
// passes, for nghttp2 to refuse.
bool FrameFilter::Begin(const char* header) {
  const size_t length = Number(header, 3);
  const auto type = static_cast<uint8_t>(header[3]);
  const uint32_t stream = Number(header + 5, 4) & ~kReservedBit;
  if (type == kRstStream && length == kRstStreamBytes && stream > last_opened_) return false;
  if (type == kHeaders) last_opened_ = std::max(last_opened_, stream);
  payload_left_ = length;
  return true;
}

}  // namespace hillock::transport
