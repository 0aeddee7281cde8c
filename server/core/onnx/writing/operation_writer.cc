// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/writing/operation_writer.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "server/core/onnx/writing/function_forms.h"

namespace hillock::onnx {
namespace {

using Source = LayerWriter::Source;

int64_t Signed(size_t size) { return static_cast<int64_t>(size); }

// One writer for each kind of operation; each returns the name of what comes out.
class OperationWriter {
 public:
  OperationWriter(GraphWriter& graph, const model::Layer& layer, const std::vector<Source>& sources,
                  const std::string& row_count, const std::string& output)
      : graph_(graph), layer_(layer), sources_(sources), row_count_(row_count), output_(output) {}

  absl::StatusOr<std::string> operator()(const model::Scale& scale) {
    const std::string scaled =
        graph_.Node("Mul", {source(), Row("scale", scale.scale)}, Name("scaled"));
    return graph_.Node("Add", {scaled, Row("shift", scale.shift)}, output_);
  }

  absl::StatusOr<std::string> operator()(const model::Select& select) {
    const std::string side_by_side = Joined(select.columns);
    if (side_by_side == output_) return output_;
    const std::vector<int64_t> columns(select.columns.begin(), select.columns.end());
    return graph_.Node("Gather", {side_by_side, graph_.Integers(Name("columns"), columns)}, output_,
                       {IntegerAttribute("axis", 1)});
  }

  absl::StatusOr<std::string> operator()(const model::Combine& combine) {
    const std::span<const FormNode> form = FormOf(combine.function->name);
    if (form.empty()) return NoForm(combine.function->name);
    bool is_wide = layer_.outputs == 1;
    for (const Source& each : sources_) is_wide |= each.width == layer_.outputs;
    const std::string end = is_wide ? output_ : Name("column");
    for (const FormNode& node : form)
      WriteForm(node, &node == &form.back() ? end : Name(node.name));
    if (is_wide) return output_;
    const std::vector<int64_t> shape{1, Signed(layer_.outputs)};
    return graph_.Node("Expand", {end, graph_.Integers(Name("shape"), shape)}, output_);
  }

  absl::StatusOr<std::string> operator()(const model::Reduce& reduce) {
    const std::string_view name = reduce.reduction->name;
    const std::string_view op = OperatorOf(name);
    if (op.empty()) return NoForm(name);
    const size_t n = sources_.front().width / layer_.outputs;
    const std::string groups = Grouped(source(), sources_.front().width, n);
    if (!op.starts_with("Arg")) {
      return graph_.Node(op, {groups, Integer("axis", 2)}, output_,
                         {IntegerAttribute("keepdims", 0)});
    }
    const std::string position =
        graph_.Node(op, {groups}, Name("position"),
                    {IntegerAttribute("axis", 2), IntegerAttribute("keepdims", 0),
                     IntegerAttribute("select_last_index", name.ends_with("_last") ? 1 : 0)});
    return graph_.Cast(position, DataType::kFloat, output_);
  }

  absl::StatusOr<std::string> operator()(const model::Normalize& normalize) {
    const std::string groups = Grouped(source(), layer_.outputs, normalize.group);
    const std::string unit =
        normalize.centered ? Centered(normalize, groups) : Rms(normalize, groups);
    const bool has_scale = !normalize.scale.empty();
    const bool has_shift = !normalize.shift.empty();
    std::string y = graph_.Reshape(unit, {-1, Signed(layer_.outputs)},
                                   has_scale || has_shift ? Name("unit_rows") : output_);
    if (has_scale) {
      y = graph_.Node("Mul", {y, Row("scale", normalize.scale)},
                      has_shift ? Name("scaled") : output_);
    }
    return has_shift ? graph_.Node("Add", {y, Row("shift", normalize.shift)}, output_) : y;
  }

