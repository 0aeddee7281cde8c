#ifndef HILLOCK_TESTS_UNIT_MODEL_EQUALS_MLP_H_
#define HILLOCK_TESTS_UNIT_MODEL_EQUALS_MLP_H_

#include <gmock/gmock.h>

#include "server/model/mlp.h"

namespace hillock::model {

MATCHER_P(EqualsLayer, want, "is the layer '" + want.name + "'") {
  using ::testing::Field;
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(
          Field("name", &Layer::name, want.name), Field("inputs", &Layer::inputs, want.inputs),
          Field("outputs", &Layer::outputs, want.outputs),
          Field("weights", &Layer::weights, want.weights), Field("bias", &Layer::bias, want.bias),
          Field("activation", &Layer::activation, want.activation),
          Field("params", &Layer::params, want.params),
          Field("slopes", &Layer::slopes, want.slopes)),
      arg, result_listener);
}

MATCHER_P(EqualsMlp, want, "is the same model") {
  using ::testing::Field;
  std::vector<::testing::Matcher<Layer>> layers;
  for (const Layer& layer : want.layers) layers.push_back(EqualsLayer(layer));
  return ::testing::ExplainMatchResult(
      ::testing::AllOf(Field("producer", &Mlp::producer, want.producer),
                       Field("input_name", &Mlp::input_name, want.input_name),
                       Field("output_name", &Mlp::output_name, want.output_name),
                       Field("offset", &Mlp::offset, want.offset),
                       Field("scale", &Mlp::scale, want.scale),
                       Field("layers", &Mlp::layers, ::testing::ElementsAreArray(layers)),
                       Field("class_labels", &Mlp::class_labels, want.class_labels),
                       Field("threshold", &Mlp::threshold, want.threshold)),
      arg, result_listener);
}

}  // namespace hillock::model

#endif  // HILLOCK_TESTS_UNIT_MODEL_EQUALS_MLP_H_
