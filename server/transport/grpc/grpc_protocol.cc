// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/grpc_protocol.h"

#include <charconv>

#include "absl/strings/escaping.h"

namespace hillock::transport {
namespace {

constexpr std::string_view kContentType = "application/grpc";
constexpr size_t kMaxTimeoutDigits = 8;

// Later than any client waits, and early enough that a moment this far away is one.
constexpr Nanos kMax = kNoDeadline / 2;

constexpr char kHexDigits[] = "0123456789ABCDEF";

bool IsPlain(char c) { return c >= 0x20 && c <= 0x7e && c != '%'; }

std::optional<Nanos> NanosOf(char unit) {
  constexpr Nanos kSecond = 1'000'000'000;
  switch (unit) {
    case 'H':
      return 3600 * kSecond;
    case 'M':
      return 60 * kSecond;
    case 'S':
      return kSecond;
    case 'm':
      return kSecond / 1'000;
    case 'u':
      return kSecond / 1'000'000;
    case 'n':
      return 1;
    default:
      return std::nullopt;
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void WritePrefix(bool compressed, uint32_t length, char* to) {
  to[0] = compressed ? 1 : 0;
  for (int i = 0; i < 4; ++i) to[1 + i] = static_cast<char>(length >> (24 - 8 * i));
}

uint32_t ReadLength(const char* prefix) {
  uint32_t length = 0;
  for (int i = 1; i <= 4; ++i) length = length << 8 | static_cast<uint8_t>(prefix[i]);
  return length;
}

bool IsGrpcContentType(std::string_view value) {
  if (!value.starts_with(kContentType)) return false;
  const std::string_view rest = value.substr(kContentType.size());
  return rest.empty() || rest.front() == '+' || rest.front() == ';';
}

std::optional<Nanos> ParseTimeout(std::string_view value) {
  if (value.size() < 2 || value.size() > kMaxTimeoutDigits + 1) return std::nullopt;
  Nanos count = 0;
  const char* const end = value.data() + value.size() - 1;
  const auto [rest, error] = std::from_chars(value.data(), end, count);
  if (error != std::errc() || rest != end || value.front() == '-') return std::nullopt;
  const std::optional<Nanos> unit = NanosOf(*end);
  if (!unit) return std::nullopt;
  return count > kMax / *unit ? kMax : count * *unit;
}

std::string PercentEncode(std::string_view message) {
  std::string encoded;
  encoded.reserve(message.size());
  for (const char c : message) {
    if (IsPlain(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<uint8_t>(c);
      encoded.append({'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
    }
  }
  return encoded;
}

std::string PercentDecode(std::string_view message) {
  std::string decoded;
  decoded.reserve(message.size());
  for (size_t i = 0; i < message.size(); ++i) {
    const bool escape = message[i] == '%' && i + 2 < message.size();
    const int high = escape ? HexValue(message[i + 1]) : -1;
    const int low = escape ? HexValue(message[i + 2]) : -1;
    if (high < 0 || low < 0) {
      decoded.push_back(message[i]);
    } else {
      decoded.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    }
  }
  return decoded;
}

std::string EncodeBase64(std::string_view bytes) {
  return absl::Base64Escape({bytes.data(), bytes.size()});
}

std::string DecodeBase64(std::string_view text) {
  std::string bytes;
  if (!absl::Base64Unescape({text.data(), text.size()}, &bytes)) bytes.clear();
  return bytes;
}

}  // namespace hillock::transport
