// SPDX-License-Identifier: Apache-2.0

// protobuf's wire format, written where it is sent from.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_WIRE_WRITER_H_
#define HILLOCK_SERVER_RPC_MESSAGES_WIRE_WRITER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/rpc/messages/wire_reader.h"

namespace hillock::rpc {

constexpr size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// What a field of that many bytes takes, with its tag. REQUIRES: the field's number is below 16.
constexpr size_t BytesFieldSize(size_t bytes) { return 1 + VarintSize(bytes) + bytes; }

// The same for a text, which is left out when it is empty.
constexpr size_t TextFieldSize(std::string_view text) {
  return text.empty() ? 0 : BytesFieldSize(text.size());
}

// Writes fields one after another into memory that has room for them; checks nothing.
class WireWriter {
 public:
  explicit WireWriter(char* at) : at_(at) {}

  char* at() const { return at_; }

  void Byte(uint32_t byte) { *at_++ = static_cast<char>(byte); }

  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<uint32_t>(value & 0x7f) | 0x80);
    Byte(static_cast<uint32_t>(value));
  }

  void Bytes(const void* bytes, size_t size) {
    if (size > 0) std::memcpy(at_, bytes, size);
    at_ += size;
  }

  // Begins a field of `size` bytes. REQUIRES: field < 16.
  void BeginField(uint32_t field, size_t size) {
    Byte(WireTag(field, WireType::kLength));
    Varint(size);
  }

  void BytesField(uint32_t field, std::string_view bytes) {
    BeginField(field, bytes.size());
    Bytes(bytes.data(), bytes.size());
  }

  // As BytesField(), but leaves an empty text out.
  void TextField(uint32_t field, std::string_view text) {
    if (!text.empty()) BytesField(field, text);
  }

  // Leaves `size` bytes to be written later, and returns where they begin.
  char* Skip(size_t size) {
    char* const from = at_;
    at_ += size;
    return from;
  }

 private:
  char* at_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_WIRE_WRITER_H_
