#include <fmt/format.h>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

constexpr int64_t kOneAxisSince = 13;  // before, all axes from the given one on were taken as one

// Whether the function runs over all values of a row.
absl::StatusOr<bool> CoversRow(const Call& call, const Rows& x) {
  const bool one_axis = call.opset >= kOneAxisSince;
  const int64_t axis = call.node.Integer("axis", one_axis ? -1 : 1);
  HILLOCK_ASSIGN_OR_RETURN(const size_t at, FromFront(axis, x.dims.size() + 1));
  if (at == 0) return false;
  size_t covered = 1;
  for (size_t i = at - 1; i < (one_axis ? at : x.dims.size()); ++i) {
    covered *= static_cast<size_t>(x.dims[i]);
  }
  return covered == x.width();
}

absl::StatusOr<GraphValue> RowActivation(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const bool covers_row, CoversRow(call, x));
  if (!covers_row) {
    return absl::UnimplementedError(
        fmt::format("runs over axis {} of rows of shape {}, want all values of a row",
                    call.node.Integer("axis", -1), ShapeText(x.dims)));
  }
  for (const activation::Spec& spec : activation::All()) {
    if (spec.onnx.op != call.node.op) continue;
    return call.tree.AddRowActivation(x, spec);
  }
  return absl::UnimplementedError("is no activation of the table");
}

}  // namespace

const OperatorRow kRowActivationOperator = {"", "", RowActivation};

}  // namespace hillock::onnx