  absl::StatusOr<std::string> operator()(const model::Lookup& lookup) {
    // The last entry is for what is not found.
    std::vector<float> table = lookup.table;
    table.insert(table.end(), lookup.otherwise.begin(), lookup.otherwise.end());
    const std::string entries =
        graph_.Floats(Name("table"), {Signed(lookup.entries()) + 1, Signed(lookup.width)}, table);
    const std::string index = lookup.keys.empty() ? IndexByNumber(lookup) : IndexByKey(lookup);
    const std::string found = graph_.Node("Gather", {entries, index}, Name("found"));
    return graph_.Reshape(found, {-1, Signed(layer_.outputs)}, output_);
  }

  absl::StatusOr<std::string> operator()(const model::Constant& constant) {
    const std::string row =
        graph_.Floats(Name("values"), {1, Signed(layer_.outputs)}, constant.values);
    return graph_.Node("Expand", {row, row_count_}, output_);
  }

  absl::StatusOr<std::string> operator()(const model::DynamicQuantize&) {
    const std::vector<std::string> parts = {Name("quantized"), Name("scale"), Name("zero")};
    graph_.Node("DynamicQuantizeLinear", {source()}, parts);
    return graph_.Node("DequantizeLinear", parts, output_);
  }

 private:
  // Apart from the names that the activation's nodes have.
  std::string Name(std::string_view part) const {
    return fmt::format("{}.body.{}", layer_.name, part);
  }
  const std::string& source() const { return sources_.front().name; }

  absl::Status NoForm(std::string_view function) const {
    return absl::UnimplementedError(
        fmt::format("layer '{}': function '{}' has no form in ONNX", layer_.name, function));
  }

  std::string Row(std::string_view part, const std::vector<float>& values) {
    return graph_.Floats(Name(part), {Signed(values.size())}, values);
  }
  std::string Number(std::string_view part, float value) {
    return graph_.Floats(Name(part), {}, {&value, 1});
  }
  std::string Integer(std::string_view part, int64_t value) {
    return graph_.Integers(Name(part), {&value, 1});
  }

  // [rows, columns] as [rows, columns / n, n].
  std::string Grouped(const std::string& input, size_t columns, size_t n) {
    return graph_.Reshape(input, {-1, Signed(columns / n), Signed(n)}, Name("groups"));
  }

  // The sources side by side: the output itself if these are all of their columns in order.
  std::string Joined(const std::vector<uint32_t>& columns) {
    size_t width = 0;
    std::vector<std::string> names;
    for (const Source& each : sources_) {
      names.push_back(each.name);
      width += each.width;
    }
    std::vector<uint32_t> all(width);
    std::iota(all.begin(), all.end(), 0u);
    const bool is_all = columns == all;
    if (names.size() == 1) return is_all ? graph_.Node("Identity", names, output_) : names.front();
    return graph_.Node("Concat", names, is_all ? output_ : Name("joined"),
                       {IntegerAttribute("axis", 1)});
  }

  void WriteForm(const FormNode& node, const std::string& output) {
    std::vector<std::string> inputs;
    for (const std::string_view input : node.inputs) {
      if (!input.empty()) inputs.push_back(InputOf(input));
    }
    if (node.op == "Bool" || node.op == "Float") {
      graph_.Cast(inputs.front(), node.op == "Bool" ? DataType::kBool : DataType::kFloat, output);
    } else if (node.op == "Fmod") {
      graph_.Node("Mod", inputs, output, {IntegerAttribute("fmod", 1)});
    } else {
      graph_.Node(node.op, inputs, output);
    }
  }

  std::string InputOf(std::string_view input) {
    constexpr std::string_view kOperands = "abc";
    if (input.size() == 1 && kOperands.find(input) != std::string_view::npos) {
      return sources_[kOperands.find(input)].name;
    }
    for (size_t i = 0; i < kFormNumbers.size(); ++i) {
      if (kFormNumbers[i].name != input) continue;
      if (!std::exchange(has_number_[i], true)) Number(input, kFormNumbers[i].value);
    }
    return Name(input);
  }

