// SPDX-License-Identifier: Apache-2.0
#include "tests/support/row_reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <variant>

namespace hillock::testing {
namespace {

using Row = std::vector<Approximate>;

constexpr double kRounding = 0x1p-24;  // half the spacing of floats, relative
constexpr double kUnknown = std::numeric_limits<double>::infinity();

// Of the library's functions of floats, and of the few roundings of an operation.
constexpr double kOwn = 4 * kRounding;

std::vector<double> ValuesOf(std::span<const Approximate> x) {
  std::vector<double> values;
  for (const Approximate& a : x) values.push_back(a.value);
  return values;
}

// f of all arguments together, with what it makes of errors in each of them alone: enough where
// errors are small and f does not jump, and where it jumps at a single argument.
Approximate Propagate(std::span<const Approximate> x,
                      const std::function<double(std::span<const double>)>& f) {
  std::vector<double> at = ValuesOf(x);
  const double value = f(at);
  if (!AreKnown(x)) return {value, kUnknown};
  double error = kOwn * std::abs(value);
  for (size_t i = 0; i < x.size(); ++i) {
    double spread = 0;
    for (const double part : {-1.0, -0.5, 0.5, 1.0}) {
      at[i] = x[i].value + part * x[i].error;
      const double there = f(at);
      spread = std::isnan(there) ? kUnknown : std::max(spread, std::abs(there - value));
    }
    at[i] = x[i].value;
    error += x[i].error == 0 ? 0 : 1.1 * spread;
  }
  return {value, error};
}

// Whether rounding may put another element first.
bool IsClose(std::span<const Approximate> x, double best) {
  const auto& first = x[static_cast<size_t>(best)];
  size_t near = 0;
  for (const Approximate& a : x) {
    const double reach = a.error + first.error;
    if (reach > 0 && std::abs(a.value - first.value) <= reach) ++near;
  }
  return near > 1;
}

// One overload for each kind of operation.
struct Evaluator {
  const model::Layer& layer;
  std::span<const Row> sources;

  Row operator()(const model::Scale& scale) const {
    Row y;
    for (size_t c = 0; c < layer.outputs; ++c) {
      const Approximate& x = sources[0][c];
      const double product = double{scale.scale[c]} * x.value;
      const double shift = scale.shift[c];
      y.push_back({product + shift, std::abs(double{scale.scale[c]}) * x.error +
                                        kOwn * (std::abs(product) + std::abs(shift))});
    }
    return y;
  }

  Row operator()(const model::Select& select) const {
    Row all;
    for (const Row& source : sources) all.insert(all.end(), source.begin(), source.end());
    Row y;
    for (const uint32_t column : select.columns) y.push_back(all[column]);
    return y;
  }

  Row operator()(const model::Combine& combine) const {
    const auto f = [&](std::span<const double> x) {
      return combine.function->reference(x[0], x.size() > 1 ? x[1] : 0, x.size() > 2 ? x[2] : 0);
    };
    Row y;
    for (size_t c = 0; c < layer.outputs; ++c) {
      Row x;
      for (const Row& source : sources) x.push_back(source[source.size() == 1 ? 0 : c]);
      y.push_back(Propagate(x, f));
    }
    return y;
  }

  Row operator()(const model::Reduce& reduce) const {
    const size_t n = sources[0].size() / layer.outputs;
    const bool positions = reduce.reduction->name.starts_with("arg");
    Row y;
    for (size_t g = 0; g < layer.outputs; ++g) {
      const auto x = std::span(sources[0]).subspan(g * n, n);
      y.push_back(Propagate(x, reduce.reduction->reference));
      if (positions && IsClose(x, y.back().value)) y.back().error = kUnknown;
    }
    return y;
  }

  Row operator()(const model::Normalize& normalize) const {
    Row y;
    for (size_t c = 0; c < layer.outputs; ++c) {
      const size_t first = c / normalize.group * normalize.group;
      const auto x = std::span(sources[0]).subspan(first, normalize.group);
      const Approximate plain = Propagate(
          x, [&](std::span<const double> at) { return Normalized(normalize, at, c - first); });
      const double scale = normalize.scale.empty() ? 1 : double{normalize.scale[c]};
      const double shift = normalize.shift.empty() ? 0 : double{normalize.shift[c]};
      const double product = scale * plain.value;
      y.push_back({product + shift,
                   std::abs(scale) * plain.error + kOwn * (std::abs(product) + std::abs(shift))});
    }
    return y;
  }

  Row operator()(const model::Lookup& lookup) const {
    Row y;
    for (const Approximate& x : sources[0]) {
      const float* const entry = Find(lookup, x.value);
      const bool sure =
          x.error == 0 || (std::isfinite(x.error) && entry == Find(lookup, x.value - x.error) &&
                           entry == Find(lookup, x.value + x.error));
      for (size_t c = 0; c < lookup.width; ++c) y.push_back({entry[c], sure ? 0 : kUnknown});
    }
    return y;
  }

  Row operator()(const model::Constant& constant) const {
    Row y;
    for (const float value : constant.values) y.push_back({value, 0});
    return y;
  }

  static double Normalized(const model::Normalize& normalize, std::span<const double> x,
                           size_t column) {
    const double n = static_cast<double>(x.size());
    double mean = 0;
    double square = 0;
    for (const double v : x) mean += normalize.centered ? v / n : 0;
    for (const double v : x) square += (v - mean) * (v - mean) / n;
    return (x[column] - mean) / std::sqrt(square + double{normalize.epsilon});
  }

  // Of a request of this row alone. An error of x may move it to the next number of the grid.
  Row operator()(const model::DynamicQuantize&) const {
    double low = 0;
    double high = 0;
    for (const Approximate& x : sources[0]) {
      low = std::min(low, x.value);
      high = std::max(high, x.value);
    }
    const double scale = high == low ? 1 : (high - low) / 255;
    const double zero = std::nearbyint(-low / scale);
    Row y;
    for (const Approximate& x : sources[0]) {
      const double q = std::clamp(std::nearbyint(x.value / scale) + zero, 0.0, 255.0);
      y.push_back({(q - zero) * scale, x.error == 0 ? kOwn * std::abs(x.value) : scale});
    }
    return y;
  }

  static const float* Find(const model::Lookup& lookup, double x) {
    const auto count = static_cast<double>(lookup.entries());
    for (size_t i = 0; i < lookup.entries(); ++i) {
      const double position = static_cast<double>(i);
      const bool found = lookup.keys.empty()
                             ? x == position || (lookup.wraps && x == position - count)
                             : x == double{lookup.keys[i]};
      if (found) return lookup.table.data() + i * lookup.width;
    }
    return lookup.otherwise.data();
  }
};

}  // namespace

bool AreKnown(std::span<const Approximate> x) {
  return std::ranges::all_of(x, [](const Approximate& a) { return std::isfinite(a.error); });
}

Row EvaluateOperation(const model::Layer& layer, std::span<const Row> sources) {
  return std::visit(Evaluator{layer, sources}, *layer.operation);
}

Approximate OrUnknown(const Approximate& x) {
  constexpr double kLarge = 1e37;
  const bool known = std::abs(x.value) + x.error < kLarge;
  return known ? x : Approximate{std::isfinite(x.value) ? x.value : 0, kUnknown};
}

}  // namespace hillock::testing
