#ifndef HILLOCK_SERVER_ENGINE_PLAN_H_
#define HILLOCK_SERVER_ENGINE_PLAN_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/activation/activation.h"
#include "server/base/status.h"
#include "server/kernel/fallback.h"
#include "server/kernel/onednn.h"
#include "server/model/mlp.h"

namespace hillock::engine {

// Who computes.
enum class Backend { kOneDnn, kFallback };
inline constexpr size_t kBackends = 2;

// "onednn" or "fallback".
std::string_view BackendName(Backend backend);

struct PlanOptions {
  // The backend for everything, or none to take oneDNN wherever it can do the work.
  std::optional<Backend> backend;
};

// A planned layer: the dense part and the activation, each with its backend. The activation is
// either fused into the dense primitive or a pass of its own over the dense part's output, in
// place.
struct Step {
  std::string name;
  size_t inputs = 0;
  size_t outputs = 0;
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // [outputs] for a per-unit activation

  Backend dense_backend = Backend::kOneDnn;
  std::unique_ptr<kernel::onednn::Dense> onednn_dense;      // null on the fallback backend
  std::unique_ptr<kernel::fallback::Dense> fallback_dense;  // null on the oneDNN backend

  // Fused: oneDNN applies the activation inside the dense primitive. The pass of its own is there
  // all the same, for batches that are profiled. Identity needs neither.
  bool fused = false;
  Backend activation_backend = Backend::kOneDnn;
  std::unique_ptr<kernel::onednn::Activation> onednn_activation;  // null on the fallback backend
  kernel::fallback::ActivationFn fallback_activation = nullptr;   // null on the oneDNN backend

  bool is_identity() const { return !onednn_activation && fallback_activation == nullptr; }
};

// A model compiled for execution: weights packed and a primitive made for every layer and bucket.
// Immutable and thread-safe; each thread runs it through an Executor of its own.
class Plan {
 public:
  // Compiles `mlp`. A layer falls back where oneDNN cannot make its primitives, or would answer a
  // row differently in different batches; `notes()` says so. REQUIRES: Validate(mlp) is OK.
  static std::shared_ptr<const Plan> Compile(const model::Mlp& mlp, const PlanOptions& options);

  // Row counts with primitives, ascending.
  static std::span<const size_t> buckets();

  // The index of the smallest bucket for `rows`. REQUIRES: 1 <= rows <= max_rows().
  static size_t BucketFor(size_t rows);

  // The most rows that can run together.
  static size_t max_rows() { return buckets().back(); }

  const std::vector<Step>& steps() const { return steps_; }
  size_t inputs() const { return steps_.front().inputs; }
  size_t outputs() const { return steps_.back().outputs; }
  std::span<const float> offset() const { return offset_; }  // of the normalisation, may be empty
  std::span<const float> scale() const { return scale_; }

  // Bytes of packed weights.
  size_t bytes() const;

  // Scratch bytes that the neediest primitive wants.
  size_t scratch_bytes() const;

  // Layers that were to run on oneDNN and do not, one line each, for the log.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<Step> steps_;
  std::vector<float> offset_;
  std::vector<float> scale_;
  std::vector<std::string> notes_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_ENGINE_PLAN_H_
