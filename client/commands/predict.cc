// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "client/cli/command.h"
#include "client/commands/model_interface.h"
#include "client/plot/picture.h"
#include "client/report/prediction.h"
#include "client/report/prediction_report.h"
#include "client/rows/rows.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxBatchRows = 1'000'000;

struct PredictFlags {
  ServerFlags server;
  ModelFlags model;
  std::string input = "-";
  std::string labels;
  std::string label_column;
  std::string draw;
  size_t offset = 0;
  size_t limit = std::numeric_limits<size_t>::max();
  size_t top = 3;
  size_t batch_rows = 256;
  bool quiet = false;
  bool json = false;
};

std::string DrawError(const std::string& text) {
  return std::string(ParsePictureSize(text).status().message());
}

absl::StatusOr<std::optional<PictureSize>> PictureFor(const PredictFlags& flags, size_t width) {
  if (flags.draw.empty()) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(const PictureSize size, ParsePictureSize(flags.draw));
  if (size.height * size.width == width) return size;
  return absl::InvalidArgumentError(fmt::format("--draw {}: got {} pixels, want {}, one a feature",
                                                flags.draw, size.height * size.width, width));
}

absl::StatusOr<Rows> LoadRows(const PredictFlags& flags, const ModelInterface& model) {
  const RowsOptions options{model.width, LabelColumn::FromFlag(flags.label_column), model.columns};
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, ReadRows(flags.input, options));
  if (!flags.labels.empty()) HILLOCK_RETURN_IF_ERROR(ReadLabels(flags.labels, rows));
  if (flags.offset >= rows.count()) {
    return absl::InvalidArgumentError(
        fmt::format("--offset {}: there are only {} rows", flags.offset, rows.count()));
  }
  HILLOCK_RETURN_IF_ERROR(CheckElements(model.inputs, rows.width, rows.values));
  return Slice(rows, flags.offset, flags.limit);
}

absl::StatusOr<std::vector<Predictions>> Ask(const Client& client, const PredictFlags& flags,
                                             const ModelInterface& model, const Rows& rows) {
  const std::string& name = flags.model.name;
  const InferInput input{.model = name,
                         .version = flags.model.VersionText(),
                         .input = {},
                         .width = rows.width,
                         .values = rows.values,
                         .inputs = model.inputs,
                         .absent = rows.absent,
                         .words = rows.words,
                         .outputs = model.outputs};
  HILLOCK_ASSIGN_OR_RETURN(InferOutput output, client.Infer(input));
  HILLOCK_ASSIGN_OR_RETURN(const auto class_names, client.ClassNames(name, output.version));
  return MakePredictions(name, std::move(output), rows, flags.offset, class_names);
}

void WritePictures(const Console& console, const Predictions& predictions, const Rows& rows,
                   PictureSize size, size_t top) {
  for (size_t i = 0; i < predictions.rows.size(); ++i) {
    console.out << PredictionPicture(predictions, predictions.rows[i], rows.row(i), size, top,
                                     console.look)
                << '\n';
  }
}

void WriteText(const Console& console, const PredictFlags& flags, const Predictions& predictions,
               const Rows& rows, std::optional<PictureSize> picture) {
  const auto accuracy = Measure(predictions);
  if (!flags.quiet && picture) {
    WritePictures(console, predictions, rows, *picture, flags.top);
  } else if (!flags.quiet) {
    console.out << PredictionTable(predictions, flags.top, console.look) << (accuracy ? "\n" : "");
  }
  if (accuracy) console.out << AccuracyLine(*accuracy) << '\n';
  if (const auto reason = WhyIncomparable(predictions)) console.out << *reason << '\n';
}

// One output after the other, with its name before it where there are several.
void WriteTexts(const Console& console, const PredictFlags& flags,
                const std::vector<Predictions>& outputs, const Rows& rows,
                std::optional<PictureSize> picture) {
  for (const Predictions& predictions : outputs) {
    if (outputs.size() > 1 && !flags.quiet) {
      console.out << (&predictions == &outputs.front() ? "" : "\n") << "output "
                  << Printable(predictions.output) << '\n';
    }
    WriteText(console, flags, predictions, rows, picture);
  }
}

void EraseRows(nlohmann::ordered_json& json) {
  json.erase("rows");
  if (!json.contains("outputs")) return;
  for (auto& output : json["outputs"]) output.erase("rows");
}

absl::Status Predict(const PredictFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Client client, Connect(flags.server, flags.batch_rows));
  HILLOCK_ASSIGN_OR_RETURN(const ModelInterface model,
                           AskForInterface(client, flags.model.name, flags.model.VersionText()));
  HILLOCK_ASSIGN_OR_RETURN(const auto picture, PictureFor(flags, model.width));
  HILLOCK_ASSIGN_OR_RETURN(const Rows rows, LoadRows(flags, model));
  if (!rows.note.empty() && !flags.json && !flags.quiet) console.out << rows.note << "\n\n";
  HILLOCK_ASSIGN_OR_RETURN(const auto outputs, Ask(client, flags, model, rows));
  if (flags.json) {
    nlohmann::ordered_json json = PredictionJson(outputs);
    if (flags.quiet) EraseRows(json);
    WriteJson(console.out, json);
  } else {
    WriteTexts(console, flags, outputs, rows, picture);
  }
  return absl::OkStatus();
}

void AddInputFlags(CLI::App& command, PredictFlags& flags) {
  command.add_option("--input", flags.input, "CSV, JSON or NPY file of rows; - is standard input")
      ->capture_default_str();
  command.add_option("--offset", flags.offset, "rows of the input to skip")->capture_default_str();
  command.add_option("--limit", flags.limit, "most rows to predict; all when not given")
      ->check(CLI::PositiveNumber);
  command.add_option("--labels", flags.labels, "CSV file of the expected label of each row");
  command.add_option("--label-column", flags.label_column,
                     "CSV column that is the expected label: a name of the header, last or none; "
                     "when not given, a last column that is called label or is one too many");
}

void AddOutputFlags(CLI::App& command, PredictFlags& flags) {
  command.add_option("--top", flags.top, "classes to show for a row")->capture_default_str();
  command.add_option("--draw", flags.draw, "draw each row as an image of HEIGHTxWIDTH pixels")
      ->check(CLI::Validator(DrawError, "", "size"));
  command.add_flag("--quiet", flags.quiet, "print only the accuracy");
  command.add_flag("--json", flags.json, "print one JSON object");
}

}  // namespace

void AddPredict(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<PredictFlags>();
  CLI::App* const command = app.add_subcommand("predict", "predict rows of a file with a model");
  AddModelName(*command, flags->model);
  AddVersionFlag(*command, flags->model);
  AddInputFlags(*command, *flags);
  AddOutputFlags(*command, *flags);
  command->add_option("--batch", flags->batch_rows, "most rows in one request")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxBatchRows));
  AddServerFlags(*command, flags->server);
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return Predict(*flags, console); };
  });
}

}  // namespace hillock::client
