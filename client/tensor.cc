#include "client/tensor.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "client/text.h"
#include "server/base/status.h"

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
  const size_t most = std::numeric_limits<size_t>::max() / sizeof(float) / rows;
  for (int i = 1; i < output.shape_size(); ++i) {
    const int64_t size = output.shape(i);
    if (size < 1 || static_cast<size_t>(size) > most / width) {
      return Broken(tensor, fmt::format("dimension {} is {}", i, size));
    }
    width *= static_cast<size_t>(size);
  }
  return width;
}

absl::Status DecodeFloats(std::string_view raw, size_t elements, Tensor& tensor) {
  if (raw.size() != elements * sizeof(float)) {
    return Broken(tensor, fmt::format("got {} bytes, want {} FP32 = {}", raw.size(), elements,
                                      elements * sizeof(float)));
  }
  tensor.floats.resize(elements);
  std::memcpy(tensor.floats.data(), raw.data(), raw.size());
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

absl::Status CopyTyped(const InferTensorContents& contents, size_t elements, Tensor& tensor) {
  const auto& floats = contents.fp32_contents();
  const auto& strings = contents.bytes_contents();
  tensor.floats.assign(floats.begin(), floats.end());
  tensor.strings.assign(strings.begin(), strings.end());
  const size_t got = tensor.is_text ? tensor.strings.size() : tensor.floats.size();
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
  tensor.is_text = output.datatype() == "BYTES";
  if (!tensor.is_text && output.datatype() != "FP32") {
    return absl::UnimplementedError(fmt::format("output {} is {}, this client reads FP32 and BYTES",
                                                Quoted(tensor.name), Quoted(output.datatype())));
  }
  HILLOCK_ASSIGN_OR_RETURN(tensor.width, WidthOf(output, rows, tensor));
  const size_t elements = rows * tensor.width;
  if (index >= response.raw_output_contents_size()) {
    HILLOCK_RETURN_IF_ERROR(CopyTyped(output.contents(), elements, tensor));
    return tensor;
  }
  const std::string_view raw = response.raw_output_contents(index);
  HILLOCK_RETURN_IF_ERROR(tensor.is_text ? DecodeStrings(raw, elements, tensor)
                                         : DecodeFloats(raw, elements, tensor));
  return tensor;
}

}  // namespace hillock::client
