// SPDX-License-Identifier: Apache-2.0

// Protobuf's wire format, read in place and written in order. ONNX files are read this way and not
// into generated classes, because these would copy every weight and turn an empty two-byte message
// into some hundred bytes of objects before its number could be checked.
// Source: https://protobuf.dev/programming-guides/encoding/

#ifndef HILLOCK_SERVER_CORE_ONNX_READING_WIRE_H_
#define HILLOCK_SERVER_CORE_ONNX_READING_WIRE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace hillock::onnx {

enum class WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// One field of a message, in place.
struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;      // of a varint or a fixed number
  std::string_view bytes;  // of kBytes; points into the message

  int64_t integer() const { return static_cast<int64_t>(value); }
  float real() const;  // of kFixed32
};

// Takes a number in varint encoding off the front of `bytes`; false where none is.
bool TakeVarint(std::string_view& bytes, uint64_t& value);

// Walks over the fields of one message. The message must outlive the walk.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  // The next field, or false at the end and at damage, which ok() distinguishes.
  bool Next(WireField& field);
  bool ok() const { return ok_; }

 private:
  bool Take(WireField& field);
  bool TakeFixed(size_t width, uint64_t& value);

  std::string_view rest_;
  bool ok_ = true;
};

// Appends fields to a message.
class WireWriter {
 public:
  WireWriter& Integer(uint32_t number, int64_t value);
  WireWriter& Real(uint32_t number, float value);
  WireWriter& Bytes(uint32_t number, std::string_view bytes);
  WireWriter& Message(uint32_t number, const WireWriter& message) {
    return Bytes(number, message.bytes_);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void Varint(uint64_t value);

  std::string bytes_;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_READING_WIRE_H_
