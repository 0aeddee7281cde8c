#include "client/model_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/table.h"
#include "client/text.h"
#include "client/units.h"

namespace hillock::client {
namespace {

using model::Layer;
using model::Mlp;

constexpr size_t kMostClassesShown = 8;

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

std::string ClassesText(const Mlp& mlp, const model::Output& output) {
  std::string text = fmt::format("{} classes:", output.class_labels.size());
  const size_t shown = std::min(output.class_labels.size(), kMostClassesShown);
  for (size_t i = 0; i < shown; ++i) text += ' ' + Printable(output.class_labels[i]);
  if (shown < output.class_labels.size()) text += " ...";
  if (mlp.width(output) == 1) text += fmt::format(", the second from {} on", output.threshold);
  return text + '\n';
}

std::string LayersTable(const Mlp& mlp) {
  Table table({{"layer", Align::kLeft},
               {"inputs", Align::kRight},
               {"units", Align::kRight},
               {"activation", Align::kLeft},
               {"numbers", Align::kRight}});
  for (const Layer& layer : mlp.layers) {
    table.AddRow({Printable(layer.name), fmt::format("{}", layer.inputs),
                  fmt::format("{}", layer.outputs), ActivationText(layer),
                  FormatCount(static_cast<double>(Learned(layer)))});
  }
  return table.Render();
}

nlohmann::ordered_json LayerJson(const Layer& layer) {
  return {{"name", layer.name},
          {"inputs", layer.inputs},
          {"outputs", layer.outputs},
          {"activation", layer.activation->name},
          {"parameters", Parameters(layer)},
          {"slopes", layer.slopes.size()}};
}

}  // namespace

std::string ModelText(const Mlp& mlp) {
  const model::Output& output = mlp.outputs.front();
  std::string text =
      fmt::format("input '{}' [rows, {}]{} -> output '{}' [rows, {}]\n", Printable(mlp.input_name),
                  mlp.inputs(), mlp.offset.empty() ? "" : ", normalized", Printable(output.name),
                  mlp.width(output));
  if (!mlp.producer.empty()) text += fmt::format("made by {}\n", Printable(mlp.producer));
  if (!output.class_labels.empty()) text += ClassesText(mlp, output);
  const size_t learned = Learned(mlp);
  return text + '\n' + LayersTable(mlp) +
         fmt::format("\n{} numbers, {} FLOP/row, {} bytes\n",
                     FormatCount(static_cast<double>(learned)),
                     FormatCount(static_cast<double>(mlp.flops_per_row())),
                     FormatCount(static_cast<double>(learned * sizeof(float))));
}

nlohmann::ordered_json ModelJson(const Mlp& mlp) {
  const model::Output& output = mlp.outputs.front();
  nlohmann::ordered_json json = {{"producer", mlp.producer},
                                 {"input", {{"name", mlp.input_name}, {"width", mlp.inputs()}}},
                                 {"output", {{"name", output.name}, {"width", mlp.width(output)}}},
                                 {"normalized", !mlp.offset.empty()},
                                 {"class_labels", output.class_labels},
                                 {"layers", nlohmann::ordered_json::array()},
                                 {"numbers", Learned(mlp)},
                                 {"flop_per_row", mlp.flops_per_row()},
                                 {"bytes", Learned(mlp) * sizeof(float)}};
  if (!output.class_labels.empty() && mlp.width(output) == 1) json["threshold"] = output.threshold;
  for (const Layer& layer : mlp.layers) json["layers"].push_back(LayerJson(layer));
  return json;
}

}  // namespace hillock::client
