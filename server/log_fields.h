// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LOG_FIELDS_H_
#define HILLOCK_SERVER_LOG_FIELDS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "server/log_format.h"

namespace hillock {

// Something that an event is told with.
struct LogField {
  std::string_view name;  // a word
  std::variant<std::string, int64_t, double> value;
};

// An event in one line: as text `message name=value ...`, where a value that is more than a word
// stands in quotes, as in JSON; as JSON the members of an object, `message` the first. Whatever
// the values hold, they end neither the line nor their quotes. Numbers have three decimals at most.
std::string FormatFields(LogFormat format, std::string_view message,
                         std::span<const LogField> fields);

}  // namespace hillock

#endif  // HILLOCK_SERVER_LOG_FIELDS_H_
