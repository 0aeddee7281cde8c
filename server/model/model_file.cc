#include "server/model/model_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "server/model/file.h"
#include "server/model/onnx_import.h"
#include "server/model/reader.h"

namespace hillock::model {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostNameBytes = 255;

// The files beside a model, each read once.
class Neighbours {
 public:
  Neighbours(fs::path folder, size_t max_bytes) : folder_(std::move(folder)), left_(max_bytes) {}

  absl::StatusOr<std::string_view> Read(std::string_view name) {
    if (const auto it = files_.find(name); it != files_.end()) return std::string_view(it->second);
    const bool plain = !name.empty() && name.size() <= kMostNameBytes && name.front() != '.' &&
                       name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
    if (!plain) {
      return absl::InvalidArgumentError(fmt::format(
          "external data '{}' is not the name of a file beside the model", Excerpt(name)));
    }
    auto content = ReadFile((folder_ / name).string(), left_);
    if (!content.ok()) {
      return Annotate(content.status(), fmt::format("external data '{}'", Excerpt(name)));
    }
    left_ -= content->size();
    return std::string_view(files_.emplace(name, *std::move(content)).first->second);
  }

 private:
  fs::path folder_;
  size_t left_;
  std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace

absl::StatusOr<Mlp> ReadModelFile(const std::string& path, size_t max_bytes) {
  HILLOCK_ASSIGN_OR_RETURN(const std::string content, ReadFile(path, max_bytes));
  if (!std::string_view(path).ends_with(".onnx")) return ReadMlp(content);
  Neighbours neighbours(fs::path(path).parent_path(), max_bytes - content.size());
  return ImportOnnx(content, [&](std::string_view name) { return neighbours.Read(name); });
}

}  // namespace hillock::model
