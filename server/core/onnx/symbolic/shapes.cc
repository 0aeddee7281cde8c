// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/symbolic/shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace hillock::onnx {
namespace {

// The product of the sizes, and how many of them are the batch.
struct Extent {
  size_t batches = 0;
  size_t elements = 1;
  bool operator==(const Extent&) const = default;
};

absl::StatusOr<Extent> Measure(const Shape& shape) {
  const auto batches = static_cast<size_t>(std::ranges::count_if(shape, IsBatch));
  HILLOCK_ASSIGN_OR_RETURN(const size_t elements, ElementCount(RowShape(shape)));
  return Extent{batches, elements};
}

}  // namespace

std::optional<size_t> BatchAxis(const Shape& shape) {
  const auto it = std::ranges::find_if(shape, IsBatch);
  if (it == shape.end()) return std::nullopt;
  return static_cast<size_t>(it - shape.begin());
}

Shape RowShape(const Shape& shape) {
  Shape row = shape;
  for (int64_t& size : row) size = IsBatch(size) ? TimesOf(size) : size;
  return row;
}

size_t WidthOf(const Shape& shape) {
  size_t width = 1;
  for (const int64_t size : RowShape(shape)) width *= static_cast<size_t>(size);
  return width;
}

Shape Strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

size_t Offset(const Shape& shape, const Shape& strides, size_t index) {
  size_t offset = 0;
  for (size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<size_t>(shape[axis]);
    offset += index % size * static_cast<size_t>(strides[axis]);
    index /= size;
  }
  return offset;
}

// Aligned at their last axes. Two axes of rows would pair each row with every other.
absl::StatusOr<Shape> Broadcast(const Shape& a, const Shape& b) {
  Shape shape(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      return absl::InvalidArgumentError(
          fmt::format("combines shapes {} and {}", ShapeText(a), ShapeText(b)));
    }
    shape[shape.size() - 1 - i] = x == 1 ? y : x;
  }
  if (std::ranges::count_if(shape, IsBatch) <= 1) return shape;
  return absl::UnimplementedError(
      fmt::format("combines each row with each: shapes {} and {}", ShapeText(a), ShapeText(b)));
}

// An axis of 1 is read again for every index: it has a stride of 0, as has one that is not there.
Shape BroadcastStrides(const Shape& from, const Shape& to) {
  Shape strides = Strides(from);
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] == 1) strides[i] = 0;
  }
  strides.insert(strides.begin(), to.size() - from.size(), 0);
  return strides;
}

absl::StatusOr<size_t> FromFront(int64_t axis, size_t rank) {
  const auto size = static_cast<int64_t>(rank);
  const int64_t from_front = axis < 0 ? axis + size : axis;
  if (from_front >= 0 && from_front < size) return static_cast<size_t>(from_front);
  return absl::InvalidArgumentError(fmt::format("got axis {}, want one of {} axes", axis, rank));
}

absl::Status CheckPermutation(const Shape& perm, const Shape& shape) {
  Shape axes(shape.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (std::ranges::is_permutation(perm, axes)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("has perm {} for shape {}", ShapeText(perm), ShapeText(shape)));
}

// Elements of one row, and axes of rows, have to stay as many as they were: else values would
// change their row. A size of -1 is what is missing of both.
absl::StatusOr<Shape> Reshaped(const Shape& from, const Shape& wanted, bool zero_copies) {
  Shape to = wanted;
  std::optional<size_t> open;
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && zero_copies && i < from.size()) to[i] = from[i];
    if (to[i] == -1) open = i;
  }
  HILLOCK_ASSIGN_OR_RETURN(const Extent want, Measure(from));
  if (open) {
    to[*open] = 1;
    HILLOCK_ASSIGN_OR_RETURN(const Extent rest, Measure(to));
    if (rest.elements > 0 && want.elements % rest.elements == 0) {
      const auto times = static_cast<int64_t>(want.elements / rest.elements);
      to[*open] = want.batches > rest.batches ? BatchTimes(std::max<int64_t>(times, 1)) : times;
    }
  }
  HILLOCK_ASSIGN_OR_RETURN(const Extent got, Measure(to));
  if (got == want && to.size() <= kMaxRank) return to;
  return absl::InvalidArgumentError(
      fmt::format("cannot turn shape {} into {}", ShapeText(from), ShapeText(wanted)));
}

absl::StatusOr<Shape> Squeezed(const Shape& from, const std::optional<Shape>& axes) {
  std::vector<bool> dropped(from.size());
  for (size_t i = 0; i < from.size(); ++i) dropped[i] = !axes && from[i] == 1;
  for (const int64_t axis : axes.value_or(Shape())) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t at, FromFront(axis, from.size()));
    if (from[at] != 1) {
      return absl::InvalidArgumentError(
          fmt::format("cannot drop axis {} of shape {}", axis, ShapeText(from)));
    }
    dropped[at] = true;
  }
  Shape to;
  for (size_t i = 0; i < from.size(); ++i) {
    if (!dropped[i]) to.push_back(from[i]);
  }
  return to;
}

absl::StatusOr<Shape> Unsqueezed(const Shape& from, const Shape& axes) {
  const size_t rank = from.size() + axes.size();
  if (rank > kMaxRank) {
    return absl::InvalidArgumentError(fmt::format("has {} axes, want at most {}", rank, kMaxRank));
  }
  std::vector<bool> added(rank);
  for (const int64_t axis : axes) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t at, FromFront(axis, rank));
    if (added[at]) return absl::InvalidArgumentError(fmt::format("adds axis {} twice", axis));
    added[at] = true;
  }
  Shape to;
  size_t next = 0;
  for (const bool is_new : added) to.push_back(is_new ? 1 : from[next++]);
  return to;
}

// The half that has the axis of rows keeps it, times the other elements of the half.
absl::StatusOr<Shape> Flattened(const Shape& from, int64_t axis) {
  size_t at = from.size();
  if (axis != static_cast<int64_t>(from.size())) {
    HILLOCK_ASSIGN_OR_RETURN(at, FromFront(axis, from.size()));
  }
  Shape halves[2];
  for (size_t i = 0; i < from.size(); ++i) halves[i < at ? 0 : 1].push_back(from[i]);
  Shape to;
  for (const Shape& half : halves) {
    HILLOCK_ASSIGN_OR_RETURN(const Extent extent, Measure(half));
    const auto elements = static_cast<int64_t>(extent.elements);
    to.push_back(extent.batches > 0 ? BatchTimes(std::max<int64_t>(elements, 1)) : elements);
  }
  return to;
}

}  // namespace hillock::onnx
