// SPDX-License-Identifier: Apache-2.0

// The graphs that row operations and the interface become. What they compute is tested where they
// are imported again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "server/core/onnx/export.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/writing/function_forms.h"
#include "server/core/onnx/writing/graph_writer.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/graph_models.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using model::EveryOperation;
using model::NamedModel;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<NamedModel> Models() {
  std::vector<NamedModel> models = EveryOperation();
  models.push_back({"every_field", model::EveryField()});
  return models;
}

// An exported model, read field by field.
class Graph {
 public:
  explicit Graph(const model::Mlp& mlp) : content_(*ExportOnnx(mlp)) {
    view_ = *ParseModel(content_);
    for (const std::string_view node : view_.graph.nodes) nodes_.push_back(*ParseNode(node));
  }

  const GraphView& graph() const { return view_.graph; }
  const std::vector<NodeView>& nodes() const { return nodes_; }

  std::vector<std::string> ops() const {
    std::vector<std::string> ops;
    for (const NodeView& node : nodes_) ops.emplace_back(node.op);
    return ops;
  }

 private:
  std::string content_;
  ModelView view_;
  std::vector<NodeView> nodes_;
};

TEST(ExportGraph, DefinesEveryNameOnceAndBeforeItIsRead) {
  for (const NamedModel& model : Models()) {
    SCOPED_TRACE(model.name);
    const Graph graph(model.mlp);
    std::set<std::string_view> names;
    for (const auto& input : graph.graph().inputs) EXPECT_TRUE(names.insert(input.name).second);
    for (const auto& tensor : graph.graph().initializers) {
      EXPECT_TRUE(names.insert(tensor.name).second) << tensor.name;
    }
    for (const NodeView& node : graph.nodes()) {
      for (const auto name : node.inputs) EXPECT_THAT(names, Contains(name)) << node.name;
      for (const auto name : node.outputs) EXPECT_TRUE(names.insert(name).second) << name;
    }
    for (const auto& output : graph.graph().outputs) EXPECT_THAT(names, Contains(output.name));
  }
}

template <class Tensor>
void ExpectDeclared(const ValueInfoView& info, const Tensor& tensor, model::TensorShape shape) {
  EXPECT_EQ(info.name, tensor.name);
  EXPECT_EQ(info.type, TypeOf(tensor.datatype)) << tensor.name;
  for (int64_t& size : shape) size = std::max<int64_t>(size, -1);
  EXPECT_EQ(info.shape, shape) << tensor.name;
}

TEST(ExportGraph, DeclaresTheModelsOwnTensors) {
  const model::Mlp mlp = model::EveryField();
  const Graph graph(mlp);
  ASSERT_EQ(graph.graph().inputs.size(), mlp.inputs.size());
  for (size_t i = 0; i < mlp.inputs.size(); ++i) {
    ExpectDeclared(graph.graph().inputs[i], mlp.inputs[i], mlp.inputs[i].shape);
  }
  ASSERT_EQ(graph.graph().outputs.size(), mlp.outputs.size());
  for (size_t i = 0; i < mlp.outputs.size(); ++i) {
    ExpectDeclared(graph.graph().outputs[i], mlp.outputs[i], mlp.ShapeOf(mlp.outputs[i]));
  }
}

TEST(ExportGraph, DoesNotReadInputsThatNothingReads) {
  const Graph graph(model::EveryField());
  for (const NodeView& node : graph.nodes()) EXPECT_THAT(node.inputs, Not(Contains("unused")));
}

struct Spelling {
  std::string model;
  std::vector<std::string> ops;
};

std::ostream& operator<<(std::ostream& out, const Spelling& spelling) {
  return out << spelling.model;
}

class ExportOperation : public ::testing::TestWithParam<Spelling> {};

TEST_P(ExportOperation, IsSpelledAsWanted) {
  for (const NamedModel& model : EveryOperation()) {
    if (model.name != GetParam().model) continue;
    EXPECT_EQ(Graph(model.mlp).ops(), GetParam().ops);
    return;
  }
  FAIL() << "there is no model " << GetParam().model;
}

INSTANTIATE_TEST_SUITE_P(
    Of, ExportOperation,
    ::testing::Values(
        Spelling{"scale", {"Mul", "Add"}}, Spelling{"select", {"Gather"}},
        Spelling{"copy", {"Identity"}}, Spelling{"add", {"Gather", "Add"}},
        Spelling{"greater", {"Gather", "Greater", "Cast"}},
        Spelling{"where", {"Gather", "Gather", "Cast", "Where"}},
        Spelling{"reduce_sum", {"Reshape", "ReduceSum"}},
        Spelling{"reduce_argmax_of_groups", {"Reshape", "ArgMax", "Cast"}},
        Spelling{"layer_normalization", {"Reshape", "LayerNormalization", "Reshape", "Mul", "Add"}},
        Spelling{"group_normalization", {"Reshape", "LayerNormalization", "Reshape"}},
        Spelling{"rms", {"Reshape", "Mul", "ReduceMean", "Add", "Sqrt", "Div", "Reshape", "Mul"}},
        Spelling{"dynamic_quantize", {"DynamicQuantizeLinear", "DequantizeLinear"}},
        Spelling{"constant", {"Shape", "Concat", "Identity", "Expand", "Concat", "Gather"}}),
    ::testing::PrintToStringParamName());

TEST(ExportGraph, RunsARowActivationOverItsGroups) {
  model::Mlp mlp = model::ModelOf(model::Scale{{1, 2, 3, 4}, {0, 0, 0, 0}}, 4, 4, "").mlp;
  mlp.layers[0].activation = activation::Find("softmax");
  mlp.layers[0].group = 2;
  const Graph graph(mlp);
  EXPECT_THAT(graph.ops(), ElementsAre("Mul", "Add", "Reshape", "Softmax", "Reshape"));
  EXPECT_EQ(graph.nodes()[3].Integer("axis", 0), 2);
}

TEST(ExportGraph, HasAFormForEveryFunctionAndReduction) {
  for (const model::Function& function : model::Functions()) {
    EXPECT_FALSE(FormOf(function.name).empty()) << function.name;
  }
  for (const model::Reduction& reduction : model::Reductions()) {
    EXPECT_NE(OperatorOf(reduction.name), "") << reduction.name;
  }
}

TEST(ExportGraph, NamesTheLayerWhoseFunctionHasNoForm) {
  static constexpr model::Function kSing{"sing", 1, [](double a, double, double) { return a; }};
  const model::Mlp mlp = model::ModelOf(kSing).mlp;
  EXPECT_THAT(ExportOnnx(mlp),
              StatusIs(absl::StatusCode::kUnimplemented,
                       HasSubstr("layer 'layer0': function 'sing' has no form in ONNX")));
}

}  // namespace
}  // namespace hillock::onnx
