// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/compression.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace hillock::transport {
namespace {

constexpr size_t kFirstOutput = 4096;

// zlib's windowBits: the largest window, plus 32 to detect gzip or zlib by the first bytes, or plus
// 16 to write gzip.
constexpr int kDetectFormat = MAX_WBITS + 32;
constexpr int kWriteGzip = MAX_WBITS + 16;
constexpr int kMemoryLevel = 8;  // zlib's default

Bytef* ToBytes(const char* data) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(data));  // zlib does not write to its input
}

}  // namespace

std::optional<Encoding> FindEncoding(std::string_view name) {
  if (name == "identity") return Encoding::kIdentity;
  if (name == "gzip") return Encoding::kGzip;
  if (name == "deflate") return Encoding::kDeflate;
  return std::nullopt;
}

Inflater::Inflater(Buffer compressed, size_t limit, Buffer output)
    : limit_(limit), compressed_(std::move(compressed)), output_(std::move(output)) {
  HILLOCK_CHECK(inflateInit2(&stream_, kDetectFormat) == Z_OK);
  stream_.next_in = ToBytes(compressed_.data());
  stream_.avail_in = static_cast<uInt>(compressed_.size());
}

Inflater::~Inflater() { inflateEnd(&stream_); }

// Each round gives zlib the room that is left, within `bytes`. Output grows by what comes out and
// never by what a header claims, so memory is bounded by the limit and time by `bytes`.
// Z_BUF_ERROR, which says that input ended too soon, counts as damage like all else but Z_OK. Bytes
// after the end of the stream are ignored.
absl::StatusOr<bool> Inflater::Step(size_t bytes) {
  const size_t enough = output_.size() + bytes;
  while (output_.size() < enough) {
    HILLOCK_RETURN_IF_ERROR(MakeRoom());
    const size_t before = output_.size();
    const size_t room = std::min(output_.allocated() - Buffer::kHeadroom - before, enough - before);
    stream_.next_out = ToBytes(output_.Extend(room));
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    output_.Truncate(before + room - stream_.avail_out);
    if (output_.size() > limit_) {
      return absl::ResourceExhaustedError(fmt::format(
          "got a message that decompresses to more than {} bytes, which is the limit", limit_));
    }
    if (result == Z_STREAM_END) return true;
    if (result != Z_OK) return absl::InternalError("got a message that cannot be decompressed");
  }
  return false;
}

// With room for one byte beyond the limit, a message that is too large shows itself.
absl::Status Inflater::MakeRoom() {
  const size_t size = output_.size();
  if (output_.allocated() > Buffer::kHeadroom + size) return absl::OkStatus();
  const size_t wanted = std::min(std::max(2 * size, kFirstOutput), limit_ + 1);
  if (output_.TryReserve(wanted)) return absl::OkStatus();
  return OutOfRequestMemory();
}

// deflateBound() covers the whole output, so one call finishes it.
void Gzip(std::string_view message, Buffer& output) {
  z_stream stream{};
  HILLOCK_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kWriteGzip, kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);
  HILLOCK_CHECK(message.size() <= std::numeric_limits<uInt>::max());
  const size_t bound = deflateBound(&stream, message.size());
  stream.next_in = ToBytes(message.data());
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = ToBytes(output.Extend(bound));
  stream.avail_out = static_cast<uInt>(bound);
  HILLOCK_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  output.Truncate(bound - stream.avail_out);
  deflateEnd(&stream);
}

}  // namespace hillock::transport
