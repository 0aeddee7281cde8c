// SPDX-License-Identifier: Apache-2.0
#include "client/report/activation_text.h"

#include <fmt/format.h>

#include <limits>

namespace hillock::client {

using activation::Saturation;
using activation::Scope;
using activation::Spec;

std::string_view ScopeText(Scope scope) {
  switch (scope) {
    case Scope::kElementwise:
      return "elementwise";
    case Scope::kPerUnit:
      return "per unit";
    case Scope::kRow:
      return "row";
  }
  return "";
}

std::string ParamsText(const Spec& spec) {
  constexpr float kMax = std::numeric_limits<float>::max();
  std::string text;
  for (size_t i = 0; i < spec.param_count; ++i) {
    const activation::ParamSpec& p = spec.params[i];
    text += fmt::format("{}{} = {:.6g}", i == 0 ? "" : ", ", p.name, p.default_value);
    if (p.low > -kMax || p.high < kMax) text += fmt::format(" ({:.4g} to {:.4g})", p.low, p.high);
  }
  return text;
}

std::string OnnxText(const activation::OnnxForm& onnx) {
  if (onnx.op.empty()) return "";
  const std::string attribute =
      onnx.attribute.empty() ? "" : fmt::format(", {} = {}", onnx.attribute, onnx.value);
  return fmt::format("{}{}, since {}", onnx.op, attribute, onnx.since);
}

std::string SaturationText(const Saturation& saturation) {
  const bool below = saturation.below > -activation::kInfinity;
  const bool above = saturation.above < activation::kInfinity;
  if (below && above && saturation.below == saturation.above) return "everywhere";
  if (!below && !above) return "nowhere";
  return fmt::format("{}{}{}", below ? fmt::format("x < {:.4g}", saturation.below) : "",
                     below && above ? ", " : "",
                     above ? fmt::format("x > {:.4g}", saturation.above) : "");
}

std::string UlpText(double ulp) {
  if (ulp > 1e9) return "> 1e9";
  return ulp < 1000 ? fmt::format("{:.2f}", ulp) : fmt::format("{:.2g}", ulp);
}

std::string ValueText(double value) { return fmt::format("{:.4g}", value); }

std::string MachineText(const activation::Machine& machine) {
  return fmt::format("{}; instruction sets {}; oneDNN {}; {}", machine.cpu,
                     machine.instruction_sets, machine.onednn, machine.date);
}

}  // namespace hillock::client
