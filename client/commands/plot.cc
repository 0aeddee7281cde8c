// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/client.h"
#include "client/api/model_input.h"
#include "client/cli/command.h"
#include "client/plot/curve.h"
#include "client/plot/plot_svg.h"
#include "client/plot/plot_text.h"
#include "client/rows/file.h"
#include "client/rows/rows.h"
#include "client/text/text.h"
#include "server/core/activation/activation.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using activation::Spec;
using Metadata = inference::ModelMetadataResponse;

constexpr std::string_view kCurvePrefix = "curve-";
constexpr size_t kMinPoints = 3;
constexpr size_t kMaxPoints = 100'000;

struct PlotFlags {
  ServerFlags server;
  ModelFlags model;  // or an activation
  std::optional<double> from;
  std::optional<double> to;
  size_t points = 481;
  std::optional<size_t> input;
  std::optional<size_t> output;
  std::string row;
  std::string svg;
  bool json = false;
};

// What the name on the command line stands for.
struct Target {
  std::string model;
  const Spec* activation = nullptr;  // null: just a model
};

// What is swept: every column of a row but one stays as it is.
struct SweptRow {
  std::string input_name;
  std::vector<float> row;
  size_t column = 0;
};

absl::StatusOr<Target> ResolveTarget(const std::string& name) {
  const bool is_curve = name.starts_with(kCurvePrefix);
  const Spec* const spec = activation::Find(is_curve ? name.substr(kCurvePrefix.size()) : name);
  if (spec == nullptr) return Target{name};
  if (is_curve) return Target{name, spec};
  if (spec->scope != activation::Scope::kRow)
    return Target{fmt::format("{}{}", kCurvePrefix, name), spec};
  return absl::InvalidArgumentError(
      fmt::format("activation '{}' maps a row, not a number: plot a model that has it, with "
                  "--input and --output",
                  name));
}

absl::StatusOr<Interval> RangeOf(const PlotFlags& flags, const Target& target) {
  const Interval usual =
      target.activation != nullptr && target.activation->scope != activation::Scope::kRow
          ? UsualRange(*target.activation)
          : Interval{-6, 6};
  const Interval range{flags.from.value_or(usual.low), flags.to.value_or(usual.high)};
  const bool fits = FitsFloat(range.low) && FitsFloat(range.high);
  if (std::isfinite(range.low) && std::isfinite(range.high) && fits && range.low < range.high) {
    const std::vector<float> x = Sweep(range, flags.points);
    for (size_t i = 1; i < x.size(); ++i) {
      if (x[i] > x[i - 1]) continue;
      return absl::InvalidArgumentError(
          fmt::format("got --points {} from {} to {}, want fewer: two of them are the same float",
                      flags.points, range.low, range.high));
    }
    return range;
  }
  return absl::InvalidArgumentError(
      fmt::format("got --from {} --to {}, want floats in ascending order", range.low, range.high));
}

absl::StatusOr<std::vector<float>> BaseRow(const PlotFlags& flags, size_t width) {
  if (flags.row.empty()) return std::vector<float>(width);
  HILLOCK_ASSIGN_OR_RETURN(const Rows rows, ReadRows(flags.row, {width, {}}));
  const auto first = rows.row(0);
  return std::vector<float>(first.begin(), first.end());
}

// The number chosen by `flag` among `count` columns; it may be left out where there is only one.
absl::StatusOr<size_t> ChooseColumn(std::string_view flag, std::optional<size_t> given,
                                    size_t count, std::string_view what) {
  if (!given && count == 1) return 0;
  if (given && *given < count) return *given;
  const std::string got = given ? fmt::format("{} {}", flag, *given) : fmt::format("no {}", flag);
  return absl::InvalidArgumentError(
      fmt::format("got {}, want {} 0 to {}: {}", got, flag, count - 1, what));
}

absl::StatusOr<SweptRow> SweptRowOf(const PlotFlags& flags, const Metadata& metadata) {
  HILLOCK_ASSIGN_OR_RETURN(const ModelInput input, OnlyInput(metadata));
  SweptRow swept;
  swept.input_name = input.name;
  HILLOCK_ASSIGN_OR_RETURN(swept.column,
                           ChooseColumn("--input", flags.input, input.width,
                                        fmt::format("model {} has {} input columns",
                                                    Quoted(metadata.name()), input.width)));
  HILLOCK_ASSIGN_OR_RETURN(swept.row, BaseRow(flags, input.width));
  return swept;
}

std::vector<float> RowsOf(const SweptRow& swept, const std::vector<float>& x) {
  std::vector<float> rows;
  rows.reserve(x.size() * swept.row.size());
  for (const float value : x) {
    rows.insert(rows.end(), swept.row.begin(), swept.row.end());
    rows[rows.size() - swept.row.size() + swept.column] = value;
  }
  return rows;
}

// A column of a float output.
struct Scores {
  const Tensor* tensor = nullptr;
  size_t column = 0;
};