  std::string Centered(const model::Normalize& normalize, const std::string& groups) {
    const std::vector<float> ones(normalize.group, 1.0f);
    return graph_.Node("LayerNormalization", {groups, Row("ones", ones)}, Name("unit"),
                       {IntegerAttribute("axis", -1), RealAttribute("epsilon", normalize.epsilon)});
  }

  std::string Rms(const model::Normalize& normalize, const std::string& groups) {
    const std::string squares = graph_.Node("Mul", {groups, groups}, Name("squares"));
    const std::string mean = graph_.Node("ReduceMean", {squares, Integer("axis", 2)}, Name("mean"));
    const std::string sum =
        graph_.Node("Add", {mean, Number("epsilon", normalize.epsilon)}, Name("mean_and_epsilon"));
    const std::string root = graph_.Node("Sqrt", {sum}, Name("root"));
    return graph_.Node("Div", {groups, root}, Name("unit"));
  }

  // The entry of each element that is a whole number within the table, else the last.
  std::string IndexByNumber(const model::Lookup& lookup) {
    const auto entries = static_cast<float>(lookup.entries());
    const std::string& x = source();
    const std::string floor = graph_.Node("Floor", {x}, Name("floor"));
    const std::string is_whole = graph_.Node("Equal", {x, floor}, Name("is_whole"));
    const std::string size = Number("entries", entries);
    const std::string first = Number("first", lookup.wraps ? -entries : 0);
    const std::string is_below = graph_.Node("Less", {x, size}, Name("is_below"));
    const std::string is_above = graph_.Node("GreaterOrEqual", {x, first}, Name("is_above"));
    const std::string is_within = graph_.Node("And", {is_below, is_above}, Name("is_within"));
    const std::string is_entry = graph_.Node("And", {is_whole, is_within}, Name("is_entry"));
    const std::string entry = lookup.wraps ? Wrapped(x, size) : x;
    const std::string index = graph_.Node("Where", {is_entry, entry, size}, Name("entry"));
    return graph_.Cast(index, DataType::kInt64, Name("index"));
  }

  std::string Wrapped(const std::string& x, const std::string& size) {
    const std::string is_negative =
        graph_.Node("Less", {x, Number("zero", 0)}, Name("is_negative"));
    const std::string from_end = graph_.Node("Add", {x, size}, Name("from_end"));
    return graph_.Node("Where", {is_negative, from_end, x}, Name("wrapped"));
  }

  // The entry of the key that each element equals, else the last.
  std::string IndexByKey(const model::Lookup& lookup) {
    const int64_t width = Signed(sources_.front().width);
    const std::string x = graph_.Reshape(source(), {-1, width, 1}, Name("elements"));
    const std::string equal = graph_.Node("Equal", {x, Row("keys", lookup.keys)}, Name("equal"));
    const std::string is_key = graph_.Cast(equal, DataType::kFloat, Name("is_key"));
    const std::string key =
        graph_.Node("ArgMax", {is_key}, Name("key"),
                    {IntegerAttribute("axis", 2), IntegerAttribute("keepdims", 0)});
    const std::string any = graph_.Node("ReduceMax", {is_key, Integer("axis", 2)}, Name("any"),
                                        {IntegerAttribute("keepdims", 0)});
    const std::string is_entry = graph_.Cast(any, DataType::kBool, Name("is_entry"));
    const std::string none = Integer("none", Signed(lookup.entries()));
    return graph_.Node("Where", {is_entry, key, none}, Name("index"));
  }

  GraphWriter& graph_;
  const model::Layer& layer_;
  const std::vector<Source>& sources_;
  const std::string& row_count_;
  const std::string& output_;
  std::array<bool, kFormNumbers.size()> has_number_{};
};

}  // namespace

absl::StatusOr<std::string> WriteOperation(GraphWriter& graph, const model::Layer& layer,
                                           const std::vector<LayerWriter::Source>& sources,
                                           const std::string& row_count,
                                           const std::string& output) {
  return std::visit(OperationWriter(graph, layer, sources, row_count, output), *layer.operation);
}

}  // namespace hillock::onnx
