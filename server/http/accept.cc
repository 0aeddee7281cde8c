// SPDX-License-Identifier: Apache-2.0
#include "server/http/accept.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "server/http/words.h"

namespace hillock::http {
namespace {

// Cuts off and returns what is before the first `mark`, without the spaces around it.
std::string_view TakeUntil(char mark, std::string_view& rest) {
  const size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return Trimmed(part);
}

// 1 unless one of the parameters is a q; 0 for one that is no number.
double QualityOf(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = TakeUntil(';', parameters);
    if (!EqualsIgnoringCase(parameter.substr(0, 2), "q=")) continue;
    double quality = 0;
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), quality);
    return quality >= 0 && quality <= 1 ? quality : 0;
  }
  return 1;
}

}  // namespace

double Quality(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view element = TakeUntil(',', header);
    if (EqualsIgnoringCase(TakeUntil(';', element), name)) return QualityOf(element);
  }
  return 0;
}

}  // namespace hillock::http
