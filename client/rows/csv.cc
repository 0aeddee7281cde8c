// SPDX-License-Identifier: Apache-2.0
#include "client/rows/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string OutsideQuotes(std::string_view text) {
  std::string outside;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted) outside += c;
  }
  return outside;
}

std::string_view FirstLine(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return {};
  return Trim(text.substr(start, text.find('\n', start) - start));
}

char DetectDelimiter(std::string_view text) {
  const std::string line = OutsideQuotes(FirstLine(text));
  for (const char candidate : {'\t', ';', ',', ' '}) {
    if (line.find(candidate) != std::string::npos) return candidate;
  }
  return ',';
}

std::string_view WithoutMark(std::string_view text) {
  return text.substr(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
}

}  // namespace

CsvReader::CsvReader(std::string_view text)
    : rest_(WithoutMark(text)), delimiter_(DetectDelimiter(rest_)) {}

void CsvReader::SkipBlanks() {
  while (!rest_.empty() && rest_.front() != delimiter_ && !Trim(rest_.substr(0, 1)).size()) {
    rest_.remove_prefix(1);
  }
}

void CsvReader::SkipEmptyLines() {
  while (!rest_.empty()) {
    const size_t end = rest_.find('\n');
    if (!Trim(rest_.substr(0, end)).empty()) return;
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (end != std::string_view::npos) ++line_;
  }
}

bool CsvReader::SkipDelimiter() {
  if (AtRecordEnd()) return false;
  if (delimiter_ != ' ') {
    rest_.remove_prefix(1);
    return true;
  }
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \r"), rest_.size()));
  return !AtRecordEnd();
}

absl::StatusOr<std::string> CsvReader::ReadQuoted() {
  const size_t opened_on = line_;
  std::string field;
  for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
    if (rest_.starts_with("\"\"")) {
      rest_.remove_prefix(1);
    } else if (rest_.front() == '"') {
      rest_.remove_prefix(1);
      return field;
    }
    if (rest_.front() == '\n') ++line_;
    field += rest_.front();
  }
  return absl::InvalidArgumentError(
      fmt::format("line {}: a quote is opened and never closed", opened_on));
}

absl::StatusOr<std::string> CsvReader::ReadField() {
  SkipBlanks();
  if (!rest_.starts_with('"')) {
    const char ends[] = {delimiter_, '\n'};
    const size_t end = std::min(rest_.find_first_of(std::string_view(ends, 2)), rest_.size());
    const std::string_view field = Trim(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return std::string(field);
  }
  HILLOCK_ASSIGN_OR_RETURN(std::string field, ReadQuoted());
  SkipBlanks();
  if (!AtRecordEnd() && rest_.front() != delimiter_) {
    return absl::InvalidArgumentError(
        fmt::format("line {}: got {} after a closing quote, want the end of the field", line_,
                    Quoted(rest_.substr(0, 1))));
  }
  return field;
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>& fields) {
  fields.clear();
  SkipEmptyLines();
  if (rest_.empty()) return false;
  record_line_ = line_;
  if (delimiter_ == ' ') rest_.remove_prefix(rest_.find_first_not_of(' '));
  do {
    HILLOCK_ASSIGN_OR_RETURN(std::string field, ReadField());
    fields.push_back(std::move(field));
  } while (SkipDelimiter());
  if (!rest_.empty()) {
    rest_.remove_prefix(1);
    ++line_;
  }
  return true;
}

}  // namespace hillock::client
