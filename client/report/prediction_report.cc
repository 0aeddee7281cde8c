// SPDX-License-Identifier: Apache-2.0
#include "client/report/prediction_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxOutputColumns = 8;
constexpr size_t kLineColumns = 80;
constexpr size_t kShortestBar = 8;
constexpr size_t kLongestBar = 24;
constexpr std::string_view kGap = "  ";

struct Marks {
  std::string_view right;
  std::string_view wrong;
};
constexpr Marks kUtf8Marks{"\u2713", "\u2717"};
constexpr Marks kAsciiMarks{"ok", "wrong"};

bool AnyExpected(const Predictions& predictions) {
  return std::any_of(predictions.rows.begin(), predictions.rows.end(),
                     [](const Prediction& row) { return row.expected.has_value(); });
}

std::string FormatScore(float score, bool probability) {
  return probability ? FormatPercent(score) : FormatNumber(score);
}

std::string Expected(const Prediction& prediction, const Look& look) {
  if (!prediction.expected) return "";
  const Marks& marks = look.charset == Charset::kUtf8 ? kUtf8Marks : kAsciiMarks;
  const bool correct = IsCorrect(prediction);
  const std::string mark = Emphasize(correct ? marks.right : marks.wrong,
                                     correct ? Accent::kGood : Accent::kBad, look.ink);
  return fmt::format("{} {}", Printable(*prediction.expected), mark);
}

std::vector<Column> ClassColumns(size_t top, bool probabilities, bool expected) {
  std::vector<Column> columns{
      {"row", Align::kRight}, {"label"}, {probabilities ? "prob" : "score", Align::kRight}};
  for (size_t i = 0; i < top; ++i) {
    columns.push_back({i == 0 ? fmt::format("top {}", top) : ""});
    columns.push_back({"", Align::kRight});
  }
  if (expected) columns.push_back({"expected"});
  return columns;
}

