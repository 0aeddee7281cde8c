// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/check_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace hillock::model {
namespace {

template <class... Format>
absl::Status Invalid(fmt::format_string<Format...> format, Format&&... values) {
  return absl::InvalidArgumentError(fmt::format(format, std::forward<Format>(values)...));
}

absl::Status CheckCount(std::string_view what, size_t got, size_t want) {
  if (got == want) return absl::OkStatus();
  return Invalid("has {} {}, want {}", got, what, want);
}

absl::Status CheckNumbers(std::string_view what, std::span<const float> numbers, size_t want) {
  HILLOCK_RETURN_IF_ERROR(CheckCount(what, numbers.size(), want));
  if (std::ranges::all_of(numbers, [](float v) { return std::isfinite(v); })) {
    return absl::OkStatus();
  }
  return Invalid("has {} that are not finite", what);
}

// One check for each kind of operation.
struct Checker {
  const Mlp& mlp;
  const Layer& layer;

  size_t width(size_t source) const { return mlp.width(layer.operands[source]); }

  absl::Status Sources(size_t want) const {
    return CheckCount("sources", layer.operands.size(), want);
  }

  absl::Status SourceAsWide() const {
    HILLOCK_RETURN_IF_ERROR(Sources(1));
    return CheckCount("outputs", layer.outputs, width(0));
  }

  absl::Status operator()(const Scale& scale) const {
    HILLOCK_RETURN_IF_ERROR(SourceAsWide());
    HILLOCK_RETURN_IF_ERROR(CheckNumbers("scales", scale.scale, layer.outputs));
    return CheckNumbers("shifts", scale.shift, layer.outputs);
  }

  absl::Status operator()(const Select& select) const {
    size_t columns = 0;
    for (size_t i = 0; i < layer.operands.size(); ++i) columns += width(i);
    HILLOCK_RETURN_IF_ERROR(CheckCount("columns", select.columns.size(), layer.outputs));
    for (const uint32_t column : select.columns) {
      if (column >= columns) return Invalid("selects column {} of {}", column, columns);
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const Combine& combine) const {
    HILLOCK_RETURN_IF_ERROR(Sources(combine.function->arity));
    for (size_t i = 0; i < layer.operands.size(); ++i) {
      if (width(i) == 1 || width(i) == layer.outputs) continue;
      return Invalid("source {} has {} columns, want 1 or {}", i, width(i), layer.outputs);
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const Reduce&) const {
    HILLOCK_RETURN_IF_ERROR(Sources(1));
    if (width(0) % layer.outputs == 0) return absl::OkStatus();
    return Invalid("makes {} outputs of {} columns", layer.outputs, width(0));
  }

  absl::Status operator()(const Normalize& normalize) const {
    HILLOCK_RETURN_IF_ERROR(SourceAsWide());
    if (normalize.group == 0 || layer.outputs % normalize.group != 0) {
      return Invalid("has groups of {} for {} columns", normalize.group, layer.outputs);
    }
    if (!(normalize.epsilon >= 0 && std::isfinite(normalize.epsilon))) {
      return Invalid("has epsilon {}", normalize.epsilon);
    }
    const auto check = [&](std::string_view what, const std::vector<float>& numbers) {
      return numbers.empty() ? absl::OkStatus() : CheckNumbers(what, numbers, layer.outputs);
    };
    HILLOCK_RETURN_IF_ERROR(check("scales", normalize.scale));
    return check("shifts", normalize.shift);
  }

  absl::Status operator()(const Lookup& lookup) const {
    HILLOCK_RETURN_IF_ERROR(Sources(1));
    if (lookup.width == 0 || lookup.table.empty() || lookup.table.size() % lookup.width != 0) {
      return Invalid("has a table of {} floats for {} columns", lookup.table.size(), lookup.width);
    }
    HILLOCK_RETURN_IF_ERROR(CheckCount("outputs", layer.outputs, width(0) * lookup.width));
    HILLOCK_RETURN_IF_ERROR(CheckCount("defaults", lookup.otherwise.size(), lookup.width));
    if (lookup.keys.empty()) return absl::OkStatus();
    HILLOCK_RETURN_IF_ERROR(CheckNumbers("keys", lookup.keys, lookup.entries()));
    if (std::ranges::is_sorted(lookup.keys, std::less_equal<>()) && !lookup.wraps) {
      return absl::OkStatus();
    }
    return Invalid("has keys that do not ascend, or that wrap");
  }

  absl::Status operator()(const Constant& constant) const {
    HILLOCK_RETURN_IF_ERROR(Sources(0));
    return CheckCount("values", constant.values.size(), layer.outputs);
  }

  absl::Status operator()(const DynamicQuantize&) const { return SourceAsWide(); }
};

}  // namespace

absl::Status CheckOperation(const Mlp& mlp, const Layer& layer) {
  if (layer.outputs == 0) return Invalid("got 0 outputs, want at least 1");
  if (layer.inputs != 0 || !layer.weights.empty() || !layer.bias.empty()) {
    return Invalid("has weights, and is not dense");
  }
  return std::visit(Checker{mlp, layer}, *layer.operation);
}

}  // namespace hillock::model
