// SPDX-License-Identifier: Apache-2.0

// Operators that put values side by side, constants among them.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "server/core/onnx/operators/columns/indices.h"
#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

absl::Status ShapesDiffer(const Shape& a, const Shape& b) {
  return absl::InvalidArgumentError(
      fmt::format("joins shapes {} and {}", ShapeText(a), ShapeText(b)));
}

// The inputs of a node, which are constants and differ along one axis at most.
struct ConstantParts {
  std::vector<Tensor> tensors;
  size_t axis;
};

absl::StatusOr<ConstantParts> ConstantPartsOf(const Call& call) {
  ConstantParts parts{};
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor next, call.TensorAt(i));
    if (i == 0) {
      if (next.shape.empty()) return absl::InvalidArgumentError("joins numbers");
      HILLOCK_ASSIGN_OR_RETURN(parts.axis,
                               FromFront(call.node.Integer("axis", 1), next.shape.size()));
    } else {
      const Tensor& first = parts.tensors.front();
      Shape want = first.shape;
      if (next.shape.size() == want.size()) want[parts.axis] = next.shape[parts.axis];
      if (next.kind != first.kind || next.shape != want) {
        return ShapesDiffer(first.shape, next.shape);
      }
    }
    parts.tensors.push_back(std::move(next));
  }
  return parts;
}

// Run number `run` of the equal ones that one of the lists of a tensor is made of.
template <class T>
void AppendRun(const std::vector<T>& from, size_t run, size_t runs, std::vector<T>& to) {
  const auto size = static_cast<std::ptrdiff_t>(from.size() / runs);
  const auto first = from.begin() + static_cast<std::ptrdiff_t>(run) * size;
  to.insert(to.end(), first, first + size);
}

// Row-major, the result is, for each index of the axes before `axis`, a run of every part.
Outcome ConcatOfConstants(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(ConstantParts parts, ConstantPartsOf(call));
  const Tensor& first = parts.tensors.front();
  size_t runs = 1;
  for (size_t i = 0; i < parts.axis; ++i) runs *= static_cast<size_t>(first.shape[i]);
  Tensor all{.kind = first.kind, .shape = first.shape};
  all.shape[parts.axis] = 0;
  for (const Tensor& part : parts.tensors) {
    all.shape[parts.axis] += part.shape[parts.axis];
    HILLOCK_RETURN_IF_ERROR(part.Charge(call.budget));
  }
  std::erase_if(parts.tensors, [](const Tensor& part) { return part.size() == 0; });
  if (parts.tensors.empty()) return ValueOf(std::move(all));
  for (size_t run = 0; run < runs; ++run) {
    for (const Tensor& part : parts.tensors) {
      AppendRun(part.floats, run, runs, all.floats);
      AppendRun(part.integers, run, runs, all.integers);
      AppendRun(part.strings, run, runs, all.strings);
    }
  }
  return ValueOf(std::move(all));
}

// 1 - p, for p.
bool IsComplement(const Rows& q, const Rows& p) {
  return q.value.atom == p.value.atom && p.value.map == ScaleShift{} &&
         q.value.map == ScaleShift{{-1}, {1}};
}

Outcome Concat(const Call& call) {
  if (call.inputs() == 1) return PassThrough(call);
  if (call.IsConstant()) return ConcatOfConstants(call);
  std::vector<Rows> parts;
  size_t rank = 0;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(parts.emplace_back(), call.AnyRowsAt(i));
    rank = std::max(rank, parts.back().shape.size());
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis, FromFront(call.node.Integer("axis", 1), rank));
  if (parts.size() == 2 && axis + 1 == rank && !parts[1].is_constant() &&
      IsComplement(parts[0], parts[1])) {
    Shape shape = parts[1].shape;
    shape.back() = 2;
    HILLOCK_ASSIGN_OR_RETURN(auto both, call.graph.AddComplement(parts[1], std::move(shape)));
    if (both) return *std::move(both);
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, Joined(call, parts, axis));
  return joined;
}

