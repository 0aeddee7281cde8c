// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/wire_reader.h"

#include <array>
#include <cstring>

namespace hillock::rpc {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

}  // namespace

bool WireReader::Skip(uint32_t tag) {
  std::array<uint32_t, kMaxDepth> ends;  // the tags that end the groups that are open
  size_t open = 0;
  do {
    const auto type = static_cast<WireType>(tag & kTypeBits);
    if (type == WireType::kGroup) {
      if (open == depth_) return false;
      ends[open++] = tag + 1;
    } else if (type == WireType::kEndGroup) {
      if (open == 0 || ends[--open] != tag) return false;
    } else if (!SkipScalar(tag)) {
      return false;
    }
  } while (open > 0 && ReadTag(tag));
  return open == 0;
}

bool CountVarints(std::string_view bytes, size_t& count) {
  size_t length = 0;  // of the varint that the bytes before belong to
  size_t i = 0;
  count = 0;
  while (i < bytes.size()) {
    uint64_t word = kHighBits;
    if (bytes.size() - i >= sizeof word) std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & kHighBits) == 0) {  // a varint ends in each of these bytes
      length = 0;
      i += sizeof word;
      count += sizeof word;
      continue;
    }
    const bool ends = static_cast<uint8_t>(bytes[i++]) < 0x80;
    length = ends ? 0 : length + 1;
    count += ends ? 1 : 0;
    if (length == 10) return false;
  }
  return length == 0;
}

}  // namespace hillock::rpc
