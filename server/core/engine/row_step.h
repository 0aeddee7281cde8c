// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_ROW_STEP_H_
#define HILLOCK_SERVER_CORE_ENGINE_ROW_STEP_H_

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/precision.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/row/combine.h"
#include "server/core/kernel/row/constant.h"
#include "server/core/kernel/row/dynamic_quantize.h"
#include "server/core/kernel/row/lookup.h"
#include "server/core/kernel/row/normalize.h"
#include "server/core/kernel/row/reduce.h"
#include "server/core/kernel/row/scale.h"
#include "server/core/kernel/row/select.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

using RowKernel = std::variant<kernel::row::Scale, kernel::row::Select, kernel::row::Combine,
                               kernel::row::Reduce, kernel::row::Normalize, kernel::row::Lookup,
                               kernel::row::Constant, kernel::row::DynamicQuantize>;

// The step of a layer that is not dense: its row operation, then its activation in place, both on
// the fallback. Immutable once it is made.
struct RowStep {
  std::string name;
  std::string operation;  // model::NameOf()
  std::vector<model::ValueId> operands;
  std::vector<size_t> widths;  // of the operands
  size_t outputs = 0;
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // [outputs] for a per-unit activation
  size_t group = 0;           // columns that a row activation runs over at a time, at least 1

  RowKernel kernel;
  kernel::fallback::ActivationFn activation_kernel = nullptr;  // null for identity

  bool is_identity() const { return activation_kernel == nullptr; }

  // Applies the activation to [rows][outputs] in place. REQUIRES: it is not identity.
  void Activate(float* values, size_t rows) const;

  // What every kind of step has, see step.h.
  std::span<const model::ValueId> sources() const { return operands; }
  bool may_write_over(model::ValueId source) const;
  Precision precision() const { return Precision::kF32; }
  bool is_constant() const { return std::holds_alternative<kernel::row::Constant>(kernel); }
  bool reads_whole_requests() const {
    return std::holds_alternative<kernel::row::DynamicQuantize>(kernel);
  }
  size_t bytes() const;
  size_t scratch_bytes() const { return 0; }

  // "relu 64+64->64 (add; activation fallback)".
  std::string Describe() const;
};

// The step of layers[index]. REQUIRES: Validate(mlp) is OK, and the layer is not dense.
RowStep MakeRowStep(const model::Mlp& mlp, size_t index);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_ROW_STEP_H_