std::string ClassTable(const Predictions& predictions, size_t top, const Look& look) {
  const size_t shown = std::min(top, predictions.class_names.size());
  const bool probabilities = predictions.probabilities;
  const bool expected = AnyExpected(predictions);
  Table table(ClassColumns(shown, probabilities, expected));
  for (const Prediction& row : predictions.rows) {
    const auto ranked = Rank(predictions, row, std::max<size_t>(shown, 1));
    std::vector<std::string> cells{std::to_string(row.row), Printable(row.label),
                                   FormatScore(ranked[0].score, probabilities)};
    for (size_t i = 0; i < shown; ++i) {
      const bool there = i < ranked.size();
      cells.push_back(there ? Printable(ranked[i].name) : "");
      cells.push_back(there ? FormatScore(ranked[i].score, probabilities) : "");
    }
    if (expected) cells.push_back(Expected(row, look));
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

std::vector<Column> OutputColumns(const Predictions& predictions, size_t shown, size_t width) {
  const std::string name = Printable(predictions.output);
  std::vector<Column> columns{{"row", Align::kRight}};
  if (predictions.multilabel) columns.push_back({"label"});
  for (size_t i = 0; i < shown; ++i) {
    columns.push_back({width == 1 ? name : fmt::format("{}[{}]", name, i), Align::kRight});
  }
  if (shown < width) columns.push_back({fmt::format("+{}", width - shown)});
  if (AnyExpected(predictions)) columns.push_back({"expected"});
  return columns;
}

std::string OutputTable(const Predictions& predictions, const Look& look) {
  const size_t width = predictions.rows.empty() ? 0 : predictions.rows[0].outputs.size();
  const size_t shown = std::min(width, kMaxOutputColumns);
  Table table(OutputColumns(predictions, shown, width));
  for (const Prediction& row : predictions.rows) {
    std::vector<std::string> cells{std::to_string(row.row)};
    if (predictions.multilabel) cells.push_back(Printable(row.label));
    for (size_t i = 0; i < shown; ++i) cells.push_back(FormatNumber(row.outputs[i]));
    if (shown < width) cells.push_back("...");
    if (row.expected) cells.push_back(Expected(row, look));
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

// Colours are drawn with block characters, which ASCII has not.
Ink DrawingInk(const Look& look) { return look.charset == Charset::kUtf8 ? look.ink : Ink::kPlain; }

// The lines that stand beside a picture of `picture_width` columns.
std::vector<std::string> Caption(const Predictions& predictions, const Prediction& prediction,
                                 size_t picture_width, size_t top, const Look& look) {
  const auto ranked = Rank(predictions, prediction, std::max<size_t>(top, 1));
  const bool probability = predictions.probabilities;
  const std::string label = Emphasize(Printable(prediction.label), Accent::kBold, look.ink);
  const std::string with_score =
      predictions.multilabel ? "" : "  " + FormatScore(ranked[0].score, probability);
  std::vector<std::string> lines{fmt::format("row {}", prediction.row),
                                 fmt::format("predicted  {}{}", label, with_score)};
  if (prediction.expected)
    lines.push_back(fmt::format("expected   {}", Expected(prediction, look)));
  lines.emplace_back();
  size_t name_width = 1;
  for (const ClassScore& one : ranked) {
    name_width = std::max(name_width, DisplayWidth(Printable(one.name)));
  }
  const size_t taken = picture_width + name_width + 4 * kGap.size() + 6;
  const size_t bar =
      std::clamp(kLineColumns - std::min(taken, kLineColumns), kShortestBar, kLongestBar);
  for (size_t i = 0; i < std::min(top, ranked.size()); ++i) {
    const auto& [name, score] = ranked[i];
    std::string line = Pad(Printable(name), name_width, Align::kRight).append(kGap);
    if (probability) line += DrawBar(score, bar, DrawingInk(look)).append(kGap);
    lines.push_back(line + Pad(FormatScore(score, probability), 6, Align::kRight));
  }
  return lines;
}

std::string SideBySide(const std::vector<std::string>& left,
                       const std::vector<std::string>& right) {
  const std::string blank(DisplayWidth(left[0]), ' ');
  std::string text;
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    std::string line = (i < left.size() ? left[i] : blank);
    if (i < right.size()) line.append(kGap).append(kGap).append(right[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

nlohmann::ordered_json RowJson(const Predictions& predictions, const Prediction& row) {
  nlohmann::ordered_json json{{"row", row.row}};
  if (predictions.multilabel) {
    json["label"] = row.yes;
  } else if (predictions.names_classes) {
    json["label"] = row.label;
  }
  json[predictions.names_classes ? "probabilities" : "outputs"] = row.outputs;
  if (row.expected) json["expected"] = *row.expected;
  return json;
}

void AddRows(const Predictions& predictions, nlohmann::ordered_json& json) {
  json["rows"] = nlohmann::ordered_json::array();
  for (const Prediction& row : predictions.rows) {
    json["rows"].push_back(RowJson(predictions, row));
  }
  if (const auto accuracy = Measure(predictions)) {
    json["accuracy"] = accuracy->value();
    json["n"] = accuracy->total;
  }
  if (const auto reason = WhyIncomparable(predictions)) json["accuracy_note"] = *reason;
}

}  // namespace

std::string PredictionTable(const Predictions& predictions, size_t top, const Look& look) {
  return predictions.names_classes && !predictions.multilabel ? ClassTable(predictions, top, look)
                                                              : OutputTable(predictions, look);
}

std::string PredictionPicture(const Predictions& predictions, const Prediction& prediction,
                              std::span<const float> pixels, PictureSize size, size_t top,
                              const Look& look) {
  const std::vector<std::string> picture = DrawPicture(pixels, size, DrawingInk(look));
  return SideBySide(picture, Caption(predictions, prediction, DisplayWidth(picture[0]), top, look));
}

nlohmann::ordered_json PredictionJson(const std::vector<Predictions>& outputs) {
  nlohmann::ordered_json json{{"model", outputs[0].model}, {"version", outputs[0].version}};
  if (outputs.size() == 1) {
    AddRows(outputs[0], json);
    return json;
  }
  json["outputs"] = nlohmann::ordered_json::array();
  for (const Predictions& predictions : outputs) {
    AddRows(predictions,
            json["outputs"].emplace_back(nlohmann::ordered_json{{"output", predictions.output}}));
  }
  return json;
}

}  // namespace hillock::client
