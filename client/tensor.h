// Tensors between the protocol's raw bytes and C++ values.

#ifndef HILLOCK_CLIENT_TENSOR_H_
#define HILLOCK_CLIENT_TENSOR_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/inference.pb.h"

namespace hillock::client {

// One output of a model for a number of rows: floats for FP32, strings for BYTES.
struct Tensor {
  std::string name;
  size_t width = 1;                  // elements a row
  std::vector<float> floats;         // rows x width when the output is FP32
  std::vector<std::string> strings;  // rows x width when the output is BYTES
  bool is_text = false;              // which of the two it is

  std::span<const float> row(size_t i) const { return std::span(floats).subspan(i * width, width); }
};

// The bytes of `values` as raw contents carry them.
std::string EncodeFloats(std::span<const float> values);

// Output `index` of `response`, which answers a request of `rows` rows, from raw or typed contents.
// Errors: INTERNAL when shape and contents do not agree with each other or with `rows`, as only a
// broken server would have it; UNIMPLEMENTED for a datatype other than FP32 and BYTES.
absl::StatusOr<Tensor> DecodeOutput(const inference::ModelInferResponse& response, int index,
                                    size_t rows);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TENSOR_H_
