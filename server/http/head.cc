// SPDX-License-Identifier: Apache-2.0
#include "server/http/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "server/http/accept.h"
#include "server/http/words.h"

namespace hillock::http {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr size_t kMaxFields = 100;

// RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

// A field's value may have tabs and bytes beyond ASCII, but no other control character.
bool IsText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  });
}

// A target has no spaces either.
bool IsTarget(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
         });
}

absl::Status Malformed(std::string_view what, std::string_view got) {
  return absl::InvalidArgumentError(fmt::format("got {} '{}'", what, Excerpt(got)));
}

absl::Status ReadRequestLine(std::string_view line, Head& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == last || first == std::string_view::npos) {
    return Malformed("the request line", line);
  }
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  head.is_1_0 = version == "HTTP/1.0";
  if (!head.is_1_0 && version != "HTTP/1.1") {
    return absl::UnimplementedError(
        fmt::format("got version '{}', want HTTP/1.1", Excerpt(version)));
  }
  if (!IsToken(head.method)) return Malformed("the method", head.method);
  if (!IsTarget(head.target)) return Malformed("the target", head.target);
  return absl::OkStatus();
}

absl::Status ReadField(std::string_view line, Head& head) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return Malformed("the header line", line);
  }
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (!IsText(value)) return Malformed("the value of a header", line.substr(0, colon));
  if (head.fields.size() >= kMaxFields) {
    return absl::InvalidArgumentError(fmt::format("want at most {} headers", kMaxFields));
  }
  head.fields.emplace_back(line.substr(0, colon), value);
  return absl::OkStatus();
}

}  // namespace

std::string_view Head::Find(std::string_view name) const {
  const auto field = std::ranges::find_if(
      fields, [name](const auto& candidate) { return EqualsIgnoringCase(candidate.first, name); });
  return field == fields.end() ? std::string_view() : field->second;
}

bool Head::Lists(std::string_view name, std::string_view element) const {
  return std::ranges::any_of(fields, [&](const auto& field) {
    return EqualsIgnoringCase(field.first, name) && Quality(field.second, element) > 0;
  });
}

bool Head::keeps_open() const {
  return is_1_0 ? Lists("Connection", "keep-alive") : !Lists("Connection", "close");
}

size_t HeadLength(std::string_view bytes) {
  const size_t end = bytes.find(kEndOfHead);
  const size_t bare = bytes.substr(0, end).find("\n\n");
  if (bare != std::string_view::npos) return bare + 2;
  return end == std::string_view::npos ? 0 : end + kEndOfHead.size();
}

absl::StatusOr<Head> ParseHead(std::string_view bytes) {
  Head head;
  bool first = true;
  while (true) {
    const size_t end = bytes.find(kEndOfLine);
    if (end == std::string_view::npos) return Malformed("a line without its end", bytes);
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + kEndOfLine.size());
    if (line.empty() && !first) return head;
    HILLOCK_RETURN_IF_ERROR(first ? ReadRequestLine(line, head) : ReadField(line, head));
    first = false;
  }
}

absl::StatusOr<Framing> FramingOf(const Head& head) {
  Framing framing;
  std::optional<std::string_view> length;
  for (const auto& [name, value] : head.fields) {
    if (EqualsIgnoringCase(name, "Transfer-Encoding")) {
      if (framing.chunked || !EqualsIgnoringCase(value, "chunked")) {
        return absl::UnimplementedError(
            fmt::format("got Transfer-Encoding '{}', want chunked", Excerpt(value)));
      }
      framing.chunked = true;
    } else if (EqualsIgnoringCase(name, "Content-Length")) {
      if (length) return absl::InvalidArgumentError("got two of Content-Length, want one");
      length = value;
    }
  }
  if (!length) return framing;
  if (framing.chunked) {
    return absl::InvalidArgumentError("got Content-Length and Transfer-Encoding, want one of them");
  }
  const auto [end, error] =
      std::from_chars(length->data(), length->data() + length->size(), framing.length);
  if (error != std::errc() || end != length->data() + length->size()) {
    return Malformed("Content-Length", *length);
  }
  return framing;
}

}  // namespace hillock::http
