// SPDX-License-Identifier: Apache-2.0
#include "server/rest/tensor_json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "server/core/base/utf8.h"
#include "server/core/model/datatype.h"

namespace hillock::rest {
namespace {

// Takes the longest number, a double such as -1.7976931348623157e+308.
constexpr size_t kMaxDigits = 32;

template <class T>
absl::Status AppendNumber(T value, std::string& json) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      return absl::InvalidArgumentError(fmt::format(
          "the answer has {}, which JSON has no number for; want it as binary_data", value));
    }
  }
  std::array<char, kMaxDigits> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  json.append(digits.data(), end);
  return absl::OkStatus();
}

template <class T>
absl::Status AppendNumbers(std::string_view raw, std::string& json) {
  json.reserve(json.size() + raw.size() * 3);
  for (size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, raw.data() + at, sizeof(T));
    if (at > 0) json += ',';
    HILLOCK_RETURN_IF_ERROR(AppendNumber(value, json));
  }
  return absl::OkStatus();
}

absl::Status AppendBools(std::string_view raw, std::string& json) {
  for (const char& value : raw) {
    if (&value != raw.data()) json += ',';
    json += value != 0 ? "true" : "false";
  }
  return absl::OkStatus();
}

absl::Status AppendStrings(std::string_view raw, std::string& json) {
  bool first = true;
  while (!raw.empty()) {
    uint32_t size = 0;
    HILLOCK_CHECK(raw.size() >= sizeof(size));
    std::memcpy(&size, raw.data(), sizeof(size));
    const std::string_view text = raw.substr(sizeof(size), size);
    if (!IsUtf8(text)) {
      return absl::InvalidArgumentError(
          "the answer has strings that are no UTF-8; want it as binary_data");
    }
    if (!std::exchange(first, false)) json += ',';
    json += Quoted(text);
    raw.remove_prefix(sizeof(size) + size);
  }
  return absl::OkStatus();
}

absl::Status AppendElements(model::Datatype datatype, std::string_view raw, std::string& json) {
  using enum model::Datatype;
  switch (datatype) {
    case kBool:
      return AppendBools(raw, json);
    case kUint8:
      return AppendNumbers<uint8_t>(raw, json);
    case kUint16:
      return AppendNumbers<uint16_t>(raw, json);
    case kUint32:
      return AppendNumbers<uint32_t>(raw, json);
    case kUint64:
      return AppendNumbers<uint64_t>(raw, json);
    case kInt8:
      return AppendNumbers<int8_t>(raw, json);
    case kInt16:
      return AppendNumbers<int16_t>(raw, json);
    case kInt32:
      return AppendNumbers<int32_t>(raw, json);
    case kInt64:
      return AppendNumbers<int64_t>(raw, json);
    case kFp32:
      return AppendNumbers<float>(raw, json);
    case kFp64:
      return AppendNumbers<double>(raw, json);
    case kBytes:
      return AppendStrings(raw, json);
    default:
      return absl::InvalidArgumentError(
          fmt::format("{} is not sent as JSON; want it as binary_data", DatatypeName(datatype)));
  }
}

}  // namespace

std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

absl::Status AppendTensorJson(std::string_view datatype, std::string_view raw, std::string& json) {
  const auto found = model::FindDatatype(datatype);
  HILLOCK_CHECK(found.has_value());
  json += '[';
  HILLOCK_RETURN_IF_ERROR(AppendElements(*found, raw, json));
  json += ']';
  return absl::OkStatus();
}

}  // namespace hillock::rest
