#ifndef HILLOCK_SERVER_CORE_ENGINE_PLAN_OPTIONS_H_
#define HILLOCK_SERVER_CORE_ENGINE_PLAN_OPTIONS_H_

#include <optional>

#include "server/core/activation/backend.h"
#include "server/core/base/precision.h"

namespace hillock::engine {

struct PlanOptions {
  // The backend for everything, as far as it can do the work; none: the faster one for each layer.
  std::optional<Backend> backend{};

  // Rows may hold NaN and infinities, and activations then give what the table says. An activation
  // runs on oneDNN only where oneDNN gives the same.
  bool allow_non_finite = false;

  // Whether to Rewrite() the model first. Ignored with allow_non_finite, as a rewritten model gives
  // the same answers for finite rows only.
  bool rewrite = false;

  // Other than f32, the dense parts that may be in it: on the backend oneDNN all of them, without a
  // backend those that it makes faster, on the fallback none. Nor are there any on a CPU that is
  // not fast at it.
  Precision precision = Precision::kF32;
  bool (*is_fast)(Precision) = nullptr;  // null: kernel::onednn::IsFast

  // How far that may move an answer, see CheckPrecision(); none: what the precision's row says.
  std::optional<double> precision_tolerance{};

  bool rewrites() const { return rewrite && !allow_non_finite; }
  double tolerance() const { return precision_tolerance.value_or(SpecOf(precision).tolerance); }
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_PLAN_OPTIONS_H_
