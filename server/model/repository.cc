#include "server/model/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "server/model/file.h"
#include "server/model/model_file.h"

namespace hillock::model {
namespace {

namespace fs = std::filesystem;

constexpr char kModelFile[] = "model.mlp";
constexpr char kOptionsFile[] = "options.txtpb";
constexpr size_t kMaxOptionsBytes = 1 << 20;
constexpr char kOnnxFile[] = "model.onnx";
constexpr size_t kMaxNameBytes = 128;

// How a repository is read.
struct Reading {
  size_t max_bytes;
  const ServingOptions& defaults;
};

bool IsNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

// A folder itself, not a link to one.
bool IsFolder(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() == fs::file_type::directory;
}

// Names of the entries of a folder, sorted; none when it cannot be read.
std::vector<std::string> Entries(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::optional<int64_t> HighestVersion(const fs::path& model) {
  std::optional<int64_t> highest;
  for (const std::string& entry : Entries(model)) {
    const auto number = ParseVersion(entry);
    if (number.ok() && IsFolder(model / entry)) {
      highest = std::max(*number, highest.value_or(*number));
    }
  }
  return highest;
}

absl::StatusOr<std::shared_ptr<const Mlp>> Read(const fs::path& file, size_t max_bytes) {
  HILLOCK_ASSIGN_OR_RETURN(Mlp mlp, ReadModelFile(file.string(), max_bytes));
  return std::make_shared<const Mlp>(std::move(mlp));
}

// Whether there is anything of that name, be it a link.
bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

Version ReadVersion(const std::string& name, const fs::path& model, int64_t number,
                    size_t max_bytes) {
  const fs::path folder = model / std::to_string(number);
  const bool has_onnx = Exists(folder / kOnnxFile);
  if (has_onnx && Exists(folder / kModelFile)) {
    return {name, number,
            absl::InvalidArgumentError(fmt::format("{}/{}: has both {} and {}, want one of them",
                                                   name, number, kModelFile, kOnnxFile))};
  }
  const char* const file = has_onnx ? kOnnxFile : kModelFile;
  auto mlp = Read(folder / file, max_bytes);
  if (!mlp.ok()) mlp = Annotate(mlp.status(), fmt::format("{}/{}/{}", name, number, file));
  return {name, number, std::move(mlp)};
}

absl::Status CheckName(const std::string& name) {
  if (IsModelName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no model name: want 1 to {} of A-Z a-z 0-9 _ . - and no leading dot",
                  Excerpt(name), kMaxNameBytes));
}

Version ReadBareFile(const fs::path& file, size_t max_bytes) {
  const std::string name = file.stem().string();
  if (const auto status = CheckName(name); !status.ok()) return {name, 0, status};
  auto mlp = Read(file, max_bytes);
  if (!mlp.ok()) mlp = Annotate(mlp.status(), file.filename().string());
  return {name, 1, std::move(mlp)};
}

absl::StatusOr<ServingOptions> ReadOptions(const fs::path& folder, const ServingOptions& defaults) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder / kOptionsFile, error))) return defaults;
  HILLOCK_ASSIGN_OR_RETURN(const std::string text,
                           ReadFile((folder / kOptionsFile).string(), kMaxOptionsBytes));
  return ReadServingOptions(text, defaults);
}

Version ReadModel(const fs::path& folder, const std::string& name, const Reading& reading) {
  if (const auto status = CheckName(name); !status.ok()) return {name, 0, status};
  const auto number = HighestVersion(folder);
  if (!number) {
    return {name, 0,
            absl::NotFoundError(fmt::format("{}: has no version folder such as {}/1", name, name))};
  }
  const auto options = ReadOptions(folder, reading.defaults);
  if (!options.ok()) {
    return {name, *number, Annotate(options.status(), fmt::format("{}/{}", name, kOptionsFile))};
  }
  Version version = ReadVersion(name, folder, *number, reading.max_bytes);
  version.options = *options;
  return version;
}

std::vector<Version> ReadModels(const fs::path& root, const Reading& reading) {
  std::vector<Version> versions;
  for (const std::string& name : Entries(root)) {
    const bool hidden = name.front() == '.' || name == "__pycache__";
    if (!hidden && IsFolder(root / name)) versions.push_back(ReadModel(root / name, name, reading));
  }
  return versions;
}

}  // namespace

bool IsModelName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' &&
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

absl::StatusOr<std::vector<Version>> ReadRepository(const std::string& root, size_t max_file_bytes,
                                                    const ServingOptions& defaults) {
  const Reading reading{max_file_bytes, defaults};
  // The root may be a link: mounted volumes are.
  std::error_code error;
  const fs::path path = fs::absolute(root, error).lexically_normal();
  const fs::file_status status = fs::status(path, error);
  if (fs::is_regular_file(status)) {
    Version version = ReadBareFile(path, max_file_bytes);
    version.options = defaults;
    return std::vector<Version>{std::move(version)};
  }
  if (!fs::is_directory(status)) {
    return absl::NotFoundError(fmt::format("repository '{}': no such folder", root));
  }
  if (HighestVersion(path)) {
    const fs::path folder = path.has_filename() ? path : path.parent_path();
    return std::vector<Version>{ReadModel(folder, folder.filename().string(), reading)};
  }
  auto versions = ReadModels(path, reading);
  if (versions.empty()) {
    return absl::NotFoundError(fmt::format(
        "repository '{}': has no model, want folders such as <name>/1/{} or <name>/1/{}", root,
        kModelFile, kOnnxFile));
  }
  return versions;
}

}  // namespace hillock::model
