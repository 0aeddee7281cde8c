// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/output_watch.h"

#include <nghttp2/nghttp2.h>

#include "server/core/base/status.h"
#include "server/transport/grpc/grpc_protocol.h"
#include "server/transport/http2/foreign.h"

namespace hillock::fuzz {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr size_t kMaxFrameBytes = 16384;  // unless a client asks for more

// What remains behind the whole messages at the beginning.
std::string_view SkipMessages(std::string_view data) {
  while (data.size() >= transport::kPrefixBytes) {
    const size_t size = transport::kPrefixBytes + transport::ReadLength(data.data());
    if (data.size() < size) break;
    data.remove_prefix(size);
  }
  return data;
}

}  // namespace

void OutputWatch::Take(std::string_view bytes) {
  bytes_.append(bytes);
  while (!IsAnswerToForeign() && TakeFrame()) {
  }
}

void OutputWatch::End(bool whole) const {
  if (IsAnswerToForeign()) {
    HILLOCK_CHECK(transport::AnswerToForeign("GET /").starts_with(bytes_));
    return;
  }
  HILLOCK_CHECK(!whole || (bytes_.empty() && !in_headers_));
}

bool OutputWatch::IsAnswerToForeign() const { return frames_ == 0 && bytes_.starts_with("HTTP/"); }

bool OutputWatch::TakeFrame() {
  if (bytes_.size() < kFrameHeaderBytes) return false;
  const auto at = [this](size_t i) { return static_cast<uint8_t>(bytes_[i]); };
  const size_t length = size_t{at(0)} << 16 | size_t{at(1)} << 8 | at(2);
  HILLOCK_CHECK(length <= kMaxFrameBytes);
  if (bytes_.size() < kFrameHeaderBytes + length) return false;
  Check({.type = at(3),
         .flags = at(4),
         .stream = transport::ReadLength(&bytes_[4]) & 0x7fff'ffff,
         .payload = std::string_view(bytes_).substr(kFrameHeaderBytes, length)});
  bytes_.erase(0, kFrameHeaderBytes + length);
  return true;
}

void OutputWatch::Check(const Frame& frame) {
  HILLOCK_CHECK(frames_++ > 0 || frame.type == NGHTTP2_SETTINGS);
  HILLOCK_CHECK(in_headers_ == (frame.type == NGHTTP2_CONTINUATION));
  switch (frame.type) {
    case NGHTTP2_HEADERS:
      return CheckHeaders(frame, streams_[frame.stream]);
    case NGHTTP2_CONTINUATION:
      in_headers_ = (frame.flags & NGHTTP2_FLAG_END_HEADERS) == 0;
      return;
    case NGHTTP2_DATA:
      return CheckData(frame, streams_[frame.stream]);
    case NGHTTP2_RST_STREAM:
      HILLOCK_CHECK(frame.stream % 2 == 1);
      streams_[frame.stream].ended = true;
      return;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
    case NGHTTP2_GOAWAY:
      HILLOCK_CHECK(frame.stream == 0);
      return;
    default:
      HILLOCK_CHECK(frame.type == NGHTTP2_WINDOW_UPDATE);
  }
}

void OutputWatch::CheckHeaders(const Frame& frame, Stream& stream) {
  HILLOCK_CHECK(frame.stream % 2 == 1 && !stream.ended);
  ++stream.headers;
  in_headers_ = (frame.flags & NGHTTP2_FLAG_END_HEADERS) == 0;
  stream.ended = (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  HILLOCK_CHECK(stream.headers == 1 || (stream.headers == 2 && stream.ended));
  HILLOCK_CHECK(!stream.ended || stream.data.empty());
}

void OutputWatch::CheckData(const Frame& frame, Stream& stream) {
  HILLOCK_CHECK(stream.headers == 1 && !stream.ended);
  HILLOCK_CHECK((frame.flags & (NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_PADDED)) == 0);
  stream.data.append(frame.payload);
  stream.data = SkipMessages(stream.data);
}

}  // namespace hillock::fuzz
