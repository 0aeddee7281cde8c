#include "client/report/model_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

using model::Layer;
using model::Mlp;
using model::Output;

constexpr size_t kMaxClassesShown = 8;

// Numbers that were learned: weights, bias and slopes.
size_t Learned(const Layer& layer) {
  return layer.weights.size() + layer.bias.size() + layer.slopes.size();
}

size_t Learned(const Mlp& mlp) {
  size_t numbers = 0;
  for (const Layer& layer : mlp.layers) numbers += Learned(layer);
  return numbers;
}

// The parameters of a layer's activation by name.
nlohmann::ordered_json Parameters(const Layer& layer) {
  auto parameters = nlohmann::ordered_json::object();
  const auto& spec = *layer.activation;
  for (size_t i = 0; i < spec.param_count && layer.slopes.empty(); ++i) {
    parameters[std::string(spec.params[i].name)] = layer.params[i];
  }
  return parameters;
}

// "leaky_relu(alpha 0.01)", "prelu(32 slopes)"
std::string ActivationText(const Layer& layer) {
  std::string inside;
  if (!layer.slopes.empty()) inside = fmt::format("{} slopes", layer.slopes.size());
  const nlohmann::ordered_json parameters = Parameters(layer);
  for (const auto& [name, value] : parameters.items()) {
    inside += fmt::format("{}{} {}", inside.empty() ? "" : ", ", name, value.get<float>());
  }
  const std::string name(layer.activation->name);
  return inside.empty() ? name : fmt::format("{}({})", name, inside);
}

std::string LabelsText(const Mlp& mlp, const Output& output) {
  if (output.multilabel) {
    return fmt::format("a label for each column, 1 from {} on\n", output.threshold);
  }
  std::string text = fmt::format("{} classes:", output.class_labels.size());
  const size_t shown = std::min(output.class_labels.size(), kMaxClassesShown);
  for (size_t i = 0; i < shown; ++i) text += ' ' + Printable(output.class_labels[i]);
  if (shown < output.class_labels.size()) text += " ...";
  if (mlp.width(output) == 1) text += fmt::format(", the second from {} on", output.threshold);
  return text + '\n';
}

// What a layer reads: the name of another, or of the input.
const std::string& SourceName(const Mlp& mlp, model::ValueId source) {
  return source == model::ValueId::kInput ? mlp.inputs.front().name
                                          : mlp.layers[model::LayerOf(source)].name;
}

// What each layer reads is shown if the layers do not form a chain.
std::string LayersTable(const Mlp& mlp) {
  const bool chain = mlp.is_chain();
  std::vector<Column> columns{{"layer", Align::kLeft}};
  if (!chain) columns.push_back({"reads", Align::kLeft});
  columns.insert(columns.end(), {{"inputs", Align::kRight},
                                 {"units", Align::kRight},
                                 {"activation", Align::kLeft},
                                 {"numbers", Align::kRight}});
  Table table(std::move(columns));
  for (const Layer& layer : mlp.layers) {
    std::vector<std::string> cells{Printable(layer.name)};
    if (!chain) cells.push_back(Printable(SourceName(mlp, layer.source)));
    cells.insert(cells.end(),
                 {fmt::format("{}", layer.inputs), fmt::format("{}", layer.outputs),
                  ActivationText(layer), FormatCount(static_cast<double>(Learned(layer)))});
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

std::string OutputText(const Mlp& mlp, const Output& output) {
  std::string text =
      fmt::format("output '{}' [rows, {}]", Printable(output.name), mlp.width(output));
  if (mlp.outputs.size() > 1) {
    text += fmt::format(" of '{}'", Printable(SourceName(mlp, output.source)));
  }
  return text + '\n';
}

nlohmann::ordered_json LayerJson(const Mlp& mlp, const Layer& layer) {
  nlohmann::ordered_json json = {{"name", layer.name},
                                 {"inputs", layer.inputs},
                                 {"outputs", layer.outputs},
                                 {"activation", layer.activation->name},
                                 {"parameters", Parameters(layer)},
                                 {"slopes", layer.slopes.size()}};
  if (!mlp.is_chain()) json["reads"] = SourceName(mlp, layer.source);
  return json;
}

// A single output is shown at the top, several in a list.
void AddOutputs(const Mlp& mlp, nlohmann::ordered_json& json) {
  auto list = nlohmann::ordered_json::array();
  for (const Output& output : mlp.outputs) {
    list.push_back({{"name", output.name}, {"width", mlp.width(output)}});
    nlohmann::ordered_json& about = mlp.outputs.size() == 1 ? json : list.back();
    if (mlp.outputs.size() > 1) about["layer"] = SourceName(mlp, output.source);
    about["class_labels"] = output.class_labels;
    about["multilabel"] = output.multilabel;
    if (output.has_labels() && (output.multilabel || mlp.width(output) == 1)) {
      about["threshold"] = output.threshold;
    }
  }
  if (list.size() == 1) {
    json["output"] = std::move(list[0]);
  } else {
    json["outputs"] = std::move(list);
  }
}

}  // namespace

std::string ModelText(const Mlp& mlp) {
  std::string text = fmt::format("input '{}' [rows, {}]{}", Printable(mlp.inputs.front().name),
                                 mlp.input_width(), mlp.offset.empty() ? "" : ", normalized");
  text += mlp.outputs.size() == 1 ? " -> " : "\n";
  for (const Output& output : mlp.outputs) {
    text += OutputText(mlp, output);
    if (output.has_labels()) text += LabelsText(mlp, output);
  }
  if (!mlp.producer.empty()) text += fmt::format("made by {}\n", Printable(mlp.producer));
  const size_t learned = Learned(mlp);
  return text + '\n' + LayersTable(mlp) +
         fmt::format("\n{} numbers, {} FLOP/row, {} bytes\n",
                     FormatCount(static_cast<double>(learned)),
                     FormatCount(static_cast<double>(mlp.flops_per_row())),
                     FormatCount(static_cast<double>(learned * sizeof(float))));
}

nlohmann::ordered_json ModelJson(const Mlp& mlp) {
  nlohmann::ordered_json json = {
      {"producer", mlp.producer},
      {"input", {{"name", mlp.inputs.front().name}, {"width", mlp.input_width()}}},
      {"normalized", !mlp.offset.empty()},
      {"layers", nlohmann::ordered_json::array()},
      {"numbers", Learned(mlp)},
      {"flop_per_row", mlp.flops_per_row()},
      {"bytes", Learned(mlp) * sizeof(float)}};
  AddOutputs(mlp, json);
  for (const Layer& layer : mlp.layers) json["layers"].push_back(LayerJson(mlp, layer));
  return json;
}

}  // namespace hillock::client
