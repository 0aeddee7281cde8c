// SPDX-License-Identifier: Apache-2.0

// The head of an HTTP/1.1 request: everything before its body.

#ifndef HILLOCK_SERVER_HTTP_HEAD_H_
#define HILLOCK_SERVER_HTTP_HEAD_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::http {

inline constexpr size_t kMaxHeadBytes = 16 << 10;

// Views into the bytes that it was read from.
struct Head {
  std::string_view method;
  std::string_view target;  // as it was sent: path and query
  bool is_1_0 = false;
  std::vector<std::pair<std::string_view, std::string_view>> fields;  // in order

  // The target without its query.
  std::string_view path() const { return target.substr(0, target.find('?')); }

  // The value of the first field of that name, whose case is free; empty when there is none.
  std::string_view Find(std::string_view name) const;

  // Whether a field whose value is a list, such as Connection, has that element.
  bool Lists(std::string_view name, std::string_view element) const;

  // Whether the client means to send more requests.
  bool keeps_open() const;
};

// How the end of a body is found (RFC 9112, section 6.3).
struct Framing {
  bool chunked = false;
  size_t length = 0;  // unless chunked
};

// The length of the first head in `bytes`, its empty line included; 0 while there is no end. Lines
// that end without a carriage return count: ParseHead() refuses them, which beats waiting.
size_t HeadLength(std::string_view bytes);

// Reads a head, its empty line included. It is strict where leniency lets a proxy and a server see
// different requests: INVALID_ARGUMENT for bare line feeds, folded lines, spaces before a colon,
// names that are no tokens, control characters in values. UNIMPLEMENTED for other versions than
// HTTP/1.0 and 1.1.
absl::StatusOr<Head> ParseHead(std::string_view bytes);

// INVALID_ARGUMENT for a length that is no number, lengths given twice or beside a coding;
// UNIMPLEMENTED for other codings than chunked.
absl::StatusOr<Framing> FramingOf(const Head& head);

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_HEAD_H_
