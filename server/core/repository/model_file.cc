// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/model_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "server/core/model/limits.h"
#include "server/core/model/reader.h"
#include "server/core/onnx/import.h"
#include "server/core/repository/foreign_file.h"

namespace hillock::repository {
namespace {

namespace fs = std::filesystem;

// The files beside a model, each read once.
class SiblingFiles {
 public:
  // `folder` must outlive this.
  SiblingFiles(const Folder& folder, size_t max_bytes) : folder_(folder), left_(max_bytes) {}

  absl::StatusOr<std::string_view> Read(std::string_view name) {
    if (const auto it = files_.find(name); it != files_.end()) return TextOf(it->second);
    const bool plain = !name.empty() && name.size() <= model::kMaxFileNameBytes &&
                       name.front() != '.' &&
                       name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
    if (!plain) {
      return absl::InvalidArgumentError(fmt::format(
          "external data '{}' is not the name of a file beside the model", Excerpt(name)));
    }
    auto content = folder_.ReadFile(name, left_, Folder::HardLinks::kRefused);
    if (!content.ok()) {
      return Annotate(content.status(), fmt::format("external data '{}'", Excerpt(name)));
    }
    left_ -= content->size();
    return TextOf(files_.emplace(name, *std::move(content)).first->second);
  }

 private:
  const Folder& folder_;
  size_t left_;
  std::map<std::string, FileContent, std::less<>> files_;
};

// The model in `content`, a file called `name` with others beside it in `folder`.
absl::StatusOr<model::Mlp> Decode(const FileContent& content, const std::string& name,
                                  const Folder& folder, size_t max_bytes) {
  const std::string_view text = TextOf(content);
  SiblingFiles siblings(folder, max_bytes - content.size());
  auto mlp =
      name.ends_with(".onnx")
          ? onnx::ImportOnnx(text, [&](std::string_view file) { return siblings.Read(file); })
          : model::ReadMlp(text);
  if (mlp.ok()) return mlp;
  if (const auto foreign = ForeignByContent(text)) return *foreign;
  const auto foreign = ForeignByName(name);
  return foreign ? *foreign : mlp.status();
}

absl::StatusOr<Folder> FolderOf(const fs::path& file) {
  auto folder = Folder::Open(file.has_parent_path() ? file.parent_path().string() : ".");
  if (absl::IsNotFound(folder.status())) return absl::NotFoundError("no such file");
  return folder;
}

}  // namespace

absl::StatusOr<FileMark> MarkModelFile(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) return absl::NotFoundError("no such file");
  HILLOCK_ASSIGN_OR_RETURN(const Folder folder, FolderOf(real));
  return folder.Mark(real.filename().string());
}

absl::StatusOr<model::Mlp> ReadModelFile(const Folder& folder, const std::string& name,
                                         size_t max_bytes) {
  HILLOCK_ASSIGN_OR_RETURN(const FileContent content, folder.ReadFile(name, max_bytes));
  return Decode(content, name, folder, max_bytes);
}

absl::StatusOr<model::Mlp> ReadModelFile(const std::string& path, size_t max_bytes) {
  const fs::path file(path);
  std::error_code error;
  fs::path real = fs::canonical(file, error);
  if (error) real = file;  // what is wrong is said by whoever opens it
  HILLOCK_ASSIGN_OR_RETURN(const Folder real_folder, FolderOf(real));
  HILLOCK_ASSIGN_OR_RETURN(const FileContent content,
                           real_folder.ReadFile(real.filename().string(), max_bytes));
  HILLOCK_ASSIGN_OR_RETURN(const Folder folder, FolderOf(file));
  return Decode(content, file.filename().string(), folder, max_bytes);
}

}  // namespace hillock::repository
