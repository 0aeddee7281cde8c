// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_READING_BUDGET_H_
#define HILLOCK_SERVER_CORE_ONNX_READING_BUDGET_H_

#include <cstddef>
#include <span>
#include <string>

#include "server/core/base/status.h"

namespace hillock::onnx {

// What an import may take into memory and the work it may do, all in all, in proportion to the
// bytes it was given: a small file cannot ask for much. Every list made of a file's numbers is
// charged before it is made, and so is all work that may be done again for the same bytes.
// Not thread-safe.
class Budget {
 public:
  // Steps of work that any file may ask for, and how many more for each of its bytes. A step takes
  // some 10 ns: one operator applied to one number, or a byte of a list looked at.
  static constexpr size_t kFreeSteps = size_t{1} << 25;
  static constexpr size_t kStepsPerByte = 8;

  explicit Budget(size_t file_bytes)
      : left_(kFree + kTimes * file_bytes), most_steps_(kFreeSteps + kStepsPerByte * file_bytes) {}

  // Bytes of an external file that take part in the model.
  void Grow(size_t bytes) {
    left_ += kTimes * bytes;
    most_steps_ += kStepsPerByte * bytes;
  }

  // RESOURCE_EXHAUSTED when less than `count` elements of `bytes` each are left.
  absl::Status Take(size_t count, size_t bytes);

  // RESOURCE_EXHAUSTED when less than a copy of these takes is left.
  absl::Status TakeStrings(std::span<const std::string> strings);

  // Counts work. What does it in long loops asks has_steps() to end them, and returns CheckSteps():
  // RESOURCE_EXHAUSTED when more was done than may be.
  void Spend(size_t steps) { steps_ += steps; }
  bool has_steps() const { return steps_ <= most_steps_; }
  absl::Status CheckSteps() const;
  size_t steps() const { return steps_; }

 private:
  static constexpr size_t kFree = size_t{1} << 20;
  static constexpr size_t kTimes = 8;

  size_t left_;
  size_t most_steps_;
  size_t steps_ = 0;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_READING_BUDGET_H_
