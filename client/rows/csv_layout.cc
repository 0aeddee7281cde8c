// SPDX-License-Identifier: Apache-2.0
#include "client/rows/csv_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using Fields = std::vector<std::string>;

constexpr std::string_view kLabel = "label";

bool IsNumber(const std::string& field) { return ParseNumber(field).has_value(); }

bool IsLabel(const std::string& name) { return EqualsIgnoreCase(name, kLabel); }

// As pandas calls the index that it writes.
bool IsIndex(const std::string& name) { return name.empty() || name == "Unnamed: 0"; }

// Whether `fields`, but for the last, are 0, 1, 2 and so on, as pandas names unnamed columns.
bool CountsUp(const Fields& fields) {
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    if (fields[i] != std::to_string(i)) return false;
  }
  return fields.size() > 2;
}

// "5,1": a number as spreadsheets of many countries write it.
bool HasDecimalComma(const std::string& field) {
  const size_t comma = field.find(',');
  if (comma == std::string::npos || comma == 0 || IsNumber(field)) return false;
  std::string with_point = field;
  with_point[comma] = '.';
  return IsNumber(with_point);
}

bool HasStrings(const RowsOptions& options) {
  return std::ranges::find(options.inputs, ElementKind::kString, &InputColumns::kind) !=
         options.inputs.end();
}

// Where no header can be told from strings by its names, it is one that has no number at all.
bool IsHeader(const Fields& fields, const RowsOptions& options) {
  if (HasStrings(options)) return std::ranges::none_of(fields, IsNumber);
  if (std::ranges::all_of(fields, IsNumber)) return false;
  if (!std::all_of(fields.begin(), fields.end() - 1, IsNumber) || fields.size() < 2) return true;
  const LabelColumn& label = options.label_column;
  const bool last_is_label = label.kind == LabelColumn::Kind::kLast ||
                             (label.kind == LabelColumn::Kind::kAuto && options.width > 0 &&
                              fields.size() == options.width + 1);
  return !last_is_label || IsLabel(fields.back()) || CountsUp(fields);
}

std::optional<size_t> Find(const Fields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name);
  if (found == fields.end()) return std::nullopt;
  return static_cast<size_t>(found - fields.begin());
}

// The columns of an input, or none when one is missing.
std::optional<std::vector<size_t>> ColumnsOf(const InputColumns& input, const Fields& header) {
  std::vector<size_t> columns;
  for (size_t i = 0; i < input.width; ++i) {
    auto column = input.width == 1 ? Find(header, input.name) : std::nullopt;
    if (!column) column = Find(header, fmt::format("{}_{}", input.name, i));
    if (!column) column = Find(header, fmt::format("{}.{}", input.name, i));
    if (!column) return std::nullopt;
    columns.push_back(*column);
  }
  return columns;
}

// Sets features and what is absent; false when an input is missing that may not be.
bool TakeByName(const RowsOptions& options, CsvLayout& layout) {
  std::vector<CsvLayout::Feature> features;
  std::vector<char> absent;
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    const auto columns = ColumnsOf(options.inputs[i], layout.first);
    if (!columns && !options.inputs[i].may_be_absent) return false;
    absent.push_back(!columns);
    for (size_t c = 0; c < options.inputs[i].width; ++c) {
      features.push_back({columns ? (*columns)[c] : CsvLayout::kAbsent, i});
    }
  }
  const auto is_there = [](char one) { return one == 0; };
  if (std::ranges::none_of(absent, is_there)) return false;
  layout.features = std::move(features);
  layout.absent = std::move(absent);
  return true;
}

absl::StatusOr<size_t> FindNamed(const CsvLayout& layout, const std::string& name) {
  if (!layout.has_header) {
    return absl::InvalidArgumentError(
        fmt::format("label column {}: there is no header line to find it in", Quoted(name)));
  }
  if (const auto found = Find(layout.first, name)) return *found;
  return absl::InvalidArgumentError(
      fmt::format("label column {}: not among the {} columns of the header, the last being {}",
                  Quoted(name), layout.columns(), Quoted(layout.first.back())));
}

// The label column that the options ask for. `automatic`: what it is when they do not.
absl::StatusOr<std::optional<size_t>> FindLabel(const CsvLayout& layout, const LabelColumn& wanted,
                                                std::optional<size_t> automatic) {
  switch (wanted.kind) {
    case LabelColumn::Kind::kNone:
      return std::nullopt;
    case LabelColumn::Kind::kLast:
      return layout.columns() - 1;
    case LabelColumn::Kind::kNamed:
      return FindNamed(layout, wanted.name);
    case LabelColumn::Kind::kAuto:
      break;
  }
  return automatic;
}

