// SPDX-License-Identifier: Apache-2.0
#include "client/api/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

static_assert(std::endian::native == std::endian::little);

using inference::InferTensorContents;
using inference::ModelInferResponse;
using model::Datatype;

absl::Status Broken(const Tensor& tensor, std::string_view what) {
  return absl::InternalError(
      fmt::format("output {} of the response: {}", Quoted(tensor.name), what));
}

// Elements a row. The rows are the first axis that is not 1.
absl::StatusOr<size_t> WidthOf(const ModelInferResponse::InferOutputTensor& output, size_t rows,
                               const Tensor& tensor) {
  size_t elements = 1;
  int64_t got = output.shape_size() == 0 && rows > 1 ? 0 : 1;
  const size_t most = std::numeric_limits<size_t>::max() / sizeof(int64_t);
  for (int i = 0; i < output.shape_size(); ++i) {
    const int64_t size = output.shape(i);
    if (size < 1 || static_cast<size_t>(size) > most / elements) {
      return Broken(tensor, fmt::format("dimension {} is {}", i, size));
    }
    elements *= static_cast<size_t>(size);
    if (got == 1) got = size;
  }
  if (got > 0 && static_cast<size_t>(got) % rows == 0) return elements / rows;
  return Broken(tensor, fmt::format("got {} rows, want {}", got, rows));
}

absl::StatusOr<Datatype> DatatypeOf(const ModelInferResponse::InferOutputTensor& output) {
  if (const auto datatype = model::FindDatatype(output.datatype())) return *datatype;
  return absl::UnimplementedError(fmt::format("output {} is {}, which this client does not read",
                                              Quoted(output.name()), Quoted(output.datatype())));
}

Tensor::Kind KindOf(Datatype datatype) {
  switch (model::SpecOf(datatype).kind) {
    case model::DatatypeKind::kFloat:
      return Tensor::Kind::kFloats;
    case model::DatatypeKind::kString:
      return Tensor::Kind::kStrings;
    case model::DatatypeKind::kBool:
    case model::DatatypeKind::kInteger:
      break;
  }
  return Tensor::Kind::kIntegers;
}

// A number of 16 bits: a sign, an exponent, and `fraction` bits below it.
float FloatOf(uint16_t bits, int fraction) {
  const int exponent_bits = 15 - fraction;
  const int largest = (1 << exponent_bits) - 1;
  const int bias = largest / 2;
  const int exponent = bits >> fraction & largest;
  const int below = bits & ((1 << fraction) - 1);
  const float sign = bits >> 15 ? -1.0f : 1.0f;
  if (exponent == largest && below != 0) return std::numeric_limits<float>::quiet_NaN();
  if (exponent == largest) return sign * std::numeric_limits<float>::infinity();
  const int whole = exponent == 0 ? below : below + (1 << fraction);
  return sign * std::ldexp(static_cast<float>(whole), std::max(exponent, 1) - bias - fraction);
}

template <class From, class To>
void Convert(std::string_view raw, std::vector<To>& numbers) {
  numbers.resize(raw.size() / sizeof(From));
  for (size_t i = 0; i < numbers.size(); ++i) {
    From element;
    std::memcpy(&element, raw.data() + i * sizeof(From), sizeof(From));
    numbers[i] = static_cast<To>(element);
  }
}

void ConvertHalves(std::string_view raw, int fraction, std::vector<float>& numbers) {
  std::vector<uint16_t> halves;
  Convert<uint16_t>(raw, halves);
  for (const uint16_t half : halves) numbers.push_back(FloatOf(half, fraction));
}

void DecodeNumbers(std::string_view raw, Datatype datatype, Tensor& tensor) {
  switch (datatype) {
    case Datatype::kBool:
    case Datatype::kUint8:
      return Convert<uint8_t>(raw, tensor.integers);
    case Datatype::kUint16:
      return Convert<uint16_t>(raw, tensor.integers);
    case Datatype::kUint32:
      return Convert<uint32_t>(raw, tensor.integers);
    case Datatype::kUint64:
      return Convert<uint64_t>(raw, tensor.integers);
    case Datatype::kInt8:
      return Convert<int8_t>(raw, tensor.integers);
    case Datatype::kInt16:
      return Convert<int16_t>(raw, tensor.integers);
    case Datatype::kInt32:
      return Convert<int32_t>(raw, tensor.integers);
    case Datatype::kInt64:
      return Convert<int64_t>(raw, tensor.integers);
    case Datatype::kFp16:
      return ConvertHalves(raw, 10, tensor.floats);
    case Datatype::kBf16:
      return ConvertHalves(raw, 7, tensor.floats);
    case Datatype::kFp32:
      return Convert<float>(raw, tensor.floats);
    case Datatype::kFp64:
      return Convert<double>(raw, tensor.floats);
    case Datatype::kBytes:
      break;
  }
  HILLOCK_CHECK(false);
}

