// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/checksum.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>

#include "server/core/base/background_thread.h"

namespace hillock::model {
namespace {

// Field 15 with a 32-bit value: (15 << 3) | 5.
constexpr char kTag = 0x7d;
constexpr size_t kTrailerBytes = 5;

constexpr size_t kChunkBytes = size_t{1} << 16;  // 0.1 ms or less

uint32_t Crc32(std::string_view bytes) {
  unsigned long crc = 0;
  for (size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    const std::string_view chunk = bytes.substr(at, kChunkBytes);
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(chunk.data()), chunk.size());
    YieldIfContended();
  }
  return static_cast<uint32_t>(crc);
}

uint32_t LittleEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

absl::Status CheckTrailer(std::string_view content) {
  if (content.size() < kTrailerBytes || content[content.size() - kTrailerBytes] != kTag) {
    return absl::DataLossError(fmt::format(
        "{} bytes that do not end with a checksum: truncated, or not a model.mlp", content.size()));
  }
  const uint32_t got = Crc32(content.substr(0, content.size() - kTrailerBytes));
  const uint32_t want = LittleEndian(content.substr(content.size() - 4));
  if (got == want) return absl::OkStatus();
  return absl::DataLossError(
      fmt::format("the content's CRC-32 is {:08x}, want {:08x}, as stated at its end", got, want));
}

void AppendTrailer(std::string& content) {
  const uint32_t crc = Crc32(content);
  content.push_back(kTag);
  for (int shift = 0; shift < 32; shift += 8) {
    content.push_back(static_cast<char>(crc >> shift & 0xff));
  }
}

}  // namespace hillock::model
