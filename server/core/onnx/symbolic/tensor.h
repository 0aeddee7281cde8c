// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_TENSOR_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"

namespace hillock::onnx {

// The number of rows, where a shape or a tensor of integers holds it: it is not known before a
// request. Twice that number is kBatch + 1, and so on. Such a tensor can be moved about, used as a
// shape and multiplied, not be calculated with otherwise.
inline constexpr int64_t kBatch = INT64_MIN;
inline constexpr int64_t kMostTimesBatch = int64_t{1} << 40;

constexpr bool IsBatch(int64_t size) { return size < kBatch + kMostTimesBatch; }

// How many times the number of rows it is, and back. REQUIRES of TimesOf: IsBatch(size).
constexpr int64_t TimesOf(int64_t size) { return size - kBatch + 1; }
constexpr int64_t BatchTimes(int64_t times) { return kBatch + times - 1; }

// A constant of the graph: every number type as float, every integer type and bool as int64, or
// strings. Row-major; one list is in use and has size() elements.
struct Tensor {
  enum class Kind { kFloats, kIntegers, kStrings };

  Kind kind = Kind::kFloats;
  std::vector<int64_t> shape{};
  std::vector<float> floats{};
  std::vector<int64_t> integers{};
  std::vector<std::string> strings{};
  DataType type = DataType::kUndefined;  // in the file, where it is known

  size_t size() const;

  // Charges for a copy of the elements.
  absl::Status Charge(Budget& budget) const;
  bool is_scalar() const { return size() == 1; }
};

// The most elements of a tensor, so that no stride overflows.
inline constexpr int64_t kMaxElements = int64_t{1} << 48;

// The product of sizes that are all 0 or more. INVALID_ARGUMENT for a negative one and where the
// product, or that of those above 0, is more than kMaxElements; and for more than kMaxRank sizes.
absl::StatusOr<size_t> ElementCount(const std::vector<int64_t>& shape);

// "[2, 3]", with "rows" for kBatch; cut when it is long.
std::string ShapeText(const std::vector<int64_t>& shape);

// The content of a file of external data by its location, checked and kept by the callee for as
// long as the import runs.
using ExternalFile = std::function<absl::StatusOr<std::string_view>(std::string_view location)>;

// Decodes a tensor. float16, bfloat16 and double become float: the first two exactly, double by
// rounding to the nearest. Errors: INVALID_ARGUMENT when shape and bytes do not fit together, or a
// double is beyond a float; UNIMPLEMENTED for another type; DATA_LOSS for damage;
// RESOURCE_EXHAUSTED above the budget.
absl::StatusOr<Tensor> ReadTensor(const TensorView& view, const ExternalFile& external,
                                  Budget& budget);

// The type that values of its kind have where the file does not say which.
DataType TypeOf(const Tensor& tensor);

// A float tensor without axes, and an integer tensor with one.
Tensor Scalar(float value);
Tensor IntegerVector(std::vector<int64_t> values);

// [rows][cols] becomes [cols][rows]. REQUIRES: from.size() == rows * cols.
std::vector<float> Transposed(const std::vector<float>& from, size_t rows, size_t cols);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_TENSOR_H_
