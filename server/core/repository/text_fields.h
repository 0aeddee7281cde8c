// SPDX-License-Identifier: Apache-2.0

// Protobuf's text format without a message type to read it by, for files of which little is known.

#ifndef HILLOCK_SERVER_CORE_REPOSITORY_TEXT_FIELDS_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_TEXT_FIELDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::repository {

// A field: a scalar, whose text is a number, a word or a string without its quotes, or a message. A
// list is a field for each element.
struct TextField {
  std::string name;
  std::string text{};
  std::vector<TextField> fields{};
  int line = 0;  // where its name is; both from 1
  int column = 0;
};

// The fields of a text in their order. The text is treated as hostile: INVALID_ARGUMENT with line
// and column for what is none, for messages deep in each other, and for very many fields.
absl::StatusOr<std::vector<TextField>> ParseTextFields(std::string_view text);

// "line 2, column 5: ...", as an error of that field.
absl::Status ComplaintAt(const TextField& field, std::string_view complaint);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_TEXT_FIELDS_H_
