// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "server/core/model/limits.h"
#include "server/core/repository/foreign_file.h"
#include "server/core/repository/model_file.h"
#include "server/core/repository/select_outputs.h"
#include "server/core/repository/triton_config.h"
#include "server/core/repository/version_files.h"

namespace hillock::repository {
namespace {

namespace fs = std::filesystem;

constexpr char kOptionsFile[] = "options.txtpb";
constexpr char kTritonFile[] = "config.pbtxt";
constexpr size_t kMaxOptionsBytes = 1 << 20;

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

absl::Status CheckName(const std::string& name) {
  if (IsModelName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no model name: want 1 to {} of A-Z a-z 0-9 _ . - and no leading dot",
                  Excerpt(name), model::kMaxNameBytes));
}

// Ascending. A folder that cannot be listed has none.
std::vector<int64_t> VersionsIn(const Folder& model) {
  std::vector<int64_t> numbers;
  const auto folders = model.Folders();
  if (!folders.ok()) return numbers;
  for (const std::string& name : *folders) {
    if (const auto number = ParseVersion(name); number.ok()) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::vector<FileMark> FilesOf(const Folder& model, int64_t version) {
  const auto folder = model.OpenFolder(std::to_string(version));
  if (!folder.ok()) return {};
  auto files = folder->Files();
  return files.ok() ? *std::move(files) : std::vector<FileMark>();
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

// A file of the repository itself that was meant to be a model: what is wrong with it.
std::optional<absl::Status> Stray(const std::string& file, const std::string& model) {
  if (file.front() == '.') return std::nullopt;
  if (file.ends_with(".onnx") || file.ends_with(".mlp")) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: lies beside the models' folders, want it in a version folder: {}/1/model{}",
        Excerpt(file), Excerpt(model), fs::path(file).extension().string()));
  }
  const auto foreign = ForeignByName(file);
  return foreign ? std::optional(Annotate(*foreign, Excerpt(file))) : std::nullopt;
}

// Files that no folder stands for, as models that cannot be served.
void AddStrays(const Folder& root, std::vector<ModelListing>& models) {
  const auto files = root.Files();
  if (!files.ok()) return;
  for (const FileMark& file : *files) {
    const std::string name = fs::path(file.name).stem().string();
    const auto stray = Stray(file.name, name);
    const bool is_model = std::ranges::find(models, name, &ModelListing::name) != models.end();
    if (stray && !is_model && IsModelName(name)) models.push_back({name, *stray, {}});
  }
  std::ranges::sort(models, {}, &ModelListing::name);
}

absl::Status Prepare(const ServingOptions& options, const std::string& model, model::Mlp& mlp) {
  HILLOCK_RETURN_IF_ERROR(Annotate(CheckTensors(options, mlp), model));
  if (options.outputs.empty()) return absl::OkStatus();
  return Annotate(SelectOutputs(options.outputs, mlp),
                  fmt::format("{}/{}: outputs", model, kOptionsFile));
}

}  // namespace

bool IsModelName(std::string_view name) {
  return !name.empty() && name.size() <= model::kMaxNameBytes && name.front() != '.' &&
         std::ranges::all_of(name, IsNameCharacter);
}

absl::StatusOr<int64_t> ParseVersion(std::string_view text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < 1 || text.front() == '0') {
    return absl::InvalidArgumentError(
        fmt::format("got model version '{}', want a positive integer", text));
  }
  return number;
}

const VersionListing* ModelListing::Find(int64_t number) const {
  const auto it = std::ranges::find(versions, number, &VersionListing::number);
  return it == versions.end() ? nullptr : &*it;
}

Repository::Repository(std::string root, Layout layout, size_t max_file_bytes,
                       ServingOptions defaults)
    : root_(std::move(root)),
      layout_(layout),
      max_file_bytes_(max_file_bytes),
      defaults_(std::move(defaults)) {
  const fs::path path(root_);
  if (layout_ != Layout::kModels) name_ = path.filename().string();
  if (layout_ == Layout::kOneFile) root_ = path.parent_path().string();
}

