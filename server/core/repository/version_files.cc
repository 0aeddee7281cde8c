// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/version_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "server/core/repository/foreign_file.h"
#include "server/core/repository/names.h"

namespace hillock::repository {
namespace {

constexpr std::string_view kModelFile = "model.mlp";
constexpr std::string_view kOnnxFile = "model.onnx";

bool IsOnnx(const std::string& name) { return name.ends_with(".onnx") && name.front() != '.'; }

absl::Status NoModel(std::span<const std::string> entries) {
  for (const std::string& entry : entries) {
    if (auto foreign = ForeignByName(entry)) return Annotate(*foreign, Excerpt(entry));
  }
  return absl::NotFoundError(fmt::format("has no model, want {} or {}{}", kOnnxFile, kModelFile,
                                         DescribeEntries(entries)));
}

}  // namespace

bool IsModelFile(std::string_view name) { return name == kModelFile || name == kOnnxFile; }

absl::StatusOr<std::string> FindModelFile(std::span<const std::string> entries,
                                          std::string_view chosen) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(entries, name) != entries.end();
  };
  if (!chosen.empty() && has(chosen)) return std::string(chosen);
  if (has(kModelFile) && has(kOnnxFile)) {
    return absl::InvalidArgumentError(
        fmt::format("has both {} and {}, want one of them", kModelFile, kOnnxFile));
  }
  if (has(kModelFile)) return std::string(kModelFile);
  if (has(kOnnxFile)) return std::string(kOnnxFile);
  std::vector<std::string> onnx;
  std::ranges::copy_if(entries, std::back_inserter(onnx), IsOnnx);
  if (onnx.empty()) return NoModel(entries);
  if (onnx.size() == 1) return onnx.front();
  return absl::InvalidArgumentError(
      fmt::format("has both '{}' and '{}', want one of them", Excerpt(onnx[0]), Excerpt(onnx[1])));
}

}  // namespace hillock::repository
