// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/lowering/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "server/core/base/utf8.h"
#include "server/core/onnx/datatypes.h"
#include "server/core/onnx/lowering/layers.h"

namespace hillock::onnx {
namespace {

constexpr size_t kMaxConstant = size_t{1} << 16;  // elements of a constant that is put out

// Rows come one after the other on the wire.
absl::Status CheckRowsFirst(const Shape& shape) {
  const size_t axis = BatchAxis(shape).value_or(0);
  const bool first = std::all_of(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis),
                                 [](int64_t size) { return size == 1; });
  if (first) return absl::OkStatus();
  return absl::UnimplementedError(
      fmt::format("has its rows along axis {} of {}, want them first", axis, ShapeText(shape)));
}

model::Datatype DatatypeFor(DataType declared, DataType computed) {
  const auto datatype = DatatypeOf(declared == DataType::kUndefined ? computed : declared);
  return datatype.value_or(model::Datatype::kFp32);
}

// Sorts the outputs of a graph into those that are computed, those that are constant and those that
// are left out. outputs_ has the first two in the graph's order, wanted_ the first alone.
class Collector {
 public:
  Collector(RowGraph& graph, const Values& values) : graph_(graph), values_(values) {}

  absl::Status Add(const GraphOutput& output) {
    if (const auto* const none = std::get_if<Unsupported>(output.value)) {
      LeaveOut(output, none->why);
      return absl::OkStatus();
    }
    if (IsConstant(*output.value)) return AddConstant(output);
    const auto& rows = std::get<Rows>(*output.value);
    if (const absl::Status first = CheckRowsFirst(rows.shape); !first.ok()) {
      LeaveOut(output, first);
      return absl::OkStatus();
    }
    HILLOCK_RETURN_IF_ERROR(Charge(*output.value, graph_.budget()));
    model::Output& served = outputs_.emplace_back();
    served.name = output.name;
    served.datatype = DatatypeFor(output.type, rows.type);
    served.shape = OnTheWire(rows.shape);
    const model::TensorShape flat{-1, static_cast<int64_t>(rows.width())};
    if (served.shape == flat) served.shape.clear();
    const std::vector<std::string>* const names = graph_.ColumnNames(rows);
    if (names != nullptr && std::ranges::all_of(*names, IsUtf8)) {
      HILLOCK_RETURN_IF_ERROR(graph_.budget().TakeStrings(*names));
      served.column_names = *names;
    }
    wanted_.push_back({std::string(output.name), rows});
    return absl::OkStatus();
  }

  absl::StatusOr<model::Mlp> Finish() && {
    // Nothing that depends on the input: what was to be left out is the error.
    if (wanted_.empty() && !why_.ok()) return why_;
    if (wanted_.empty()) {
      return absl::InvalidArgumentError("no output of the graph depends on its input");
    }
    if (outputs_.size() > model::kMaxOutputs) {
      return absl::UnimplementedError(fmt::format("the graph has {} outputs, want at most {}",
                                                  outputs_.size(), model::kMaxOutputs));
    }
    HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, MakeLayers(graph_, wanted_));
    // One for each that is computed, in the same order; their names and types are in outputs_.
    const std::vector<model::Output> sources = std::exchange(mlp.outputs, {});
    size_t next = 0;
    for (model::Output& output : outputs_) {
      if (!output.is_constant) output.source = sources[next++].source;
      mlp.outputs.push_back(std::move(output));
    }
    mlp.left_out = std::move(left_out_);
    mlp.words = graph_.TakeWords();
    const auto word = std::ranges::find_if_not(mlp.words, IsUtf8);
    if (word == mlp.words.end()) return mlp;
    return absl::InvalidArgumentError(
        fmt::format("string {} of the graph is not UTF-8", word - mlp.words.begin()));
  }

 private:
  void LeaveOut(const GraphOutput& output, const absl::Status& why) {
    const std::string name(Excerpt(output.name));
    if (why_.ok()) why_ = Annotate(why, fmt::format("output '{}'", name));
    if (IsUtf8(name)) left_out_.push_back({name, std::string(why.message())});
  }

  absl::Status AddConstant(const GraphOutput& output) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, values_.Read(*output.value));
    if (tensor.size() > kMaxConstant || tensor.size() == 0) {
      LeaveOut(output,
               absl::UnimplementedError(fmt::format("is a constant of {} elements, want 1 to {}",
                                                    tensor.size(), kMaxConstant)));
      return absl::OkStatus();
    }
    model::Output served;
    served.name = output.name;
    served.is_constant = true;
    served.shape = tensor.shape;
    const DataType computed = TypeOf(tensor);
    served.datatype = DatatypeFor(output.type, computed);
    for (size_t i = 0; i < tensor.size(); ++i) {
      if (tensor.kind == Tensor::Kind::kStrings) {
        served.constant.push_back(static_cast<float>(graph_.CodeOf(tensor.strings[i])));
        continue;
      }
      const auto value = NumberAt(tensor, i);
      const bool is_integer = tensor.kind == Tensor::Kind::kIntegers;
      const absl::Status exact = value.ok() && is_integer ? CheckExact(*value) : value.status();
      if (!exact.ok()) {
        LeaveOut(output, exact);
        return absl::OkStatus();
      }
      served.constant.push_back(static_cast<float>(*value));
    }
    outputs_.push_back(std::move(served));
    return absl::OkStatus();
  }

  RowGraph& graph_;
  const Values& values_;
  std::vector<model::Output> outputs_;
  std::vector<Wanted> wanted_;  // by output that is no constant
  std::vector<model::LeftOut> left_out_;
  absl::Status why_;  // of the first one that is left out
};

}  // namespace

absl::StatusOr<model::Mlp> MakeModel(RowGraph& graph, const std::vector<GraphOutput>& outputs,
                                     const Values& values) {
  Collector collector(graph, values);
  for (const GraphOutput& output : outputs) {
    HILLOCK_RETURN_IF_ERROR(
        Annotate(collector.Add(output), fmt::format("output '{}'", Excerpt(output.name))));
  }
  return std::move(collector).Finish();
}

}  // namespace hillock::onnx
