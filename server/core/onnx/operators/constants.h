// What several operators of constants share.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANTS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/shapes.h"
#include "server/core/onnx/symbolic/tensor.h"

namespace hillock::onnx {

inline constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

// A node with its inputs, all constant. An operator may take them apart.
struct ConstantCall {
  const NodeView& node;
  std::vector<Tensor>& inputs;
  int64_t opset;
  Budget& budget;

  Tensor& input(size_t i) { return inputs[i]; }
  bool Has(size_t i) const { return !node.input(i).empty() && i < inputs.size(); }

  // The integers of an input, or of the attribute that older operator sets have instead of it; none
  // when both are missing.
  absl::StatusOr<std::optional<Shape>> Integers(size_t input, std::string_view attribute);
};

Tensor WithShape(Tensor tensor, Shape shape);

// A tensor of `shape` whose element i is element from(i) of `source`.
absl::StatusOr<Tensor> Picked(ConstantCall& call, const Tensor& source, Shape shape,
                              const std::function<size_t(size_t)>& from);

// By axis: how far apart two neighbours along it are.
Shape Strides(const Shape& shape);

// The offset, by `strides`, of element number `index` of `shape`.
size_t Offset(const Shape& shape, const Shape& strides, size_t index);

// The shape that both are broadcast to, and the strides of `from` when it is broadcast to `to`.
absl::StatusOr<Shape> Broadcast(const Shape& a, const Shape& b);
Shape BroadcastStrides(const Shape& from, const Shape& to);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANTS_H_
