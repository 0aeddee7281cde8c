// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CORE_MODEL_EQUALS_MLP_H_
#define HILLOCK_TESTS_UNIT_CORE_MODEL_EQUALS_MLP_H_

#include <gmock/gmock.h>

#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "server/core/model/mlp.h"

namespace hillock::model {

// All that an operation says.
inline auto Fields(const Scale& o) { return std::tie(o.scale, o.shift); }
inline auto Fields(const Select& o) { return std::tie(o.columns); }
inline auto Fields(const Combine& o) { return std::tie(o.function); }
inline auto Fields(const Reduce& o) { return std::tie(o.reduction); }
inline auto Fields(const Normalize& o) {
  return std::tie(o.centered, o.epsilon, o.group, o.scale, o.shift);
}
inline auto Fields(const Lookup& o) {
  return std::tie(o.keys, o.wraps, o.width, o.table, o.otherwise);
}
inline auto Fields(const Constant& o) { return std::tie(o.values); }
inline auto Fields(const DynamicQuantize&) { return std::tuple<>(); }

MATCHER_P(EqualsOperation, want, "is the same operation") {
  if (!arg.has_value() || !want.has_value()) return arg.has_value() == want.has_value();
  return std::visit(
      [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<decltype(a), decltype(b)>) {
          return Fields(a) == Fields(b);
        } else {
          return false;
        }
      },
      *arg, *want);
}

MATCHER_P(EqualsLayer, want, "is the layer '" + want.name + "'") {
  using ::testing::Field;
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(
          Field("name", &Layer::name, want.name), Field("source", &Layer::source, want.source),
          Field("inputs", &Layer::inputs, want.inputs),
          Field("outputs", &Layer::outputs, want.outputs),
          Field("weights", &Layer::weights, want.weights), Field("bias", &Layer::bias, want.bias),
          Field("activation", &Layer::activation, want.activation),
          Field("params", &Layer::params, want.params),
          Field("slopes", &Layer::slopes, want.slopes),
          Field("operation", &Layer::operation, EqualsOperation(want.operation)),
          Field("operands", &Layer::operands, want.operands),
          Field("group", &Layer::group, want.group)),
      arg, result_listener);
}

MATCHER_P(EqualsOutput, want, "is the output '" + want.name + "'") {
  using ::testing::Field;
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(Field("name", &Output::name, want.name),
                       Field("source", &Output::source, want.source),
                       Field("class_labels", &Output::class_labels, want.class_labels),
                       Field("threshold", &Output::threshold, want.threshold),
                       Field("multilabel", &Output::multilabel, want.multilabel),
                       Field("datatype", &Output::datatype, want.datatype),
                       Field("shape", &Output::shape, want.shape),
                       Field("column_names", &Output::column_names, want.column_names),
                       Field("is_constant", &Output::is_constant, want.is_constant),
                       Field("constant", &Output::constant, want.constant)),
      arg, result_listener);
}

MATCHER_P(EqualsLeftOut, want, "is the left out output '" + want.name + "'") {
  return arg.name == want.name && arg.reason == want.reason;
}

MATCHER_P(EqualsInput, want, "is the input '" + want.name + "'") {
  using ::testing::Field;
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(Field("name", &Input::name, want.name),
                       Field("datatype", &Input::datatype, want.datatype),
                       Field("shape", &Input::shape, want.shape),
                       Field("width", &Input::width, want.width),
                       Field("required", &Input::required, want.required),
                       Field("shared", &Input::shared, want.shared),
                       Field("takes_non_finite", &Input::takes_non_finite, want.takes_non_finite),
                       Field("low", &Input::low, want.low), Field("high", &Input::high, want.high)),
      arg, result_listener);
}

MATCHER_P(EqualsMlp, want, "is the same model") {
  using ::testing::Field;
  std::vector<::testing::Matcher<Input>> inputs;
  for (const Input& input : want.inputs) inputs.push_back(EqualsInput(input));
  std::vector<::testing::Matcher<Layer>> layers;
  for (const Layer& layer : want.layers) layers.push_back(EqualsLayer(layer));
  std::vector<::testing::Matcher<Output>> outputs;
  for (const Output& output : want.outputs) outputs.push_back(EqualsOutput(output));
  std::vector<::testing::Matcher<LeftOut>> left_out;
  for (const LeftOut& output : want.left_out) left_out.push_back(EqualsLeftOut(output));
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(
          Field("producer", &Mlp::producer, want.producer), Field("words", &Mlp::words, want.words),
          Field("left_out", &Mlp::left_out, ::testing::ElementsAreArray(left_out)),
          Field("inputs", &Mlp::inputs, ::testing::ElementsAreArray(inputs)),
          Field("offset", &Mlp::offset, want.offset), Field("scale", &Mlp::scale, want.scale),
          Field("layers", &Mlp::layers, ::testing::ElementsAreArray(layers)),
          Field("outputs", &Mlp::outputs, ::testing::ElementsAreArray(outputs))),
      arg, result_listener);
}

}  // namespace hillock::model

#endif  // HILLOCK_TESTS_UNIT_CORE_MODEL_EQUALS_MLP_H_
