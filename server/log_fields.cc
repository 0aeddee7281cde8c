// SPDX-License-Identifier: Apache-2.0
#include "server/log_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace hillock {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/true,
                                   nlohmann::json::error_handler_t::replace);
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

// Writes a value.
struct Writer {
  LogFormat format;

  std::string operator()(const std::string& text) const {
    return format == LogFormat::kText && IsWord(text) ? text : Quoted(text);
  }
  std::string operator()(int64_t number) const { return fmt::format("{}", number); }
  std::string operator()(double number) const {
    std::string text = fmt::format("{:.3f}", number);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  }
};

}  // namespace

std::string FormatFields(LogFormat format, std::string_view message,
                         std::span<const LogField> fields) {
  const bool json = format == LogFormat::kJson;
  std::string line = json ? "\"message\":" + Quoted(std::string(message)) : std::string(message);
  for (const LogField& field : fields) {
    line += fmt::format(fmt::runtime(json ? ",\"{}\":{}" : " {}={}"), field.name,
                        std::visit(Writer{format}, field.value));
  }
  return line;
}

}  // namespace hillock
