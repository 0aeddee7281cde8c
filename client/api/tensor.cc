#include "client/api/tensor.h"

#include <fmt/format.h>

#include <bit>
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

absl::Status Broken(const Tensor& tensor, std::string_view what) {
  return absl::InternalError(
      fmt::format("output {} of the response: {}", Quoted(tensor.name), what));
}

// Elements a row in a shape that begins with the number of rows.
absl::StatusOr<size_t> WidthOf(const ModelInferResponse::InferOutputTensor& output, size_t rows,
                               const Tensor& tensor) {
  if (output.shape_size() == 0 || output.shape(0) != static_cast<int64_t>(rows)) {
    return Broken(tensor, fmt::format("got {} rows, want {}",
                                      output.shape_size() == 0 ? 0 : output.shape(0), rows));
  }
  size_t width = 1;
  const size_t most = std::numeric_limits<size_t>::max() / sizeof(int64_t) / rows;
  for (int i = 1; i < output.shape_size(); ++i) {
    const int64_t size = output.shape(i);
    if (size < 1 || static_cast<size_t>(size) > most / width) {
      return Broken(tensor, fmt::format("dimension {} is {}", i, size));
    }
    width *= static_cast<size_t>(size);
  }
  return width;
}

struct Datatype {
  std::string_view name;
  Tensor::Kind kind;
};

constexpr Datatype kDatatypes[] = {{"FP32", Tensor::Kind::kFloats},
                                   {"BYTES", Tensor::Kind::kStrings},
                                   {"INT64", Tensor::Kind::kIntegers}};

absl::StatusOr<Tensor::Kind> KindOf(const ModelInferResponse::InferOutputTensor& output) {
  for (const Datatype& datatype : kDatatypes) {
    if (datatype.name == output.datatype()) return datatype.kind;
  }
  return absl::UnimplementedError(
      fmt::format("output {} is {}, this client reads FP32, BYTES and INT64", Quoted(output.name()),
                  Quoted(output.datatype())));
}

template <class T>
absl::Status DecodeNumbers(std::string_view raw, size_t elements, std::string_view datatype,
                           const Tensor& tensor, std::vector<T>& numbers) {
  if (raw.size() != elements * sizeof(T)) {
    return Broken(tensor, fmt::format("got {} bytes, want {} {} = {}", raw.size(), elements,
                                      datatype, elements * sizeof(T)));
  }
  numbers.resize(elements);
  std::memcpy(numbers.data(), raw.data(), raw.size());
  return absl::OkStatus();
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

absl::Status DecodeRaw(std::string_view raw, size_t elements, Tensor& tensor) {
  switch (tensor.kind) {
    case Tensor::Kind::kFloats:
      return DecodeNumbers(raw, elements, "FP32", tensor, tensor.floats);
    case Tensor::Kind::kStrings:
      return DecodeStrings(raw, elements, tensor);
    case Tensor::Kind::kIntegers:
      return DecodeNumbers(raw, elements, "INT64", tensor, tensor.integers);
  }
  HILLOCK_CHECK(false);
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

absl::StatusOr<Tensor> DecodeOutput(const ModelInferResponse& response, int index, size_t rows) {
  HILLOCK_CHECK(rows > 0 && index < response.outputs_size());
  const auto& output = response.outputs(index);
  Tensor tensor;
  tensor.name = output.name();
  HILLOCK_ASSIGN_OR_RETURN(tensor.kind, KindOf(output));
  HILLOCK_ASSIGN_OR_RETURN(tensor.width, WidthOf(output, rows, tensor));
  const size_t elements = rows * tensor.width;
  if (index >= response.raw_output_contents_size()) {
    HILLOCK_RETURN_IF_ERROR(CopyTyped(output.contents(), elements, tensor));
    return tensor;
  }
  HILLOCK_RETURN_IF_ERROR(DecodeRaw(response.raw_output_contents(index), elements, tensor));
  return tensor;
}

}  // namespace hillock::client
