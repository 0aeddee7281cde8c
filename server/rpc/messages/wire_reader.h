// SPDX-License-Identifier: Apache-2.0

// protobuf's wire format, read in place.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_WIRE_READER_H_
#define HILLOCK_SERVER_RPC_MESSAGES_WIRE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hillock::rpc {

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLength = 2,  // bytes after their number: text, messages, packed scalars
  kGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

constexpr uint32_t WireTag(uint32_t field, WireType type) {
  return field << 3 | static_cast<uint32_t>(type);
}

// Walks over the fields of one message and takes what protobuf's own parser takes: varints longer
// than need be, unknown groups up to its depth. Every function returns false where that parser
// refuses the bytes; then nothing more may be read. Allocates nothing; time is linear in the bytes.
class WireReader {
 public:
  static constexpr size_t kMaxDepth = 100;  // of messages and groups, as protobuf's default

  // For the outermost message. Each tag that is read, in messages inside as well, takes one off
  // `fields`; at 0, reading one fails. `fields` must outlive this.
  WireReader(std::string_view message, size_t& fields) : WireReader(message, fields, kMaxDepth) {}

  // Reads the message in a field of this one.
  WireReader Inside(std::string_view message) const { return {message, *fields_, depth_ - 1}; }

  bool done() const { return at_ == end_; }

  bool ReadTag(uint32_t& tag) {
    if (*fields_ == 0) return false;
    --*fields_;
    uint64_t value = 0;
    if (!ReadBase128<kMaxTagBytes>(value)) return false;
    tag = static_cast<uint32_t>(value);
    return tag >> 3 != 0;
  }

  // Passes over the tag if it comes next, in one byte; so elements of one field that follow each
  // other take nothing off `fields`. REQUIRES: tag < 0x80.
  bool TakeTag(uint32_t tag) {
    if (done() || static_cast<uint8_t>(*at_) != tag) return false;
    ++at_;
    return true;
  }

  bool ReadVarint(uint64_t& value) { return ReadBase128<kMaxVarintBytes>(value); }

  // The same, as the bytes that it takes.
  bool ReadVarintBytes(std::string_view& bytes) {
    const char* const from = at_;
    uint64_t value = 0;
    if (!ReadVarint(value)) return false;
    bytes = {from, static_cast<size_t>(at_ - from)};
    return true;
  }

  // The bytes of a field of WireType::kLength.
  bool ReadBytes(std::string_view& bytes) {
    uint64_t size = 0;
    return ReadBase128<kMaxLengthBytes>(size) && ReadFixed(size, bytes);
  }

  // The next `size` bytes.
  bool ReadFixed(uint64_t size, std::string_view& bytes) {
    if (size > static_cast<size_t>(end_ - at_)) return false;
    bytes = {at_, size};
    at_ += size;
    return true;
  }

  // Passes over the value of a field with that tag.
  bool Skip(uint32_t tag);

  // The same; false for groups.
  bool SkipScalar(uint32_t tag) {
    uint64_t number = 0;
    std::string_view bytes;
    switch (static_cast<WireType>(tag & kTypeBits)) {
      case WireType::kVarint:
        return ReadVarint(number);
      case WireType::kFixed64:
        return ReadFixed(sizeof(uint64_t), bytes);
      case WireType::kLength:
        return ReadBytes(bytes);
      case WireType::kFixed32:
        return ReadFixed(sizeof(uint32_t), bytes);
      default:
        return false;
    }
  }

 private:
  static constexpr uint32_t kTypeBits = 7;
  static constexpr size_t kMaxTagBytes = 5;
  static constexpr size_t kMaxLengthBytes = 5;
  static constexpr size_t kMaxVarintBytes = 10;

  WireReader(std::string_view message, size_t& fields, size_t depth)
      : at_(message.data()), end_(at_ + message.size()), fields_(&fields), depth_(depth) {}

  // Bits beyond the 64th are lost, as protobuf loses them.
  template <size_t kMaxBytes>
  bool ReadBase128(uint64_t& value) {
    value = 0;
    for (size_t shift = 0; shift < 7 * kMaxBytes && !done(); shift += 7) {
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  const char* at_;
  const char* end_;
  size_t* fields_;
  size_t depth_;  // that messages and groups inside this one may have
};

// Whether the bytes are varints, one after the other; then `count` is how many.
bool CountVarints(std::string_view bytes, size_t& count);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_WIRE_READER_H_
