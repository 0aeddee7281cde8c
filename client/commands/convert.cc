// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include "client/cli/command.h"
#include "client/report/model_check.h"
#include "client/report/model_text.h"
#include "client/report/random_rows.h"
#include "client/rows/file.h"
#include "client/rows/rows.h"
#include "client/text/text.h"
#include "server/core/base/status.h"
#include "server/core/model/writer.h"
#include "server/core/onnx/export.h"
#include "server/core/repository/model_file.h"

namespace hillock::client {
namespace {

using model::Mlp;

constexpr size_t kMaxBytes = std::numeric_limits<int32_t>::max();  // what protobuf can hold
constexpr size_t kMaxRows = 1'000'000;

struct ConvertFlags {
  std::string in;
  std::string out;
  std::string check;
  std::string input;
  size_t rows = 256;
  uint32_t seed = 1;
  double tolerance = 1e-5;
  bool json = false;
};

std::string OutError(const std::string& path) {
  const bool known = path.ends_with(".onnx") || path.ends_with(".mlp");
  return known ? "" : "want a name that ends in .onnx or .mlp";
}

absl::StatusOr<Mlp> Load(const std::string& path) {
  auto mlp = repository::ReadModelFile(path, kMaxBytes);
  if (!mlp.ok()) return Annotate(mlp.status(), path);
  return mlp;
}

absl::Status Write(const Mlp& mlp, const std::string& path) {
  if (!path.ends_with(".onnx")) return WriteWhole(path, model::WriteMlp(mlp));
  HILLOCK_ASSIGN_OR_RETURN(const std::string content, onnx::ExportOnnx(mlp));
  return WriteWhole(path, content);
}

absl::StatusOr<Rows> RowsFor(const ConvertFlags& flags, const Mlp& mlp) {
  if (flags.input.empty()) return RandomRows(mlp, flags.rows, flags.seed);
  return ReadRows(flags.input, {mlp.input_width(), {}});
}

nlohmann::ordered_json CheckJson(const WorstDifference& worst, double tolerance) {
  nlohmann::ordered_json json = {{"rows", worst.rows},     {"difference", worst.difference},
                                 {"tolerance", tolerance}, {"row", worst.row},
                                 {"column", worst.column}, {"values", {worst.a, worst.b}}};
  if (!worst.output.empty()) json["output"] = worst.output;
  return json;
}

absl::Status Check(const ConvertFlags& flags, const Mlp& mlp, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Mlp other, Load(flags.check));
  HILLOCK_ASSIGN_OR_RETURN(const Rows rows, RowsFor(flags, mlp));
  HILLOCK_ASSIGN_OR_RETURN(const WorstDifference worst, Compare(mlp, other, rows));
  if (flags.json) {
    WriteJson(console.out, CheckJson(worst, flags.tolerance));
  } else {
    console.out << WorstDifferenceLine(worst) << '\n';
  }
  if (worst.difference <= flags.tolerance) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("the models differ by {:.2g}, want at most {:g}",
                                                   worst.difference, flags.tolerance));
}

absl::Status Convert(const ConvertFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Mlp mlp, Load(flags.in));
  if (!flags.out.empty()) HILLOCK_RETURN_IF_ERROR(Write(mlp, flags.out));
  if (!flags.check.empty()) return Check(flags, mlp, console);
  if (!flags.out.empty()) return absl::OkStatus();
  if (flags.json) {
    WriteJson(console.out, ModelJson(mlp));
  } else {
    console.out << ModelText(mlp);
  }
  return absl::OkStatus();
}

void AddCheckFlags(CLI::App& command, ConvertFlags& flags) {
  CLI::Option* const check = command.add_option(
      "--check", flags.check, "compare the answers of IN with those of this model");
  command.add_option("--input", flags.input, "rows to compare with: a CSV, JSON or NPY file")
      ->needs(check);
  command.add_option("--rows", flags.rows, "random rows to compare with, when no file is given")
      ->needs(check)
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxRows));
  command.add_option("--seed", flags.seed, "what the random rows are drawn from")
      ->needs(check)
      ->capture_default_str();
  command
      .add_option("--tolerance", flags.tolerance,
                  "largest difference that is no failure: absolute, or relative above 1")
      ->needs(check)
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void AddConvert(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<ConvertFlags>();
  CLI::App* const command =
      app.add_subcommand("convert", "convert a model between ONNX and model.mlp, or show it");
  command->add_option("in", flags->in, "model to read: .onnx, else model.mlp")->required();
  command->add_option("out", flags->out, "model to write: .onnx or .mlp; shown when not given")
      ->check(CLI::Validator(OutError, "", "model"));
  command->add_flag("--json", flags->json, "print one JSON object");
  AddCheckFlags(*command, *flags);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Convert(*flags, console); };
  });
}

}  // namespace hillock::client
