#include "client/rows/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/rows/csv.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using Fields = std::vector<std::string>;

constexpr std::string_view kLabel = "label";

struct Layout {
  bool has_header = false;
  Fields first;  // the first record
  std::optional<size_t> label;

  size_t columns() const { return first.size(); }
  size_t features() const { return columns() - (label ? 1 : 0); }
};

bool IsNumber(const std::string& field) { return ParseNumber(field).has_value(); }

// Whether `fields`, but for the last, are 0, 1, 2 and so on, as pandas names unnamed columns.
bool CountsUp(const Fields& fields) {
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    if (fields[i] != std::to_string(i)) return false;
  }
  return fields.size() > 2;
}

bool IsHeader(const Fields& fields, const RowsOptions& options) {
  if (std::all_of(fields.begin(), fields.end(), IsNumber)) return false;
  if (!std::all_of(fields.begin(), fields.end() - 1, IsNumber) || fields.size() < 2) return true;
  const LabelColumn& label = options.label_column;
  const bool last_is_label = label.kind == LabelColumn::Kind::kLast ||
                             (label.kind == LabelColumn::Kind::kAuto && options.width > 0 &&
                              fields.size() == options.width + 1);
  return !last_is_label || EqualsIgnoreCase(fields.back(), kLabel) || CountsUp(fields);
}

absl::StatusOr<size_t> FindNamed(const Layout& layout, const std::string& name) {
  if (!layout.has_header) {
    return absl::InvalidArgumentError(
        fmt::format("label column {}: there is no header line to find it in", Quoted(name)));
  }
  const auto found = std::find(layout.first.begin(), layout.first.end(), name);
  if (found == layout.first.end()) {
    return absl::InvalidArgumentError(
        fmt::format("label column {}: not among the {} columns of the header, the last being {}",
                    Quoted(name), layout.columns(), Quoted(layout.first.back())));
  }
  return static_cast<size_t>(found - layout.first.begin());
}

bool LastIsLabel(const Layout& layout, size_t width) {
  if (layout.has_header && EqualsIgnoreCase(layout.first.back(), kLabel)) return true;
  return width > 0 && layout.columns() == width + 1;
}

absl::StatusOr<std::optional<size_t>> FindLabel(const Layout& layout, const RowsOptions& options) {
  const size_t last = layout.columns() - 1;
  switch (options.label_column.kind) {
    case LabelColumn::Kind::kNone:
      return std::nullopt;
    case LabelColumn::Kind::kLast:
      return last;
    case LabelColumn::Kind::kNamed:
      return FindNamed(layout, options.label_column.name);
    case LabelColumn::Kind::kAuto:
      break;
  }
  return LastIsLabel(layout, options.width) ? std::optional(last) : std::nullopt;
}

absl::StatusOr<Layout> MakeLayout(Fields first, size_t line, const RowsOptions& options) {
  Layout layout{IsHeader(first, options), std::move(first), std::nullopt};
  HILLOCK_ASSIGN_OR_RETURN(layout.label, FindLabel(layout, options));
  if (layout.features() == 0) {
    return absl::InvalidArgumentError(
        fmt::format("line {}: the only column is the label, want features beside it", line));
  }
  if (options.width > 0 && layout.features() != options.width) {
    return absl::InvalidArgumentError(fmt::format(
        "line {}: got {} columns{}, want {} features, with or without a label", line,
        layout.columns(), layout.label ? " of which one is the label" : "", options.width));
  }
  return layout;
}

class RowsBuilder {
 public:
  explicit RowsBuilder(Layout layout) : layout_(std::move(layout)) {
    rows_.width = layout_.features();
  }

  absl::Status Add(Fields& fields, size_t line) {
    if (fields.size() != layout_.columns()) {
      return absl::InvalidArgumentError(fmt::format("row {} (line {}): got {} columns, want {}",
                                                    count_, line, fields.size(),
                                                    layout_.columns()));
    }
    for (size_t i = 0; i < fields.size(); ++i) {
      if (layout_.label == i) {
        rows_.labels.push_back(std::move(fields[i]));
      } else {
        HILLOCK_RETURN_IF_ERROR(AddFeature(fields[i], i, line));
      }
    }
    ++count_;
    return absl::OkStatus();
  }

  Rows Take() && { return std::move(rows_); }

 private:
  absl::Status AddFeature(const std::string& field, size_t column, size_t line) {
    const std::optional<double> value = ParseNumber(field);
    if (!value || !FitsFloat(*value)) {
      const std::string name =
          layout_.has_header ? fmt::format(" {}", Quoted(layout_.first[column])) : "";
      return absl::InvalidArgumentError(
          fmt::format("row {} (line {}), column {}{}: got {}, want {}", count_, line, column, name,
                      Quoted(field), value ? "a number that FP32 can hold" : "a number"));
    }
    rows_.values.push_back(static_cast<float>(*value));
    return absl::OkStatus();
  }

  const Layout layout_;
  Rows rows_;
  size_t count_ = 0;
};

}  // namespace

absl::StatusOr<Rows> ParseCsv(std::string_view text, const RowsOptions& options) {
  CsvReader reader(text);
  Fields fields;
  HILLOCK_ASSIGN_OR_RETURN(bool more, reader.Next(fields));
  if (!more) return Rows{};
  HILLOCK_ASSIGN_OR_RETURN(Layout layout, MakeLayout(fields, reader.line(), options));
  const bool has_header = layout.has_header;
  RowsBuilder builder(std::move(layout));
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
