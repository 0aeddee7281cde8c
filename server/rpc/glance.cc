#include "server/rpc/glance.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <array>
#include <cstdint>
#include <limits>

namespace hillock::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using inference::ModelInferRequest;
using InputTensor = ModelInferRequest::InferInputTensor;

constexpr size_t kMostOfVarint = 10;

// Fields that are kept, as in a message.
class Kept {
 public:
  const uint8_t* data() const { return bytes_.data(); }
  size_t size() const { return size_; }

  bool AddVarint(uint64_t value) {
    if (kMostGlanced - size_ < kMostOfVarint) return false;
    const uint8_t* const end = CodedOutputStream::WriteVarint64ToArray(value, &bytes_[size_]);
    size_ = static_cast<size_t>(end - data());
    return true;
  }

  bool AddBytes(CodedInputStream& in, size_t count) {
    if (kMostGlanced - size_ < count) return false;
    uint8_t* const to = bytes_.data() + size_;
    size_ += count;
    return in.ReadRaw(to, static_cast<int>(count));
  }

  bool AddMessage(uint32_t tag, const Kept& message) {
    if (!AddVarint(tag) || !AddVarint(message.size())) return false;
    CodedInputStream in(message.data(), static_cast<int>(message.size()));
    return AddBytes(in, message.size());
  }

 private:
  size_t size_ = 0;
  std::array<uint8_t, kMostGlanced> bytes_;  // only the first size_ are ever read
};

// Hands the tag of each of the next `size` bytes' fields to `take`, which takes the field's value.
template <class Take>
bool Walk(CodedInputStream& in, int size, const Take& take) {
  const CodedInputStream::Limit outer = in.PushLimit(size);
  while (in.BytesUntilLimit() > 0) {
    const uint32_t tag = in.ReadTag();
    if (tag == 0 || !take(tag)) return false;
  }
  in.PopLimit(outer);
  return true;
}

bool ReadSize(CodedInputStream& in, int& size) {
  return in.ReadVarintSizeAsInt(&size) && size <= in.BytesUntilLimit();
}

bool PassOver(CodedInputStream& in) {
  int size = 0;
  return ReadSize(in, size) && in.Skip(size);
}

bool Keep(CodedInputStream& in, uint32_t tag, Kept& kept) {
  if (!kept.AddVarint(tag)) return false;
  uint64_t value = 0;
  int size = 0;
  switch (WireFormatLite::GetTagWireType(tag)) {
    case WireFormatLite::WIRETYPE_VARINT:
      return in.ReadVarint64(&value) && kept.AddVarint(value);
    case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
      return ReadSize(in, size) && kept.AddVarint(static_cast<uint64_t>(size)) &&
             kept.AddBytes(in, static_cast<size_t>(size));
    case WireFormatLite::WIRETYPE_FIXED32:
      return kept.AddBytes(in, sizeof(uint32_t));
    case WireFormatLite::WIRETYPE_FIXED64:
      return kept.AddBytes(in, sizeof(uint64_t));
    default:
      return false;
  }
}

constexpr uint32_t BytesTag(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

bool KeepInput(CodedInputStream& in, uint32_t tag, Kept& kept) {
  int size = 0;
  if (!ReadSize(in, size)) return false;
  Kept input;
  const bool walked = Walk(in, size, [&](uint32_t field) {
    if (field == BytesTag(InputTensor::kContentsFieldNumber)) return PassOver(in);
    return Keep(in, field, input);
  });
  return walked && kept.AddMessage(tag, input);
}

bool KeepField(CodedInputStream& in, uint32_t tag, Kept& kept) {
  switch (tag) {
    case BytesTag(ModelInferRequest::kRawInputContentsFieldNumber):
      return PassOver(in);
    case BytesTag(ModelInferRequest::kInputsFieldNumber):
      return KeepInput(in, tag, kept);
    default:
      return Keep(in, tag, kept);
  }
}

}  // namespace

bool Glance(grpc::ByteBuffer& bytes, ModelInferRequest& request) {
  const size_t size = bytes.Length();
  if (size > static_cast<size_t>(std::numeric_limits<int>::max())) return false;
  grpc::ProtoBufferReader reader(&bytes);
  if (!reader.status().ok()) return false;
  CodedInputStream in(&reader);
  Kept kept;
  const bool walked =
      Walk(in, static_cast<int>(size), [&](uint32_t tag) { return KeepField(in, tag, kept); });
  return walked && request.ParseFromArray(kept.data(), static_cast<int>(kept.size()));
}

}  // namespace hillock::rpc
