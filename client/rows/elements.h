// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_ELEMENTS_H_
#define HILLOCK_CLIENT_ROWS_ELEMENTS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"

namespace hillock::client {

// Makes the values of Rows out of text. Not thread-safe.
class ElementReader {
 public:
  // The value of an element of that kind: a number, NaN where the text is empty; a whole number; 0
  // or 1, also as "true" and "false"; the position of a string among `rows.words`, where a new one
  // is added. INVALID_ARGUMENT "got ..., want ...".
  absl::StatusOr<float> Read(std::string_view text, ElementKind kind, Rows& rows);

 private:
  std::map<std::string, float, std::less<>> positions_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_ELEMENTS_H_
