#ifndef HILLOCK_SERVER_MODEL_ONNX_BUDGET_H_
#define HILLOCK_SERVER_MODEL_ONNX_BUDGET_H_

#include <cstddef>
#include <span>
#include <string>

#include "server/base/status.h"

namespace hillock::model::onnx {

// What an import may take into memory, all in all, in proportion to the bytes it was given: a small
// file cannot ask for much. Every list made of a file's numbers is charged before it is made.
// Not thread-safe.
class Budget {
 public:
  explicit Budget(size_t file_bytes) : left_(kFree + kTimes * file_bytes) {}

  // Bytes of an external file that take part in the model.
  void Grow(size_t bytes) { left_ += kTimes * bytes; }

  // RESOURCE_EXHAUSTED when less than `count` elements of `bytes` each are left.
  absl::Status Take(size_t count, size_t bytes);

  // RESOURCE_EXHAUSTED when less than a copy of these takes is left.
  absl::Status TakeStrings(std::span<const std::string> strings);

 private:
  static constexpr size_t kFree = size_t{1} << 20;
  static constexpr size_t kTimes = 8;

  size_t left_;
};

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_BUDGET_H_
