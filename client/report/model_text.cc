// SPDX-License-Identifier: Apache-2.0
#include "client/report/model_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

using model::Input;
using model::Layer;
using model::Mlp;
using model::Output;

constexpr size_t kMaxShown = 8;

// Numbers that an operation has.
size_t Numbers(const model::Scale& scale) { return scale.scale.size() + scale.shift.size(); }
size_t Numbers(const model::Normalize& normalize) {
  return normalize.scale.size() + normalize.shift.size();
}
size_t Numbers(const model::Lookup& lookup) { return lookup.table.size() + lookup.keys.size(); }
size_t Numbers(const model::Constant& constant) { return constant.values.size(); }
template <class Operation>
size_t Numbers(const Operation&) {
  return 0;
}

// Numbers that were learned: weights, bias and slopes, and those of operations.
size_t Learned(const Layer& layer) {
  const size_t numbers = layer.weights.size() + layer.bias.size() + layer.slopes.size();
  if (layer.is_dense()) return numbers;
  return numbers +
         std::visit([](const auto& operation) { return Numbers(operation); }, *layer.operation);
}

size_t Learned(const Mlp& mlp) {
  size_t numbers = 0;
  for (const Layer& layer : mlp.layers) numbers += Learned(layer);
  return numbers;
}

// The first few of a list, printable: " a b c ...".
template <class Text>
std::string Some(const std::vector<std::string>& list, Text text) {
  std::string some;
  const size_t shown = std::min(list.size(), kMaxShown);
  for (size_t i = 0; i < shown; ++i) some += ' ' + text(list[i]);
  return shown < list.size() ? some + " ..." : some;
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
  if (layer.group != 0) {
    inside += fmt::format("{}over each {}", inside.empty() ? "" : ", ", layer.group);
  }
  const std::string name(layer.activation->name);
  return inside.empty() ? name : fmt::format("{}({})", name, inside);
}

std::string_view Computes(const Layer& layer) {
  return layer.is_dense() ? "dense" : model::NameOf(*layer.operation);
}

// "INT64 [rows, 3]": FP32 goes without saying.
std::string TypeText(model::Datatype datatype, const model::TensorShape& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) {
    sizes.push_back(size >= 0    ? fmt::format("{}", size)
                    : size == -1 ? "rows"
                                 : fmt::format("{} x rows", -size));
  }
  return fmt::format("{}{}[{}]",
                     datatype == model::Datatype::kFp32 ? "" : model::DatatypeName(datatype),
                     datatype == model::Datatype::kFp32 ? "" : " ", fmt::join(sizes, ", "));
}

std::string LabelsText(const Mlp& mlp, const Output& output) {
  if (output.multilabel) {
    return fmt::format("a label for each column, 1 from {} on\n", output.threshold);
  }
  std::string text = fmt::format("{} classes:{}", output.class_labels.size(),
                                 Some(output.class_labels, Printable));
  if (mlp.width(output) == 1) text += fmt::format(", the second from {} on", output.threshold);
  return text + '\n';
}

// The name of a layer, or of the input.
std::string SourceName(const Mlp& mlp, model::ValueId source) {
  if (source != model::ValueId::kInput) return mlp.layers[model::LayerOf(source)].name;
  return mlp.inputs.size() == 1 ? mlp.inputs.front().name : "inputs";
}

std::vector<std::string> SourceNames(const Mlp& mlp, const Layer& layer) {
  std::vector<std::string> names;
  for (const model::ValueId source : layer.sources()) names.push_back(SourceName(mlp, source));
  return names;
}

// Columns in a row of all that it reads.
size_t Inputs(const Mlp& mlp, const Layer& layer) {
  size_t columns = 0;
  for (const model::ValueId source : layer.sources()) columns += mlp.width(source);
  return columns;
}

bool IsDense(const Mlp& mlp) { return std::ranges::all_of(mlp.layers, &Layer::is_dense); }

