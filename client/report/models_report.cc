// SPDX-License-Identifier: Apache-2.0
#include "client/report/models_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/text/table.h"
#include "client/text/text.h"

namespace hillock::client {
namespace {

using inference::ModelMetadataResponse;
using nlohmann::ordered_json;
using Tensors = google::protobuf::RepeatedPtrField<ModelMetadataResponse::TensorMetadata>;

std::string Describe(const Tensors& tensors) {
  std::vector<std::string> parts;
  for (const auto& tensor : tensors) {
    parts.push_back(fmt::format("{} {} [{}]", Printable(tensor.name()),
                                Printable(tensor.datatype()), fmt::join(tensor.shape(), ", ")));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

ordered_json ToJson(const Tensors& tensors) {
  ordered_json array = ordered_json::array();
  for (const auto& tensor : tensors) {
    array.push_back(
        {{"name", tensor.name()},
         {"datatype", tensor.datatype()},
         {"shape", std::vector<int64_t>(tensor.shape().begin(), tensor.shape().end())}});
  }
  return array;
}

}  // namespace

std::string ModelsTable(const std::vector<ModelSummary>& models) {
  if (models.empty()) return "no models\n";
  const bool reasons = std::any_of(models.begin(), models.end(), [](const ModelSummary& model) {
    return !model.index.reason().empty();
  });
  std::vector<Column> columns{
      {"model"}, {"version", Align::kRight}, {"state"}, {"input"}, {"outputs"}};
  if (reasons) columns.push_back({"reason"});
  Table table(std::move(columns));
  for (const auto& [index, metadata] : models) {
    std::vector<std::string> cells{Printable(index.name()), Printable(index.version()),
                                   Printable(index.state()), Describe(metadata.inputs()),
                                   Describe(metadata.outputs())};
    if (reasons) cells.push_back(Printable(index.reason()));
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

ordered_json ModelsJson(const std::vector<ModelSummary>& models) {
  ordered_json array = ordered_json::array();
  for (const auto& [index, metadata] : models) {
    array.push_back({{"name", index.name()},
                     {"version", index.version()},
                     {"state", index.state()},
                     {"reason", index.reason()},
                     {"inputs", ToJson(metadata.inputs())},
                     {"outputs", ToJson(metadata.outputs())}});
  }
  return {{"models", std::move(array)}};
}

}  // namespace hillock::client
