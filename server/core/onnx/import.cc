// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/import.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>

#include "server/core/base/utf8.h"
#include "server/core/onnx/graph.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"

namespace hillock::onnx {
namespace {

std::string Producer(const onnx::ModelView& model) {
  std::string producer(Excerpt(model.producer));
  if (!model.producer_version.empty()) {
    producer += fmt::format(" {}", std::string(Excerpt(model.producer_version)));
  }
  return IsUtf8(producer) ? producer : "";
}

}  // namespace

absl::StatusOr<model::Mlp> ImportOnnx(std::string_view content,
                                      const ExternalDataReader& external) {
  HILLOCK_ASSIGN_OR_RETURN(const onnx::ModelView model, onnx::ParseModel(content));
  onnx::Budget budget(content.size());
  std::set<std::string, std::less<>> counted;
  const ExternalDataReader counting =
      [&](std::string_view location) -> absl::StatusOr<std::string_view> {
    HILLOCK_ASSIGN_OR_RETURN(const std::string_view bytes, external(location));
    if (counted.emplace(location).second) budget.Grow(bytes.size());
    return bytes;
  };
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, onnx::ImportGraph(model, counting, budget));
  mlp.producer = Producer(model);
  return mlp;
}

absl::StatusOr<model::Mlp> ImportOnnx(std::string_view content) {
  return ImportOnnx(content, [](std::string_view location) -> absl::StatusOr<std::string_view> {
    return absl::InvalidArgumentError(
        fmt::format("refers to file '{}', want one file", Excerpt(location)));
  });
}

}  // namespace hillock::onnx