// What each layer reads and computes is shown if that does not go without saying.
std::string LayersTable(const Mlp& mlp) {
  const bool reads = !mlp.is_chain();
  const bool computes = !IsDense(mlp);
  std::vector<Column> columns{{"layer", Align::kLeft}};
  if (reads) columns.push_back({"reads", Align::kLeft});
  if (computes) columns.push_back({"computes", Align::kLeft});
  columns.insert(columns.end(), {{"inputs", Align::kRight},
                                 {"units", Align::kRight},
                                 {"activation", Align::kLeft},
                                 {"numbers", Align::kRight}});
  Table table(std::move(columns));
  for (const Layer& layer : mlp.layers) {
    std::vector<std::string> cells{Printable(layer.name)};
    if (reads) cells.emplace_back(Trim(Some(SourceNames(mlp, layer), Printable)));
    if (computes) cells.emplace_back(Computes(layer));
    cells.insert(cells.end(),
                 {fmt::format("{}", Inputs(mlp, layer)), fmt::format("{}", layer.outputs),
                  ActivationText(layer), FormatCount(static_cast<double>(Learned(layer)))});
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

// An element of a tensor as people write it.
std::string ElementText(const Mlp& mlp, model::Datatype datatype, float element) {
  if (datatype != model::Datatype::kBytes) return fmt::format("{}", element);
  const bool is_word = element >= 0 && element < static_cast<float>(mlp.words.size());
  return is_word ? Quoted(mlp.words[static_cast<size_t>(element)]) : "''";
}

std::string ConstantText(const Mlp& mlp, const Output& output) {
  std::vector<std::string> elements;
  for (const float element : output.constant) {
    if (elements.size() > kMaxShown) break;
    elements.push_back(ElementText(mlp, output.datatype, element));
  }
  return fmt::format(", always{}", Some(elements, [](const std::string& text) { return text; }));
}

std::string InputText(const Input& input) {
  std::string text =
      fmt::format("input '{}' {}", Printable(input.name), TypeText(input.datatype, input.shape));
  if (input.shared) text += ", one for all rows";
  if (input.takes_non_finite) text += ", takes NaN";
  if (!input.required) text += ", may be left out";
  return text;
}

std::string OutputText(const Mlp& mlp, const Output& output) {
  std::string text = fmt::format("output '{}' {}", Printable(output.name),
                                 TypeText(output.datatype, mlp.ShapeOf(output)));
  if (output.is_constant) {
    text += ConstantText(mlp, output);
  } else if (mlp.outputs.size() > 1) {
    text += fmt::format(" of '{}'", Printable(SourceName(mlp, output.source)));
  }
  text += '\n';
  if (!output.column_names.empty()) {
    text += fmt::format("  columns:{}\n", Some(output.column_names, Printable));
  }
  return text;
}

// Every tensor; on one line when there are two.
std::string InterfaceText(const Mlp& mlp) {
  std::string text;
  for (const Input& input : mlp.inputs) {
    if (!text.empty()) text += '\n';
    text += InputText(input);
  }
  if (!mlp.offset.empty()) text += ", normalized";
  text += mlp.inputs.size() == 1 && mlp.outputs.size() == 1 ? " -> " : "\n";
  for (const Output& output : mlp.outputs) {
    text += OutputText(mlp, output);
    if (output.has_labels()) text += LabelsText(mlp, output);
  }
  for (const model::LeftOut& output : mlp.left_out) {
    text += fmt::format("left out: '{}': {}\n", Printable(output.name), Printable(output.reason));
  }
  return text;
}

nlohmann::ordered_json LayerJson(const Mlp& mlp, const Layer& layer) {
  nlohmann::ordered_json json = {{"name", layer.name},
                                 {"inputs", Inputs(mlp, layer)},
                                 {"outputs", layer.outputs},
                                 {"activation", layer.activation->name},
                                 {"parameters", Parameters(layer)},
                                 {"slopes", layer.slopes.size()}};
  if (!mlp.is_chain() && layer.is_dense()) json["reads"] = SourceName(mlp, layer.source);
  if (!layer.is_dense()) {
    json["computes"] = Computes(layer);
    json["reads"] = SourceNames(mlp, layer);
  }
  if (layer.group != 0) json["group"] = layer.group;
  return json;
}

nlohmann::ordered_json InputJson(const Input& input) {
  nlohmann::ordered_json json = {{"name", input.name},
                                 {"width", input.width},
                                 {"datatype", model::DatatypeName(input.datatype)},
                                 {"shape", input.shape}};
  if (input.shared) json["shared"] = true;
  if (input.takes_non_finite) json["takes_non_finite"] = true;
  if (!input.required) json["optional"] = true;
  return json;
}

// A single input is an object, several are a list.
void AddInputs(const Mlp& mlp, nlohmann::ordered_json& json) {
  if (mlp.inputs.size() == 1) {
    json["input"] = InputJson(mlp.inputs.front());
  } else {
    for (const Input& input : mlp.inputs) json["inputs"].push_back(InputJson(input));
  }
}

nlohmann::ordered_json OutputJson(const Mlp& mlp, const Output& output) {
  nlohmann::ordered_json json = {{"name", output.name},
                                 {"width", mlp.width(output)},
                                 {"datatype", model::DatatypeName(output.datatype)},
                                 {"shape", mlp.ShapeOf(output)}};
  if (!output.column_names.empty()) json["column_names"] = output.column_names;
  if (output.is_constant) json["constant"] = output.constant;
  return json;
}

// A single output is shown at the top, several in a list.
void AddOutputs(const Mlp& mlp, nlohmann::ordered_json& json) {
  auto list = nlohmann::ordered_json::array();
  for (const Output& output : mlp.outputs) {
    list.push_back(OutputJson(mlp, output));
    nlohmann::ordered_json& about = mlp.outputs.size() == 1 ? json : list.back();
    if (mlp.outputs.size() > 1 && !output.is_constant) {
      about["layer"] = SourceName(mlp, output.source);
    }
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
  std::string text = InterfaceText(mlp);
  if (!mlp.producer.empty()) text += fmt::format("made by {}\n", Printable(mlp.producer));
  const size_t learned = Learned(mlp);
  return text + '\n' + LayersTable(mlp) +
         fmt::format("\n{} numbers, {} FLOP/row, {} bytes\n",
                     FormatCount(static_cast<double>(learned)),
                     FormatCount(static_cast<double>(mlp.flops_per_row())),
                     FormatCount(static_cast<double>(learned * sizeof(float))));
}

nlohmann::ordered_json ModelJson(const Mlp& mlp) {
  nlohmann::ordered_json json = {{"producer", mlp.producer}};
  AddInputs(mlp, json);
  json.update({{"normalized", !mlp.offset.empty()},
               {"layers", nlohmann::ordered_json::array()},
               {"numbers", Learned(mlp)},
               {"flop_per_row", mlp.flops_per_row()},
               {"bytes", Learned(mlp) * sizeof(float)}});
  AddOutputs(mlp, json);
  for (const Layer& layer : mlp.layers) json["layers"].push_back(LayerJson(mlp, layer));
  for (const model::LeftOut& output : mlp.left_out) {
    json["left_out"].push_back({{"name", output.name}, {"reason", output.reason}});
  }
  return json;
}

}  // namespace hillock::client
