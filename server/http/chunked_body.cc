// SPDX-License-Identifier: Apache-2.0
#include "server/http/chunked_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hillock::http {
namespace {

// A size, with the extensions that nobody uses, or a line of the trailer.
constexpr size_t kMaxLine = 256;
constexpr size_t kMaxTrailers = 32;

absl::Status NoChunk(std::string_view line) {
  return absl::InvalidArgumentError(
      fmt::format("got '{}' in a chunked body, want the size of a chunk", Excerpt(line)));
}

}  // namespace

absl::Status AppendWithin(size_t limit, std::string_view bytes, transport::Buffer& body) {
  const size_t wanted = body.size() + bytes.size();
  const size_t grown = std::max(wanted, std::min(limit, body.size() + body.size() / 2));
  if (!body.TryReserve(grown)) return transport::OutOfRequestMemory();
  body.Append(bytes);
  return absl::OkStatus();
}

absl::StatusOr<bool> ChunkedBody::Read(std::string_view& bytes) {
  while (!bytes.empty() && state_ != State::kDone) HILLOCK_RETURN_IF_ERROR(Step(bytes));
  return state_ == State::kDone;
}

absl::Status ChunkedBody::Step(std::string_view& bytes) {
  return state_ == State::kData ? TakeData(bytes) : TakeLine(bytes);
}

absl::Status ChunkedBody::TakeLine(std::string_view& bytes) {
  const size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
  line_ += bytes.substr(0, end);
  bytes.remove_prefix(end);
  if (line_.size() > kMaxLine) return NoChunk(line_);
  if (!line_.ends_with('\n')) return absl::OkStatus();
  if (!line_.ends_with("\r\n")) return NoChunk(line_);
  line_.resize(line_.size() - 2);
  HILLOCK_RETURN_IF_ERROR(OnLine());
  line_.clear();
  return absl::OkStatus();
}

absl::Status ChunkedBody::OnLine() {
  switch (state_) {
    case State::kSize:
      return BeginChunk();
    case State::kDataEnd:
      state_ = State::kSize;
      return line_.empty() ? absl::OkStatus() : NoChunk(line_);
    default:
      if (line_.empty()) state_ = State::kDone;
      return ++trailers_ <= kMaxTrailers ? absl::OkStatus() : NoChunk(line_);
  }
}

absl::Status ChunkedBody::BeginChunk() {
  const char* const end = line_.data() + line_.size();
  const auto [at, error] = std::from_chars(line_.data(), end, left_, 16);
  if (error != std::errc() || (at != end && *at != ';' && *at != ' ')) return NoChunk(line_);
  if (left_ > limit_ - body_.size()) {
    return absl::ResourceExhaustedError(
        fmt::format("got a body of over {} bytes, want at most {}", limit_, limit_));
  }
  state_ = left_ == 0 ? State::kTrailer : State::kData;
  return absl::OkStatus();
}

absl::Status ChunkedBody::TakeData(std::string_view& bytes) {
  const std::string_view data = bytes.substr(0, left_);
  HILLOCK_RETURN_IF_ERROR(AppendWithin(limit_, data, body_));
  bytes.remove_prefix(data.size());
  left_ -= data.size();
  if (left_ == 0) state_ = State::kDataEnd;
  return absl::OkStatus();
}

}  // namespace hillock::http
