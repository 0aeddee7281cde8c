#ifndef HILLOCK_SERVER_CORE_ENGINE_PLAN_H_
#define HILLOCK_SERVER_CORE_ENGINE_PLAN_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/activation/backend.h"
#include "server/core/base/precision.h"
#include "server/core/base/status.h"
#include "server/core/engine/autotune.h"
#include "server/core/engine/buckets.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "server/core/kernel/output_tiles.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

struct PlanOptions {
  // The backend for everything, as far as it can do the work; or none to choose layer by layer.
  std::optional<Backend> backend{};

  // NaN and infinities may come in and have to be treated as the table says, so an activation runs
  // on oneDNN only where that does.
  bool allow_non_finite = false;

  // Whether to Rewrite() the model first. Not done with allow_non_finite, as that keeps the answers
  // to finite rows only.
  bool rewrite = false;

  // kBf16 lets dense parts be computed in bf16: on oneDNN, wherever it is asked for; where the
  // backend is chosen layer by layer, in layers for which that is faster. Not done on the fallback,
  // nor on a CPU without fast bf16.
  Precision precision = Precision::kF32;
  bool has_fast_bf16 = kernel::onednn::HasFastBf16();

  // How far that may move an answer; CheckPrecision() of precision.h looks.
  double precision_tolerance = kPrecisionTolerance;

  bool rewrites() const { return rewrite && !allow_non_finite; }
};

// A planned layer: the dense part and the activation. The activation is either fused into oneDNN's
// dense primitive or a pass of its own over the dense part's output, in place.
struct Step {
  std::string name;
  size_t source = model::kInputValue;  // number of the value that it reads
  size_t inputs = 0;
  size_t outputs = 0;
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // [outputs] for a per-unit activation
  std::vector<kernel::OutputTile> tiles;

  // Who does what; which dense part serves which bucket is in there.
  Choice choice;
  std::unique_ptr<kernel::onednn::Dense> onednn_dense;      // for kBuckets[onednn_from] and up
  std::unique_ptr<kernel::fallback::Dense> fallback_dense;  // for the buckets below

  // The activation's pass of its own. Where it is fused it is there all the same, for batches that
  // are profiled. Identity needs none.
  std::unique_ptr<kernel::onednn::Activation> onednn_activation;  // null on the fallback backend
  kernel::fallback::ActivationFn fallback_activation = nullptr;   // null on the oneDNN backend
  bool can_fuse = false;  // oneDNN's dense primitives have the activation in them too

  bool is_identity() const { return !onednn_activation && fallback_activation == nullptr; }
  Backend dense_backend(size_t bucket) const {
    return bucket >= choice.onednn_from ? Backend::kOneDnn : Backend::kFallback;
  }
  Backend activation_backend(size_t bucket) const {
    return is_identity() ? dense_backend(bucket) : choice.activation;
  }
  // Whether the activation costs no pass of its own.
  bool is_fused(size_t bucket) const {
    return is_identity() || (can_fuse && bucket >= choice.onednn_from);
  }
};

// For people: "relu 64->32 (dense fallback, onednn from 32 rows; activation onednn, fused)", or
// "relu 784->512 (dense onednn bf16; activation fallback)".
std::string Describe(const Step& step);

// A model compiled for execution: weights packed and a primitive made for every layer and bucket.
// Immutable and thread-safe; each thread runs it through an Executor of its own.
class Plan {
 public:
  // Compiles `mlp`. With oneDNN asked for, a layer falls back where oneDNN cannot make its
  // primitives, or would break the numeric contract; so does a plan or layer in bf16, to f32;
  // `notes()` says so. REQUIRES: Validate(mlp) is OK.
  static std::shared_ptr<const Plan> Compile(const model::Mlp& mlp, const PlanOptions& options);

  const std::vector<Step>& steps() const { return steps_; }
  size_t inputs() const { return steps_.front().inputs; }

  // Numbers of the values that are put out, as in model::Mlp, and the floats in a row of one.
  const std::vector<size_t>& outputs() const { return outputs_; }
  size_t width(size_t value) const { return value == 0 ? inputs() : steps_[value - 1].outputs; }

  std::span<const float> offset() const { return offset_; }  // of the normalization, may be empty
  std::span<const float> scale() const { return scale_; }

  // kBf16 when the dense part of any layer is in bf16.
  Precision precision() const;

  // Bytes of packed weights.
  size_t bytes() const;

  // Scratch bytes that the neediest primitive wants.
  size_t scratch_bytes() const;

  // What was to run on oneDNN, or in bf16, and does not; one line each, for the log.
  const std::vector<std::string>& notes() const { return notes_; }

  // What Rewrite() has done, one line each, for the log.
  const std::vector<std::string>& rewrites() const { return rewrites_; }

 private:
  static std::shared_ptr<Plan> Build(const model::Mlp& mlp, const PlanOptions& options);
  void Add(const model::Mlp& mlp, const PlanOptions& options);

  std::vector<Step> steps_;
  std::vector<size_t> outputs_;
  std::vector<float> offset_;
  std::vector<float> scale_;
  std::vector<std::string> notes_;
  std::vector<std::string> rewrites_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_PLAN_H_
