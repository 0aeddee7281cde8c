#include "server/core/onnx/operators/constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace hillock::onnx {

using Kind = Tensor::Kind;

absl::StatusOr<std::optional<Shape>> ConstantCall::Integers(size_t index,
                                                            std::string_view attribute) {
  if (Has(index)) return input(index).integers;
  const AttributeView* const found = node.Find(attribute);
  if (found == nullptr) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(Shape integers, found->Integers());
  return integers;
}

Tensor WithShape(Tensor tensor, Shape shape) {
  tensor.shape = std::move(shape);
  return tensor;
}

absl::StatusOr<Tensor> Picked(ConstantCall& call, const Tensor& source, Shape shape,
                              const std::function<size_t(size_t)>& from) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(shape));
  const bool strings = source.kind == Kind::kStrings;
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, strings ? sizeof(std::string) : sizeof(int64_t)));
  Tensor tensor{.kind = source.kind, .shape = std::move(shape)};
  for (size_t i = 0; i < count; ++i) {
    const size_t at = from(i);
    if (source.kind == Kind::kFloats) tensor.floats.push_back(source.floats[at]);
    if (source.kind == Kind::kIntegers) tensor.integers.push_back(source.integers[at]);
    if (!strings) continue;
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(source.strings[at].size(), 1));
    tensor.strings.push_back(source.strings[at]);
  }
  return tensor;
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
  return shape;
}

Shape BroadcastStrides(const Shape& from, const Shape& to) {
  Shape strides = Strides(from);
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] == 1) strides[i] = 0;
  }
  strides.insert(strides.begin(), to.size() - from.size(), 0);
  return strides;
}

}  // namespace hillock::onnx
