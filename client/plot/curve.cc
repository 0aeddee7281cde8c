// SPDX-License-Identifier: Apache-2.0
#include "client/plot/curve.h"

#include <algorithm>
#include <cmath>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr double kWidest = 6;
constexpr double kTallest = 10;

// Whether f stays in sight over the outer half of [-reach, reach]: a pole is further in.
bool StaysWithin(const activation::Spec& spec, double reach, double bound) {
  constexpr int kSamples = 200;
  const activation::Params params = *activation::ResolveParams(spec, {});
  for (int i = kSamples / 2; i <= kSamples; ++i) {
    const double x = reach * i / kSamples;
    if (std::abs(spec.reference(x, params)) > bound) return false;
    if (std::abs(spec.reference(-x, params)) > bound) return false;
  }
  return true;
}

}  // namespace

std::vector<float> Sweep(const Interval& interval, size_t points) {
  std::vector<float> x(points);
  for (size_t i = 0; i < points; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(points - 1);
    x[i] = static_cast<float>(interval.low * (1 - share) + interval.high * share);
  }
  return x;
}

std::vector<double> SlopesOf(std::span<const double> x, std::span<const double> y) {
  HILLOCK_CHECK(x.size() == y.size() && x.size() >= 2);
  const size_t last = x.size() - 1;
  std::vector<double> slopes(x.size());
  for (size_t i = 0; i <= last; ++i) {
    const size_t left = i == 0 ? 0 : i - 1;
    const size_t right = std::min(i + 1, last);
    slopes[i] = (y[right] - y[left]) / (x[right] - x[left]);
  }
  return slopes;
}

std::vector<Interval> Saturated(const Curve& curve) {
  std::vector<Interval> stretches;
  bool inside = false;
  for (size_t i = 0; i < curve.x.size(); ++i) {
    const bool flat = std::abs(curve.slope[i]) < activation::kVanishing;
    if (flat && !inside) stretches.push_back({curve.x[i], curve.x[i]});
    if (flat) stretches.back().high = curve.x[i];
    inside = flat;
  }
  return stretches;
}

Interval UsualRange(const activation::Spec& spec) {
  double reach = kWidest;
  while (!StaysWithin(spec, reach, std::max(2 * reach, kTallest))) reach /= 2;
  return {-reach, reach};
}

nlohmann::ordered_json CurveJson(const Curve& curve) {
  using nlohmann::ordered_json;
  ordered_json points = ordered_json::array();
  for (size_t i = 0; i < curve.x.size(); ++i) {
    points.push_back({{"x", curve.x[i]}, {"y", curve.y[i]}, {"slope", curve.slope[i]}});
  }
  ordered_json saturated = ordered_json::array();
  for (const Interval& stretch : Saturated(curve)) {
    saturated.push_back(ordered_json::array({stretch.low, stretch.high}));
  }
  return {{"model", curve.model},        {"version", curve.version},
          {"input", curve.x_name},       {"output", curve.y_name},
          {"points", std::move(points)}, {"saturated", std::move(saturated)}};
}

}  // namespace hillock::client