// The column that --output chooses, counted through all float outputs.
absl::StatusOr<Scores> ScoresOf(const InferOutput& output, std::optional<size_t> given) {
  size_t columns = 0;
  std::vector<std::string> sizes;
  for (const Tensor& tensor : output.outputs) {
    if (tensor.kind != Tensor::Kind::kFloats) continue;
    columns += tensor.width;
    sizes.push_back(fmt::format("output {} has {} columns", Quoted(tensor.name), tensor.width));
  }
  if (columns == 0) return absl::UnimplementedError("got no FP32 output");
  Scores scores;
  HILLOCK_ASSIGN_OR_RETURN(scores.column, ChooseColumn("--output", given, columns,
                                                       fmt::format("{}", fmt::join(sizes, ", "))));
  for (const Tensor& tensor : output.outputs) {
    if (tensor.kind != Tensor::Kind::kFloats) continue;
    scores.tensor = &tensor;
    if (scores.column < tensor.width) break;
    scores.column -= tensor.width;
  }
  return scores;
}

std::string ColumnName(const std::string& name, size_t column, size_t width) {
  return width == 1 ? name : fmt::format("{}[{}]", name, column);
}

absl::StatusOr<Curve> AskForCurve(const Client& client, const PlotFlags& flags,
                                  const Target& target, const SweptRow& swept,
                                  const Interval& range) {
  const std::vector<float> x = Sweep(range, flags.points);
  const std::vector<float> rows = RowsOf(swept, x);
  const size_t width = swept.row.size();
  HILLOCK_ASSIGN_OR_RETURN(
      const InferOutput output,
      client.Infer({target.model, flags.model.VersionText(), swept.input_name, width, rows}));
  HILLOCK_ASSIGN_OR_RETURN(const Scores scores, ScoresOf(output, flags.output));
  Curve curve;
  curve.model = target.model;
  curve.version = output.version;
  curve.title = flags.model.name;
  curve.x_name = ColumnName(swept.input_name, swept.column, width);
  curve.y_name = ColumnName(scores.tensor->name, scores.column, scores.tensor->width);
  curve.x.assign(x.begin(), x.end());
  for (size_t i = 0; i < x.size(); ++i)
    curve.y.push_back(double{scores.tensor->row(i)[scores.column]});
  curve.slope = SlopesOf(curve.x, curve.y);
  return curve;
}

// Says of an activation that has no model where it would come from.
absl::Status Explained(const absl::Status& status, const Target& target) {
  if (status.code() != absl::StatusCode::kNotFound || target.activation == nullptr) return status;
  return absl::NotFoundError(fmt::format(
      "{}; activation '{}' is drawn from the answers of model '{}', which the server must have",
      std::string(status.message()), target.activation->name, target.model));
}

absl::Status Write(const PlotFlags& flags, const Curve& curve, const Console& console) {
  if (!flags.svg.empty()) HILLOCK_RETURN_IF_ERROR(WriteWhole(flags.svg, PlotSvg(curve)));
  if (flags.json) {
    WriteJson(console.out, CurveJson(curve));
  } else if (flags.svg.empty()) {
    console.out << PlotText(curve, console.look.charset, console.look.ink);
  }
  return absl::OkStatus();
}

absl::Status Plot(const PlotFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Target target, ResolveTarget(flags.model.name));
  HILLOCK_ASSIGN_OR_RETURN(const Interval range, RangeOf(flags, target));
  HILLOCK_ASSIGN_OR_RETURN(const Client client, Connect(flags.server));
  const auto metadata = client.ModelMetadata(target.model, flags.model.VersionText());
  if (!metadata.ok()) return Explained(metadata.status(), target);
  HILLOCK_ASSIGN_OR_RETURN(const SweptRow swept, SweptRowOf(flags, *metadata));
  HILLOCK_ASSIGN_OR_RETURN(const Curve curve, AskForCurve(client, flags, target, swept, range));
  return Write(flags, curve, console);
}

void AddSweepFlags(CLI::App& command, PlotFlags& flags) {
  AddVersionFlag(command, flags.model);
  command.add_option("--from", flags.from, "first argument; a usual one if not given");
  command.add_option("--to", flags.to, "last argument; a usual one if not given");
  command.add_option("--points", flags.points, "arguments to ask for")
      ->capture_default_str()
      ->check(CLI::Range(kMinPoints, kMaxPoints));
  command.add_option("--input", flags.input, "input column to sweep, from 0");
  command.add_option("--row", flags.row,
                     "file whose first row gives the other input columns; 0 if not given");
  command.add_option("--output", flags.output,
                     "output column to draw, from 0, counted through all outputs");
}

}  // namespace

void AddPlot(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<PlotFlags>();
  CLI::App* const command = app.add_subcommand(
      "plot", "draw what the server answers over a range of arguments, and its slope");
  command
      ->add_option("target", flags->model.name,
                   "activation, drawn by the server's model curve-ACTIVATION, or model")
      ->required();
  AddSweepFlags(*command, *flags);
  command->add_option("--svg", flags->svg, "write an SVG drawing to this file");
  command->add_flag("--json", flags->json, "print one JSON object");
  AddServerFlags(*command, flags->server);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Plot(*flags, console); };
  });
}

}  // namespace hillock::client
