// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/format/operations.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>

#include "server/core/model/format/numbers.h"

namespace hillock::model {
namespace {

absl::StatusOr<RowOperation> Read(const v1::Scale& from) {
  Scale scale;
  HILLOCK_ASSIGN_OR_RETURN(scale.scale, Floats("scale", from.scale()));
  HILLOCK_ASSIGN_OR_RETURN(scale.shift, Floats("shift", from.shift()));
  return scale;
}

absl::StatusOr<RowOperation> Read(const v1::Select& from) {
  Select select;
  HILLOCK_ASSIGN_OR_RETURN(select.columns, Integers("columns", from.columns()));
  return select;
}

absl::StatusOr<RowOperation> Read(const v1::Combine& from) {
  const Function* const function = FindFunction(from.function());
  if (function != nullptr) return Combine{function};
  return absl::UnimplementedError(fmt::format("unknown function '{}'", Excerpt(from.function())));
}

absl::StatusOr<RowOperation> Read(const v1::Reduce& from) {
  const Reduction* const reduction = FindReduction(from.reduction());
  if (reduction != nullptr) return Reduce{reduction};
  return absl::UnimplementedError(fmt::format("unknown reduction '{}'", Excerpt(from.reduction())));
}

absl::StatusOr<RowOperation> Read(const v1::Normalize& from, size_t columns) {
  Normalize normalize;
  normalize.centered = !from.root_mean_square();
  normalize.epsilon = from.epsilon();
  normalize.group = from.group() == 0 ? columns : from.group();
  HILLOCK_ASSIGN_OR_RETURN(normalize.scale, Floats("scale", from.scale()));
  HILLOCK_ASSIGN_OR_RETURN(normalize.shift, Floats("shift", from.shift()));
  return normalize;
}

absl::StatusOr<RowOperation> Read(const v1::Lookup& from) {
  Lookup lookup;
  lookup.wraps = from.wraps();
  lookup.width = from.width();
  HILLOCK_ASSIGN_OR_RETURN(lookup.keys, Floats("keys", from.keys()));
  HILLOCK_ASSIGN_OR_RETURN(lookup.table, Floats("table", from.table()));
  HILLOCK_ASSIGN_OR_RETURN(lookup.otherwise, Floats("otherwise", from.otherwise()));
  return lookup;
}

absl::StatusOr<RowOperation> Read(const v1::Constant& from) {
  Constant constant;
  HILLOCK_ASSIGN_OR_RETURN(constant.values, Floats("values", from.values()));
  return constant;
}

struct Writer {
  v1::Layer& to;

  void operator()(const Scale& scale) const {
    to.mutable_scale()->set_scale(BytesOf(scale.scale));
    to.mutable_scale()->set_shift(BytesOf(scale.shift));
  }
  void operator()(const Select& select) const {
    to.mutable_select()->set_columns(BytesOf(select.columns));
  }
  void operator()(const Combine& combine) const {
    to.mutable_combine()->set_function(std::string(combine.function->name));
  }
  void operator()(const Reduce& reduce) const {
    to.mutable_reduce()->set_reduction(std::string(reduce.reduction->name));
  }
  void operator()(const Normalize& normalize) const {
    v1::Normalize& message = *to.mutable_normalize();
    message.set_root_mean_square(!normalize.centered);
    message.set_epsilon(normalize.epsilon);
    message.set_group(static_cast<uint32_t>(normalize.group));
    message.set_scale(BytesOf(normalize.scale));
    message.set_shift(BytesOf(normalize.shift));
  }
  void operator()(const Lookup& lookup) const {
    v1::Lookup& message = *to.mutable_lookup();
    message.set_keys(BytesOf(lookup.keys));
    message.set_wraps(lookup.wraps);
    message.set_width(static_cast<uint32_t>(lookup.width));
    message.set_table(BytesOf(lookup.table));
    message.set_otherwise(BytesOf(lookup.otherwise));
  }
  void operator()(const Constant& constant) const {
    to.mutable_constant()->set_values(BytesOf(constant.values));
  }
  void operator()(const DynamicQuantize&) const { to.mutable_dynamic_quantize(); }
};

}  // namespace

absl::StatusOr<RowOperation> ReadOperation(const v1::Layer& from) {
  switch (from.operation_case()) {
    case v1::Layer::kScale:
      return Read(from.scale());
    case v1::Layer::kSelect:
      return Read(from.select());
    case v1::Layer::kCombine:
      return Read(from.combine());
    case v1::Layer::kReduce:
      return Read(from.reduce());
    case v1::Layer::kNormalize:
      return Read(from.normalize(), from.outputs());
    case v1::Layer::kLookup:
      return Read(from.lookup());
    case v1::Layer::kConstant:
      return Read(from.constant());
    case v1::Layer::kDynamicQuantize:
      return DynamicQuantize{};
    case v1::Layer::OPERATION_NOT_SET:
      break;
  }
  CheckFailed("the layer has an operation", __FILE__, __LINE__);
}

void WriteOperation(const RowOperation& operation, v1::Layer& to) {
  std::visit(Writer{to}, operation);
}

}  // namespace hillock::model
