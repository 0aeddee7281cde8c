// SPDX-License-Identifier: Apache-2.0
#include "client/rows/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/rows/csv.h"
#include "client/rows/csv_layout.h"
#include "client/rows/elements.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using Fields = std::vector<std::string>;

constexpr std::string_view kLabel = "label";

class RowsBuilder {
 public:
  RowsBuilder(CsvLayout layout, const RowsOptions& options)
      : layout_(std::move(layout)), options_(options) {
    rows_.width = layout_.features.size();
    rows_.absent = layout_.absent;
    rows_.note = layout_.note;
  }

  absl::Status Add(Fields& fields, size_t line) {
    if (fields.size() != layout_.columns()) {
      return absl::InvalidArgumentError(fmt::format("row {} (line {}): got {} columns, want {}",
                                                    count_, line, fields.size(),
                                                    layout_.columns()));
    }
    for (const CsvLayout::Feature& feature : layout_.features) {
      HILLOCK_RETURN_IF_ERROR(AddFeature(fields, feature, line));
    }
    if (layout_.label) rows_.labels.push_back(std::move(fields[*layout_.label]));
    ++count_;
    return absl::OkStatus();
  }

  Rows Take() && { return std::move(rows_); }

 private:
  absl::Status AddFeature(const Fields& fields, const CsvLayout::Feature& feature, size_t line) {
    if (feature.column == CsvLayout::kAbsent) {
      rows_.values.push_back(0);
      return absl::OkStatus();
    }
    const std::string& field = fields[feature.column];
    const ElementKind kind = KindOf(feature);
    // Without a header it is more likely a mistake than what is missing.
    if (field.empty() && kind == ElementKind::kNumber && !layout_.has_header) {
      return Annotate(absl::InvalidArgumentError("got '', want a number"),
                      Place(feature.column, line));
    }
    const auto value = elements_.Read(field, kind, rows_);
    if (!value.ok()) return Annotate(value.status(), Place(feature.column, line));
    rows_.values.push_back(*value);
    return absl::OkStatus();
  }

  ElementKind KindOf(const CsvLayout::Feature& feature) const {
    return options_.inputs.empty() ? ElementKind::kNumber : options_.inputs[feature.input].kind;
  }

  std::string Place(size_t column, size_t line) const {
    const std::string name =
        layout_.has_header ? fmt::format(" {}", Quoted(layout_.first[column])) : "";
    return fmt::format("row {} (line {}), column {}{}", count_, line, column, name);
  }

  const CsvLayout layout_;
  const RowsOptions& options_;
  ElementReader elements_;
  Rows rows_;
  size_t count_ = 0;
};

}  // namespace

absl::StatusOr<Rows> ParseCsv(std::string_view text, const RowsOptions& options) {
  CsvReader reader(text);
  Fields fields;
  HILLOCK_ASSIGN_OR_RETURN(bool more, reader.Next(fields));
  if (!more) return Rows{};
  HILLOCK_ASSIGN_OR_RETURN(CsvLayout layout, MakeLayout(fields, reader.line(), options));
  const bool has_header = layout.has_header;
  RowsBuilder builder(std::move(layout), options);
  if (!has_header) HILLOCK_RETURN_IF_ERROR(builder.Add(fields, reader.line()));
  while (true) {
    HILLOCK_ASSIGN_OR_RETURN(more, reader.Next(fields));
    if (!more) return std::move(builder).Take();
    HILLOCK_RETURN_IF_ERROR(builder.Add(fields, reader.line()));
  }
}

absl::StatusOr<std::vector<std::string>> ParseLabels(std::string_view text) {
  CsvReader reader(text);
  std::vector<std::string> labels;
  Fields fields;
  size_t column = 0;
  size_t columns = 1;
  for (bool first = true;; first = false) {
    HILLOCK_ASSIGN_OR_RETURN(const bool more, reader.Next(fields));
    if (!more) return labels;
    if (first) {
      const auto named = std::find(fields.begin(), fields.end(), kLabel);
      if (named != fields.end()) {
        column = static_cast<size_t>(named - fields.begin());
        columns = fields.size();
        continue;
      }
    }
    if (fields.size() != columns) {
      return absl::InvalidArgumentError(
          fmt::format("line {}: got {} columns, want {}", reader.line(), fields.size(), columns));
    }
    labels.push_back(fields[column]);
  }
}

}  // namespace hillock::client
