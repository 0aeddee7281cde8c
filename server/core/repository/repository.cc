// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "server/core/repository/model_file.h"
#include "server/core/repository/select_outputs.h"
#include "server/core/repository/stray_files.h"
#include "server/core/repository/triton_config.h"
#include "server/core/repository/version_files.h"

namespace hillock::repository {
namespace {

namespace fs = std::filesystem;

constexpr char kOptionsFile[] = "options.txtpb";
constexpr char kTritonFile[] = "config.pbtxt";
constexpr size_t kMaxOptionsBytes = 1 << 20;
constexpr int64_t kOnlyVersion = 1;  // where there are no version folders

std::vector<FileMark> FilesIn(const Folder& folder) {
  auto files = folder.Files();
  return files.ok() ? *std::move(files) : std::vector<FileMark>();
}

absl::StatusOr<Folder> OpenVersion(const Folder& model, int64_t version) {
  return model.OpenFolder(std::to_string(version));
}

std::vector<FileMark> FilesOf(const Folder& model, int64_t version) {
  const auto folder = OpenVersion(model, version);
  return folder.ok() ? FilesIn(*folder) : std::vector<FileMark>();
}

// What a file in the model's folder says over `defaults`; those when it is not there.
template <class Read>
absl::StatusOr<ServingOptions> ReadOver(const Folder& model, const std::string& name,
                                        const char* file, const ServingOptions& defaults,
                                        Read read) {
  if (!model.Has(file)) return defaults;
  auto options = [&]() -> absl::StatusOr<ServingOptions> {
    HILLOCK_ASSIGN_OR_RETURN(const FileContent text, model.ReadFile(file, kMaxOptionsBytes));
    return read(TextOf(text));
  }();
  if (!options.ok()) return Annotate(options.status(), fmt::format("{}/{}", name, file));
  return options;
}

// The options of this server are stronger than those of Triton.
absl::StatusOr<ServingOptions> ReadOptions(const Folder& model, const std::string& name,
                                           const ServingOptions& defaults) {
  HILLOCK_ASSIGN_OR_RETURN(const ServingOptions triton,
                           ReadOver(model, name, kTritonFile, defaults, [&](std::string_view text) {
                             return ReadTritonConfig(text, name, defaults);
                           }));
  return ReadOver(model, name, kOptionsFile, triton,
                  [&](std::string_view text) { return ReadServingOptions(text, triton); });
}

std::string WhereOf(const ModelListing& model, const VersionListing& version) {
  return fmt::format("{}/{}", model.name, version.number);
}

absl::Status Changed(const std::string& where) {
  return absl::DataLossError(fmt::format("{}: changed while it was read", where));
}

absl::Status Prepare(const ServingOptions& options, const std::string& model, model::Mlp& mlp) {
  HILLOCK_RETURN_IF_ERROR(Annotate(CheckTensors(options, mlp), model));
  if (options.outputs.empty()) return absl::OkStatus();
  return Annotate(SelectOutputs(options.outputs, mlp),
                  fmt::format("{}/{}: outputs", model, kOptionsFile));
}

}  // namespace

const VersionListing* ModelListing::Find(int64_t number) const {
  const auto it = std::ranges::find(versions, number, &VersionListing::number);
  return it == versions.end() ? nullptr : &*it;
}

Repository::Repository(const std::string& root, size_t max_file_bytes, ServingOptions defaults,
                       std::string model_name)
    : max_file_bytes_(max_file_bytes),
      defaults_(std::move(defaults)),
      model_name_(std::move(model_name)) {
  std::error_code error;
  fs::path path = fs::absolute(root, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  root_ = path.string();
}

// The root is opened anew each time: it may be a link that is turned to another folder.
absl::StatusOr<std::vector<ModelListing>> Repository::List() {
  std::error_code error;
  is_file_ = is_file_ || (!layout_ && fs::is_regular_file(root_, error));
  if (is_file_) return std::vector{ListFile()};
  HILLOCK_ASSIGN_OR_RETURN(const Folder root, Folder::Open(root_));
  if (!layout_ || *layout_ == Layout::kOneVersion) layout_ = LayoutOf(root, !model_name_.empty());
  const std::string name = model_name_.empty() ? fs::path(root_).filename().string() : model_name_;
  if (layout_ == Layout::kOneModel) return std::vector{ListModel(Folder::Open(root_), name)};
  if (layout_ == Layout::kOneVersion) return std::vector{ListVersion(root, name)};
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<std::string> names, VisibleFolders(root));
  return ListModels(root, names);
}

std::vector<ModelListing> Repository::ListModels(const Folder& root,
                                                 const std::vector<std::string>& names) const {
  std::map<std::string, ModelListing> by_name;
  for (const std::string& name : names) {
    ModelListing model = ListModel(root.OpenFolder(name), name);
    by_name.try_emplace(model.name, std::move(model));
  }
  for (const StrayFile& stray : StrayFiles(root)) {
    by_name.try_emplace(stray.model, ModelListing{stray.model, stray.why, {}, ""});
  }
  std::vector<ModelListing> models;
  for (auto& [name, model] : by_name) models.push_back(std::move(model));
  return models;
}

ModelListing Repository::ListModel(const absl::StatusOr<Folder>& folder,
                                   const std::string& name) const {
  if (const auto status = CheckModelName(name); !status.ok()) {
    return {Printable(name), status, {}, ""};
  }
  if (!folder.ok()) return {name, Annotate(folder.status(), name), {}, ""};
  ModelListing model{name, ReadOptions(*folder, name, defaults_), {}, ""};
  for (const int64_t number : VersionsIn(*folder)) {
    model.versions.push_back({number, FilesOf(*folder, number)});
  }
  if (model.versions.empty()) model.instead = Describe(*folder);
  return model;
}

ModelListing Repository::ListVersion(const Folder& root, const std::string& name) const {
  ModelListing model = ListModel(Folder::Open(root_), name);
  model.versions = {{kOnlyVersion, FilesIn(root)}};
  return model;
}

ModelListing Repository::ListFile() const {
  const fs::path path(root_);
  const std::string name = model_name_.empty() ? path.stem().string() : model_name_;
  if (const auto status = CheckModelName(name); !status.ok()) {
    return {Printable(name), status, {}, ""};
  }
  const auto mark = MarkModelFile(root_);
  if (!mark.ok()) return {name, Annotate(mark.status(), path.filename().string()), {}, ""};
  return {name, defaults_, {{kOnlyVersion, {*mark}}}, ""};
}

absl::StatusOr<std::shared_ptr<const model::Mlp>> Repository::Read(const ModelListing& model,
                                                                   int64_t number) const {
  const VersionListing* const version = model.Find(number);
  if (version == nullptr) {
    return absl::NotFoundError(fmt::format("{}/{}: no such folder", model.name, number));
  }
  HILLOCK_RETURN_IF_ERROR(model.options.status());
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, ReadListed(model, *version));
  HILLOCK_RETURN_IF_ERROR(Prepare(*model.options, model.name, mlp));
  return std::make_shared<const model::Mlp>(std::move(mlp));
}

