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
  Shape known = shape;
  const auto batches = static_cast<size_t>(std::erase(known, kBatch));
  HILLOCK_ASSIGN_OR_RETURN(const size_t elements, ElementCount(known));
  return Extent{batches, elements};
}

}  // namespace

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
    if (want.batches > rest.batches && want.elements == rest.elements) {
      to[*open] = kBatch;
    } else if (rest.elements > 0 && want.elements % rest.elements == 0) {
      to[*open] = static_cast<int64_t>(want.elements / rest.elements);
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
    if (extent.batches > 0 && extent.elements != 1) {
      return absl::UnimplementedError(
          fmt::format("moves values from row to row: shape {} at axis {}", ShapeText(from), axis));
    }
    to.push_back(extent.batches > 0 ? kBatch : static_cast<int64_t>(extent.elements));
  }
  return to;
}

}  // namespace hillock::onnx
