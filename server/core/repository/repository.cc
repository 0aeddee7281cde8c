#include "server/core/repository/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "server/core/model/limits.h"
#include "server/core/repository/model_file.h"

namespace hillock::repository {
namespace {

namespace fs = std::filesystem;

constexpr char kModelFile[] = "model.mlp";
constexpr char kOnnxFile[] = "model.onnx";
constexpr char kOptionsFile[] = "options.txtpb";
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

absl::StatusOr<ServingOptions> ReadOptions(const Folder& model, const ServingOptions& defaults) {
  if (!model.Has(kOptionsFile)) return defaults;
  HILLOCK_ASSIGN_OR_RETURN(const FileContent text, model.ReadFile(kOptionsFile, kMaxOptionsBytes));
  return ReadServingOptions(TextOf(text), defaults);
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
  }
  return models;
}

ModelListing Repository::ListModel(const absl::StatusOr<Folder>& folder,
                                   const std::string& name) const {
  if (const auto status = CheckName(name); !status.ok()) return {name, status, {}};
  if (!folder.ok()) return {name, Annotate(folder.status(), name), {}};
  ModelListing model{name, ReadOptions(*folder, defaults_), {}};
  if (!model.options.ok()) {
    model.options = Annotate(model.options.status(), fmt::format("{}/{}", name, kOptionsFile));
  }
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
  HILLOCK_ASSIGN_OR_RETURN(const Folder root, Folder::Open(root_));
  if (layout_ == Layout::kOneFile) {
    auto mlp = ReadModelFile(root, name_, max_file_bytes_);
    if (!mlp.ok()) return Annotate(mlp.status(), name_);
    return std::make_shared<const model::Mlp>(*std::move(mlp));
  }
  if (layout_ == Layout::kOneModel) {
    HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, ReadVersion(root, model.name, *version));
    return std::make_shared<const model::Mlp>(std::move(mlp));
  }
  const auto folder = root.OpenFolder(model.name);
  if (!folder.ok()) return Annotate(folder.status(), model.name);
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, ReadVersion(*folder, model.name, *version));
  return std::make_shared<const model::Mlp>(std::move(mlp));
}

absl::StatusOr<model::Mlp> Repository::ReadVersion(const Folder& model, const std::string& name,
                                                   const VersionListing& version) const {
  const std::string where = fmt::format("{}/{}", name, version.number);
  const auto folder = model.OpenFolder(std::to_string(version.number));
  if (!folder.ok()) return Annotate(folder.status(), where);
  const bool has_onnx = folder->Has(kOnnxFile);
  if (has_onnx && folder->Has(kModelFile)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: has both {} and {}, want one of them", where, kModelFile, kOnnxFile));
  }
  const char* const file = has_onnx ? kOnnxFile : kModelFile;
  auto mlp = ReadModelFile(*folder, file, max_file_bytes_);
  if (!mlp.ok()) return Annotate(mlp.status(), fmt::format("{}/{}", where, file));
  if (FilesOf(model, version.number) != version.files) {
    return absl::DataLossError(fmt::format("{}: changed while it was read", where));
  }
  return mlp;
}

}  // namespace hillock::repository
