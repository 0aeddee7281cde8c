// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_
#define HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/model/mlp.h"
#include "tests/support/random.h"

namespace hillock::testing {

// Makes small valid MLPs with weights that a seed determines:
//   MlpBuilder(16, seed).Add(64, "relu").Add(8, "softmax").Normalized().Build()
// Weights shrink with the width of a layer, so pre-activations stay around 1 at any depth.
class MlpBuilder {
 public:
  explicit MlpBuilder(size_t inputs, uint32_t seed = 1);

  // A layer of `units`. A per-unit activation gets random slopes.
  MlpBuilder& Add(size_t units, std::string_view activation,
                  const std::map<std::string, float>& params = {});

  // A layer that computes a row operation of values, by their numbers.
  MlpBuilder& Add(model::RowOperation operation, const std::vector<size_t>& operands,
                  size_t outputs, std::string_view activation = activation::kIdentity,
                  size_t group = 0);

  // The same for a function's and a reduction's name; a combination is as wide as its widest
  // source.
  MlpBuilder& Combine(std::string_view function, const std::vector<size_t>& operands,
                      std::string_view activation = activation::kIdentity);
  MlpBuilder& Reduce(std::string_view reduction, size_t operand, size_t outputs);

  // Another input, whose columns come after those of the one before.
  MlpBuilder& Input(std::string name, size_t width);

  // A normalization with random offsets and scales.
  MlpBuilder& Normalized();

  // The next layer reads this value, by its number, instead of the layer before.
  MlpBuilder& From(model::ValueId value);
  MlpBuilder& From(size_t number) { return From(model::ValueId{number}); }

  // The value of the layer before is an output. A model for which this is never said has one,
  // "output", of its last layer.
  MlpBuilder& Output(std::string name, std::vector<std::string> labels = {});

  // A value is an output, by its number.
  MlpBuilder& Output(std::string name, size_t number);

  // Class labels of the output that nobody has named.
  MlpBuilder& Labels(std::vector<std::string> labels);

  // Each column of the output named last, else of the one that nobody names, says yes or no.
  MlpBuilder& Multilabel(float threshold = model::kDefaultThreshold);

  // The floats in a row of a value so far.
  size_t width(size_t number) const { return mlp_.width(model::ValueId{number}); }

  // Aborts when the model is not valid.
  model::Mlp Build() const;
  std::shared_ptr<const model::Mlp> Share() const;

 private:
  MlpBuilder& Finish(model::Layer layer, std::string_view activation,
                     const std::map<std::string, float>& params);

  model::ValueId source_ = model::ValueId::kInput;
  Random random_;
  model::Output unnamed_;
  model::Mlp mlp_;
};

// An MLP of layers as wide as `widths` says, inputs first, all with the same activation.
model::Mlp UniformMlp(const std::vector<size_t>& widths, std::string_view activation,
                      uint32_t seed);

// A tree of 1 to 9 layers that a seed determines, with activations from the list. Layers read any
// value before them; what nobody reads is put out, and some of the rest, now and then twice.
// Outputs are called "output0" and so on. Every second seed gives a normalization.
model::Mlp RandomTree(uint32_t seed, std::span<const std::string_view> activations);

// The same with row operations of every kind among the layers, and up to three inputs.
model::Mlp RandomGraph(uint32_t seed, std::span<const std::string_view> activations);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_MLP_BUILDER_H_
