// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/writing/interface_writer.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace hillock::onnx {
namespace {

using model::Datatype;
using model::Input;
using model::Mlp;
using model::Output;
using model::TensorShape;

constexpr std::string_view kMl = "ai.onnx.ml";

TensorShape Flat(size_t width) { return {-1, static_cast<int64_t>(width)}; }

// Writes the inputs and joins them.
class InputWriter {
 public:
  InputWriter(GraphWriter& graph, const Mlp& mlp) : graph_(graph), mlp_(mlp) {}

  InputRow Write() {
    for (const Input& input : mlp_.inputs) {
      graph_.Input(input.name, TypeOf(input.datatype), input.shape);
    }
    std::vector<std::string> rows(mlp_.inputs.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!IsRepeated(mlp_.inputs[i])) rows[i] = Rows(mlp_.inputs[i]);
    }
    InputRow row;
    if (NeedsRowCount()) {
      row.row_count = RowCount(
          *std::ranges::find_if(rows, [](const std::string& name) { return !name.empty(); }));
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].empty()) rows[i] = Repeated(mlp_.inputs[i], row.row_count);
    }
    row.value = rows.size() == 1
                    ? rows.front()
                    : graph_.Node("Concat", rows, "inputs.joined", {IntegerAttribute("axis", 1)});
    return row;
  }

 private:
  // Whether it takes the number of rows from another input. When none has rows, each is one row.
  bool IsRepeated(const Input& input) const {
    const bool any_rows = std::ranges::any_of(
        mlp_.inputs, [](const Input& each) { return each.required && !each.shared; });
    return any_rows && (input.shared || !input.required);
  }

  bool NeedsRowCount() const {
    return std::ranges::any_of(mlp_.inputs, [&](const Input& each) { return IsRepeated(each); }) ||
           std::ranges::any_of(mlp_.layers, [](const model::Layer& layer) {
             return !layer.is_dense() && std::holds_alternative<model::Constant>(*layer.operation);
           });
  }

  std::string Rows(const Input& input) {
    std::string value = Numbers(input);
    if (input.shape == Flat(input.width)) return value;
    return graph_.Reshape(value, Flat(input.width), input.name + ".rows");
  }

  std::string Numbers(const Input& input) {
    if (input.datatype == Datatype::kFp32) return input.name;
    if (input.datatype != Datatype::kBytes) {
      return graph_.Cast(input.name, DataType::kFloat, input.name + ".float");
    }
    const std::string position = graph_.Node(
        "LabelEncoder", {input.name}, input.name + ".position",
        {TextsAttribute("classes_strings", mlp_.words), IntegerAttribute("default_int64", -1)},
        kMl);
    return graph_.Cast(position, DataType::kFloat, input.name + ".float");
  }

  std::string Repeated(const Input& input, const std::string& row_count) {
    const std::vector<float> zeros(input.width, 0.0f);
    const std::string row =
        input.required
            ? graph_.Reshape(Numbers(input), {1, static_cast<int64_t>(input.width)},
                             input.name + ".row")
            : graph_.Floats(input.name + ".zeros", {1, static_cast<int64_t>(input.width)}, zeros);
    return graph_.Node("Expand", {row, row_count}, input.name + ".repeated");
  }

  std::string RowCount(const std::string& value) {
    const std::string rows = graph_.Node(
        "Shape", {value}, "rows.count", {IntegerAttribute("start", 0), IntegerAttribute("end", 1)});
    const int64_t one = 1;
    return graph_.Node("Concat", {rows, graph_.Integers("rows.one", {&one, 1})}, "rows.shape",
                       {IntegerAttribute("axis", 0)});
  }

  GraphWriter& graph_;
  const Mlp& mlp_;
};

// The elements of a tensor, which are floats, in its datatype.
std::string Typed(GraphWriter& graph, const Mlp& mlp, const Output& output,
                  const std::string& floats, std::string name) {
  if (output.datatype != Datatype::kBytes) {
    return graph.Cast(floats, TypeOf(output.datatype), std::move(name));
  }
  const std::string position = graph.Cast(floats, DataType::kInt64, output.name + ".position");
  return graph.Node(
      "LabelEncoder", {position}, std::move(name),
      {TextsAttribute("classes_strings", mlp.words), TextAttribute("default_string", "")}, kMl);
}

// -1 for the axis of rows, whatever it stands for.
TensorShape ForReshape(TensorShape shape) {
  for (int64_t& size : shape) size = std::max<int64_t>(size, -1);
  return shape;
}

}  // namespace

InputRow WriteInputs(GraphWriter& graph, const Mlp& mlp) { return InputWriter(graph, mlp).Write(); }

bool IsValue(const Mlp& mlp, const Output& output) {
  return !output.is_constant && output.datatype == Datatype::kFp32 &&
         mlp.ShapeOf(output) == Flat(mlp.width(output));
}

void WriteOutput(GraphWriter& graph, const Mlp& mlp, const Output& output,
                 const std::string& value) {
  const TensorShape shape = mlp.ShapeOf(output);
  const bool is_flat = shape == Flat(mlp.width(output));
  if (IsValue(mlp, output)) {
    if (value != output.name) graph.Node("Identity", {value}, output.name);
  } else if (output.datatype == Datatype::kFp32) {
    graph.Reshape(value, ForReshape(shape), output.name);
  } else {
    const std::string typed =
        Typed(graph, mlp, output, value, is_flat ? output.name : output.name + ".typed");
    if (!is_flat) graph.Reshape(typed, ForReshape(shape), output.name);
  }
  graph.Output(output.name, TypeOf(output.datatype), shape);
}

void WriteConstantOutput(GraphWriter& graph, const Mlp& mlp, const Output& output) {
  const bool is_float = output.datatype == Datatype::kFp32;
  const std::string floats =
      graph.Floats(is_float ? output.name : output.name + ".floats", output.shape, output.constant);
  if (!is_float) Typed(graph, mlp, output, floats, output.name);
  graph.Output(output.name, TypeOf(output.datatype), output.shape);
}

}  // namespace hillock::onnx
