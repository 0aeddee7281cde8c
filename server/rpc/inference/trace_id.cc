// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/trace_id.h"

#include <algorithm>
#include <cstddef>

namespace hillock::rpc {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr size_t kVersionSize = 2;
constexpr size_t kTraceIdAt = 3;
constexpr size_t kTraceIdSize = 32;
constexpr size_t kParentIdAt = 36;
constexpr size_t kParentIdSize = 16;
constexpr size_t kFlagsAt = 53;
constexpr size_t kSize = 55;

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

// A later version may have more fields, behind another dash; ff is none.
std::string_view TraceIdOf(std::string_view traceparent) {
  if (traceparent.size() < kSize) return {};
  const std::string_view version = traceparent.substr(0, kVersionSize);
  const bool ends = traceparent.size() == kSize || (version != "00" && traceparent[kSize] == '-');
  const bool dashes = traceparent[kTraceIdAt - 1] == '-' && traceparent[kParentIdAt - 1] == '-' &&
                      traceparent[kFlagsAt - 1] == '-';
  if (!ends || !dashes || !IsHex(version) || version == "ff") return {};
  const std::string_view trace_id = traceparent.substr(kTraceIdAt, kTraceIdSize);
  const bool valid = IsId(trace_id) && IsId(traceparent.substr(kParentIdAt, kParentIdSize)) &&
                     IsHex(traceparent.substr(kFlagsAt, kSize - kFlagsAt));
  return valid ? trace_id : std::string_view();
}

}  // namespace hillock::rpc