absl::StatusOr<Repository> Repository::Open(const std::string& root, size_t max_file_bytes,
                                            const ServingOptions& defaults) {
  std::error_code error;
  fs::path path = fs::absolute(root, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (fs::is_regular_file(path, error)) {
    return Repository(path.string(), Layout::kOneFile, max_file_bytes, defaults);
  }
  const auto folder = Folder::Open(path.string());
  if (!folder.ok()) return Annotate(folder.status(), fmt::format("repository '{}'", root));
  const Layout layout = VersionsIn(*folder).empty() ? Layout::kModels : Layout::kOneModel;
  return Repository(path.string(), layout, max_file_bytes, defaults);
}

absl::StatusOr<std::vector<ModelListing>> Repository::List() const {
  // Opened anew each time: the root may be a link that is turned to another folder.
  HILLOCK_ASSIGN_OR_RETURN(const Folder root, Folder::Open(root_));
  std::vector<ModelListing> models;
  if (layout_ == Layout::kOneModel) {
    models.push_back(ListModel(Folder::Open(root_), name_));
  } else if (layout_ == Layout::kOneFile) {
    models.push_back(ListFile(root));
  } else {
    HILLOCK_ASSIGN_OR_RETURN(const std::vector<std::string> names, root.Folders());
    for (const std::string& name : names) {
      const bool hidden = name.front() == '.' || name == "__pycache__";
      if (!hidden) models.push_back(ListModel(root.OpenFolder(name), name));
    }
    AddStrays(root, models);
  }
  return models;
}

ModelListing Repository::ListModel(const absl::StatusOr<Folder>& folder,
                                   const std::string& name) const {
  if (const auto status = CheckName(name); !status.ok()) return {name, status, {}};
  if (!folder.ok()) return {name, Annotate(folder.status(), name), {}};
  ModelListing model{name, ReadOptions(*folder, name, defaults_), {}};
  for (const int64_t number : VersionsIn(*folder)) {
    model.versions.push_back({number, FilesOf(*folder, number)});
  }
  return model;
}

ModelListing Repository::ListFile(const Folder& folder) const {
  const std::string model = fs::path(name_).stem().string();
  if (const auto status = CheckName(model); !status.ok()) return {model, status, {}};
  const auto mark = folder.Mark(name_);
  if (!mark.ok()) return {model, Annotate(mark.status(), name_), {}};
  return {model, defaults_, {{1, {*mark}}}};
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
  HILLOCK_ASSIGN_OR_RETURN(const Folder root, Folder::Open(root_));
  if (layout_ == Layout::kOneFile) {
    auto mlp = ReadModelFile(root, name_, max_file_bytes_);
    if (!mlp.ok()) return Annotate(mlp.status(), name_);
    return mlp;
  }
  if (layout_ == Layout::kOneModel) return ReadVersion(root, model, version);
  const auto folder = root.OpenFolder(model.name);
  if (!folder.ok()) return Annotate(folder.status(), model.name);
  return ReadVersion(*folder, model, version);
}

absl::StatusOr<model::Mlp> Repository::ReadVersion(const Folder& folder, const ModelListing& model,
                                                   const VersionListing& version) const {
  const std::string where = fmt::format("{}/{}", model.name, version.number);
  const auto files = folder.OpenFolder(std::to_string(version.number));
  if (!files.ok()) return Annotate(files.status(), where);
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<std::string> entries, files->Entries());
  const auto file = FindModelFile(entries, model.options->model_file);
  if (!file.ok()) return Annotate(file.status(), where);
  auto mlp = ReadModelFile(*files, *file, max_file_bytes_);
  if (!mlp.ok()) return Annotate(mlp.status(), fmt::format("{}/{}", where, *file));
  if (FilesOf(folder, version.number) != version.files) {
    return absl::DataLossError(fmt::format("{}: changed while it was read", where));
  }
  return mlp;
}

}  // namespace hillock::repository
