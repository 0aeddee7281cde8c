// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_VALUES_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/row_graph.h"
#include "server/core/onnx/symbolic/tensor.h"

namespace hillock::onnx {

// What cannot be computed, and why. Whatever depends on it is left out with it.
struct Unsupported {
  absl::Status why;
};

// A tensor that is still in the file, one that was computed from such, something that depends on
// the rows, or nothing that can be had.
using GraphValue =
    std::variant<const TensorView*, std::shared_ptr<const Tensor>, Rows, Unsupported>;

inline bool IsConstant(const GraphValue& value) { return value.index() < 2; }

// Charges for a copy of what depends on the rows.
absl::Status Charge(const GraphValue& value, Budget& budget);

// The values of a graph by name; those of an inner graph see the outer ones. Not thread-safe.
class Values {
 public:
  // All must outlive this. `outer` may be null.
  Values(const ExternalFile& external, Budget& budget, const Values* outer = nullptr)
      : external_(external), budget_(budget), outer_(outer) {}

  // Values of a function's body, or of an inner graph of `outer`.
  Values NewScope(const Values* outer) const { return Values(external_, budget_, outer); }

  // Null when nothing of that name has been set.
  const GraphValue* Find(std::string_view name) const;
  bool IsHere(std::string_view name) const { return values_.contains(name); }
  void Set(std::string_view name, GraphValue value);

  // The elements of a constant, the caller's own. REQUIRES: IsConstant(value).
  absl::StatusOr<Tensor> Read(const GraphValue& value) const;

 private:
  const ExternalFile& external_;
  Budget& budget_;
  const Values* outer_;
  std::map<std::string_view, GraphValue> values_;  // no names make it slow
};

// One node, on its way to become part of the model. None of its inputs is Unsupported.
struct Call {
  const NodeView& node;
  int64_t opset;
  const Values& values;
  RowGraph& graph;
  Budget& budget;
  bool single_row = false;  // the file is made for one row: an axis of rows may be dropped

  size_t inputs() const { return node.inputs.size(); }
  bool Has(size_t input) const { return !node.input(input).empty(); }
  bool IsRows(size_t input) const;

  // Whether no input depends on the rows.
  bool IsConstant() const;

  // Input number `input`. INVALID_ARGUMENT when it is missing, UNIMPLEMENTED when it is something
  // else. AnyRowsAt takes constants as well, as rows that are all the same; they have no axis of
  // rows.
  absl::StatusOr<Rows> RowsAt(size_t input) const;
  absl::StatusOr<Rows> AnyRowsAt(size_t input) const;
  absl::StatusOr<Tensor> TensorAt(size_t input) const;

  // The shape of either.
  absl::StatusOr<Shape> ShapeAt(size_t input) const;

  // The integers of an input, or of the attribute that older operator sets have instead of it; none
  // when both are missing.
  absl::StatusOr<std::optional<std::vector<int64_t>>> Integers(size_t input,
                                                               std::string_view attribute) const;
};

// A constant as the value of a node.
GraphValue ValueOf(Tensor tensor);

// The element of a constant as a number. UNIMPLEMENTED for strings and the number of rows.
absl::StatusOr<double> NumberAt(const Tensor& tensor, size_t index);

// UNIMPLEMENTED for an integer that is not exact as a float, which all values of rows are.
absl::Status CheckExact(double integer);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_VALUES_H_
