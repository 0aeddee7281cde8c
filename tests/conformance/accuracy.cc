// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/accuracy.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "server/core/kernel/fallback.h"
#include "tests/support/activation_tile.h"

namespace hillock::testing {
namespace {

using activation::Scope;
using activation::Spec;

constexpr size_t kBlock = size_t{1} << 16;  // choosing an instruction set is slow
constexpr size_t kWidest = 70;
constexpr uint64_t kPatterns = uint64_t{1} << 32;
constexpr float kRanges[] = {1.0f, 30.0f, 1000.0f, 1e38f};

}  // namespace

Kernel FallbackKernel(const Spec& spec, const Isa& isa) {
  const activation::Params params = *activation::ResolveParams(spec, {});
  return [&spec, isa, params](std::span<const float> x, std::span<float> y) {
    const ScopedIsa scope(isa);
    const std::vector<float> slopes(x.size(), params[0]);
    kernel::fallback::FindActivation(spec)(params, slopes.data(), x.data(), y.data(), 1, x.size());
  };
}

std::optional<Kernel> OneDnnKernel(const Spec& spec) {
  const activation::Params params = *activation::ResolveParams(spec, {});
  if (ActivationTile::OnOneDnn(spec, params, 1, 1) == nullptr) return std::nullopt;
  const auto tiles = std::make_shared<std::map<size_t, std::unique_ptr<ActivationTile>>>();
  return [&spec, params, tiles](std::span<const float> x, std::span<float> y) {
    auto& tile = (*tiles)[x.size()];
    if (tile == nullptr) tile = ActivationTile::OnOneDnn(spec, params, 1, x.size());
    std::ranges::copy(x, tile->src());
    tile->Run();
    std::copy_n(tile->dst(), x.size(), y.begin());
  };
}

uint64_t Stride() {
  const char* const stride = std::getenv("HILLOCK_FLOAT_STRIDE");
  return stride == nullptr ? kUsualStride : std::max(1ull, std::strtoull(stride, nullptr, 10));
}

void WalkFloatLine(const Spec& spec, const RowVisitor& visit) {
  const activation::Params params = *activation::ResolveParams(spec, {});
  const uint64_t stride = Stride();
  std::vector<float> x;
  std::vector<double> want;
  for (uint64_t bits = 0; bits < kPatterns;) {
    x.clear();
    want.clear();
    for (; x.size() < kBlock && bits < kPatterns; bits += stride) {
      const float value = std::bit_cast<float>(static_cast<uint32_t>(bits));
      if (!std::isfinite(value)) continue;
      x.push_back(value);
      want.push_back(spec.reference(value, params));
    }
    visit(x, want);
  }
}

void WalkRows(const Spec& spec, float range, const RowVisitor& visit) {
  uint32_t state = 1;
  const auto next = [&state] {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) * 0x1p-23f - 1.0f;
  };
  for (size_t n = 1; n <= kWidest; ++n) {
    std::vector<float> x(n);
    std::vector<double> want(n);
    for (float& value : x) value = range * next();
    spec.reference_row(std::vector<double>(x.begin(), x.end()), want);
    visit(x, want);
  }
}

void Walk(const Spec& spec, const RowVisitor& visit) {
  if (spec.scope != Scope::kRow) {
    WalkFloatLine(spec, visit);
    return;
  }
  for (const float range : kRanges) WalkRows(spec, range, visit);
}

float Reach(const Spec& spec, std::span<const float> row, size_t i) {
  if (spec.scope != Scope::kRow) return std::abs(row[i]);
  const auto [low, high] = std::ranges::minmax(row);
  return std::max(std::abs(low), std::abs(high));
}

std::vector<Accuracy> MeasureAccuracy(const Spec& spec, std::span<const Kernel> kernels) {
  std::vector<Accuracy> accuracies(kernels.size());
  std::vector<float> got(kBlock);
  Walk(spec, [&](std::span<const float> x, std::span<const double> want) {
    for (size_t i = 0; i < kernels.size(); ++i) {
      kernels[i](x, std::span(got).first(x.size()));
      for (size_t k = 0; k < x.size(); ++k) {
        accuracies[i].Meet(x[k], Reach(spec, x, k), got[k], want[k]);
      }
    }
  });
  return accuracies;
}

}  // namespace hillock::testing
