#include "server/core/onnx/symbolic/values.h"

#include <fmt/format.h>

#include <utility>

namespace hillock::onnx {
namespace {

template <class T>
absl::StatusOr<T> As(const Call& call, size_t input, std::string_view what) {
  const GraphValue* const value = call.values.Find(call.node.input(input));
  if (value != nullptr && std::holds_alternative<T>(*value)) return std::get<T>(*value);
  return absl::UnimplementedError(
      fmt::format("input {} '{}' is not {}", input, Excerpt(call.node.input(input)), what));
}

absl::Status ChargeRows(const Rows& rows, Budget& budget) {
  return budget.Take(rows.value.map.size(), sizeof(double));
}

}  // namespace

absl::Status Charge(const GraphValue& value, Budget& budget) {
  if (const auto* const rows = std::get_if<Rows>(&value)) return ChargeRows(*rows, budget);
  if (const auto* const label = std::get_if<Label>(&value)) {
    HILLOCK_RETURN_IF_ERROR(ChargeRows(label->source, budget));
    return budget.TakeStrings(label->classes);
  }
  if (const auto* const named = std::get_if<NamedRows>(&value)) {
    HILLOCK_RETURN_IF_ERROR(ChargeRows(named->rows, budget));
    return budget.TakeStrings(named->classes);
  }
  return absl::OkStatus();
}

absl::Status ChargeInput(const GraphValue& value, Budget& budget) {
  const auto* const rows = std::get_if<Rows>(&value);
  return rows == nullptr ? absl::OkStatus() : ChargeRows(*rows, budget);
}

const GraphValue* Values::Find(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? nullptr : &it->second;
}

void Values::Set(std::string_view name, GraphValue value) {
  values_.insert_or_assign(name, std::move(value));
}

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
  const GraphValue* const value = values.Find(node.input(input));
  return value != nullptr && std::holds_alternative<Rows>(*value);
}

bool Call::IsLabel(size_t input) const {
  const GraphValue* const value = values.Find(node.input(input));
  return value != nullptr && std::holds_alternative<Label>(*value);
}

absl::StatusOr<Rows> Call::RowsAt(size_t input) const {
  return As<Rows>(*this, input, "computed from the rows");
}

absl::StatusOr<Label> Call::LabelAt(size_t input) const {
  return As<Label>(*this, input, "a class label");
}

absl::StatusOr<Label> Call::SingleLabelAt(size_t input) const {
  HILLOCK_ASSIGN_OR_RETURN(Label label, LabelAt(input));
  if (!label.is_multilabel()) return label;
  return absl::UnimplementedError(
      fmt::format("takes {} labels a row, want 1", label.source.width()));
}

absl::StatusOr<Tensor> Call::TensorAt(size_t input) const {
  const GraphValue* const value = values.Find(node.input(input));
  if (value != nullptr && IsConstant(*value)) return values.Read(*value);
  return absl::UnimplementedError(
      fmt::format("input {} '{}' is not constant", input, Excerpt(node.input(input))));
}

absl::StatusOr<std::optional<std::vector<int64_t>>> Call::Integers(
    size_t input, std::string_view attribute) const {
  if (Has(input)) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor, TensorAt(input));
    return std::move(tensor.integers);
  }
  const AttributeView* const found = node.Find(attribute);
  if (found == nullptr) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(std::vector<int64_t> integers, found->Integers());
  return integers;
}

}  // namespace hillock::onnx
