// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/input_shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace hillock::rpc {
namespace {

// The product of the sizes; 0 if one is below 1 or the product is beyond 64 bits.
uint64_t CountElements(std::span<const int64_t> shape) {
  uint64_t elements = 1;
  for (const int64_t size : shape) {
    if (size < 1 || elements > std::numeric_limits<uint64_t>::max() / static_cast<uint64_t>(size)) {
      return 0;
    }
    elements *= static_cast<uint64_t>(size);
  }
  return elements;
}

// Compares shapes without their axes of size 1.
class ShapeMatcher {
 public:
  explicit ShapeMatcher(std::span<const int64_t> shape) : rest_(shape) {}

  // Whether the next axis that counts has that size; one of size 1 does not count.
  bool Take(uint64_t size) {
    if (size == 1) return true;
    SkipOnes();
    if (rest_.empty() || static_cast<uint64_t>(rest_.front()) != size) return false;
    rest_ = rest_.subspan(1);
    return true;
  }

  bool TakeAll(const model::TensorShape& shape, uint64_t rows) {
    return std::ranges::all_of(shape, [&](int64_t size) {
      return Take(size < 0 ? static_cast<uint64_t>(-size) * rows : static_cast<uint64_t>(size));
    });
  }

  bool done() {
    SkipOnes();
    return rest_.empty();
  }

 private:
  void SkipOnes() {
    while (!rest_.empty() && rest_.front() == 1) rest_ = rest_.subspan(1);
  }

  std::span<const int64_t> rest_;
};

bool IsFlat(const model::Input& input) {
  return input.shape == model::TensorShape{-1, static_cast<int64_t>(input.width)};
}

std::string AxisText(int64_t size) {
  if (size >= 0) return fmt::to_string(size);
  return size == -1 ? "rows" : fmt::format("{} x rows", -size);
}

}  // namespace

// The commonest shape first: it is compared without a division, and its rows may be any number. Any
// other has as many rows as its elements allow for, if it is then [rows, width], or as declared:
// with the rows where the file has them, or before a shape that has none. Axes of 1 are passed
// over.
std::optional<uint64_t> RowsOf(std::span<const int64_t> shape, const model::Input& input) {
  if (shape.size() == 2 && shape[1] == static_cast<int64_t>(input.width) && shape[0] > 0 &&
      !input.shared) {
    return static_cast<uint64_t>(shape[0]);
  }
  const uint64_t elements = CountElements(shape);
  const uint64_t rows = elements / input.width;
  if (rows == 0 || elements % input.width != 0 || (input.shared && rows > 1)) return std::nullopt;
  ShapeMatcher flat(shape);
  if (flat.Take(rows) && flat.Take(input.width) && flat.done()) return rows;
  ShapeMatcher declared(shape);
  const bool begins = model::HasRows(input.shape) || declared.Take(rows);
  if (begins && declared.TakeAll(input.shape, rows) && declared.done()) return rows;
  return std::nullopt;
}

std::string ShapeText(const model::TensorShape& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(AxisText(size));
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

std::string WantedShapes(const model::Input& input) {
  const std::string declared = ShapeText(input.shape);
  if (input.shared) return declared;
  if (!model::HasRows(input.shape)) {
    model::TensorShape rows = input.shape;
    rows.insert(rows.begin(), -1);
    return fmt::format("{} or {} with at least 1 row", declared, ShapeText(rows));
  }
  const std::string flat = IsFlat(input) ? "" : fmt::format(" or [rows, {}]", input.width);
  return fmt::format("{}{} with at least 1 row", declared, flat);
}

}  // namespace hillock::rpc
