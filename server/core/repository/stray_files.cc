// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/stray_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "server/core/repository/foreign_file.h"
#include "server/core/repository/layout.h"
#include "server/core/repository/names.h"

namespace hillock::repository {
namespace {

std::optional<absl::Status> WhyStray(const std::filesystem::path& file, const std::string& model) {
  const std::string shown = Printable(file.string());
  const std::string extension = file.extension().string();
  if (extension == ".onnx" || extension == ".mlp") {
    return absl::InvalidArgumentError(fmt::format(
        "{}: lies beside the models' folders, want it in a version folder: {}/1/model{}",
        Excerpt(shown), Excerpt(model), extension));
  }
  const auto foreign = ForeignByName(file.string());
  return foreign ? std::optional(Annotate(*foreign, Excerpt(shown))) : std::nullopt;
}

}  // namespace

std::vector<StrayFile> StrayFiles(const Folder& root) {
  std::vector<StrayFile> strays;
  const auto files = root.Files();
  if (!files.ok()) return strays;
  for (const FileMark& file : *files) {
    if (IsIgnored(file.name)) continue;
    const std::string model = Printable(std::filesystem::path(file.name).stem().string());
    if (auto why = WhyStray(file.name, model)) strays.push_back({model, *std::move(why)});
  }
  return strays;
}

}  // namespace hillock::repository