void NoteLeftOut(const Fields& names, CsvLayout& layout) {
  if (names.empty()) return;
  Fields quoted;
  for (const std::string& name : names) quoted.push_back(Quoted(name));
  layout.note = fmt::format("left out, as no input of the model: {} {}",
                            names.size() == 1 ? "column" : "columns", fmt::join(quoted, ", "));
}

// A column beside the inputs is the label if it is called so, or the last and the only one.
absl::Status FinishByName(const RowsOptions& options, CsvLayout& layout) {
  std::set<size_t> used;
  for (const CsvLayout::Feature& feature : layout.features) used.insert(feature.column);
  std::vector<size_t> others;
  for (size_t c = 0; c < layout.columns(); ++c) {
    if (!used.contains(c) && !(c == 0 && IsIndex(layout.first[c]))) others.push_back(c);
  }
  std::optional<size_t> automatic;
  if (others.size() == 1 && others.front() + 1 == layout.columns()) automatic = others.front();
  for (const size_t c : others) {
    if (IsLabel(layout.first[c])) automatic = c;
  }
  HILLOCK_ASSIGN_OR_RETURN(layout.label, FindLabel(layout, options.label_column, automatic));
  Fields left_out;
  for (size_t c = 0; c < layout.columns(); ++c) {
    if (!used.contains(c) && layout.label != c) left_out.push_back(layout.first[c]);
  }
  NoteLeftOut(left_out, layout);
  return absl::OkStatus();
}

// The input that each feature belongs to.
std::vector<size_t> InputsOfFeatures(const RowsOptions& options, size_t features) {
  std::vector<size_t> inputs;
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    inputs.insert(inputs.end(), options.inputs[i].width, i);
  }
  inputs.resize(features, 0);
  return inputs;
}

std::optional<size_t> LastAsLabel(const CsvLayout& layout, size_t width, bool has_index) {
  const bool named = layout.has_header && IsLabel(layout.first.back());
  const bool one_more = width > 0 && layout.columns() == width + 1 + (has_index ? 1 : 0);
  return named || one_more ? std::optional(layout.columns() - 1) : std::nullopt;
}

absl::Status TakeByPosition(const RowsOptions& options, size_t line, CsvLayout& layout) {
  const size_t width = options.width;
  const bool has_index = layout.has_header && layout.columns() > std::max<size_t>(width, 1) &&
                         IsIndex(layout.first.front());
  HILLOCK_ASSIGN_OR_RETURN(
      layout.label, FindLabel(layout, options.label_column, LastAsLabel(layout, width, has_index)));
  for (size_t c = has_index ? 1 : 0; c < layout.columns(); ++c) {
    if (layout.label != c) layout.features.push_back({c, 0});
  }
  if (layout.features.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("line {}: the only column is the label, want features beside it", line));
  }
  if (width > 0 && layout.features.size() != width) {
    return absl::InvalidArgumentError(
        fmt::format("line {}: got {} columns{}, want {} features, with or without a label", line,
                    layout.columns(), layout.label ? " of which one is the label" : "", width));
  }
  const std::vector<size_t> inputs = InputsOfFeatures(options, layout.features.size());
  for (size_t i = 0; i < inputs.size(); ++i) layout.features[i].input = inputs[i];
  if (has_index) layout.note = "left out, as the index that pandas writes: the first column";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CsvLayout> MakeLayout(Fields first, size_t line, const RowsOptions& options) {
  const auto comma = std::ranges::find_if(first, HasDecimalComma);
  if (comma != first.end() && !HasStrings(options)) {
    return absl::InvalidArgumentError(fmt::format(
        "line {}: got {} with a decimal comma, want a decimal point", line, Quoted(*comma)));
  }
  CsvLayout layout{.first = std::move(first)};
  if (TakeByName(options, layout)) {
    layout.has_header = true;
    HILLOCK_RETURN_IF_ERROR(FinishByName(options, layout));
    return layout;
  }
  layout.has_header = IsHeader(layout.first, options);
  HILLOCK_RETURN_IF_ERROR(TakeByPosition(options, line, layout));
  return layout;
}

}  // namespace hillock::client
