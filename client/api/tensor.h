// SPDX-License-Identifier: Apache-2.0

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
#include "server/core/model/datatype.h"

namespace hillock::client {

// One output of a model for a number of rows.
struct Tensor {
  // Numbers of all datatypes but these three become one of them: integers and BOOL INT64, others
  // FP32.
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

// The datatype to send numbers in: the model's own, but FP32 for the two of 16 bits, which every
// server of this project converts.
model::Datatype SentAs(model::Datatype declared);

// Appends elements as raw contents carry them; of BYTES the word at that position, below 0 an empty
// one. REQUIRES: integers are whole numbers within the datatype's range; not a float of 16 bits.
void EncodeElements(std::span<const float> values, model::Datatype datatype,
                    std::span<const std::string> words, std::string& bytes);

// Output `index` of `response`, which answers a request of `rows` rows, from raw or typed contents.
// Elements lie row after row, whatever the shape. Errors: INTERNAL when shape and contents do not
// agree with each other or with `rows`, as only a broken server would have it, and for typed
// contents of other than the three datatypes; UNIMPLEMENTED for a datatype that is none of the
// protocol's.
absl::StatusOr<Tensor> DecodeOutput(const inference::ModelInferResponse& response, int index,
                                    size_t rows);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_TENSOR_H_
