// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_FIELDS_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_FIELDS_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hillock::transport {

inline constexpr size_t kFrameHeaderBytes = 9;  // RFC 9113, section 4.1

// A header field as nghttp2 takes it, which borrows `name` and `value`. nghttp2 does not write to
// them, whatever the type says.
inline nghttp2_nv MakeField(std::string_view name, std::string_view value,
                            uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  auto* const n = reinterpret_cast<uint8_t*>(const_cast<char*>(name.data()));
  auto* const v = reinterpret_cast<uint8_t*>(const_cast<char*>(value.data()));
  return {n, v, name.size(), value.size(), flags};
}

// One that nghttp2 need not copy. REQUIRES: both outlive the session.
inline nghttp2_nv MakeStaticField(std::string_view name, std::string_view value) {
  return MakeField(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

// Bytes that nghttp2 reports.
inline std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_FIELDS_H_
