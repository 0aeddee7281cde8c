#ifndef HILLOCK_TESTS_UNIT_CORE_MODEL_EQUALS_MLP_H_
#define HILLOCK_TESTS_UNIT_CORE_MODEL_EQUALS_MLP_H_

#include <gmock/gmock.h>

#include "server/core/model/mlp.h"

namespace hillock::model {

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
          Field("slopes", &Layer::slopes, want.slopes)),
      arg, result_listener);
}

MATCHER_P(EqualsOutput, want, "is the output '" + want.name + "'") {
  using ::testing::Field;
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(Field("name", &Output::name, want.name),
                       Field("source", &Output::source, want.source),
                       Field("class_labels", &Output::class_labels, want.class_labels),
                       Field("threshold", &Output::threshold, want.threshold),
                       Field("multilabel", &Output::multilabel, want.multilabel)),
      arg, result_listener);
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
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(Field("producer", &Mlp::producer, want.producer),
                       Field("inputs", &Mlp::inputs, ::testing::ElementsAreArray(inputs)),
                       Field("offset", &Mlp::offset, want.offset),
                       Field("scale", &Mlp::scale, want.scale),
                       Field("layers", &Mlp::layers, ::testing::ElementsAreArray(layers)),
                       Field("outputs", &Mlp::outputs, ::testing::ElementsAreArray(outputs))),
      arg, result_listener);
}

}  // namespace hillock::model

#endif  // HILLOCK_TESTS_UNIT_CORE_MODEL_EQUALS_MLP_H_
