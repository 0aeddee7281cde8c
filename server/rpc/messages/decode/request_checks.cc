// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/request_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hillock::rpc {
namespace {

constexpr size_t kMaxNames = 8;  // in a message

}  // namespace

absl::Status CheckParameters(std::string_view what, const TensorView& tensor) {
  if (!tensor.classification && !tensor.shared_memory_region) return absl::OkStatus();
  return absl::UnimplementedError(
      fmt::format("{} '{}': parameter '{}' is not supported", what, Excerpt(tensor.name),
                  tensor.classification ? "classification" : "shared_memory_region"));
}

std::string NameList(std::vector<std::string_view> names, std::string_view conjunction) {
  const bool many = names.size() > kMaxNames;
  if (many) names.resize(kMaxNames);
  std::vector<std::string> quoted;
  quoted.reserve(names.size() + 1);
  for (const std::string_view name : names) quoted.push_back(fmt::format("'{}'", name));
  if (many) quoted.emplace_back("another");
  const std::string last = quoted.back();
  quoted.pop_back();
  if (quoted.empty()) return last;
  return fmt::format("{} {} {}", fmt::join(quoted, ", "), conjunction, last);
}

}  // namespace hillock::rpc