absl::StatusOr<model::Mlp> Repository::ReadListed(const ModelListing& model,
                                                  const VersionListing& version) const {
  if (is_file_) {
    auto mlp = ReadModelFile(root_, max_file_bytes_);
    if (!mlp.ok()) return Annotate(mlp.status(), fs::path(root_).filename().string());
    return mlp;
  }
  HILLOCK_ASSIGN_OR_RETURN(const Folder root, Folder::Open(root_));
  if (layout_ == Layout::kOneVersion) return ReadFolder(root, model, version);
  if (layout_ == Layout::kOneModel) return ReadVersion(root, model, version);
  const auto folder = root.OpenFolder(model.name);
  if (!folder.ok()) return Annotate(folder.status(), model.name);
  return ReadVersion(*folder, model, version);
}

absl::StatusOr<model::Mlp> Repository::ReadVersion(const Folder& folder, const ModelListing& model,
                                                   const VersionListing& version) const {
  const std::string where = WhereOf(model, version);
  const auto files = OpenVersion(folder, version.number);
  if (!files.ok()) return Annotate(files.status(), where);
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, ReadFolder(*files, model, version));
  // A link in place of the folder may lead to another one by now.
  if (FilesOf(folder, version.number) != version.files) return Changed(where);
  return mlp;
}

absl::StatusOr<model::Mlp> Repository::ReadFolder(const Folder& files, const ModelListing& model,
                                                  const VersionListing& version) const {
  const std::string where = WhereOf(model, version);
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<std::string> entries, files.Entries());
  const auto file = FindModelFile(entries, model.options->model_file);
  if (!file.ok()) return Annotate(file.status(), where);
  auto mlp = ReadModelFile(files, *file, max_file_bytes_);
  if (!mlp.ok()) return Annotate(mlp.status(), fmt::format("{}/{}", where, *file));
  if (FilesIn(files) != version.files) return Changed(where);
  return mlp;
}

}  // namespace hillock::repository
