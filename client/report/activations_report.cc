// SPDX-License-Identifier: Apache-2.0
#include "client/report/activations_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "client/report/activation_text.h"
#include "client/text/table.h"

namespace hillock::client {
namespace {

using activation::BackendFigures;
using activation::Figures;
using activation::Params;
using activation::Scope;
using activation::Spec;
using nlohmann::ordered_json;

constexpr char kNothing[] = "-";
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kSpecials[] = {-kInf, -0.0, 0.0, kInf, std::numeric_limits<double>::quiet_NaN()};
constexpr double kSamples[] = {-4, -2, -1, -0.5, 0, 0.5, 1, 2, 4};

Params DefaultsOf(const Spec& spec) { return *activation::ResolveParams(spec, {}); }

std::string OrNothing(const std::string& text) { return text.empty() ? kNothing : text; }

std::string Nanoseconds(double nanoseconds) { return fmt::format("{:.3f}", nanoseconds); }

void AddFigures(const Figures* figures, std::vector<std::string>& cells) {
  if (figures == nullptr) {
    cells.insert(cells.end(), {"not measured", "", kNothing, ""});
    return;
  }
  const std::optional<BackendFigures>& onednn = figures->onednn;
  cells.insert(cells.end(), {UlpText(figures->fallback.ulp), onednn ? UlpText(onednn->ulp) : "",
                             Nanoseconds(figures->fallback.nanoseconds),
                             onednn ? Nanoseconds(onednn->nanoseconds) : ""});
}

std::string BackendsText(const Spec& spec) {
  return spec.onednn.algorithm.empty() ? "fallback" : "fallback, onednn";
}

std::string SpecialsText(const Spec& spec) {
  if (spec.reference == nullptr) return "NaN anywhere in the row makes all of it NaN";
  std::string text;
  for (const double x : kSpecials) {
    text += fmt::format("{}f({}) = {}", text.empty() ? "" : ", ", ValueText(x),
                        ValueText(spec.reference(x, DefaultsOf(spec))));
  }
  return text;
}

std::string OneDnnText(const Spec& spec) {
  const activation::OneDnnForm& form = spec.onednn;
  if (form.algorithm.empty()) return kNothing;
  std::string text(form.algorithm);
  if (form.alpha != nullptr) text += fmt::format(", alpha = {:.4g}", form.alpha(DefaultsOf(spec)));
  if (form.beta != nullptr) text += fmt::format(", beta = {:.4g}", form.beta(DefaultsOf(spec)));
  return text;
}

std::string BackendText(const Spec& spec, const BackendFigures& f) {
  const bool by_row = spec.scope == Scope::kRow;
  const auto at = [by_row](float x) { return by_row ? "" : fmt::format(" at x = {:.9g}", x); };
  return fmt::format("worst error {} ULP{}, {:.2g} absolute{}; {} ns an element", UlpText(f.ulp),
                     f.ulp > 0 ? at(f.ulp_at) : "", f.absolute,
                     f.absolute > 0 ? at(f.absolute_at) : "", Nanoseconds(f.nanoseconds));
}

// A row, what it becomes, and the slope of each output by its own input.
std::string RowSamplesTable(const Spec& spec) {
  constexpr std::array<double, 4> kRow{-2, 0, 1, 4};
  std::array<double, kRow.size()> y{};
  spec.reference_row(kRow, y);
  Table table(
      {{"x_i", Align::kRight}, {"f(x)_i", Align::kRight}, {"df(x)_i / dx_i", Align::kRight}});
  for (size_t i = 0; i < kRow.size(); ++i) {
    table.AddRow(
        {ValueText(kRow[i]), ValueText(y[i]), ValueText(spec.derivative(y[i], DefaultsOf(spec)))});
  }
  return table.Render();
}

// f and f' at some arguments.
std::string SamplesTable(const Spec& spec) {
  if (spec.scope == Scope::kRow) return RowSamplesTable(spec);
  const Params params = DefaultsOf(spec);
  Table table({{"x", Align::kRight}, {"f(x)", Align::kRight}, {"f'(x)", Align::kRight}});
  for (const double x : kSamples) {
    table.AddRow({ValueText(x), ValueText(spec.reference(x, params)),
                  ValueText(spec.derivative(x, params))});
  }
  return table.Render();
}

ordered_json Number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(ValueText(value));
}

ordered_json ParamsJson(const Spec& spec) {
  ordered_json params = ordered_json::array();
  for (size_t i = 0; i < spec.param_count; ++i) {
    const activation::ParamSpec& p = spec.params[i];
    params.push_back({{"name", p.name},
                      {"default", p.default_value},
                      {"low", Number(p.low)},
                      {"high", Number(p.high)},
                      {"onnx", p.NameInOnnx()}});
  }
  return params;
}

ordered_json OnnxJson(const activation::OnnxForm& onnx) {
  if (onnx.op.empty()) return nullptr;
  ordered_json json = {{"op", onnx.op}, {"since", onnx.since}};
  if (!onnx.attribute.empty()) json[std::string(onnx.attribute)] = onnx.value;
  return json;
}

ordered_json BackendJson(const BackendFigures& f) {
  return {{"worst_ulp", Number(f.ulp)},
          {"worst_ulp_at", f.ulp_at},
          {"worst_absolute", f.absolute},
          {"worst_absolute_at", f.absolute_at},
          {"ns_per_element", f.nanoseconds}};
}

ordered_json FiguresJson(const Figures* figures) {
  if (figures == nullptr) return nullptr;
  return {{"fallback", BackendJson(figures->fallback)},
          {"onednn", figures->onednn ? BackendJson(*figures->onednn) : ordered_json(nullptr)}};
}

ordered_json SpecialsJson(const Spec& spec) {
  if (spec.reference == nullptr) return nullptr;
  ordered_json json = ordered_json::object();
  for (const double x : kSpecials) {
    json[ValueText(x)] = Number(spec.reference(x, DefaultsOf(spec)));
  }
  return json;
}

ordered_json OrNull(std::string_view text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json ActivationJson(const Spec& spec) {
  return {{"name", spec.name},
          {"formula", spec.formula},
          {"scope", ScopeText(spec.scope)},
          {"params", ParamsJson(spec)},
          {"saturation",
           {{"below", Number(spec.saturation.below)}, {"above", Number(spec.saturation.above)}}},
          {"onnx", OnnxJson(spec.onnx)},
          {"onednn", OrNull(spec.onednn.algorithm)},
          {"tolerance_ulp", spec.tolerance.ulp},
          {"special_values", SpecialsJson(spec)},
          {"figures", FiguresJson(activation::FindFigures(spec))}};
}

}  // namespace

std::string ActivationsTable(std::span<const Spec> specs) {
  Table table({{"name"},
               {"f(x)"},
               {"parameters"},
               {"ONNX"},
               {"backends"},
               {"ULP", Align::kRight},
               {"oneDNN", Align::kRight},
               {"ns", Align::kRight},
               {"oneDNN", Align::kRight}});
  for (const Spec& spec : specs) {
    std::vector<std::string> cells = {std::string(spec.name), std::string(spec.formula),
                                      OrNothing(ParamsText(spec)), OrNothing(OnnxText(spec.onnx)),
                                      BackendsText(spec)};
    AddFigures(activation::FindFigures(spec), cells);
    table.AddRow(std::move(cells));
  }
  return fmt::format(
      "{}\nULP: the worst error over all finite floats; ns: time an element, {} of them, one "
      "thread.\nEach first of the fallback, then of oneDNN. Measured on {}.\n",
      table.Render(), activation::kTimedElements, MachineText(activation::MeasuredOn()));
}

std::string ActivationDetail(const Spec& spec, const Figures* figures) {
  constexpr char kNotMeasured[] = "not measured";
  const bool onednn = figures != nullptr && figures->onednn.has_value();
  Table table({{std::string(spec.name)}, {std::string(spec.formula)}});
  table.AddRow({"scope", std::string(ScopeText(spec.scope))});
  table.AddRow({"parameters", OrNothing(ParamsText(spec))});
  table.AddRow({"values", SpecialsText(spec)});
  table.AddRow({fmt::format("|f'| < {}", activation::kVanishing),
                spec.scope == Scope::kRow ? kNothing : SaturationText(spec.saturation)});
  table.AddRow({"ONNX", OrNothing(OnnxText(spec.onnx))});
  table.AddRow({"oneDNN", OneDnnText(spec)});
  table.AddRow({"tolerance", fmt::format("{:.4g} ULP on the fallback", spec.tolerance.ulp)});
  table.AddRow(
      {"on fallback", figures != nullptr ? BackendText(spec, figures->fallback) : kNotMeasured});
  table.AddRow({"on onednn", onednn ? BackendText(spec, *figures->onednn) : kNotMeasured});
  if (figures != nullptr) {
    table.AddRow({"measured on", MachineText(activation::MeasuredOn())});
  }
  return table.Render() + "\n" + SamplesTable(spec);
}

ordered_json ActivationsJson(std::span<const Spec> specs) {
  const activation::Machine& machine = activation::MeasuredOn();
  ordered_json list = ordered_json::array();
  for (const Spec& spec : specs) list.push_back(ActivationJson(spec));
  return {{"machine",
           {{"cpu", machine.cpu},
            {"instruction_sets", machine.instruction_sets},
            {"onednn", machine.onednn},
            {"date", machine.date}}},
          {"activations", std::move(list)}};
}

}  // namespace hillock::client
