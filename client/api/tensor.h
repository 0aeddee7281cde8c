// Tensors between the protocol's raw bytes and C++ values.

#ifndef HILLOCK_CLIENT_API_TENSOR_H_
#define HILLOCK_CLIENT_API_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/inference.pb.h"

namespace hillock::client {

// One output of a model for a number of rows.
struct Tensor {
  enum class Kind { kFloats, kStrings, kIntegers };  // FP32, BYTES, INT64

  std::string name;
  size_t width = 1;           // elements a row
  Kind kind = Kind::kFloats;  // which of these has rows x width elements; the others have none
  std::vector<float> floats;
  std::vector<std::string> strings;
  std::vector<int64_t> integers;

  std::span<const float> row(size_t i) const { return std::span(floats).subspan(i * width, width); }
};

// The bytes of `values` as raw contents carry them.
std::string EncodeFloats(std::span<const float> values);

// Output `index` of `response`, which answers a request of `rows` rows, from raw or typed contents.
// Errors: INTERNAL when shape and contents do not agree with each other or with `rows`, as only a
// broken server would have it; UNIMPLEMENTED for any other datatype.
absl::StatusOr<Tensor> DecodeOutput(const inference::ModelInferResponse& response, int index,
                                    size_t rows);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_TENSOR_H_
