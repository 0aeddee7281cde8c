// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/symbolic/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hillock::onnx {
namespace {

absl::Status Missing(const Call& call, size_t input) {
  return absl::InvalidArgumentError(
      call.Has(input) ? fmt::format("reads no value at input {}", input)
                      : fmt::format("leaves input {} out, which it needs", input));
}

const GraphValue* ValueAt(const Call& call, size_t input) {
  return call.Has(input) ? call.values.Find(call.node.input(input)) : nullptr;
}

}  // namespace

absl::Status Charge(const GraphValue& value, Budget& budget) {
  const auto* const rows = std::get_if<Rows>(&value);
  if (rows == nullptr) return absl::OkStatus();
  HILLOCK_RETURN_IF_ERROR(budget.Take(rows->value.map.size(), sizeof(double)));
  return budget.TakeStrings(rows->column_names);
}

// An inner name hides an outer one.
const GraphValue* Values::Find(std::string_view name) const {
  const auto it = values_.find(name);
  if (it != values_.end()) return &it->second;
  return outer_ == nullptr ? nullptr : outer_->Find(name);
}

void Values::Set(std::string_view name, GraphValue value) {
  values_.insert_or_assign(name, std::move(value));
}

// Decoded, or copied, at each read, and charged each time. Nothing decoded is kept, as most
// constants are read once.
absl::StatusOr<Tensor> Values::Read(const GraphValue& value) const {
  if (const auto* const view = std::get_if<const TensorView*>(&value)) {
    auto tensor = ReadTensor(**view, external_, budget_);
    if (!tensor.ok()) {
      return Annotate(tensor.status(), fmt::format("tensor '{}'", Excerpt((*view)->name)));
    }
    return tensor;
  }
  const Tensor& tensor = *std::get<std::shared_ptr<const Tensor>>(value);
  HILLOCK_RETURN_IF_ERROR(tensor.Charge(budget_));
  return tensor;
}

bool Call::IsRows(size_t input) const {
  const GraphValue* const value = ValueAt(*this, input);
  return value != nullptr && std::holds_alternative<Rows>(*value);
}

bool Call::IsConstant() const {
  for (size_t i = 0; i < inputs(); ++i) {
    if (IsRows(i)) return false;
  }
  return true;
}

absl::StatusOr<Rows> Call::RowsAt(size_t input) const {
  const GraphValue* const value = ValueAt(*this, input);
  if (value == nullptr) return Missing(*this, input);
  if (const auto* const rows = std::get_if<Rows>(value)) return *rows;
  return absl::UnimplementedError(fmt::format("input {} '{}' is not computed from the rows", input,
                                              Excerpt(node.input(input))));
}

// A constant becomes doubles, and strings their codes. Whether integers stay exact as floats is for
// those to check who look them up.
absl::StatusOr<Rows> Call::AnyRowsAt(size_t input) const {
  if (IsRows(input)) return RowsAt(input);
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, TensorAt(input));
  HILLOCK_RETURN_IF_ERROR(budget.Take(tensor.size(), sizeof(double)));
  std::vector<double> numbers;
  for (size_t i = 0; i < tensor.size(); ++i) {
    if (tensor.kind == Tensor::Kind::kStrings) {
      numbers.push_back(graph.CodeOf(tensor.strings[i]));
      continue;
    }
    HILLOCK_ASSIGN_OR_RETURN(numbers.emplace_back(), NumberAt(tensor, i));
  }
  if (numbers.empty()) return absl::UnimplementedError("combines rows with an empty constant");
  const DataType type = TypeOf(tensor);
  return RowGraph::Constant(std::move(numbers), tensor.shape, type);
}

absl::StatusOr<Tensor> Call::TensorAt(size_t input) const {
  const GraphValue* const value = ValueAt(*this, input);
  if (value == nullptr) return Missing(*this, input);
  if (onnx::IsConstant(*value)) return values.Read(*value);
  return absl::UnimplementedError(
      fmt::format("input {} '{}' is not constant", input, Excerpt(node.input(input))));
}

absl::StatusOr<Shape> Call::ShapeAt(size_t input) const {
  const GraphValue* const value = ValueAt(*this, input);
  if (value == nullptr) return Missing(*this, input);
  if (const auto* const rows = std::get_if<Rows>(value)) return rows->shape;
  if (const auto* const view = std::get_if<const TensorView*>(value)) return (*view)->shape;
  return std::get<std::shared_ptr<const Tensor>>(*value)->shape;
}

absl::StatusOr<std::optional<std::vector<int64_t>>> Call::Integers(
    size_t input, std::string_view attribute) const {
  if (Has(input)) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor, TensorAt(input));
    return std::move(tensor.integers);
  }
  const AttributeView* const found = attribute.empty() ? nullptr : node.Find(attribute);
  if (found == nullptr) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(std::vector<int64_t> integers, found->Integers());
  return integers;
}

GraphValue ValueOf(Tensor tensor) { return std::make_shared<const Tensor>(std::move(tensor)); }

absl::StatusOr<double> NumberAt(const Tensor& tensor, size_t index) {
  if (tensor.kind == Tensor::Kind::kFloats) return double{tensor.floats[index]};
  if (tensor.kind == Tensor::Kind::kStrings || IsBatch(tensor.integers[index])) {
    return absl::UnimplementedError("calculates with the number of rows, or with strings");
  }
  return static_cast<double>(tensor.integers[index]);
}

absl::Status CheckExact(double integer) {
  if (static_cast<double>(static_cast<float>(integer)) == integer) return absl::OkStatus();
  return absl::UnimplementedError(
      fmt::format("has the integer {:.0f}, which no float is: integers up to 2^24 are", integer));
}

}  // namespace hillock::onnx
