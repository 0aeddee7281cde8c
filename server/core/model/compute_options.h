// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_COMPUTE_OPTIONS_H_
#define HILLOCK_SERVER_CORE_MODEL_COMPUTE_OPTIONS_H_

#include <optional>

#include "server/core/activation/backend.h"
#include "server/core/base/precision.h"

namespace hillock::model {

// How a model is computed, whoever decides it: the command line, a model's options.txtpb, or a
// test. hillock.v1.ServingOptions says what each field means to users.
struct ComputeOptions {
  // The backend for everything, as far as it can do the work; none selects layer by layer.
  std::optional<Backend> backend{};

  // Rows may hold NaN and infinities, and activations then give what the table says.
  bool allow_non_finite = false;

  // Whether to make the model smaller first where that keeps its answers. Ignored with
  // allow_non_finite, as a smaller model gives the same answers for finite rows only.
  bool rewrite = false;

  // What dense layers multiply in, where the backend and the CPU are fast at it.
  Precision precision = Precision::kF32;

  // How far that may move an answer while loading: |got - f32| <= tolerance() x (1 + max |f32|),
  // for each output; none: what the precision's row says.
  std::optional<double> precision_tolerance{};

  bool rewrites() const { return rewrite && !allow_non_finite; }
  double tolerance() const { return precision_tolerance.value_or(SpecOf(precision).tolerance); }

  bool operator==(const ComputeOptions&) const = default;
};

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_COMPUTE_OPTIONS_H_
