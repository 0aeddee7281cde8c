// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/tuning/numeric_contract.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

namespace hillock::engine {
namespace {

namespace onednn = kernel::onednn;
using activation::Params;
using activation::Scope;
using activation::Spec;

bool SameValue(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// f of one row of two values by the reference.
std::array<float, 2> ReferenceOf(const Spec& spec, const Params& params,
                                 const std::array<float, 2>& x) {
  if (spec.scope != Scope::kRow) {
    return {static_cast<float>(spec.reference(x[0], params)),
            static_cast<float>(spec.reference(x[1], params))};
  }
  const std::array<double, 2> in = {x[0], x[1]};
  std::array<double, 2> out;
  spec.reference_row(in, out);
  return {static_cast<float>(out[0]), static_cast<float>(out[1])};
}

}  // namespace

// By name, as rows that agree on some weights prove nothing of others. "brg" begins the names of
// the packed kernels, brgemm.
absl::Status CheckBatchInvariance(const onednn::Dense& dense) {
  if (dense.implementation().starts_with("brg")) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "oneDNN's {} answers a row differently in different batches", dense.implementation()));
}

absl::Status CheckNonFinite(const Spec& spec, const Params& params) {
  const auto algorithm = onednn::AlgorithmOf(spec, params);
  if (!algorithm) {
    return absl::UnimplementedError(fmt::format("oneDNN has no algorithm for '{}'", spec.name));
  }
  constexpr float kInf = activation::kInfinity;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const size_t one_row[] = {1};
  const float slopes[] = {params[0], params[0]};
  HILLOCK_ASSIGN_OR_RETURN(const auto activation,
                           onednn::Activation::Create(*algorithm, 2, slopes, one_row));
  onednn::Workspace workspace(activation->scratch_bytes());
  for (const float special : {kNan, kInf, -kInf}) {
    // The finite neighbour matters to row functions, which weigh the two against each other.
    const std::array<float, 2> x = {special, 1.0f};
    std::array<float, 2> y{};
    HILLOCK_CHECK(activation->Bind(0, x.data(), y.data(), workspace).Run());
    const float want = ReferenceOf(spec, params, x)[0];
    if (SameValue(y[0], want)) continue;
    return absl::FailedPreconditionError(
        fmt::format("oneDNN {} makes {} of {}, want {}", algorithm->name, y[0], special, want));
  }
  return absl::OkStatus();
}

}  // namespace hillock::engine
