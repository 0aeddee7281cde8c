// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/writing/label_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace hillock::onnx {
namespace {

// Names in the graph begin with `prefix`.
class LabelWriter {
 public:
  LabelWriter(GraphWriter& graph, const model::Output& output, size_t width,
              const std::string& value, std::string prefix)
      : graph_(graph), output_(output), width_(width), value_(value), prefix_(std::move(prefix)) {}

  void Write(const std::string& name) {
    if (output_.multilabel) {
      AtOrAboveThreshold(name);
      graph_.Output(name, DataType::kInt64, {-1, static_cast<int64_t>(width_)});
      return;
    }
    const std::string classes = graph_.Strings(
        Name("classes"), {static_cast<int64_t>(output_.class_labels.size())}, output_.class_labels);
    graph_.Node("Gather", {classes, Index()}, name);
    graph_.Output(name, DataType::kString, {-1});
  }

 private:
  std::string Name(std::string_view part) const { return fmt::format("{}.{}", prefix_, part); }

  // 1 for each value at or above the threshold, else 0. Binarizer asks for "above", hence the float
  // below the threshold.
  std::string AtOrAboveThreshold(std::string name) {
    const float below = std::nextafter(output_.threshold, -std::numeric_limits<float>::infinity());
    const std::string above = graph_.Node("Binarizer", {value_}, Name("above"),
                                          {RealAttribute("threshold", below)}, "ai.onnx.ml");
    return graph_.Cast(above, DataType::kInt64, std::move(name));
  }

  // The index of the class in each row: of the largest column, or whether the only one is at or
  // above the threshold.
  std::string Index() {
    if (width_ > 1) {
      return graph_.Node("ArgMax", {value_}, Name("index"),
                         {IntegerAttribute("axis", 1), IntegerAttribute("keepdims", 0)});
    }
    return graph_.Reshape(AtOrAboveThreshold(Name("column")), {-1}, Name("index"));
  }

  GraphWriter& graph_;
  const model::Output& output_;
  size_t width_;
  const std::string& value_;
  std::string prefix_;
};

}  // namespace

void WriteLabels(GraphWriter& graph, const model::Output& output, size_t width,
                 const std::string& value, const std::string& name) {
  LabelWriter(graph, output, width, value, name + "s").Write(name);
}

}  // namespace hillock::onnx
