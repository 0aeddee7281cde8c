// SPDX-License-Identifier: Apache-2.0
#include "client/rows/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "client/rows/csv_rows.h"
#include "client/rows/file.h"
#include "client/rows/json_rows.h"
#include "client/rows/npy.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

// What zip archives begin with (APPNOTE 4.3.7).
constexpr std::string_view kZip = "PK\x03\x04";

using Parser = absl::StatusOr<Rows> (*)(std::string_view, const RowsOptions&);

std::string_view Extension(std::string_view path) {
  const size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') return {};
  return path.substr(dot);
}

Parser ChooseParser(std::string_view content, std::string_view path) {
  static constexpr std::array<std::string_view, 3> kCsvExtensions{".csv", ".tsv", ".txt"};
  if (IsNpy(content)) return ParseNpy;
  const std::string_view extension = Extension(path);
  const auto is = [extension](std::string_view name) { return EqualsIgnoreCase(extension, name); };
  if (is(".npy")) return ParseNpy;
  if (is(".json")) return ParseJson;
  if (std::any_of(kCsvExtensions.begin(), kCsvExtensions.end(), is)) return ParseCsv;
  const size_t first = content.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return ParseCsv;
  return content[first] == '[' || content[first] == '{' ? ParseJson : ParseCsv;
}

std::string DisplayName(const std::string& path) { return path == "-" ? "standard input" : path; }

}  // namespace

LabelColumn LabelColumn::FromFlag(std::string_view flag) {
  if (flag.empty()) return {};
  if (flag == "last") return {Kind::kLast, ""};
  if (flag == "none") return {Kind::kNone, ""};
  return {Kind::kNamed, std::string(flag)};
}

absl::StatusOr<Rows> ParseRows(std::string_view content, const std::string& path,
                               const RowsOptions& options) {
  if (content.starts_with(kZip)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: got a zip archive, such as an NPZ, want one array: numpy.save() writes it",
                    DisplayName(path)));
  }
  absl::StatusOr<Rows> rows = ChooseParser(content, path)(content, options);
  if (!rows.ok()) return Annotate(rows.status(), DisplayName(path));
  if (rows->count() == 0) {
    return absl::InvalidArgumentError(fmt::format("{}: no rows in it", DisplayName(path)));
  }
  return rows;
}

absl::StatusOr<Rows> ReadRows(const std::string& path, const RowsOptions& options) {
  HILLOCK_ASSIGN_OR_RETURN(const std::string content, ReadWhole(path));
  return ParseRows(content, path, options);
}

absl::Status ReadLabels(const std::string& path, Rows& rows) {
  HILLOCK_ASSIGN_OR_RETURN(const std::string content, ReadWhole(path));
  absl::StatusOr<std::vector<std::string>> labels = ParseLabels(content);
  if (!labels.ok()) return Annotate(labels.status(), DisplayName(path));
  if (labels->size() != rows.count()) {
    return absl::InvalidArgumentError(fmt::format("{}: got {} labels, want {}, one a row",
                                                  DisplayName(path), labels->size(), rows.count()));
  }
  rows.labels = *std::move(labels);
  return absl::OkStatus();
}

Rows Slice(const Rows& rows, size_t offset, size_t limit) {
  const size_t first = std::min(offset, rows.count());
  const size_t count = std::min(limit, rows.count() - first);
  const auto values = std::span(rows.values).subspan(first * rows.width, count * rows.width);
  Rows slice{rows.width, {values.begin(), values.end()}, {}, rows.words, rows.absent, rows.note};
  if (!rows.labels.empty()) {
    const auto labels = std::span(rows.labels).subspan(first, count);
    slice.labels.assign(labels.begin(), labels.end());
  }
  return slice;
}

}  // namespace hillock::client
