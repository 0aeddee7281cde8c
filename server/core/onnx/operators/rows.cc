#include "server/core/onnx/operators/rows.h"

#include <fmt/format.h>

namespace hillock::onnx {

Rows Mapped(const Rows& x, const ScaleShift& map) {
  return {{x.value.atom, ScaleShift::Compose(x.value.map, map)}, x.dims};
}

absl::StatusOr<std::vector<double>> Spread(const Call& call, const Tensor& tensor,
                                           const std::vector<int64_t>& dims) {
  std::vector<int64_t> shape = tensor.shape;
  if (shape.size() == dims.size() + 1 && shape.front() == 1) shape.erase(shape.begin());
  const auto refused = [&] {
    return absl::UnimplementedError(fmt::format("combines a constant of shape {} with rows of {}",
                                                ShapeText(tensor.shape), ShapeText(dims)));
  };
  if (tensor.kind == Tensor::Kind::kStrings || shape.size() > dims.size()) return refused();
  const auto at = [&](size_t i) {
    return tensor.kind == Tensor::Kind::kFloats ? double{tensor.floats[i]}
                                                : static_cast<double>(tensor.integers[i]);
  };
  if (tensor.is_scalar()) return std::vector<double>{at(0)};
  const size_t missing = dims.size() - shape.size();
  shape.insert(shape.begin(), missing, 1);
  size_t width = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (shape[axis] != 1 && shape[axis] != dims[axis]) return refused();
    width *= static_cast<size_t>(dims[axis]);
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(width, sizeof(double)));
  std::vector<double> spread(width);
  for (size_t i = 0; i < width; ++i) {
    size_t rest = i;
    size_t index = 0;
    size_t stride = 1;
    for (size_t axis = dims.size(); axis-- > 0;) {
      const auto size = static_cast<size_t>(dims[axis]);
      if (shape[axis] != 1) index += rest % size * stride;
      stride *= static_cast<size_t>(shape[axis]);
      rest /= size;
    }
    spread[i] = at(index);
  }
  return spread;
}

}  // namespace hillock::onnx