// A sequence of tensors of one shape is put out as one, side by side along a new axis after that of
// the rows: what nothing else can be done with here.
Outcome SequenceConstruct(const Call& call) {
  std::vector<Rows> parts;
  size_t axis = 0;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Rows part, call.RowsAt(i));
    axis = BatchAxis(part.shape).value_or(0) + 1;
    if (axis > part.shape.size() || (i > 0 && part.shape != call.ShapeAt(0).value_or(Shape()))) {
      return absl::UnimplementedError("makes a sequence of tensors of different shapes");
    }
    part.shape.insert(part.shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return absl::UnimplementedError("makes an empty sequence");
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, Joined(call, parts, axis));
  return joined;
}

// `x` with so many times a constant before and after it, along one axis.
absl::StatusOr<Rows> PaddedAlong(const Call& call, const Rows& x, const Rows& fill, size_t axis,
                                 int64_t before, int64_t after) {
  if (before == 0 && after == 0) return x;
  if (before < 0 || after < 0 || IsBatch(x.shape[axis]) || !fill.is_constant()) {
    return AcrossRows("pads");
  }
  if (before > kMaxElements || after > kMaxElements) {
    return absl::InvalidArgumentError(fmt::format("pads with {} and {}", before, after));
  }
  std::vector<Rows> parts;
  const auto add = [&](int64_t size) {
    Shape shape = x.shape;
    shape[axis] = size;
    if (size > 0) parts.push_back(WithShape(fill, std::move(shape)));
  };
  add(before);
  parts.push_back(x);
  add(after);
  return Joined(call, parts, axis);
}

// With a constant around it.
Outcome Pad(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows padded, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto pads, call.Integers(1, "pads"));
  const size_t rank = padded.shape.size();
  if (!pads || pads->size() != 2 * rank || call.node.Text("mode", "constant") != "constant" ||
      call.Has(3)) {
    return absl::UnimplementedError("pads otherwise than with a constant on each side");
  }
  Rows fill = RowGraph::Constant({double{call.node.Real("value", 0)}}, {});
  if (call.Has(2)) {
    HILLOCK_ASSIGN_OR_RETURN(fill, call.AnyRowsAt(2));
  }
  for (size_t axis = 0; axis < rank; ++axis) {
    HILLOCK_ASSIGN_OR_RETURN(
        padded, PaddedAlong(call, padded, fill, axis, (*pads)[axis], (*pads)[rank + axis]));
  }
  return padded;
}

constexpr OperatorRow kRows[] = {
    {"", "SequenceConstruct", SequenceConstruct},
    {"", "Concat", Concat},
    {"", "Pad", Pad},
    {kMlDomain, "FeatureVectorizer", Concat},
};

}  // namespace

// Constants have no axis of rows, and may lack the axes before their own.
absl::StatusOr<Rows> Joined(const Call& call, const std::vector<Rows>& parts, size_t axis) {
  const auto first =
      std::ranges::find_if(parts, [](const Rows& x) { return BatchAxis(x.shape).has_value(); });
  const Shape model = (first == parts.end() ? parts.front() : *first).shape;
  const auto batch = BatchAxis(model);
  if (batch == axis) return AcrossRows("joins values");
  Shape to = RowShape(model);
  to[axis] = 0;
  std::vector<Rows> aligned;
  for (const Rows& part : parts) {
    Shape want = model;
    if (part.shape.size() != model.size()) {
      return ShapesDiffer(model, part.shape);
    }
    want[axis] = part.shape[axis];
    if (RowShape(part.shape) != RowShape(want)) {
      return ShapesDiffer(model, part.shape);
    }
    to[axis] += part.shape[axis];
    aligned.push_back(WithShape(part, std::move(want)));
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(to));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(uint32_t)));
  std::vector<uint32_t> columns;
  for (size_t i = 0; i < count; ++i) {
    std::vector<size_t> at = IndicesOf(to, i);
    size_t before = 0;
    size_t part = 0;
    while (at[axis] >= static_cast<size_t>(aligned[part].shape[axis])) {
      at[axis] -= static_cast<size_t>(aligned[part].shape[axis]);
      before += aligned[part++].width();
    }
    columns.push_back(static_cast<uint32_t>(before + NumberOf(RowShape(aligned[part].shape), at)));
  }
  if (batch) to[*batch] = model[*batch];
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, call.graph.Select(aligned, columns, std::move(to)));
  joined.type = first == parts.end() ? parts.front().type : first->type;
  return joined;
}

std::span<const OperatorRow> JoinOperators() { return kRows; }

}  // namespace hillock::onnx