absl::Status DecodeStrings(std::string_view raw, size_t elements, Tensor& tensor) {
  while (!raw.empty()) {
    uint32_t length = 0;
    const bool whole = raw.size() >= sizeof(length);
    if (whole) std::memcpy(&length, raw.data(), sizeof(length));
    if (!whole || length > raw.size() - sizeof(length)) {
      return Broken(tensor, fmt::format("string {} is cut short", tensor.strings.size()));
    }
    tensor.strings.emplace_back(raw.substr(sizeof(length), length));
    raw.remove_prefix(sizeof(length) + length);
  }
  if (tensor.strings.size() == elements) return absl::OkStatus();
  return Broken(tensor, fmt::format("got {} strings, want {}", tensor.strings.size(), elements));
}

absl::Status DecodeRaw(std::string_view raw, size_t elements, Datatype datatype, Tensor& tensor) {
  if (tensor.kind == Tensor::Kind::kStrings) return DecodeStrings(raw, elements, tensor);
  const size_t want = elements * model::SpecOf(datatype).bytes;
  if (raw.size() != want) {
    return Broken(tensor, fmt::format("got {} bytes, want {} {} = {}", raw.size(), elements,
                                      model::DatatypeName(datatype), want));
  }
  DecodeNumbers(raw, datatype, tensor);
  return absl::OkStatus();
}

template <class To>
void Append(std::span<const float> values, std::string& bytes) {
  for (const float value : values) {
    const auto element = static_cast<To>(value);
    bytes.append(reinterpret_cast<const char*>(&element), sizeof(element));
  }
}

void AppendWords(std::span<const float> values, std::span<const std::string> words,
                 std::string& bytes) {
  for (const float value : values) {
    const std::string_view word =
        value < 0 ? "" : std::string_view(words[static_cast<size_t>(value)]);
    const auto length = static_cast<uint32_t>(word.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof(length)).append(word);
  }
}

absl::Status CopyTyped(const InferTensorContents& contents, size_t elements, Tensor& tensor) {
  const auto copy = [](const auto& from, auto& to) {
    to.assign(from.begin(), from.end());
    return to.size();
  };
  size_t got = 0;
  switch (tensor.kind) {
    case Tensor::Kind::kFloats:
      got = copy(contents.fp32_contents(), tensor.floats);
      break;
    case Tensor::Kind::kStrings:
      got = copy(contents.bytes_contents(), tensor.strings);
      break;
    case Tensor::Kind::kIntegers:
      got = copy(contents.int64_contents(), tensor.integers);
      break;
  }
  if (got == elements) return absl::OkStatus();
  return Broken(tensor, fmt::format("got {} elements, want {}", got, elements));
}

}  // namespace

std::string EncodeFloats(std::span<const float> values) {
  std::string bytes(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Datatype SentAs(Datatype declared) {
  const bool is_half = declared == Datatype::kFp16 || declared == Datatype::kBf16;
  return is_half ? Datatype::kFp32 : declared;
}

void EncodeElements(std::span<const float> values, Datatype datatype,
                    std::span<const std::string> words, std::string& bytes) {
  switch (datatype) {
    case Datatype::kBool:
    case Datatype::kUint8:
      return Append<uint8_t>(values, bytes);
    case Datatype::kUint16:
      return Append<uint16_t>(values, bytes);
    case Datatype::kUint32:
      return Append<uint32_t>(values, bytes);
    case Datatype::kUint64:
      return Append<uint64_t>(values, bytes);
    case Datatype::kInt8:
      return Append<int8_t>(values, bytes);
    case Datatype::kInt16:
      return Append<int16_t>(values, bytes);
    case Datatype::kInt32:
      return Append<int32_t>(values, bytes);
    case Datatype::kInt64:
      return Append<int64_t>(values, bytes);
    case Datatype::kFp64:
      return Append<double>(values, bytes);
    case Datatype::kFp32:
      return Append<float>(values, bytes);
    case Datatype::kBytes:
      return AppendWords(values, words, bytes);
    case Datatype::kFp16:
    case Datatype::kBf16:
      break;
  }
  HILLOCK_CHECK(false);
}

absl::StatusOr<Tensor> DecodeOutput(const ModelInferResponse& response, int index, size_t rows) {
  HILLOCK_CHECK(rows > 0 && index < response.outputs_size());
  const auto& output = response.outputs(index);
  Tensor tensor;
  tensor.name = output.name();
  HILLOCK_ASSIGN_OR_RETURN(const Datatype datatype, DatatypeOf(output));
  tensor.kind = KindOf(datatype);
  HILLOCK_ASSIGN_OR_RETURN(tensor.width, WidthOf(output, rows, tensor));
  const size_t elements = rows * tensor.width;
  if (index >= response.raw_output_contents_size()) {
    HILLOCK_RETURN_IF_ERROR(CopyTyped(output.contents(), elements, tensor));
    return tensor;
  }
  HILLOCK_RETURN_IF_ERROR(
      DecodeRaw(response.raw_output_contents(index), elements, datatype, tensor));
  return tensor;
}

}  // namespace hillock::client
