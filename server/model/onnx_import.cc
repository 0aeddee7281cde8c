#include "server/model/onnx_import.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "server/base/utf8.h"
#include "server/model/onnx/budget.h"
#include "server/model/onnx/graph.h"
#include "server/model/onnx/messages.h"

namespace hillock::model {
namespace {

std::string Producer(const onnx::ModelView& model) {
  std::string producer(Excerpt(model.producer));
  if (!model.producer_version.empty()) {
    producer += fmt::format(" {}", std::string(Excerpt(model.producer_version)));
  }
  return IsUtf8(producer) ? producer : "";
}

}  // namespace

absl::StatusOr<Mlp> ImportOnnx(std::string_view content, const ExternalDataReader& external) {
  HILLOCK_ASSIGN_OR_RETURN(const onnx::ModelView model, onnx::ParseModel(content));
  onnx::Budget budget(content.size());
  std::set<std::string, std::less<>> counted;
  const ExternalDataReader counting =
      [&](std::string_view location) -> absl::StatusOr<std::string_view> {
    HILLOCK_ASSIGN_OR_RETURN(const std::string_view bytes, external(location));
    if (counted.emplace(location).second) budget.Grow(bytes.size());
    return bytes;
  };
  HILLOCK_ASSIGN_OR_RETURN(Mlp mlp, onnx::ImportGraph(model, counting, budget));
  mlp.producer = Producer(model);
  return mlp;
}

absl::StatusOr<Mlp> ImportOnnx(std::string_view content) {
  return ImportOnnx(content, [](std::string_view location) -> absl::StatusOr<std::string_view> {
    return absl::InvalidArgumentError(
        fmt::format("refers to file '{}', want one file", Excerpt(location)));
  });
}

}  // namespace hillock::model
