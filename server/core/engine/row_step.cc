// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/row_step.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hillock::engine {
namespace {

namespace row = kernel::row;

// Makes the kernel of each kind of operation.
struct KernelMaker {
  const std::vector<size_t>& widths;
  size_t outputs;

  RowKernel operator()(const model::Scale& scale) const {
    return row::Scale(scale.scale, scale.shift);
  }
  RowKernel operator()(const model::Select& select) const {
    return row::Select(select.columns, widths);
  }
  RowKernel operator()(const model::Combine& combine) const {
    return row::Combine(combine.function->name, widths, outputs);
  }
  RowKernel operator()(const model::Reduce& reduce) const {
    return row::Reduce(reduce.reduction->name, widths[0], outputs);
  }
  RowKernel operator()(const model::Normalize& normalize) const {
    return row::Normalize({normalize.centered, normalize.epsilon, normalize.group}, outputs,
                          normalize.scale, normalize.shift);
  }
  RowKernel operator()(const model::Lookup& lookup) const {
    return row::Lookup({lookup.keys, lookup.wraps, lookup.width, lookup.table, lookup.otherwise},
                       widths[0]);
  }
  RowKernel operator()(const model::Constant& constant) const {
    return row::Constant(constant.values);
  }
  RowKernel operator()(const model::DynamicQuantize&) const {
    return row::DynamicQuantize(outputs);
  }
};

std::vector<size_t> WidthsOf(const model::Mlp& mlp, const std::vector<model::ValueId>& values) {
  std::vector<size_t> widths;
  widths.reserve(values.size());
  for (const model::ValueId value : values) widths.push_back(mlp.width(value));
  return widths;
}

}  // namespace

size_t RowStep::bytes() const {
  return std::visit([](const auto& k) { return k.bytes(); }, kernel);
}

// Only where an element of the result is written after all that it is made of was read: from the
// same column, or from a group or request that was summed up before. A selection, a reduction and a
// lookup still have to read what such a write would replace.
bool RowStep::may_write_over(model::ValueId source) const {
  const bool by_column = std::holds_alternative<row::Scale>(kernel) ||
                         std::holds_alternative<row::Combine>(kernel) ||
                         std::holds_alternative<row::DynamicQuantize>(kernel) ||
                         std::holds_alternative<row::Normalize>(kernel);
  for (size_t i = 0; i < operands.size(); ++i) {
    if (operands[i] == source) return by_column && widths[i] == outputs;
  }
  return false;
}

// Only a row activation sees groups as rows: to a per-unit one they would be other units.
void RowStep::Activate(float* values, size_t rows) const {
  const size_t cols = activation->scope == activation::Scope::kRow ? group : outputs;
  activation_kernel(params, slopes.data(), values, values, rows * (outputs / cols), cols);
}

std::string RowStep::Describe() const {
  return fmt::format("{} {}->{} ({}{})", activation->name, fmt::join(widths, "+"), outputs,
                     operation, is_identity() ? "" : "; activation fallback");
}

RowStep MakeRowStep(const model::Mlp& mlp, size_t index) {
  const model::Layer& layer = mlp.layers[index];
  std::vector<size_t> widths = WidthsOf(mlp, layer.operands);
  RowKernel kernel = std::visit(KernelMaker{widths, layer.outputs}, *layer.operation);
  const bool is_identity = layer.activation->name == activation::kIdentity;
  return {.name = layer.name,
          .operation = std::string(model::NameOf(*layer.operation)),
          .operands = layer.operands,
          .widths = std::move(widths),
          .outputs = layer.outputs,
          .activation = layer.activation,
          .params = layer.params,
          .slopes = layer.slopes,
          .group = layer.group == 0 ? layer.outputs : layer.group,
          .kernel = std::move(kernel),
          .activation_kernel =
              is_identity ? nullptr : kernel::fallback::FindActivation(*layer.activation)};
}

}  // namespace hillock::engine
